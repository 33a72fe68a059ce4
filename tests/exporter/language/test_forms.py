from __future__ import annotations

import pytest
from cefr_sentences.exporter.language.forms import forms, uses


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
    ],
)
def test_used(word: str, sentence: str) -> None:
    assert uses(word, sentence)


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
        ("happy", ""),
        ("...", "Wait ..."),
    ],
)
def test_not_used(word: str, sentence: str) -> None:
    assert not uses(word, sentence)


def test_forms_hold_the_word_itself_in_lower_case() -> None:
    assert forms("Run") == {"run", "runs", "ran", "running"}
