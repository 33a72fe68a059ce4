"""Our account of Training PRO's slicer, held against the real one.

The block counts below came from running `precise_cut` of the webui's v3.15 on the same texts with the same
tokenizer. With `TRAINING_PRO=DIR` (a checkout of the extension) the real one runs here once more.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from cefr_sentences.exporter.records.prompt import HARD_CUT, Record
from cefr_sentences.exporter.records.slicer import report, slice_text, split_pieces

SENTENCES = (
    "The {} is new.",
    "Mr. Brown has a {} at home, and Dr. White wants one too!",
    "Is this your {}?",
    "J. K. Lee bought the {} from Smith Inc. in spring.",
    "I like the {}... do you?",
)


class Tokenizer:
    """Cuts words into pieces of up to four letters; the beginning mark counts, as Llama's does."""

    def encode(self, text: str) -> list[str]:
        return ["<s>", *re.findall(r"\w{1,4}|[^\w\s]|\s+", text)]

    def decode(self, ids: list[str], skip_special_tokens: bool = True) -> str:
        return "".join(i for i in ids if i != "<s>")


def count(text: str) -> int:
    return len(Tokenizer().encode(text))


def records(n: int, words: int, seed: int) -> str:
    draw = random.Random(seed).random
    texts = []
    for _ in range(n):
        named = [f"word{int(draw() * 1000)}x{i}" for i in range(words)]
        sentences = tuple(SENTENCES[int(draw() * len(SENTENCES))].format(w) for w in named)
        texts.append(Record("A1", tuple(named), sentences).text)
    return HARD_CUT.join(texts)


def messy(seed: int) -> str:
    draw = random.Random(seed).random
    bits = [
        "Mr. ",
        "Hello. ",
        "cat ",
        "\n",
        HARD_CUT,
        "1. ",
        "A. ",
        "why? ",
        "Inc. ",
        "end.\n",
        "</s>",
        "x" * 70,
        "... ",
    ]
    return "".join(bits[int(draw() * len(bits))] for _ in range(400))


TEXTS = {"ten words": records(40, 10, 1), "six words": records(60, 6, 2), "prose": messy(3)}
# (text, chunk, overlap) -> blocks of the real slicer
REAL: dict[tuple[str, int, bool], int] = {
    ("ten words", 256, True): 121,
    ("ten words", 256, False): 81,
    ("ten words", 384, True): 80,
    ("ten words", 128, False): 172,
    ("ten words", 512, True): 41,
    ("six words", 256, True): 149,
    ("six words", 256, False): 117,
    ("six words", 384, True): 69,
    ("six words", 128, False): 185,
    ("six words", 512, True): 60,
    ("prose", 256, True): 34,
    ("prose", 256, False): 33,
    ("prose", 384, True): 34,
    ("prose", 128, False): 37,
    ("prose", 512, True): 33,
}


@pytest.mark.parametrize(("text", "chunk", "overlap"), REAL)
def test_as_many_blocks_as_the_real_slicer(text: str, chunk: int, overlap: bool) -> None:
    assert len(slice_text(TEXTS[text], count, chunk, overlap)) == REAL[text, chunk, overlap]


def real_slicer(folder: Path) -> Any:
    """`precise_cut` of a real checkout, with a stand-in for the webui's `modules` that lends our tokenizer."""
    modules = types.ModuleType("modules")
    modules.shared = types.SimpleNamespace(tokenizer=Tokenizer())  # type: ignore[attr-defined]
    modules.utils = types.SimpleNamespace()  # type: ignore[attr-defined]
    for name in ("modules", "requests", "tqdm"):
        sys.modules.setdefault(name, modules if name == "modules" else types.ModuleType(name))
    namespace: dict[str, Any] = {}
    exec((folder / "train_utils.py").read_text(encoding="utf-8"), namespace)

    def cut(text: str, chunk: int, overlap: bool) -> list[str]:
        marks = ["</s>", "<s>"][: namespace["precise_cut"].__code__.co_argcount - 7]
        with contextlib.redirect_stdout(io.StringIO()):
            return namespace["precise_cut"](text, overlap, 0, False, chunk, "\\n\\n\\n", False, *marks)

    return cut


@pytest.mark.skipif("TRAINING_PRO" not in os.environ, reason="set TRAINING_PRO to a checkout of Training PRO to run it")
def test_block_by_block_against_a_real_checkout() -> None:
    cut = real_slicer(Path(os.environ["TRAINING_PRO"]))
    for (name, chunk, overlap), blocks in REAL.items():
        assert len(cut(TEXTS[name], chunk, overlap)) == blocks
    for seed in range(300):
        text, chunk, overlap = messy(seed), 32 + seed % 70, bool(seed % 2)
        assert len(cut(text, chunk, overlap)) == len(slice_text(text, count, chunk, overlap)), (seed, chunk, overlap)


def test_pieces_are_counted_alone_and_trimmed() -> None:
    pieces = split_pieces("Hi there. Bye." + HARD_CUT + "x" * 400, count, 20)
    assert [(p.size, p.cut, p.trimmed) for p in pieces] == [(7, False, False), (7, True, False), (19, False, True)]


def test_a_report_in_numbers() -> None:
    """Two records, each a prompt and an answer of three one-word lines; one token a word, none added."""
    text = HARD_CUT.join(["### Instruction:\na\n\n### Response:\none. two. six.\n"] * 2)
    both = text.split(HARD_CUT)
    found = report(text, both, lambda t: len(re.findall(r"[a-z]+", t)), 6, False)
    # Pieces: "... one. " 4 words with the headings' two, "two. " 1, "six.\n" 1, and the mark alone 0.
    assert (found.records, found.lengths) == (2, [6, 6])
    assert (found.blocks, found.cut, found.overlapping) == (4, 2, 0)
    # "two. " would make 5 of at most 4: it begins the second block, and "six." goes with it.
    assert (found.response, found.orphaned) == (6, 4)
    assert found.safe_chunk == 32
    whole = report(text, both, lambda t: len(re.findall(r"[a-z]+", t)), 32, False)
    assert (whole.blocks, whole.cut, whole.orphaned) == (2, 0, 0)
    assert whole.padding == pytest.approx(1 - 12 / 64)
    # Without a cut that others see: the same records, in a single block.
    joined = report("\n".join(both), both, lambda t: len(re.findall(r"[a-z]+", t)), 32, False)
    assert (joined.records, joined.blocks, joined.orphaned, joined.rewritten) == (2, 1, 0, False)
    other = report("[]", both, lambda t: len(re.findall(r"[a-z]+", t)), 32, False)
    assert (other.records, other.blocks, other.rewritten) == (2, 2, True)
