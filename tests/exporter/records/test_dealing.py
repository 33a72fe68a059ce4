"""The mix, the split and the deal: exact sizes, no word twice, every sentence equally often."""

from __future__ import annotations

from collections import Counter

import pytest
from cefr_sentences.exporter.common.errors import InputError
from cefr_sentences.exporter.pairs.checking import PairSet
from cefr_sentences.exporter.records.dealing import deal, plan, rng, size_stream, word_records
from cefr_sentences.exporter.records.mix import Mix, largest_remainder
from cefr_sentences.exporter.records.split import split_words
from hypothesis import given, settings
from hypothesis import strategies as st

DEFAULT = Mix.parse("10:70,8-9:20,6-7:10")


def make(sentences: list[int], shared: tuple[tuple[int, int], ...] = ()) -> PairSet:
    """Words with so many sentences each; `shared` adds word w to the s-th sentence of all."""
    pairs = PairSet("A1")
    for w, n in enumerate(sentences):
        pairs.words.append(f"w{w}")
        for i in range(n):
            pairs.pair_words.append(w)
            pairs.pair_sentences.append(len(pairs.sentences))
            pairs.sentences.append(f"w{w} {i}")
    there = set(zip(pairs.pair_words, pairs.pair_sentences, strict=True))
    for w, s in shared:
        if (w, s % len(pairs.sentences)) not in there:
            there.add((w, s % len(pairs.sentences)))
            pairs.pair_words.append(w)
            pairs.pair_sentences.append(s % len(pairs.sentences))
    return pairs


def dealt(pairs: PairSet, sizes: dict[int, int], seed: int = 1):
    side = plan(pairs, set(range(len(pairs.words))), sizes, seed, "train")
    records = list(deal(side, seed, "train"))
    assert Counter(map(len, records)) == Counter(sizes)
    for record in records:
        assert len({w for w, _ in record}) == len(record)
    uses = Counter(s for record in records for _, s in record)
    counts = [uses[s] for s in pairs.sentences]
    assert (min(counts), max(counts)) == side.spread
    return side, records


