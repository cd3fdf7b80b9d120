"""What the house remembers: tables, and functions that return domain values, one file per noun."""
