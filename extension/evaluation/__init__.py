"""How good is it: loss and perplexity, and what the sentences are like."""
