"""Putting the tab into a webui, and taking it out again."""
