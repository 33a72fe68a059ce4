"""The closed classes of English words that features and verb forms ask for."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


BE = _set("be am is are was were been being 'm 're")
HAVE = _set("have has had 've having")
DO = _set("do does did")
MODALS = _set("can could may might must shall should will would 'll 'd ca wo sha cannot ought")
SUBJECTS = _set("i you he she it we they who which")
OBJECTS = _set("me him us them itself himself herself themselves")
PERSONAL = _set("i you we me us my your our mine yours")
THIRD = _set("he she they him her them his their it its")
DETERMINERS = _set("the a an this that these those my your his her its our their some any no every each")
COORDINATORS = _set("and or but nor yet")
SUBORDINATORS = _set(
    "although because before after if once since so that though unless until when whenever whereas wherever whether "
    "while as than"
)
RELATIVE = _set("which who whom whose where that what how why")
PREPOSITIONS = _set(
    "of in to for with on at by from into through about between against during without under around among within "
    "along across behind toward towards upon beyond via per despite throughout"
)
FUNCTION = _set(
    "the a an this that these those i you he she it we they me him her us them my your his its our their mine yours "
    "not n't no yes and or but so if of in to for with on at by from as there here 's all some any each every do does "
    "did than then too very also"
).union(BE, HAVE, MODALS, RELATIVE, SUBORDINATORS, PREPOSITIONS, COORDINATORS)
