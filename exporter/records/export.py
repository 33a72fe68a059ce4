"""The export from beginning to end: read, check, split, draw, write."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..common.errors import InputError
from ..common.files import Publication, refuse_existing
from ..common.webui import Webui
from ..language.levels import TRAINABLE, parse_level
from ..pairs.checking import PairSet, load_pairs
from ..pairs.columns import Columns
from .dealing import Side, deal, plan
from .formats import FORMATS, Format, RecordWriter
from .mix import Mix
from .prompt import PROMPT_VERSION, TRAINING_PRO_FORMAT, Record
from .split import split_words

MAX_RECORDS = 10_000_000
TRAINING_PRO_FORMAT_NAME = "cefr-sentences"
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")


@dataclass(frozen=True)
class ExportSettings:
    """All that decides what an export writes, checked.

    `eval_share` is the share of the records that is kept for evaluation; `split` is `words` (no word of
    the evaluation is trained on) or `records` (both sides drawn from all pairs, which leaks).

    Raises:
        InputError: a value out of range.
    """

    level: str
    name: str
    records: int = 2000
    mix: Mix = field(default_factory=lambda: Mix.parse("10:70,8-9:20,6-7:10"))
    eval_share: float = 0.1
    split: str = "words"
    formats: tuple[Format, ...] = tuple(FORMATS.values())
    seed: int = 42
    keep: bool = False

    def __post_init__(self) -> None:
        parse_level(self.level, TRAINABLE)
        check_name(self.name)
        if not 1 <= self.records <= MAX_RECORDS:
            raise InputError(f"--records {self.records} is out of range: 1 to {MAX_RECORDS:,}.")
        if not 0 <= self.eval_share < 1:
            raise InputError(f"--eval {self.eval_share} is a share of the records: 0 up to 0.9, for example 0.1.")
        if self.split not in ("words", "records"):
            raise InputError(f"--split {self.split!r}: choose words or records.")
        if self.eval_share and not 0 < self.eval_records < self.records:
            raise InputError(
                f"--eval {self.eval_share} of {self.records} records leaves {self.eval_records} for evaluation and "
                f"{self.records - self.eval_records} for training. Ask for more --records, or --eval 0."
            )

    @property
    def eval_records(self) -> int:
        return int(self.records * self.eval_share + 0.5)


def check_name(name: str) -> None:
    """Raises InputError unless `name` is a plain file name on every system."""
    if (
        not name.strip()
        or name != name.strip()
        or len(name.encode()) > 120
        or name.startswith(".")
        or name.endswith(".")
        or re.search(r'[\x00-\x1f/\\:*?"<>|]', name)
        or _RESERVED.match(name)
    ):
        raise InputError(
            f"The name {name[:60]!r} cannot be used for files. Use letters, digits, spaces, - and _, up to 120 bytes."
        )


def export(
    source: Path,
    settings: ExportSettings,
    target: Path | Webui,
    *,
    columns: Columns | None = None,
    force: bool = False,
    progress: Callable[[str, int, int], object] = lambda what, done, total: None,
) -> dict[str, Any]:
    """Read the pairs at `source`, write the training files into `target`, and return the summary.

    `progress` is called with what is being done, how much of it is done, and of how much (0: not known).

    Raises:
        InputError: the pairs or settings do not make an export; nothing is written.
        TargetError: the target cannot be written, or has such files already; nothing is written.
    """
    folder = target.datasets if isinstance(target, Webui) else target
    sides = ("train", "eval") if settings.eval_records else ("train",)
    paths = {(f.name, side): f.path(folder, settings.name, side) for f in settings.formats for side in sides}
    meta_path = folder / f"{settings.name}.meta.json"
    rejected_path = folder / f"{settings.name}_rejected.csv"
    targets = [*paths.values(), meta_path, rejected_path]
    if source.exists() and source.resolve() in {t.resolve() for t in targets}:
        raise InputError(f"The export would overwrite {source} itself. Choose another --name or folder.")
    refuse_existing(targets, force=force)
    pairs = load_pairs(
        source,
        settings.level,
        columns,
        keep=settings.keep,
        progress=lambda rows: progress("reading", rows, 0),
    )
    if not len(pairs):
        raise InputError(_nothing_usable(source, pairs))
    try:
        plans = _plans(pairs, settings)
    except InputError as error:
        raise InputError("\n".join([str(error), *_reasons(pairs)])) from None
    with Publication(force=force) as out:
        if pairs.rejects:
            _write_rejects(out, rejected_path, pairs)
        for stale in _written_before(meta_path):
            if stale not in targets[:-2] and stale.resolve() != source.resolve():
                out.remove(stale)
        summary = _about_the_pairs(source, pairs, settings)
        digest = hashlib.sha256()
        for side in sides:
            writers = [RecordWriter(out.file(paths[f.name, side]), f) for f in settings.formats]
            for done, record in enumerate(_records(plans[side], settings, side), 1):
                digest.update(record.text.encode() + b"\0")
                for writer in writers:
                    writer.write(record)
                if done % 500 == 0:
                    progress(f"writing {side}", done, plans[side].records)
            for writer in writers:
                writer.close()
            summary["sides"][side] = _side_summary(plans[side])
        summary["fingerprint"] = digest.hexdigest()
        summary["versions"] = {
            "cefr-sentences": version("cefr-sentences"),
            "prompt": PROMPT_VERSION,
            "lemminflect": version("lemminflect"),
        }
        names = sorted(p.name for p in paths.values()) + [rejected_path.name] * bool(pairs.rejects)
        summary["written"] = names
        written = {f"{side}_{name}": str(path) for (name, side), path in paths.items()}
        written["meta"] = str(meta_path)
        if pairs.rejects:
            written["rejected"] = str(rejected_path)
        if isinstance(target, Webui):
            written["training_pro_format"] = str(_write_training_pro_format(out, target))
        out.file(meta_path).write(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    return {**summary, "files": written}


def is_ours(path: Path) -> bool:
    """Whether the exporter wrote it: its own output is no table of pairs."""
    stem = path.name.partition(".")[0]
    names = {stem, *(stem.removesuffix(e) for e in ("_eval", "_chat", "_text", "_chat_eval", "_text_eval"))}
    return path.name.endswith(".meta.json") or any(path.with_name(f"{n}.meta.json").is_file() for n in names)


def _about_the_pairs(source: Path, pairs: PairSet, settings: ExportSettings) -> dict[str, Any]:
    """The first part of the summary: what was read."""
    return {
        "name": settings.name,
        "level": settings.level,
        "source": source.name,
        "seed": settings.seed,
        "mix": str(settings.mix),
        "split": settings.split if settings.eval_records else "none",
        "rows": _row_counts(pairs),
        "cleaned": {"smart_quotes": pairs.counts["smart quotes"]},
        "first_failed_rows": [{"row": r.row, "word": r.word, "reason": r.reason} for r in pairs.rejects[:10]],
        "words": len(pairs.words),
        "sentences": len(pairs.sentences),
        "sides": {},
    }


def _records(side: Side, settings: ExportSettings, name: str) -> Iterator[Record]:
    for lines in deal(side, settings.seed, name):
        yield Record(settings.level, *zip(*lines, strict=True))


def _plans(pairs: PairSet, settings: ExportSettings) -> dict[str, Side]:
    everything = set(range(len(pairs.words)))
    train_records = settings.records - settings.eval_records
    train_sizes, eval_sizes = settings.mix.sizes(train_records), settings.mix.sizes(settings.eval_records)
    if not settings.eval_records:
        return {"train": plan(pairs, everything, train_sizes, settings.seed, "train")}
    if settings.split == "words":
        train, unseen = split_words(pairs, settings.eval_share, settings.seed, settings.mix.largest)
    else:
        train = unseen = everything
    return {
        "train": plan(pairs, train, train_sizes, settings.seed, "train"),
        "eval": plan(pairs, unseen, eval_sizes, settings.seed, "eval"),
    }


def _row_counts(pairs: PairSet) -> dict[str, int]:
    counts = pairs.counts
    return {
        "read": counts["rows"],
        "used": counts["used"],
        "other_level": counts["other level"],
        "doubled": counts["doubled"],
        "blank": counts["blank"],
        "rejected": counts["rejected"],
        "kept_despite_a_failed_check": counts["kept"],
    }


def _side_summary(side: Side) -> dict[str, Any]:
    return {
        "records": side.records,
        "words_per_record": {str(n): c for n, c in sorted(side.sizes.items(), reverse=True)},
        "words": len(side.words),
        "sentences": len({side.pairs.pair_sentences[p] for ps in side.pairs_of for p in ps}),
        "uses_per_sentence": list(side.spread),
        "words_with_too_large_a_share": list(side.over),
    }


def _written_before(meta_path: Path) -> list[Path]:
    """The files that an earlier export of the same name says it wrote: an old eval file must not outlive it."""
    try:
        names = json.loads(meta_path.read_text(encoding="utf-8"))["written"]
        return [meta_path.with_name(name) for name in names if Path(name).name == name]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _nothing_usable(source: Path, pairs: PairSet) -> str:
    counts = _row_counts(pairs)
    found = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in counts.items() if n and what != "used")
    advice = "Check --level, the columns and the sentences; --keep uses pairs that fail a check."
    return "\n".join(
        [f"{source} has no usable pair for {pairs.level} (rows: {found or '0'}). {advice}", *_reasons(pairs)]
    )


def _reasons(pairs: PairSet) -> list[str]:
    """The first ten failed rows as lines."""
    return [f"  row {r.row}: {r.reason}: {r.word!r:.40}, {r.sentence!r:.80}" for r in pairs.rejects[:10]]


def _write_rejects(out: Publication, path: Path, pairs: PairSet) -> None:
    writer = csv.writer(out.file(path), lineterminator="\n")
    writer.writerow(("row", "word", "sentence", "reason"))
    writer.writerows((r.row, r.word, r.sentence, r.reason) for r in pairs.rejects)


def _write_training_pro_format(out: Publication, webui: Webui) -> Path:
    """Without it Training PRO renders our JSON with its own sentence before the instruction."""
    path = webui.formats / f"{TRAINING_PRO_FORMAT_NAME}.json"
    text = json.dumps(TRAINING_PRO_FORMAT, indent=4) + "\n"
    if not path.is_file() or path.read_bytes() != text.encode():
        out.file(path, ours=True).write(text)
    return path
