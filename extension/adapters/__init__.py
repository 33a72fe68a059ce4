"""What happens to an adapter after its training: merging and converting."""
