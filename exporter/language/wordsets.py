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
    "not n't no yes and or but so if of in to for with on at by from as there here 's all some any each every do "
    "does did than then too very also"
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
ADVERBS = words(
    "not never always often also still very so too really just quite well already ever both even usually sometimes "
    "now then almost only pretty much rather soon right straight away here there again yet hard fast perhaps maybe "
    "indeed all enough more most less twice once together today yesterday tomorrow tonight definitely probably"
)
PRONOUNS = words(
    "i you he she it we they me him us them myself yourself himself herself itself ourselves themselves mine yours "
    "hers ours theirs who whom which that this these those what everyone everybody someone somebody anyone anybody "
    "nobody everything something anything nothing"
)
NOMINATIVE = words("i you he she it we they there")
POSSESSIVES = words("my your his her its our their whose")
TIMES = words(
    "second seconds minute minutes hour hours day days week weeks month months year years time times moment night "
    "nights morning evening afternoon while ages long half weekend"
)
# Verbs without an object, which nothing but an adverb comes between and their particle.
INTRANSITIVE = words("go come sit stand lie arrive fall grow live belong stay walk depend")
# Verbs that begin a phrase with a noun: "play football" inflects like "play", "bus stop" does not like "bus".
COLLOCATING = words(
    "be have do make take get give go come become play watch ride read write listen speak tell say eat drink buy "
    "sell see hear keep lose win pay send spend wear wash brush clean close open turn put catch miss meet visit "
    "learn teach study begin start finish stop cook bake cut draw drive fly sing ask answer feel fall hold save "
    "waste earn break tidy climb bring carry choose find grow follow join leave let like love hate enjoy prefer "
    "need want lay set throw push pull celebrate borrow lend hurt ask try use brush comb pack do solve raise share "
    "score"
)
