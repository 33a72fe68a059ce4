"""The bank of example sentences: what comes with the package, and a user's own; found by word."""
