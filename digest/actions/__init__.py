"""The verbs, one file each: an action gets a connection and the time, and ends in one report."""
