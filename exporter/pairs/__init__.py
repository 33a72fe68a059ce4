"""Word-sentence pairs, read from the tables people have."""
