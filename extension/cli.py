"""`cefr-sentences`: gathers each room's own subcommands. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..exporter.bank import command as bank
from ..exporter.common.errors import CefrError, InputError, out_of_range
from ..exporter.language import command as language
from ..exporter.records import command as records
from ..patches import cli as patches
from . import demo
from .adapters import command as adapters
from .doctor import command as doctor
from .evaluation import command as evaluation
from .install import command as install
from .tab import studio
from .training import check_command as check
from .training import command as training
from .writing import command as writing


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; documentation tests parse their commands with it."""
    from importlib.metadata import version

    parser = argparse.ArgumentParser(
        prog="cefr-sentences",
        description="One natural, checked example sentence for every word of a list, at a CEFR level, "
        "from a small model fine-tuned on your own machine.",
    )
    parser.add_argument("--version", action="version", version=version("cefr-sentences"))
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    data_side = (records, language, bank)
    model_side = (check, training, adapters, evaluation, writing)
    for room in (*data_side, *model_side, install, patches, doctor, studio, demo):
        room.add_commands(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 done, 2 something the user can fix)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a Windows console may lack a letter; losing it beats dying
    # The libraries' notes to their own developers; ours are CefrErrors.
    warnings.filterwarnings("ignore", category=FutureWarning)
    args = build_parser().parse_args(argv)
    try:
        for name, value in vars(args).items():
            setattr(args, name, _checked(_at_home(value)))
        if not 0 <= (getattr(args, "seed", None) or 0) < 2**32:
            raise out_of_range("seed", str(args.seed)[:40], 0, 2**32 - 1)
        code = args.run(args)
        sys.stdout.flush()
        return code
    except CefrError as error:
        print(f"cefr-sentences: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `cefr-sentences ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"cefr-sentences: {where}{error.strerror or error}.", file=sys.stderr)
    except MemoryError:
        said = "cefr-sentences: not enough memory for this input. Split it, or close other programs."
        print(said, file=sys.stderr)
    except KeyboardInterrupt:
        print("cefr-sentences: stopped.", file=sys.stderr)
        return 130
    return 2


def _checked(value: Any) -> Any:
    """A path that leads to a place: pathlib raises a RuntimeError of its own, late, for a link that leads to itself."""
    try:
        if isinstance(value, Path):
            value.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise InputError("{path} is a link that leads back to itself. Name another place.", path=value) from None
    except ValueError:  # a zero byte
        pass
    return value


def _at_home(value: Any) -> Any:
    """An argument with `~` as the home folder: no shell has done that on Windows, or inside quotation marks."""
    if isinstance(value, list):
        return [_at_home(each) for each in value]
    if isinstance(value, (Path, str)) and str(value).startswith(("~/", "~\\")):
        return type(value)(Path(value).expanduser())
    return value
