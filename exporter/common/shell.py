"""Commands for people to copy."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys


def command_line(words: list[str]) -> str:
    """`words` as one line for the system's shell."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


# What installs a package into this Python; the name of the package follows.
PIP = command_line([sys.executable, "-m", "pip", "install"])