mixes = st.sampled_from(["10:70,8-9:20,6-7:10", "10:100", "6-7:50,10:50", "1:10,10:90", "3:100"]).map(Mix.parse)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([1, 1, 2, 3, 5, 40]), min_size=10, max_size=30),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1000)), max_size=8),
    mixes,
    st.integers(1, 80),
    st.integers(0, 5),
)
@pytest.mark.slow
def test_any_deal_is_exact(
    sentences: list[int], shared: list[tuple[int, int]], mix: Mix, records: int, seed: int
) -> None:
    sizes = mix.sizes(records)
    side, made = dealt(make(sentences, tuple(shared)), sizes, seed)
    if not side.over:
        assert side.spread[1] - side.spread[0] <= 1
    # A word is only named where it has all the places that a word can have in every mix.
    uses = Counter(w for record in made for w, _ in record)
    assert all(uses[w] >= sum(n * c for n, c in sizes.items()) // max(sizes) for w in side.over)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_can_be_dealt_is_dealt(data: st.DataObject) -> None:
    """Uses that a deal with as few words as possible gives are uses that a deal can give again."""
    sizes = data.draw(st.dictionaries(st.integers(1, 6), st.integers(1, 12), min_size=1, max_size=4))
    columns = [sum(c for n, c in sizes.items() if n > k) for k in range(max(sizes))]  # the most unequal uses
    for _ in range(data.draw(st.integers(0, 12))):
        give, take = (data.draw(st.integers(0, len(columns) - 1)) for _ in range(2))
        if columns[give] > columns[take] + 1:
            columns[give], columns[take] = columns[give] - 1, columns[take] + 1
    records = list(word_records(columns, sizes, rng(data.draw(st.integers(0, 9)), "x")))
    assert Counter(map(len, records)) == Counter(sizes)
    assert all(len(set(record)) == len(record) for record in records)
    assert Counter(w for record in records for w in record) == Counter(dict(enumerate(columns)))


def test_equal_use_at_the_users_size() -> None:
    side, records = dealt(make([5] * 897), DEFAULT.sizes(1800))
    assert side.spread == (3, 4)
    words = Counter(w for r in records for w, _ in r)
    assert max(words.values()) - min(words.values()) <= 5


def test_a_word_with_too_many_sentences_is_named_and_the_others_stay_equal() -> None:
    side, records = dealt(make([500, *[2] * 40]), {10: 100})
    assert side.over == ("w0",)
    assert all(any(w == "w0" for w, _ in r) for r in records)
    uses = Counter(s for r in records for w, s in r if w != "w0")
    assert set(uses.values()) <= {900 // 80, 900 // 80 + 1}


def test_a_shared_sentence_has_one_quota_and_its_words_take_turns() -> None:
    pairs = make([3, 2, *[3] * 18], shared=((1, 0),))
    side, records = dealt(pairs, {10: 60})
    uses = [w for r in records for w, s in r if s == "w0 0"]
    assert len(uses) in (side.spread[0], side.spread[1])
    assert set(uses) == {"w0", "w1"}


def test_a_sentence_does_not_stand_twice_in_a_record() -> None:
    pairs = make([3] * 12, shared=tuple((w, 0) for w in range(1, 12)))
    _, records = dealt(pairs, {10: 50})
    doubled = [r for r in records if len({s for _, s in r}) < len(r)]
    assert len(doubled) <= 2


def test_the_same_seed_deals_the_same_and_another_does_not() -> None:
    pairs = make([4] * 40)
    assert dealt(pairs, {10: 20}, 7)[1] == dealt(pairs, {10: 20}, 7)[1] != dealt(pairs, {10: 20}, 8)[1]


def test_too_few_words() -> None:
    with pytest.raises(InputError, match="needs 10 different words and there are 9"):
        plan(make([3] * 9), set(range(9)), {10: 5}, 1, "train")


def test_the_default_mix_is_the_users() -> None:
    assert DEFAULT.sizes(2000) == {10: 1400, 8: 200, 9: 200, 6: 100, 7: 100}
    assert Counter(DEFAULT.sizes(1800)) + Counter(DEFAULT.sizes(200)) == Counter(DEFAULT.sizes(2000))
    assert str(DEFAULT) == "10:70,8-9:20,6-7:10"


@given(st.integers(0, 10_000), st.lists(st.integers(0, 100), min_size=1, max_size=6).filter(any))
def test_largest_remainder(total: int, weights: list[int]) -> None:
    parts = largest_remainder(total, weights)
    assert sum(parts) == total
    assert all(abs(p - total * w / sum(weights)) < 1 for p, w in zip(parts, weights, strict=True))


def test_sizes_come_in_random_order_and_exactly() -> None:
    sizes = list(size_stream({10: 70, 6: 30}, rng(1, "x")))
    assert Counter(sizes) == {10: 70, 6: 30}
    assert sizes != sorted(sizes, reverse=True)


@pytest.mark.parametrize("mix", ["", "10", "10:50", "10:70,10:30", "0:100", "9-8:100", "10:70,8-9:20,6-7:20", "a:100"])
def test_mixes_that_cannot_be_read(mix: str) -> None:
    with pytest.raises(InputError, match="--mix"):
        Mix.parse(mix)


def test_the_split_keeps_words_and_shared_sentences_apart() -> None:
    pairs = make([3] * 60, shared=((1, 0), (2, 3), (30, 60)))
    train, held_out = split_words(pairs, 0.1, 42, 10)
    assert len(held_out) == 10
    assert train | held_out == set(range(60))
    sentences = [
        {s for w, s in zip(pairs.pair_words, pairs.pair_sentences, strict=True) if w in side}
        for side in (train, held_out)
    ]
    assert not train & held_out
    assert not sentences[0] & sentences[1]


def test_ten_per_cent_of_the_words() -> None:
    assert len(split_words(make([2] * 300), 0.1, 1, 10)[1]) == 30


@pytest.mark.parametrize("words", [10, 19])
def test_too_few_words_to_split(words: int) -> None:
    with pytest.raises(InputError, match="--eval-share 0"):
        split_words(make([3] * words), 0.1, 1, 10)


def test_words_all_tied_together_cannot_be_split() -> None:
    with pytest.raises(InputError, match="share their sentences"):
        split_words(make([2] * 30, shared=tuple((w, 0) for w in range(1, 30))), 0.1, 1, 10)


def test_couples_of_words_that_share_all_their_sentences() -> None:
    """Two words take turns with their three sentences: 1,000 places for each couple, and 333 or 334 uses fit."""
    pairs = make([3, 0] * 5, shared=tuple((2 * c + 1, 3 * c + s) for c in range(5) for s in range(3)))
    side, _ = dealt(pairs, {10: 500})
    assert side.over == ()
    assert side.spread == (333, 334)


def test_shared_sentences_do_not_slow_the_deal_down() -> None:
    pairs = make([3] * 12, shared=tuple((w, s) for w in range(12) for s in range(0, 36, 3)))
    _, records = dealt(pairs, {6: 20_000})  # minutes, and a deep stack, when put-off uses pile up
    assert len(records) == 20_000
