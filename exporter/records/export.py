"""The export from beginning to end: read, check, split, deal, write."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from ..common.checked import read_object
from ..common.errors import InputError, Option, Problem, TargetError
from ..common.files import Publication, table_cell
from ..common.progress import OnProgress
from ..common.targets import refuse_existing, refuse_overwriting
from ..common.webui import Webui
from ..language.levels import TRAINABLE, parse_level
from ..pairs.checking import PairSet, load_pairs
from ..pairs.columns import Columns
from .dealing import Side, deal, plan
from .formats import FORMATS, Format, RecordWriter
from .mix import DEFAULT_MIX, Mix
from .names import check_name, shown
from .prompt import PROMPT_VERSION, TRAINING_PRO_FORMAT, Record
from .split import split_words
from .summary import SideSummary, Summary

MAX_RECORDS = 10_000_000
TRAINING_PRO_FORMAT_NAME = "cefr-sentences"


@dataclass(frozen=True)
class ExportSettings:
    """Everything that decides what an export writes, checked.

    `eval_share` is the share of the records for evaluation; `split` is `words` (no word of the evaluation is trained
    on) or `records` (both sides use all pairs, which leaks).

    Raises:
        InputError: a value out of range.
    """

    level: str
    name: str
    records: int = 2000
    mix: Mix = field(default_factory=lambda: Mix.parse(DEFAULT_MIX))
    eval_share: float = 0.1
    split: str = "words"
    formats: tuple[Format, ...] = tuple(FORMATS.values())
    seed: int = 42
    keep: bool = False

    def __post_init__(self) -> None:
        parse_level(self.level, TRAINABLE)
        check_name(self.name)
        if not 1 <= self.records <= MAX_RECORDS:
            raise InputError(
                "{option} {records} is out of range: 1 to {most}.",
                option=Option("records"),
                records=self.records,
                most=f"{MAX_RECORDS:,}",
            )
        if not 0 <= self.eval_share < 1:
            raise InputError(
                "{option} {share} is not a share of the records: choose 0 to 0.9, for example 0.1.",
                option=Option("eval_share"),
                share=self.eval_share,
            )
        if self.split not in ("words", "records"):
            raise InputError("{option} {split!r}: choose words or records.", option=Option("split"), split=self.split)
        if self.eval_share and not 0 < self.eval_records < self.records:
            raise InputError(
                "{option} {share} of {records} records leaves {held_out} for evaluation and {train} for training. "
                "Ask for more {more}, or {option} 0.",
                option=Option("eval_share"),
                more=Option("records"),
                share=self.eval_share,
                records=self.records,
                held_out=self.eval_records,
                train=self.records - self.eval_records,
            )

    @property
    def eval_records(self) -> int:
        return int(self.records * self.eval_share + 0.5)


def export(
    source: Path,
    settings: ExportSettings,
    target: Path | Webui,
    *,
    columns: Columns | None = None,
    sheet: str | None = None,
    force: bool = False,
    progress: OnProgress = lambda what, done, total: None,
) -> Summary:
    """Read the pairs at `source`, write the training files into `target`, and return the summary.

    Raises:
        InputError: the pairs or settings do not make an export; nothing is written.
        TargetError: the target cannot be written, or has such files already; nothing is written.
    """
    folder = target.datasets if isinstance(target, Webui) else target
    names = ("train", "eval") if settings.eval_records else ("train",)
    paths = {(f.name, side): f.path(folder, settings.name, side) for f in settings.formats for side in names}
    meta_path = folder / f"{settings.name}.meta.json"
    rejected_path = folder / f"{settings.name}_rejected.csv"
    targets = [*paths.values(), meta_path, rejected_path]
    refuse_overwriting(targets, [source])
    refuse_existing(targets, force=force)
    _refuse_others(targets, meta_path)
    pairs = load_pairs(
        source,
        settings.level,
        columns,
        keep=settings.keep,
        sheet=sheet,
        progress=lambda rows: progress("reading", rows, 0),
    )
    if not len(pairs):
        raise _nothing_usable(source, pairs)
    try:
        sides = _sides(pairs, settings)
    except InputError as error:
        raise InputError(*error.problems, *_first_rejects(pairs)) from None
    files = {f"{side}_{name}": path for (name, side), path in paths.items()} | {"meta": meta_path}
    with Publication(force=force, key=meta_path) as out:
        if pairs.rejects:
            _write_rejects(out, rejected_path, pairs)
            files["rejected"] = rejected_path
        for stale in _written_before(meta_path):
            if stale not in targets[:-2] and os.path.realpath(stale) != os.path.realpath(source):
                out.remove(stale)
        digest = _write_records(out, sides, paths, settings, progress)
        if isinstance(target, Webui):
            files["training_pro_format"] = _write_training_pro_format(out, target)
        written = sorted(p.name for p in paths.values()) + [rejected_path.name] * bool(pairs.rejects)
        summary = _summary(source, pairs, settings, sides, digest, written, files)
        out.file(meta_path).write(json.dumps(summary.as_dict(), ensure_ascii=False, indent=2) + "\n")
    return summary


def _write_records(
    out: Publication,
    sides: dict[str, Side],
    paths: dict[tuple[str, str], Path],
    settings: ExportSettings,
    progress: OnProgress,
) -> str:
    """Deal the records of each side into its files. Returns the SHA-256 of all records, whatever the formats."""
    digest = hashlib.sha256()
    for name, side in sides.items():
        writers = [RecordWriter(out.file(paths[f.name, name]), f) for f in settings.formats]
        for done, lines in enumerate(deal(side, settings.seed, name), 1):
            record = Record(settings.level, *zip(*lines, strict=True))
            digest.update(record.text.encode() + b"\0")
            for writer in writers:
                writer.write(record)
            if done % 500 == 0:
                progress(f"writing {name}", done, side.records)
        for writer in writers:
            writer.close()
    return digest.hexdigest()


def is_ours(path: Path) -> bool:
    """Whether the exporter wrote it: its own output is not a table of pairs."""
    stem = path.name.partition(".")[0]
    tails = {f"{f.tail}{side}" for f in FORMATS.values() for side in ("", "_eval")} | {"_rejected"}
    names = {stem.removesuffix(tail) for tail in tails}
    return path.name.endswith(".meta.json") or any(path.with_name(f"{n}.meta.json").is_file() for n in names)


def _sides(pairs: PairSet, settings: ExportSettings) -> dict[str, Side]:
    everything = set(range(len(pairs.words)))
    words = {"train": everything, "eval": everything}
    if settings.eval_records and settings.split == "words":
        train, held_out = split_words(pairs, settings.eval_share, settings.seed, settings.mix.largest)
        words = {"train": train, "eval": held_out}
    records = {"train": settings.records - settings.eval_records, "eval": settings.eval_records}
    return {
        name: plan(pairs, words[name], settings.mix.sizes(n), settings.seed, name) for name, n in records.items() if n
    }


def _summary(
    source: Path,
    pairs: PairSet,
    settings: ExportSettings,
    sides: dict[str, Side],
    fingerprint: str,
    written: list[str],
    files: dict[str, Path],
) -> Summary:
    return Summary(
        name=settings.name,
        level=settings.level,
        source=shown(source.name),
        seed=settings.seed,
        mix=str(settings.mix),
        split=settings.split if settings.eval_records else "none",
        rows=pairs.rows,
        cleaned=pairs.cleaned,
        notes=pairs.notes,
        first_failed_rows=pairs.rejects[:10],
        words=len(pairs.words),
        sentences=len(pairs.sentences),
        sides={name: _side_summary(side) for name, side in sides.items()},
        fingerprint=fingerprint,
        versions={
            "cefr-sentences": version("cefr-sentences"),
            "prompt": PROMPT_VERSION,
            "lemminflect": version("lemminflect"),
        },
        written=written,
        files=files,
    )


def _side_summary(side: Side) -> SideSummary:
    return SideSummary(
        records=side.records,
        words_per_record=dict(sorted(side.sizes.items(), reverse=True)),
        words=len(side.words),
        sentences=len({side.pairs.pair_sentences[p] for ps in side.pairs_of for p in ps}),
        uses_per_sentence=side.spread,
        words_with_too_large_a_share=side.over,
    )


def _written_before(meta_path: Path) -> list[Path]:
    """The files that an earlier export of the same name wrote, so that an old evaluation file does not outlive it."""
    try:
        names = read_object(meta_path)["written"]
        return [meta_path.with_name(name) for name in names if Path(name).name == name]
    except (InputError, ValueError, KeyError, TypeError):
        return []


def _refuse_others(targets: list[Path], meta_path: Path) -> None:
    """Raises TargetError when one of `targets` was written by another export: `a_chat.json` is also one of `a`."""
    for other in {*meta_path.parent.glob("*.meta.json")} - {meta_path}:
        if theirs := {*targets}.intersection(_written_before(other)):
            raise TargetError(
                "{file} belongs to the export {other}. Choose another {name}.",
                file=min(theirs),
                other=other.name.removesuffix(".meta.json"),
                name=Option("name"),
            )


def _nothing_usable(source: Path, pairs: PairSet) -> InputError:
    counts = [f"{n} {what.replace('_', ' ')}" for what, n in asdict(pairs.rows).items() if n]
    message = Problem(
        "{file} has no usable pair for {level} (rows: {rows}). Check --level, the columns and the sentences; "
        "--keep uses pairs that fail a check.",
        {"file": source, "level": pairs.level, "rows": ", ".join(counts) or "0"},
    )
    return InputError(message, *_first_rejects(pairs))


def _first_rejects(pairs: PairSet) -> list[Problem]:
    """The first ten failed rows, one per line."""
    template = "  row {row}: {reason}: {word!r:.40}, {sentence!r:.80}"
    return [
        Problem(template, {"row": r.row, "reason": r.reason, "word": r.word, "sentence": r.sentence})
        for r in pairs.rejects[:10]
    ]


def _write_rejects(out: Publication, path: Path, pairs: PairSet) -> None:
    writer = csv.writer(out.file(path), lineterminator="\n")
    writer.writerow(("row", "word", "sentence", "reason"))
    writer.writerows((r.row, table_cell(r.word), table_cell(r.sentence), r.reason) for r in pairs.rejects)


def _write_training_pro_format(out: Publication, webui: Webui) -> Path:
    """Without it Training PRO puts its own sentence before the instruction of each record."""
    path = webui.formats / f"{TRAINING_PRO_FORMAT_NAME}.json"
    text = json.dumps(TRAINING_PRO_FORMAT, indent=4) + "\n"
    if not path.is_file() or path.read_bytes() != text.encode():
        out.file(path, ours=True).write(text)
    return path
