"""Words into sentences."""
