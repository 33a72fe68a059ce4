"""The model that a command or a script names, and its critic: loaded, or asked on a server, at the first question."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...exporter.records.prompt import ListPrompt
    from ..models.asking import Ask, OnAnswer, Reply, Sampling
    from ..models.loading import Loaded
    from ..models.server import Server
    from .critic import Critic
    from .frames import Reader


@dataclass(frozen=True)
class Writer:
    """What `write` was told of its models: where the bank has all words, none is loaded.

    `model` and `adapter` run here, or the server at `api` is asked, as `api_model`; `critic` is a model or an address.
    """

    model: str | None = None
    adapter: Path | None = None
    api: str | None = None
    strict: bool = False
    critic: str | None = None
    batch: int = 0
    parallel: int = 4
    timeout: float = 300
    api_model: str = ""
    prompt_form: str = "instruct"

    def ask(self, prompts: Sequence[ListPrompt], /, *, sampling: Sampling, progress: OnAnswer) -> list[Reply]:
        return self._asker(prompts, sampling=sampling, progress=progress)

    @cached_property
    def reader(self) -> Reader:
        from .frames import reader_of

        return reader_of(lambda: nullcontext(self._loaded))

    def criticise(self, questions: Sequence[str]) -> list[float | None]:
        return self._critic(questions)

    @cached_property
    def _asker(self) -> Ask:
        if self.api is not None:
            return replace(self._server(self.api, self.api_model), strict=self.strict).ask
        from ..models.generate import generate

        loaded = self._loaded
        return partial(
            generate,
            loaded.model,
            loaded.tokenizer,
            batch=self.batch,
            prompt_form=loaded.prompt_form,
            strict=self.strict,
        )

    @cached_property
    def _loaded(self) -> Loaded:
        from ..models.loading import load

        loaded = load(str(self.model), self.adapter)
        # Nobody else uses this model, so the adapter can be merged into its weights, where it costs no time.
        return loaded if self.adapter is None else replace(loaded, model=loaded.model.merge_and_unload())

    @cached_property
    def _critic(self) -> Critic:
        from ..models.loading import load
        from .critic import model_critic, server_critic

        critic = str(self.critic)
        if is_url(critic):
            return server_critic(self._server(critic, ""))
        loaded = load(critic)
        return model_critic(loaded.model, loaded.tokenizer)

    def _server(self, url: str, model: str) -> Server:
        from ..models.address import tells_key
        from ..models.server import Server

        server = Server(url, self.parallel, self.timeout, model=model, prompt_form=self.prompt_form)
        if tells_key(url):
            print(f"Note: OPENAI_API_KEY goes to {url} unencrypted. Unset it, or use https.", file=sys.stderr)
        return server


def is_url(model: str) -> bool:
    return model.startswith(("http://", "https://"))
