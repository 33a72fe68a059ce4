"""The model that a command names, and its critic: loaded, or asked on a server, at the first question."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...exporter.records.prompt import ListPrompt
    from ..models.asking import Ask, Progress, Reply, Sampling
    from ..models.loading import Loaded
    from ..models.server import Server
    from .critic import Critic
    from .frames import Reader


class Writer:
    """What `write` was told of its models: where the bank has all words, none is loaded."""

    def __init__(self, args: argparse.Namespace, prompt_form: str) -> None:
        self._args, self._prompt_form = args, prompt_form

    def ask(self, prompts: Sequence[ListPrompt], /, *, sampling: Sampling, progress: Progress) -> list[Reply]:
        return self._asker(prompts, sampling=sampling, progress=progress)

    @cached_property
    def reader(self) -> Reader:
        from .frames import reader_of

        return reader_of(lambda: nullcontext(self._loaded))

    def criticise(self, questions: Sequence[str]) -> list[float | None]:
        return self._critic(questions)

    @cached_property
    def _asker(self) -> Ask:
        args = self._args
        if args.api is not None:
            return replace(self._server(args.api, args.api_model), strict=args.strict).ask
        from ..models.generate import generate

        loaded = self._loaded
        return partial(
            generate,
            loaded.model,
            loaded.tokenizer,
            batch=args.batch,
            prompt_form=loaded.prompt_form,
            strict=args.strict,
        )

    @cached_property
    def _loaded(self) -> Loaded:
        from ..models.loading import load

        loaded = load(str(self._args.model), self._args.adapter)
        # Nobody else uses this model, so the adapter can be merged into its weights, where it costs no time.
        return loaded if self._args.adapter is None else replace(loaded, model=loaded.model.merge_and_unload())

    @cached_property
    def _critic(self) -> Critic:
        from ..models.loading import load
        from .critic import model_critic, server_critic

        if is_url(self._args.critic):
            return server_critic(self._server(self._args.critic, ""))
        loaded = load(self._args.critic)
        return model_critic(loaded.model, loaded.tokenizer)

    def _server(self, url: str, model: str) -> Server:
        from ..models.address import tells_key
        from ..models.server import Server

        server = Server(url, self._args.parallel, self._args.timeout, model=model, prompt_form=self._prompt_form)
        if tells_key(url):
            print(f"Note: OPENAI_API_KEY goes to {url} unencrypted. Unset it, or use https.", file=sys.stderr)
        return server


def is_url(model: str) -> bool:
    return model.startswith(("http://", "https://"))
