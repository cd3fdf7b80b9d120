"""Measures of quality over recorded data, and what lends the product's own classes to them. No scoring lives here."""
