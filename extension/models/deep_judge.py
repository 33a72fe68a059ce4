"""The judge `deep`: the fitted one, whose model of everyday English also reads hidden states of the embedded model.

That model reads a sentence as far as a layer in its middle, where it knows phrases that words and grammar do not tell
("put it past her"). The weights are in deep.json, written by `bench/fit_judge.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ...exporter.language.fitted import PATH as FITTED
from ...exporter.language.fitted import FittedJudge, fitted_judge, numbers_of
from ...exporter.language.judge import AnnotatedSentence

PATH = FITTED.with_name("deep.json")
LAYER = 15  # of 30
LEAST = 0.05  # a sentence that is less like everyday English than this is not read: it would change nothing
PART = 0.75  # of what the hidden states say, in the score of an everyday sentence
_BATCH, _LONGEST = 32, 256  # sentences read at once; tokens of each

# A numpy array with a row of numbers for each sentence.
States = Callable[[Sequence[str]], Any]


@dataclass(frozen=True)
class DeepJudge:
    """`fitted` with cut points and means of its own, and `weights` of what `states` gives for a sentence."""

    name: ClassVar[str] = "deep"
    sources: ClassVar[tuple[str, ...]] = (*FittedJudge.sources, "SmolLM2-135M-Instruct (Hugging Face; Apache-2.0)")

    fitted: FittedJudge
    weights: list[float]
    intercept: float
    states: States

    @property
    def cuts(self) -> list[float]:
        return self.fitted.cuts

    @property
    def means(self) -> dict[str, float]:
        return self.fitted.means

    def scores(self, sentences: Sequence[AnnotatedSentence]) -> list[float]:
        return self.predict(*numbers_of(sentences), [reading.sentence for reading in sentences]).tolist()

    def predict(self, rows: Any, words: Sequence[Sequence[str]], sentences: Sequence[str]) -> Any:
        """Scores as a numpy array, from the features and words of sentences."""
        import numpy as np

        if not sentences:
            return np.zeros(0)
        x = np.asarray(rows, dtype=np.float64)
        everyday = self.fitted.everyday.predict(x, words)
        near = np.flatnonzero(self.fitted.everyday_share(x) >= LEAST)
        if len(near) > 0:
            said = self.states([sentences[int(at)] for at in near]) @ np.asarray(self.weights) + self.intercept
            everyday[near] = deepened(everyday[near], said)
        return self.fitted.blend(x, self.fitted.encyclopedia.predict(x, words), everyday)


def deepened(everyday: Any, said: Any) -> Any:
    """Scores of the fitted model of everyday English, and what the hidden states say, as one score each."""
    import numpy as np

    return np.clip((1 - PART) * everyday + PART * said, 1.0, 6.0)


def deep_judge() -> DeepJudge:
    """The judge in PATH. Raises ModelError without torch, transformers or the embedded model."""
    return deep_judge_of(json.loads(PATH.read_text(encoding="utf-8"))["model"], fitted_judge(), hidden_states())


def deep_judge_of(numbers: dict[str, Any], fitted: FittedJudge, states: States) -> DeepJudge:
    """The judge of these numbers, those of `fitted`, and `states`."""
    own = {name: numbers[name] for name in ("everyday_cuts", "means")}
    return DeepJudge(replace(fitted, **own), numbers["weights"], numbers["intercept"], states)


def hidden_states() -> States:
    """What gives the hidden states of a sentence at LAYER: their mean and the last token's, 2 x 576 numbers.

    The first token, which only marks the beginning, has huge ones and does not count.
    """
    from .loading import libraries, load

    torch, _ = libraries()
    loaded = load("embedded")
    tokenizer, model = loaded.tokenizer, loaded.model.model
    model.layers, model.norm = model.layers[:LAYER], torch.nn.Identity()  # nothing above is needed

    def read(sentences: Sequence[str]) -> Any:
        pieces = tokenizer(list(sentences), add_special_tokens=False).input_ids
        encoded = [[tokenizer.bos_token_id, *ids[:_LONGEST]] for ids in pieces]
        order = sorted(range(len(encoded)), key=lambda at: len(encoded[at]))
        states = torch.empty(len(encoded), 2 * model.config.hidden_size)
        for at in range(0, len(order), _BATCH):
            some = order[at : at + _BATCH]
            for place, state in zip(some, _batch([encoded[place] for place in some]), strict=True):
                states[place] = torch.cat([state.mean(0), state[-1]])
        return states.numpy()

    def _batch(encoded: list[list[int]]) -> list[Any]:
        """The hidden states of each sentence's tokens but the first."""
        longest = max(map(len, encoded))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in encoded], device=model.device)
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in encoded], device=model.device)
        with torch.inference_mode():
            found = model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        return [states[1 : len(row)].float().cpu() for row, states in zip(encoded, found, strict=True)]

    return read
