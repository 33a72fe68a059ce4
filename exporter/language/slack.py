"""A pattern of an entry: its words in their forms, and which other words may come before each."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from .notation import Kind


class Slack(Enum):
    """Which other words may come before a part of a phrase."""

    NONE = 0
    ADVERBS = 1
    TIMES = 2  # adverbs and times: "wait half an hour for"
    NOUN = 3  # what comes before a noun: "took a very nice photo"
    OBJECT = 4  # what a particle may follow: "put the heavy box down"
    PLACEHOLDER = 5  # the same where a list writes sb or sth
    PERSON = 6  # the same, and it may not be left out: "give sb a hand"
    GAP = 7  # any
    BARE = 8  # as NOUN, but for articles: "take an active part in"
    DIRECT = 9  # "come right back", "sit back down"
    ROUTE = 10  # as PLACEHOLDER, and where to: "go to school by bus"


class Compound(Enum):
    """Whether the last word has to be a noun in the sentence, and how clearly: "the bus stops" has no "bus stop"."""

    NONE = 1.0
    APART = 0.7  # as the entry has it
    SPLIT = 0.25  # where the entry is one word: "water falls" for waterfall


class Part(NamedTuple):
    """One word of a pattern. `kind` is how it is matched, `forms` what a WORD may be."""

    kind: Kind
    forms: frozenset[str]
    slack: Slack
    optional: bool = False
    hyphen: bool = False  # only with a hyphen before it: "check-in" is not "check in"
    determined: bool = False  # the entry has an article before it, any of which will do
    particle: bool = False  # apart from its verb it must not be a preposition: "got the box up the stairs"


class Pattern(NamedTuple):
    parts: tuple[Part, ...]
    verbal: bool = False
    question: bool = False  # only in one
    noun: bool = False  # ends in a noun that may not go on: "take your photo album" is not "take a photo"
    compound: Compound = Compound.NONE
