"""`python -m bench.bank`: build a level of the bank from written rows, check rows, and list what is missing.

Rows are written as TSV without a header: headword and part of speech as the word lists have them, and a sentence.
`build LEVEL FILE...` adds them to the level's file (`--replace`: they become it), `check LEVEL [FILE...]` says what is
wrong with them, or with the level's file, and `missing LEVEL` lists the headwords that have too few sentences.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cefr_sentences.exporter.bank.bank import BankSentence, bank_rows
from cefr_sentences.exporter.bank.headwords import Headword, headwords
from cefr_sentences.exporter.language.entry import Entry
from cefr_sentences.exporter.language.levels import TRAINABLE, level_number, parse_level, word_level
from cefr_sentences.exporter.language.profile import Profile, mean_score, profiles
from cefr_sentences.exporter.language.sentences import count_sentences
from cefr_sentences.exporter.pairs.checking import starter_pairs

# Sentences for each headword and part of speech; and words of a sentence.
PROMISED = {"A1": 2, "A2": 2, "B1": 2, "B2": 1, "C1": 2}
LENGTHS = {"A1": (2, 12), "A2": (3, 15), "B1": (3, 20), "B2": (4, 25), "C1": (4, 30)}
# Not in the bank: slurs and what no class should read; then what a list has misspelt, or as another part of speech.
_UNSUITABLE = """
cripple/noun gook/noun queer/adjective rape/noun rape/verb retard/verb gypsy/noun raunchy/adjective raunchily/adverb
"""
_WRONG = """
bombard/noun exaggerate/noun referent/adjective automatic/verb chauffer/noun chauffer/verb enviable/adverb
overdraft/verb unscathing/adjective
"""
LEFT_OUT = frozenset(tuple(entry.split("/")) for entry in (_UNSUITABLE + _WRONG).split())
RUN = 6  # words in a row that no two sentences share
FIRST_PERSON = frozenset("i me my mine we us our ours i'm i've i'll i'd we're we've we'll we'd".split())  # noqa: SIM905
_CONTRACTION = re.compile(r"\w'(t|s|re|ve|ll|d|m)\b")


def words(sentence: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", sentence.lower().replace("’", "'"))


def is_question(sentence: str) -> bool:
    return sentence.rstrip("\"'").endswith("?")


def in_first_person(sentence: str) -> bool:
    return not FIRST_PERSON.isdisjoint(words(sentence))


def has_contraction(sentence: str) -> bool:
    return _CONTRACTION.search(sentence) is not None


def letters_per_word(sentences: Iterable[str]) -> float:
    found = [word for sentence in sentences for word in words(sentence)]
    return sum(map(len, found)) / len(found)


def shared_runs(rows: Sequence[BankSentence]) -> dict[tuple[str, ...], list[BankSentence]]:
    """The runs of RUN words that more than one of the rows has, with these rows."""
    found = defaultdict(list)
    for row in rows:
        of = words(row.sentence)
        for run in {tuple(of[i : i + RUN]) for i in range(len(of) - RUN + 1)}:
            found[run].append(row)
    return {run: some for run, some in found.items() if len(some) > 1}


def masked(row: BankSentence) -> str:
    """The sentence with a gap for its word: what two rows made from one template share."""
    text = row.sentence
    for start, end in sorted(Entry.parse(row.word).spans(text), reverse=True):
        text = f"{text[:start]}_{text[end:]}"
    return text.lower()


def missing(level: str, rows: Iterable[BankSentence]) -> dict[Headword, int]:
    """The headwords of `level` that have fewer sentences in `rows` than promised, and how many they lack."""
    there = Counter((row.word, row.pos) for row in rows)
    lacks = {
        entry: PROMISED[level] - sum(there[spelling, entry.pos] for spelling in entry.spellings)
        for entry in headwords()
        if entry.level == level and (entry.spellings[0], entry.pos) not in LEFT_OUT
    }
    return {entry: n for entry, n in lacks.items() if n > 0}


def read(path: Path, level: str) -> Iterator[BankSentence]:
    """The rows of a TSV, each under the spelling of its headword that its sentence has."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != 3:
            raise SystemExit(f"{path}:{number}: {len(cells)} cells instead of headword, part of speech and sentence.")
        spellings = cells[0].split("/")
        word = next((spelling for spelling in spellings if Entry.parse(spelling).uses(cells[2])), spellings[0])
        yield BankSentence(word, cells[1], cells[2], level)


