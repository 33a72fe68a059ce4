"""What can go wrong for a user of this room. The command line prints it on stderr and exits with `code`."""

from __future__ import annotations


class PatchError(Exception):
    """Anything a user can cause and mend: what happened, with the value, and what to do next."""

    code = 2


class NotApplied(PatchError):
    """The command was right, and a file could not be changed."""

    code = 3


class LeftAlone(PatchError):
    """A script that cannot be rewritten without touching more than the lines in question."""

    code = 3
