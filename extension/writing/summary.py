"""What became of a sheet, in words for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .sheet import SheetRow, count, reading_order

# In front of a row; what has neither needs another sentence.
_MARKS = {"ok": " ", "doubtful": "?"}


def describe(rows: Sequence[SheetRow], per_word: int = 1, *, all_rows: bool = True) -> str:
    """`rows`, those first that a person should read first, and how many words of each kind there are.

    Without `all_rows`, only those that are not ok. `per_word` sentences were asked for.
    """
    shown = reading_order(row for row in rows if all_rows or row.status != "ok")
    width = min(30, max((len(row.word) for row in shown), default=0))
    lines = []
    for row in shown:
        sentence = row.sentence if row.sentence is not None else "(no sentence)"
        lines.append(f"{_MARKS.get(row.status, '!')} {row.word:<{width}}  {sentence}")
        if not row.accepted:
            lines.append(f"  {'':<{width}}  ^ {row.why}")
    if lines:
        lines.append("")
    return "\n".join([*lines, *_counts(rows, per_word)])


def _counts(rows: Sequence[SheetRow], per_word: int) -> list[str]:
    n = count(rows)
    sources = [f"{n.own} your own"] * (n.own > 0) + [f"{n.from_bank} from the bank"] * (n.from_bank > 0)
    of_them = f": {', '.join(sources)}" if sources else ""
    plural = "" if n.sentences == 1 else "s"
    lines = [f"{n.accepted} of {n.asked} words have a sentence ({n.sentences} sentence{plural}{of_them})."]
    if n.accepted:
        lines.append("Word, form and level checked; please read before printing.")
    if n.doubtful:
        lines.append(f"{n.doubtful} are doubtful, marked with ?: read them first.")
    if n.rejected:
        lines.append(f"{n.rejected} are marked with ! and say why.")
    if lacking := [row.word for row in rows if "no entry" in row.reasons]:
        lines.append(f"The bank has none left for {', '.join(lacking)}: a model (--model, --api) may write them.")
    if fewer := _fewer(rows, per_word):
        lines.append(f"Fewer than {per_word} sentences: {', '.join(fewer)}.")
    if n.skipped:
        lines.append(f"{n.skipped} were not asked for: repeated, or no words.")
    return lines


def _fewer(rows: Sequence[SheetRow], per_word: int) -> list[str]:
    """The words that have a sentence, but fewer than were asked for."""
    counted = Counter(row.word for row in rows if row.accepted)
    return [f"{word} ({n})" for word, n in counted.items() if n < per_word]
