"""`cefr-sentences plots`, `merge`, `convert-model` and `convert-adapter`: what is done after a training."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, Option
from ...exporter.common.memory import gigabytes


def add_commands(commands: Any) -> None:
    _add_plots(commands)
    _add_merge(commands)
    _add_convert_model(commands)
    _add_convert_adapter(commands)


def _add_plots(commands: Any) -> None:
    parser = commands.add_parser(
        "plots",
        help="draw the curves of a training",
        description="Draw losses, learning rate and gradient norm into DIR/plots, at 300 dots per inch, for print.",
    )
    parser.add_argument(
        "folder",
        metavar="DIR",
        type=Path,
        help="an adapter folder of this program (also of an unfinished run), or of Training PRO",
    )
    parser.set_defaults(run=run_plots)


def _add_merge(commands: Any) -> None:
    parser = commands.add_parser(
        "merge",
        help="merge an adapter and its base into one model",
        description="Write the base with the adapter merged into it as a 16-bit Transformers folder, check that it "
        "answers as the two do, and print how it becomes a GGUF file.",
    )
    parser.add_argument("adapter", metavar="ADAPTER", type=Path, help="an adapter folder, as in user_data/loras/NAME")
    parser.add_argument(
        "--model",
        metavar="BASE",
        help="Transformers folder, hub name, or 'embedded' (default: the one the adapter names)",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="DIR", type=Path, help="the new model folder")
    where.add_argument("--webui", metavar="DIR", type=Path, help="a webui: into its models folder")
    parser.add_argument("--user-data-dir", metavar="DIR", type=Path, help="the webui's user data, if they were moved")
    parser.add_argument("--name", help="with --webui: the model's name there (default: the adapter's, and -merged)")
    parser.add_argument("--dtype", choices=("bfloat16", "float16"), default="bfloat16", help="default: bfloat16")
    parser.add_argument("--force", action="store_true", help="replace a folder that this command made")
    parser.set_defaults(run=run_merge)


def _add_convert_model(commands: Any) -> None:
    parser = commands.add_parser(
        "convert-model",
        help="convert a GGUF file into a folder that can be trained",
        description="Write the model in a GGUF file as a Transformers folder, and print what quantization has lost.",
    )
    parser.add_argument("source", metavar="FILE.gguf", type=Path)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="the new model folder")
    parser.add_argument(
        "--dtype",
        choices=("float32", "bfloat16", "float16"),
        help="default: the type that loses nothing, float32 for a quantized file; the others take half the space",
    )
    parser.add_argument("--force", action="store_true", help="replace a folder that this command made")
    parser.set_defaults(run=run_convert_model)


def _add_convert_adapter(commands: Any) -> None:
    parser = commands.add_parser(
        "convert-adapter",
        help="convert an adapter's adapter_model.bin into safetensors, or put the names of its tensors right",
        description="Read adapter_model.bin as weights and nothing else, and write adapter_model.safetensors beside "
        "it. Where that is there, give its tensors the names that they have in the base, if only the beginning of the "
        "names differs. The old file is kept, under its name with .old.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="an adapter folder")
    parser.add_argument(
        "--model", metavar="BASE", help="the base whose names the tensors get (default: the one the adapter names)"
    )
    parser.set_defaults(run=run_convert_adapter)


def run_plots(args: argparse.Namespace) -> int:
    from ..training.plots import PLOTS, draw, read_entries

    drawn = draw(args.folder, args.folder.resolve().name, read_entries(args.folder))
    for path in drawn:
        print(path)
    if missing := [name for name in PLOTS if name not in {path.stem for path in drawn}]:
        print(f"Not in this log, so not drawn: {', '.join(missing)}.", file=sys.stderr)
    return 0


def run_merge(args: argparse.Namespace) -> int:
    from ..models.adapter import check_adapter
    from .merge import base_of, merge
    from .to_gguf import steps

    check_adapter(args.adapter)
    models: Path | None = None
    if args.webui is not None:
        from ...exporter.common.webui import find_webui

        models = find_webui(args.webui, args.user_data_dir).models
        name = args.name or f"{args.adapter.resolve().name}-merged"
        if Path(name).name != name or name.startswith("."):
            raise InputError(
                "{option} {name} is not the name of a folder. Leave out slashes and a leading dot.",
                option=Option("name"),
                name=repr(name),
            )
        out = models / name
    elif args.name is not None or args.user_data_dir is not None:
        raise InputError(
            "{name} and {data} go with {webui}; {out} names the whole folder. Leave out what does not belong.",
            name=Option("name"),
            data=Option("user_data_dir"),
            webui=Option("webui"),
            out=Option("out"),
        )
    else:
        out = args.out
    base = args.model or base_of(args.adapter, models)
    done = merge(
        args.adapter, base, out, dtype=args.dtype, force=args.force, say=lambda line: print(line, file=sys.stderr)
    )
    print(f"Written: {done.out} ({done.dtype}, {gigabytes(done.size)}). Checked: {done.check}.\n")
    if models is not None:
        print(f"In the webui: Model, {out.name}, loader Transformers. It needs no LoRA.\n")
    print(steps(out, args.dtype, models))
    return 0


def run_convert_model(args: argparse.Namespace) -> int:
    from ..models.gguf import read_gguf
    from .convert import convert_model, describe, describe_loss

    gguf = read_gguf(args.source)
    print(describe_loss(gguf), flush=True)
    print(describe(convert_model(gguf, args.out, dtype=args.dtype, force=args.force)))
    return 0


def run_convert_adapter(args: argparse.Namespace) -> int:
    from ..models.weights import PICKLE, SAFE
    from .merge import base_of
    from .rename import rename
    from .unpickle import unpickle

    if (args.folder / SAFE).is_file() and not (args.folder / PICKLE).is_file():
        old, written = SAFE, rename(args.folder, args.model or base_of(args.folder))
    else:
        old, written = PICKLE, unpickle(args.folder)
    print(f"Written: {written}\nThe old file is kept as {old}.old; delete it when everything works.")
    return 0