def build(level: str, rows: Iterable[BankSentence]) -> int:
    """Write the file of `level`: each row once, by word and part of speech."""
    once = {row.sentence: row for row in rows}.values()
    ordered = sorted(once, key=lambda row: (row.word.casefold(), row.word, row.pos))
    cells = [{"word": r.word, "pos": r.pos, "sentence": r.sentence, "level": r.level} for r in ordered]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in cells)
    starter_pairs(level).write_text(f"[\n{lines}\n]\n", encoding="utf-8", newline="\n")
    return len(cells)


def wrong(row: BankSentence, profile: Profile) -> Iterator[str]:
    """What is wrong with a row by itself."""
    entries = [e for e in headwords() if e.level == row.level and e.pos == row.pos and row.word in e.spellings]
    length, (least, most) = len(words(row.sentence)), LENGTHS[row.level]
    harder = [w for w in profile.above if not Entry.parse(row.word).uses(w)]
    if not entries:
        yield "no word list has this word with this part of speech at this level"
    if not Entry.parse(row.word, row.pos).uses(row.sentence):
        yield "the word is not found in it as this part of speech (the matcher may be wrong: look)"
    if count_sentences(row.sentence) != 1:
        yield "more than one sentence"
    if not re.match(r"[\"'A-Z0-9£$]", row.sentence) or not re.search(r"[.?!][\"']?$", row.sentence):
        yield "it does not begin with a capital letter or end with a stop"
    if re.search(r"[’‘“”–\u2014;]|\s\s", row.sentence):
        yield "a typographic quotation mark, dash, semicolon or double space"
    if not least <= length <= most:
        yield f"{length} words; {least} to {most} are wanted"
    if len(harder) > 1:
        yield "words above the level: " + ", ".join(harder)
    elif harder and level_number(word_level(harder[0]).level) > level_number(row.level) + 1:
        yield f"far above the level: {harder[0]}"
    if profile.score > mean_score(row.level) + 0.75:
        yield f"hard for the level: {profile.score:.2f}, human sentences {mean_score(row.level):.2f}"


def check(level: str, rows: Sequence[BankSentence], others: Sequence[BankSentence]) -> int:
    """Print what is wrong with `rows`, also beside `others`, and what they are like; returns how much is wrong."""
    found = profiles([row.sentence for row in rows], level)
    problems = [(row, what) for row, profile in zip(rows, found, strict=True) for what in wrong(row, profile)]
    alike = defaultdict(list)
    for row in rows:
        alike[masked(row)].append(row)
    problems += [(some[1], "the same but for the word as: " + some[0].sentence) for some in alike.values() if some[1:]]
    ours = {row.sentence for row in rows}
    for run, some in shared_runs([*others, *rows]).items():
        if shared := [row for row in some if row.sentence in ours]:
            problems.append((shared[-1], f"'{' '.join(run)}' is also in: {some[0].sentence}"))
    for row, what in problems:
        print(f"{row.word} ({row.pos}): {row.sentence}\n    {what}")
    sentences, first = [row.sentence for row in rows], Counter(words(row.sentence)[0] for row in rows)
    shares = {"questions": is_question, "first person": in_first_person, "contractions": has_contraction}
    print(f"\n{len(rows)} rows, {len(problems)} problems")
    print(*(f"{name} {100 * sum(map(has, sentences)) / len(rows):.0f} %" for name, has in shares.items()), sep=" | ")
    print("first words", *(f"{word} {100 * n / len(rows):.0f} %" for word, n in first.most_common(4)), sep=" | ")
    score = sum(profile.score for profile in found) / len(found)
    print(f"judge {score:.2f}, human {mean_score(level):.2f} | letters a word {letters_per_word(sentences):.2f}")
    return len(problems)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.bank", description=__doc__)
    parser.add_argument("what", choices=("build", "check", "missing"))
    parser.add_argument("level", metavar="LEVEL", type=lambda text: parse_level(text, TRAINABLE))
    parser.add_argument("files", metavar="FILE", nargs="*", type=Path)
    parser.add_argument("--replace", action="store_true", help="build from the given rows alone")
    args = parser.parse_intermixed_args()
    present, rows = bank_rows(args.level), [row for file in args.files for row in read(file, args.level)]
    if args.what == "build":
        print(build(args.level, rows if args.replace else [*present, *rows]), "rows in", starter_pairs(args.level))
    elif args.what == "check":
        elsewhere = [row for level in TRAINABLE if rows or level != args.level for row in bank_rows(level)]
        checked = {row.sentence for row in rows}
        return min(1, check(args.level, rows or present, [r for r in elsewhere if r.sentence not in checked]))
    else:
        for entry, n in missing(args.level, present).items():
            print(entry.name, entry.pos, n, sep="\t")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
