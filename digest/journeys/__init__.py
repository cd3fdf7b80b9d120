"""Stories that string actions together."""
