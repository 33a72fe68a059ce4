from __future__ import annotations

import pytest
from cefr_sentences.exporter.language.entry import Entry
from cefr_sentences.exporter.language.forms import forms


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("run", "She ran home."),
        ("child", "The children play."),
        ("good", "This one is better."),
        ("leaf", "The leaves fall."),
        ("leave", "He left early."),
        ("travel", "They travelled far."),
        ("give up", "He gave up smoking."),
        ("give up", "She never gives it up."),
        ("put down", "Put the heavy box down."),
        ("look forward to", "I am looking forward to it."),
        ("take care of sb", "She takes care of her little brother."),
        ("change one's mind", "He changed his mind."),
        ("ice cream", "Two ice creams, please."),
        ("e-mail", "Send me an email."),
        ("email", "Send me an e-mail."),
        ("mother-in-law", "My mother-in-law is kind."),
        ("T-shirt", "I wear T-shirts in summer."),
        ("be", "I'm happy."),
        ("not", "I don't know."),
        ("can", "We can't swim."),
        ("will", "They won't come."),
        ("o'clock", "It is ten o’clock."),
        ("Christmas", "Merry Christmas!"),
        ("survivor", "All survivors were found."),
        ("naïve", "He is naïve."),
        ("TV", "We have two TVs."),
        ("cannot", "I can't go."),
        ("can", "I cannot go."),
        ("pick up", "Pick her new red shoes up."),
        ("photo/photograph", "This photograph is old."),
        ("colour (n)", "I like these colours."),
        ("to run", "She ran home."),
        ("give sb a hand", "She gave him a hand."),
        ("give sb a hand", "She gave her two little brothers a hand."),
        ("give sb a hand", "She gave all her two little brothers a hand."),
        ("pick up", "Pick her very new red shoes up."),
        ("friend", "He friended me."),
    ],
)
def test_used(word: str, sentence: str) -> None:
    assert Entry.parse(word).uses(sentence)


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("cat", "The category is wide."),
        ("art", "She started."),
        ("in", "Go inside."),
        ("away", "There is a way."),
        ("but", "Pass the butter."),
        ("bee", "I have been there."),
        ("give up", "He gave me a book."),
        ("give up", "Go up and give."),
        ("ice cream", "The ice is cold and the cream is warm."),
        ("pick up", "Pick her shoes and all the other things that are lying about up."),
        ("give sb a hand", "She gave a hand."),
        ("I", "He is here."),
        ("happy", ""),
        ("...", "Wait ..."),
    ],
)
def test_not_used(word: str, sentence: str) -> None:
    assert Entry.parse(word).uses(sentence) is False


def test_forms_hold_the_word_itself_in_lower_case() -> None:
    assert forms("Run") == {"run", "runs", "ran", "running"}


def test_regular_endings_are_not_accepted_of_everything() -> None:
    assert forms("bee") == {"bee", "bees"}
    assert forms("1990s") == {"1990s"}
    assert "friended" in forms("friend")
    assert "birded" in forms("bird")
    assert "writed" not in forms("write")


@pytest.mark.parametrize(
    ("word", "sentence", "expected"),
    [
        ("cat", "My cats see a Cat.", ["cats", "Cat"]),
        ("give up", "He gave it up.", ["gave", "up"]),
        ("take care of sb", "She takes care of him.", ["takes", "care", "of"]),
        ("give sb a hand", "He gave her a hand.", ["gave", "a", "hand"]),
        ("not", "I don’t know.", ["n’t"]),
        ("photo/photograph", "A photograph.", ["photograph"]),
        ("dog", "A cat.", []),
    ],
)
def test_where_the_word_is(word: str, sentence: str, expected: list[str]) -> None:
    assert [sentence[start:end] for start, end in Entry.parse(word).spans(sentence)] == expected
