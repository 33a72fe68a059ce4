"""What a script or a notebook imports: levels, uses of words, the export and the writing, as plain functions.

docs/api.md has examples. The names in `__all__` and their arguments are kept; everything else may move.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Literal

# By their full names: in the repository this file lies in another place than where it is installed.
from cefr_sentences.exporter.common.errors import CefrError
from cefr_sentences.exporter.language.entry import Entry
from cefr_sentences.exporter.language.levels import WordLevel, parse_level, word_level
from cefr_sentences.exporter.language.profile import Profile, profile
from cefr_sentences.exporter.records.summary import Summary
from cefr_sentences.extension.writing.sheet import SheetRow

__all__ = [
    "CefrError",
    "Profile",
    "SheetRow",
    "Summary",
    "WordLevel",
    "export",
    "level",
    "save",
    "uses",
    "word_level",
    "write",
]

Name = str | PathLike[str]


def level(sentence: str, target: str | None = None) -> Profile:
    """How hard `sentence` is: its `level`, its `score` (1.0 to 6.0) and the words `above` that level, or `target`."""
    return profile(sentence, parse_level(target) if target else None)


def uses(sentence: str, entry: str, pos: str = "") -> bool:
    """Whether `sentence` uses `entry` in any form: a word, a phrase, or a dictionary's notation ("put sth off").

    `pos` (noun, verb, ...) asks for one part of speech.
    """
    return Entry.parse(entry, pos).uses(sentence)


def export(
    pairs: Name,
    level: str,
    out: Name,
    *,
    name: str = "",
    records: int = 2000,
    eval_share: float = 0.1,
    seed: int = 42,
    force: bool = False,
) -> Summary:
    """Write training files for the table of words and sentences at `pairs` into the folder `out`.

    `pairs` may be "starter", the bank's sentences of the level. `name` is that of the files, by default the table's;
    `force` replaces files of that name. Their paths are the summary's `files`: "train_txt", "eval_txt" and so on.

    Raises:
        CefrError: the pairs or an argument do not make an export, or the folder cannot be written; nothing is written.
    """
    from cefr_sentences.exporter.pairs.checking import starter_pairs
    from cefr_sentences.exporter.records.export import ExportSettings
    from cefr_sentences.exporter.records.export import export as write_files

    source, of = Path(pairs), parse_level(level)
    if pairs == "starter":
        source, name = starter_pairs(of), name or f"starter-{of.lower()}"
    settings = ExportSettings(of, name or source.stem, records=records, eval_share=eval_share, seed=seed)
    return write_files(source, settings, Path(out), force=force)


def write(
    words: str | Iterable[str],
    level: str,
    *,
    bank: Literal["first", "only", "beside", "off"] = "first",
    model: Name | None = None,
    adapter: Name | None = None,
    api: str | None = None,
    per_word: int = 1,
    candidates: int = 4,
    tries: int = 4,
    seed: int = 0,
    strict: bool = False,
) -> list[SheetRow]:
    """A checked sentence for each of `words` (a list, or text with commas), or why there is none.

    The bank is asked first. What it lacks is written by `model` (a Transformers folder, a name on the hub, "embedded")
    with `adapter`, which tries similar words' sentences of the bank before, or by the server at `api`; without either,
    those rows have no sentence. The model is loaded by every call that needs it, so give all words at once. With
    `strict` it can use no words but those of the level and the requested ones. A user's own sentences are not asked.

    Raises:
        CefrError: an argument is wrong, or the model cannot be used. What goes wrong with one word is in its row.
        ValueError: `bank` needs a model, and none is named.
    """
    from cefr_sentences.exporter.bank.bank import Bank
    from cefr_sentences.extension.writing.known import training_sentences
    from cefr_sentences.extension.writing.settings import WriteSettings
    from cefr_sentences.extension.writing.words import split_words
    from cefr_sentences.extension.writing.write import write_sentences
    from cefr_sentences.extension.writing.writer import Writer

    beside, folder = bank == "beside", None if adapter is None else Path(adapter)
    settings = WriteSettings(parse_level(level), candidates, tries, seed=seed, per_word=per_word, beside=beside)
    writer = Writer(None if model is None else str(model), folder, api, strict)
    ask = None if bank == "only" or (model is None and api is None) else writer.ask
    if ask is None and bank in ("beside", "off"):
        raise ValueError(f"bank={bank!r} needs a model: give `model` or `api`.")
    return write_sentences(
        ask,
        split_words(words) if isinstance(words, str) else [*words],
        settings,
        bank=None if bank == "off" else Bank(),
        known=training_sentences(None, folder),
        reader=None if model is None or api is not None else writer.reader,
    )


def save(rows: Sequence[SheetRow], file: Name, level: str, *, force: bool = False) -> None:
    """Write `rows` to `file`; its ending decides the format, as with the command's `--out`. Raises CefrError."""
    from cefr_sentences.extension.writing.output_formats import write_sheet
    from cefr_sentences.extension.writing.sheet import Sheet

    write_sheet(Path(file), Sheet(tuple(rows), parse_level(level)), force=force)
