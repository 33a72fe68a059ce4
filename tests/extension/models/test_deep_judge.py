from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cefr_sentences.exporter.language.fitted import fitted_judge
from cefr_sentences.exporter.language.judge import AnnotatedSentence, level_of
from cefr_sentences.exporter.language.judges import JUDGES, find_judge
from cefr_sentences.extension.models.deep_judge import DeepJudge

EVERYDAY, BOOK = "I wouldn't put it past her.", "In 1829 he was appointed professor of mathematics at the university."


def test_the_language_model_reads_everyday_sentences_alone_and_counts_three_quarters() -> None:
    asked: list[str] = []

    def states(sentences: Sequence[str]) -> Any:
        asked.extend(sentences)
        return np.array([[2.0, 1.0]] * len(sentences))

    fitted = replace(fitted_judge(), everyday_cuts=[1.5, 2.5, 3.5, 4.5, 5.5])
    judge = DeepJudge(fitted, [1.0, 3.0], 0.5, states)  # 2 * 1 + 1 * 3 + 0.5 = 5.5
    read = [AnnotatedSentence.of(BOOK), AnnotatedSentence.of(EVERYDAY)]
    book, everyday = judge.scores(read)
    assert asked == [EVERYDAY]
    assert book == fitted.scores(read)[0]
    sure = replace(fitted, like=[0.0] * len(fitted.like), like_intercept=50.0, cuts=fitted.everyday_cuts)
    alone = sure.scores(read[1:])[0]  # what the everyday model says
    of_both = replace(judge, fitted=sure).scores(read[1:])[0]
    assert of_both == pytest.approx(0.25 * alone + 0.75 * 5.5)
    assert everyday == pytest.approx(
        np.interp(of_both, [1.0, *fitted.everyday_cuts, 6.0], [1.0, *fitted.cuts, 6.0]), abs=0.01
    )
    assert judge.scores([]) == []


def test_without_torch_it_is_said_what_to_install(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(JUDGES, "not loaded", JUDGES["deep"])
    found = run("level", "-", "--judge", "not loaded")
    assert found.code == 2
    assert "torch is not installed" in found.err
    assert "pip install" in found.err
    assert found.err.count("\n") == 1


@pytest.mark.model
def test_an_idiom_of_easy_words_is_not_easy() -> None:
    judge = find_judge("deep")
    assert judge is find_judge("deep")
    assert list(JUDGES) == ["fitted", "deep"]
    read = [AnnotatedSentence.of(sentence) for sentence in (EVERYDAY, "Not that I mind.", BOOK, "I have a dog.")]
    hard, short, book, easy = judge.scores(read)
    assert judge.scores(read[1:2]) == pytest.approx([short], abs=0.001)  # whatever is read beside it
    assert [level_of(score, judge) for score in (hard, easy)] == ["C1", "A1"]
    assert book == pytest.approx(fitted_judge().scores(read)[2], abs=0.01)
