"""`python -m bench.fit_tagger --data DIR`: fit the tagger, measure it, and write its weights.

DIR holds `*.conllu`, the English Web Treebank of Universal Dependencies, of which the file with "dev" in its name is
kept to measure, as is a tenth of the bank's sentences, each with the part of speech of its word. The weights that are
written are those of a second fit on all of it. Three minutes on one core.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from cefr_sentences.exporter.bank.bank import TRAINABLE, bank_rows
from cefr_sentences.exporter.language.entry import Entry
from cefr_sentences.exporter.language.forms import forms
from cefr_sentences.exporter.language.lexicon import PARTS_OF_SPEECH, coarse_part
from cefr_sentences.exporter.language.reading import read
from cefr_sentences.exporter.language.tagger import PATH, SCALE, features, possible

LEAST = 5  # how often a feature was seen at least
SMALLEST = 4  # a row whose weights are all smaller is left out
BANK_WEIGHT, OWN_WEIGHT = 3.0, 5.0
PARTS = Path(__file__).parent / "parts.tsv"
ROUNDS, STEP, LASSO = 10, 0.1, 0.002


class Example(NamedTuple):
    """A word in its sentence: its features, what it can be, and what it is."""

    features: list[str]
    parts: tuple[str, ...]
    part: str
    weight: float = 1.0


def treebank(path: Path) -> Iterator[Example]:
    """The ambiguous words of a CoNLL-U file."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        lines = block.splitlines()
        sentence = next((line[9:] for line in lines if line.startswith("# text = ")), "")
        offset, parts = 0, {}
        for number, form, _, upos, xpos, *_ in (line.split("\t") for line in lines if line[:1].isdigit()):
            start = sentence.find(form, offset)
            if number.isdigit() and start >= 0:
                offset = start + len(form)
                parts[start] = _part(upos, xpos)
        text = read(sentence)
        for at, token in enumerate(text.tokens):
            can = possible(token.key)
            if len(can) > 1 and parts.get(token.start) in can:
                yield Example(features(text, at), can, parts[token.start])


def _part(upos: str, xpos: str) -> str:
    if xpos == "RP":
        return "ADV"  # of a phrasal verb, as word lists have it
    if xpos in ("PRP$", "WP$"):
        return "DET"
    return "" if upos in ("PUNCT", "SYM", "X", "PART") else coarse_part(upos) or ""


def bank() -> Iterator[Example]:
    """The words of the bank that can be several parts of speech, in their sentences."""
    for row in (row for level in TRAINABLE for row in bank_rows(level)):
        part, text = coarse_part(row.pos), read(row.sentence)
        if not part or " " in row.word:
            continue
        spans = Entry.parse(row.word).spans(row.sentence)
        places = [at for at, token in enumerate(text.tokens) if (token.start, token.end) in spans]
        if len(places) == 1 and part in (can := possible(text.tokens[places[0]].key)) and len(can) > 1:
            yield Example(features(text, places[0]), can, part, BANK_WEIGHT)


def written() -> Iterator[Example]:
    """Sentences written for the words that the others have too rarely as one of their parts of speech."""
    for line in PARTS.read_text(encoding="utf-8").splitlines()[1:]:
        part, word, sentence = line.split("\t")
        text = read(sentence)
        places = [
            at
            for at, token in enumerate(text.tokens)
            if text.surface(at).lower() == word.lower() or token.key in forms(word)
        ]
        if places and part in (can := possible(text.tokens[places[0]].key)):
            yield Example(features(text, places[0]), can, part, OWN_WEIGHT)
        else:
            print("not used:", line)


def fit(examples: list[Example]) -> dict[str, list[int]]:
    """The weights of each feature for each part of speech, times SCALE."""
    seen = Counter(feature for example in examples for feature in example.features)
    numbers = {f: at + 1 for at, f in enumerate(f for f, count in seen.items() if count >= LEAST)}  # 0: none
    longest = max(len(example.features) for example in examples)
    rows = torch.zeros(len(examples), longest, dtype=torch.long)
    allowed = torch.full((len(examples), len(PARTS_OF_SPEECH)), -1e9)
    for at, example in enumerate(examples):
        known = [numbers[f] for f in example.features if f in numbers]
        rows[at, : len(known)] = torch.tensor(known)
        allowed[at, [PARTS_OF_SPEECH.index(part) for part in example.parts]] = 0
    target = torch.tensor([PARTS_OF_SPEECH.index(example.part) for example in examples])
    weight = torch.tensor([example.weight for example in examples])
    torch.manual_seed(1)
    table = torch.nn.EmbeddingBag(len(numbers) + 1, len(PARTS_OF_SPEECH), mode="sum", padding_idx=0)
    torch.nn.init.zeros_(table.weight)
    optimizer = torch.optim.Adagrad(table.parameters(), lr=STEP)
    for number in range(ROUNDS):
        total = 0.0
        for batch in torch.randperm(len(examples)).split(512):
            scores = table(rows[batch]) + allowed[batch]
            loss = torch.nn.functional.cross_entropy(scores, target[batch], reduction="none") @ weight[batch]
            penalty = LASSO * table.weight[rows[batch]].abs().sum()
            optimizer.zero_grad()
            (loss + penalty).backward()
            optimizer.step()
            total += loss.item()
        print(number, round(total / weight.sum().item(), 4), flush=True)
    values = (table.weight.detach() * SCALE).round().int().tolist()
    return {f: values[at] for f, at in numbers.items() if max(map(abs, values[at])) >= SMALLEST}


def measure(name: str, table: dict[str, list[int]], examples: Iterable[Example]) -> None:
    right = asked = 0
    for example in examples:
        rows = [row for f in example.features if (row := table.get(f))]
        best = max(example.parts, key=lambda part: sum(row[PARTS_OF_SPEECH.index(part)] for row in rows))
        asked += 1
        right += best == example.part
    print(f"{name}: {right / max(asked, 1):.2%} of {asked} words that can be several parts of speech")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--measure", action="store_true", help="say first how many of the words kept out are right")
    args = parser.parse_args()
    files = sorted(args.data.glob("*.conllu"))
    web: dict[bool, list[Example]] = {True: [], False: []}
    for path in files:
        web["dev" in path.name] += treebank(path)
    own = list(bank())
    if args.measure:
        table = fit([*web[False], *(example for at, example in enumerate(own) if at % 10)])
        measure("treebank", table, web[True])
        measure("bank", table, own[::10])
    table = fit([*web[False], *web[True], *own, *written()])
    lines = ["\t".join([f, *(str(v) if v else "" for v in row)]).rstrip("\t") for f, row in sorted(table.items())]
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text("\n".join(["\t".join(["feature", *PARTS_OF_SPEECH]), *lines]) + "\n", encoding="utf-8")
    print(len(lines), "features,", PATH.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
