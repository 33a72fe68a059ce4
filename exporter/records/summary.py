"""What an export did: for people, for JSON and for the tab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..common.checked import read_object
from ..common.errors import InputError, Problem
from ..language.levels import TRAINABLE, parse_level
from ..pairs.checking import Cleaned, Reject, RowCounts


@dataclass(frozen=True)
class SideSummary:
    """What was written for training or for evaluation.

    `words_per_record` maps a number of words to the number of records with it; `uses_per_sentence` is the fewest and
    the most uses of a sentence.
    """

    records: int
    words_per_record: Mapping[int, int]
    words: int
    sentences: int
    uses_per_sentence: tuple[int, int]
    words_with_too_large_a_share: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """What an export read and wrote.

    `sides` are "train" and, where there is an evaluation, "eval". `files` maps the side and the format (`train_txt`),
    and "meta", "rejected" and "training_pro_format" where they were written, to the file.
    """

    name: str
    level: str
    source: str
    seed: int
    mix: str
    split: str
    rows: RowCounts
    cleaned: Cleaned
    notes: Sequence[Problem]
    first_failed_rows: Sequence[Reject]
    words: int
    sentences: int
    sides: Mapping[str, SideSummary]
    fingerprint: str
    versions: Mapping[str, str | int]
    written: Sequence[str]
    files: Mapping[str, Path]

    def as_dict(self) -> dict[str, Any]:
        """As in `NAME.meta.json`, which does not name `files`: it may be moved with its folder."""
        failed = [{"row": r.row, "word": r.word, "reason": str(r.reason)} for r in self.first_failed_rows]
        return {
            "name": self.name,
            "level": self.level,
            "source": self.source,
            "seed": self.seed,
            "mix": self.mix,
            "split": self.split,
            "rows": asdict(self.rows),
            "cleaned": asdict(self.cleaned),
            "notes": [str(note) for note in self.notes],
            "first_failed_rows": failed,
            "words": self.words,
            "sentences": self.sentences,
            "sides": {side: asdict(made) for side, made in self.sides.items()},
            "fingerprint": self.fingerprint,
            "versions": dict(self.versions),
            "written": list(self.written),
        }

    def with_files(self) -> dict[str, Any]:
        """As `export --json` prints it."""
        return {**self.as_dict(), "files": {what: str(path) for what, path in self.files.items()}}


def level_of(training_file: Path) -> str | None:
    """The level that the description beside a training file names; None without a description."""
    try:
        return parse_level(str(read_object(training_file.with_suffix(".meta.json")).get("level")), TRAINABLE)
    except InputError:
        return None


def describe(summary: Summary) -> str:
    """The summary as a table for people."""
    rows = summary.rows
    left_out = (
        (rows.other_level, "of another level"),
        (rows.doubled, "doubled"),
        (rows.blank, "with a blank word or sentence"),
        (rows.rejected, "rejected"),
    )
    lines = [f"{summary.source} -> {summary.name}, level {summary.level}", ""]
    lines.append(f"  rows read       {rows.read:>9,}")
    lines += [f"  - {what:<30}{n:>9,}" for n, what in left_out if n]
    lines.append(f"  = pairs used    {rows.used:>9,}   {summary.words:,} words, {summary.sentences:,} sentences")
    if rows.kept_despite_a_failed_check:
        lines.append(f"    of them kept although they failed a check: {rows.kept_despite_a_failed_check:,}")
    lines += [f"    {said}" for said in summary.cleaned.said]
    lines += [f"  ! {note}" for note in summary.notes]
    failed = summary.first_failed_rows
    lines += [f"    row {r.row}: {r.word!r:.40}: {r.reason}" for r in failed]
    if (more := rows.rejected + rows.kept_despite_a_failed_check - len(failed)) > 0:
        lines.append(f"    and {more:,} more")
    lines += ["", "           records   words  sentences  uses of each sentence   words per record"]
    lines += [_side_line(side, made) for side, made in summary.sides.items()]
    for side, made in summary.sides.items():
        if over := made.words_with_too_large_a_share:
            shown = ", ".join(over[:8]) + (f" and {len(over) - 8} more" if len(over) > 8 else "")
            lines.append(
                f"  ! {side}: the sentences of these words are used less often than the others, because a record asks "
                f"for a word only once: {shown}."
            )
    if summary.split == "records":
        lines.append(
            "  ! --split records leaks: the evaluation has sentences that were trained on, so its loss looks too good."
        )
    lines += ["", "Files:"] + [f"  {path}" for path in summary.files.values()]
    if rejected := summary.files.get("rejected"):
        lines.append(f"Every failed row with its reason is in {rejected.name}.")
    return "\n".join(lines)


def _side_line(side: str, made: SideSummary) -> str:
    uses = "-".join(str(n) for n in dict.fromkeys(made.uses_per_sentence))
    sizes = ", ".join(f"{n}: {c:,}" for n, c in made.words_per_record.items())
    return f"  {side:<7}{made.records:>9,}{made.words:>8,}{made.sentences:>11,}  {uses:<22}  {sizes}"
