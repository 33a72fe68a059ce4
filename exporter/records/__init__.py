"""Pairs into records, and records into files."""
