"""The closed classes of English words that features and verb forms ask for."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BE = words("be am is are was were been being 'm 're")
HAVE = words("have has had 've having")
DO = words("do does did")
MODALS = words("can could may might must shall should will would 'll 'd ca wo sha cannot ought")
SUBJECTS = words("i you he she it we they who which")
OBJECTS = words("me him us them itself himself herself themselves")
PERSONAL = words("i you we me us my your our mine yours")
THIRD = words("he she they him her them his their it its")
DETERMINERS = words("the a an this that these those my your his her its our their some any no every each")
COORDINATORS = words("and or but nor yet")
SUBORDINATORS = words(
    "although because before after if once since so that though unless until when whenever whereas wherever whether "
    "while as than"
)
RELATIVE = words("which who whom whose where that what how why")
PREPOSITIONS = words(
    "of in to for with on at by from into through about between against during without under around among within "
    "along across behind toward towards upon beyond via per despite throughout"
)
FUNCTION = words(
    "the a an this that these those i you he she it we they me him her us them my your his its our their mine yours "
    "not n't no yes and or but so if of in to for with on at by from as there here 's all some any each every do does "
    "did than then too very also"
).union(BE, HAVE, MODALS, RELATIVE, SUBORDINATORS, PREPOSITIONS, COORDINATORS)

# What entries of several words are made of beside nouns, verbs and adjectives.
PARTICLES = words(
    "about across along apart around aside away back by down forward in off on out over through up round together"
)
REFLEXIVES = words("oneself myself yourself himself herself itself ourselves yourselves themselves")
PHRASE_WORDS = words(
    "a an the to and or of for with on at by from into in out up down off over about as not so than that sb sth "
    "one's my your do doing it there very got after before"
).union(BE, HAVE, PARTICLES, PREPOSITIONS, DETERMINERS, REFLEXIVES)
