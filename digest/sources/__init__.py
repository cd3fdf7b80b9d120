"""Where papers come in: one file per wire format; fetching apart from parsing; no knowledge of the store."""
