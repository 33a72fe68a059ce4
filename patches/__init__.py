"""What changed in other people's APIs, as one table, and the code that reads it."""

from .adapt import adapt
from .rules import RULES, Rule

__all__ = ["RULES", "Rule", "adapt"]
