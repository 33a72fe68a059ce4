"""What does not suit a classroom: topics by their words, as a teacher of twelve-year-olds would mark them.

Words that are harmless as often as not (shoot a film, a drug from the doctor, the naked eye) are left out.
"""

from __future__ import annotations

import re

from ...exporter.language.annotate import Token, annotate

_BY_TOPIC = {
    "violence": "assassin assassinate assault behead bomb bomber corpse gore gun gunman homicide hostage kidnap "
    "kidnapper kill killer machete massacre molest murder murderer pistol rape rapist rifle shotgun slaughter stab "
    "strangle suicide terrorism terrorist torture",
    "sex": "blowjob boob breasts brothel condom erection erotic genital horny intercourse masturbate nude nudity "
    "orgasm orgy penis porn pornographic pornography prostitute prostitution sex sexual sexually sexy slut stripper "
    "striptease vagina virgin whore",
    "drugs and drinking": "alcohol alcoholic beer booze brandy cannabis champagne cigar cigarette cocaine drunk "
    "drunkard gin heroin hungover intoxicated junkie liquor marijuana opium overdose rum smoker tequila tobacco vodka "
    "whiskey whisky",
    "gambling": "bookmaker casino gamble gambler roulette",
    "swearing and slurs": "arse arsehole asshole bastard bitch bloody bollocks bullshit chink crap cripple cunt damn "
    "darkie dick dickhead dyke fag faggot fuck fucker fucking gook kike moron motherfucker negro nigga nigger paki "
    "piss pussy retarded shit spastic tranny twat wanker wop",
}
WORDS = frozenset(word for words in _BY_TOPIC.values() for word in words.split())
_PETS = r"(?:cat|dog|goldfish|guinea pig|hamster|kitten|parrot|pet|pony|puppy)(?:s|ies)?"
_EATING = re.compile(
    rf"\b(?:ate|eat(?:s|en|ing)?|cook(?:s|ed|ing)?)\s+(?:(?:a|an|the|my|your|his|her|our|their|some)\s+)?(?:\w+\s+)?{_PETS}"
    rf"(?!\s+(?:food|biscuit|treat|\w+ed))\b|\b{_PETS}\b[^.]*\b(?:we|i|you|they)\b[^.]*\beat(?:ing)?\s+(?:it|them|him|her)\b",
    re.IGNORECASE,
)


def unsuitable(sentence: str, asked: frozenset[str] = frozenset()) -> str:
    """The words of `sentence` that do not suit a classroom; empty where there are none.

    `asked` are words in small letters that were asked for, and so are the teacher's own.
    """
    if match := _EATING.search(sentence):
        return match[0]
    tokens = [token for token in annotate(sentence) if token.kind == "word"]
    return next((t.text for t in tokens if t.lower not in asked and not WORDS.isdisjoint(_forms(t))), "")


def _forms(token: Token) -> tuple[str, ...]:
    return (token.lower, token.word.lemma) if token.word else (token.lower,)
