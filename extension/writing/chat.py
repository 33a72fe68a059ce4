"""What happens in the webui's Chat: `/cefr A1: happy, book` becomes the prompt that the adapter was trained on."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Sequence
from typing import Any

from ...exporter.common.errors import CefrError, InputError
from ...exporter.language.levels import TRAINABLE, parse_level
from ...exporter.records.prompt import (
    INSTRUCTION_HEAD,
    MAX_WORDS,
    RESPONSE_HEAD,
    list_prompt,
    parse_instruction,
    wrap,
)
from .words import check_words

_COMMAND = re.compile(r"\s*/cefr\b(.*)", re.DOTALL | re.IGNORECASE)
_log = logging.getLogger("cefr_sentences")
_reported: set[str] = set()
_HELP = "Write it like: /cefr A1: happy, book, friend"


def is_command(text: str) -> bool:
    return _COMMAND.match(text) is not None


def expand(text: str) -> str:
    """The list prompt behind `/cefr LEVEL: words`. Raises InputError that says how to write it."""
    match = _COMMAND.match(text)
    level, colon, words = (match[1] if match else "").partition(":")
    if not colon:
        raise InputError(_HELP)
    chosen = check_words(re.split(r"[,;\n]", words), "the command")
    if len(chosen) > MAX_WORDS:
        raise InputError(
            f"{len(chosen)} words are too many for one answer: the model was trained on lists of at most {MAX_WORDS}. "
            "The Write pane of the CEFR Sentences tab takes any number."
        )
    return list_prompt(chosen, parse_level(level.strip(), TRAINABLE))


def chat_input(text: str, visible_text: str) -> tuple[str, str]:
    """What the model reads and what the user sees for what the user typed.

    A command that cannot be read stays as it was typed, with the reason under it.
    """
    if not is_command(text):
        return text, visible_text
    try:
        return expand(text), visible_text
    except CefrError as error:
        return text, f"{visible_text}\n\n{html.escape(str(error))}"  # the webui escapes before us, not after


def chat_prompt(text: str, adapters: tuple[str, ...], ours: bool, **kwargs: Any) -> str | None:
    """The whole prompt for `text`, in the form the adapter was trained on; None leaves it to the host.

    Only list prompts, and only while one adapter of ours is applied: such a model knows no conversation.
    """
    if kwargs.get("impersonate") or len(adapters) != 1 or not ours:
        return None
    try:
        parse_instruction(text.strip())
    except InputError:
        return None
    begun = ""
    if kwargs.get("_continue"):
        begun = kwargs["history"]["internal"][-1][1]
    return wrap(text.strip()) + begun


def strict_processors(tokenizer: Any, ids: Sequence[int]) -> list[Any]:
    """What holds the answer to the prompt `ids` to its level and words, if it ends in a list prompt of ours.

    An answer that is begun is gone on with. Never raises: an answer that cannot be held to them is left free, with
    one line in the log for each reason.
    """
    try:
        text = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        head, _, begun = text.rpartition(RESPONSE_HEAD)
        asked = parse_instruction(head.rpartition(INSTRUCTION_HEAD)[2])
    except Exception:  # another prompt, or whatever the loader has in place of a tokenizer
        return []
    try:
        from ..models.strict import strict_processor

        processor = strict_processor(tokenizer, asked.level, [asked.words], len(ids))
        return [processor] if processor.go_on(begun) else _left_free("it is begun with other words")
    except Exception as error:
        return _left_free(f"{type(error).__name__}: {error}")


def _left_free(reason: str) -> list[Any]:
    if reason not in _reported:
        _reported.add(reason)
        _log.warning("CEFR Sentences: Chat is not held to the strict vocabulary in this answer; %s.", reason)
    return []
