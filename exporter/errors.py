"""What can go wrong for a user, as one small tree.

Every message says what happened, with the value, and what to do next. The command line prints it on
stderr and exits with 2.
"""

from __future__ import annotations


class CefrError(Exception):
    """Anything a user can cause and mend."""


class InputError(CefrError):
    """A file, a row or an argument that we cannot use."""


class TargetError(CefrError):
    """A place that we cannot write to."""


class ModelError(CefrError):
    """A model, adapter or tokenizer that cannot be had or cannot do what was asked."""
