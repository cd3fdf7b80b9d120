"""The nouns of the house and their rules: no clock, no disk, no network."""
