"""The commands in README.md and docs/: found, parsed, and run as they are written.

A command is a line of a code block that calls `cefr-sentences`, or Python with `-m cefr_sentences.extension`. The block
is run in the ordinary tests; a comment on the line above it says where that cannot be, or is not enough:

    <!-- slow -->                    needs a model: `make test-docs` runs it
    <!-- slow: --epochs 0.1 -->      the same, with these options added to each of its commands
    <!-- quick: --records 60 -->     run as written in the ordinary tests; with these options where slow ones follow
    <!-- not run: needs a GPU -->    parsed only, and why
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])

_MARKER = re.compile(r"\s*<!-- (slow|quick|not run)(?:: (.+?))? -->\s*")
_COMMAND = re.compile(r"(?:\S*[\\/])?cefr-sentences(?=\s|$)|.*?\s-m cefr_sentences\.extension(?=\s|$)")
_INLINE = re.compile(r"`(?:cefr-sentences|python3? -m cefr_sentences\.extension) ([^`]+)`")


@dataclass(frozen=True)
class Command:
    """One command of a page. `kind` is "quick", "slow" or "not run"; `note` what the marker says besides."""

    page: Path
    line: int
    text: str
    kind: str = "quick"
    note: str = ""

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"

    @property
    def arguments(self) -> list[str]:
        """What the parser gets: without the program, comments, and what belongs to the shell."""
        words = shlex.split(_COMMAND.sub("", self.text.replace("\\\n", " "), count=1), comments=True)
        shell = [i for i, word in enumerate(words) if re.fullmatch(r"\||&&|;|\d?[<>]+", word)]
        return words[: shell[0]] if shell else words


def commands(page: Path) -> Iterator[Command]:
    """The commands in the code blocks of `page`, in order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    kind, note, fenced, inside, n = "quick", "", False, False, 0
    while n < len(lines):
        line, number = lines[n], n + 1
        n += 1
        if line.lstrip().startswith("```"):
            fenced = not fenced
            inside = fenced
        elif found := _MARKER.fullmatch(line):
            kind, note, inside = found[1], found[2] or "", False
            continue
        elif not fenced:
            inside = line.startswith("    ")
        if not inside:
            if line.strip() and not fenced:
                kind, note = "quick", ""  # a marker is for the block that follows it
            continue
        text = line.strip()
        while text.endswith("\\") and n < len(lines):
            text += "\n" + lines[n].strip()
            n += 1
        if _COMMAND.match(text):
            yield Command(page, number, text, kind, note)


def inline(page: Path) -> Iterator[tuple[int, list[str]]]:
    """The line and the words of each call inside a sentence; some of its arguments may be left out."""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        for found in _INLINE.finditer(line):
            yield number, shlex.split(found[1])


def run(command: Command, folder: Path, scripts: Path, seconds: float, more: str = "") -> tuple[int, str, float]:
    """Run it, with `more` behind it, by bash in `folder`, which is also the home; its exit code, output and seconds."""
    environment = {**os.environ, "HOME": str(folder), "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    started = time.monotonic()
    try:
        done = subprocess.run(
            ["bash", "-c", f"{command.text} {more}"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        code, output = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        code, output = 124, f"not done after {seconds:.0f} s"
    return code, output, time.monotonic() - started
