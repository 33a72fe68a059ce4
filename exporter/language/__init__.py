"""English: the level of a word, and how hard a sentence is."""
