"""What happens in the webui's Chat: `/cefr A1: happy, book` becomes the prompt that the adapter was trained on.

A command that cannot be read is left as it was typed, so that it is known again when the answer is asked for: the
reason is the answer then, and the model, which cannot be left out, writes one token that nobody sees.
"""

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
    ListPrompt,
    parse_instruction,
    wrap,
)
from .lists import even_lists
from .words import check_words

# In the webui's state of one answer: the reason that is the answer, and the settings as they were.
_REFUSAL = "cefr_refusal"
_SHORT = {"max_new_tokens": 1, "auto_max_new_tokens": False}
_COMMAND = re.compile(r"\s*/cefr\b(.*)", re.DOTALL | re.IGNORECASE)
_log = logging.getLogger("cefr_sentences")
_reported: set[str] = set()


def is_command(text: str) -> bool:
    return _COMMAND.match(text) is not None


def expand(text: str) -> ListPrompt:
    """The list prompt behind `/cefr LEVEL: words`. Raises InputError that says how to write it."""
    match = _COMMAND.match(text)
    level, colon, words = (match[1] if match else "").partition(":")
    if not colon:
        raise InputError("Write it like: /cefr A1: happy, book, friend")
    chosen, asked = check_words(words, "the command"), parse_level(level.strip(), TRAINABLE)
    if len(chosen) > MAX_WORDS:
        raise InputError(
            "{n} words are too many for one answer: the model was trained on lists of at most {most}. Send them as "
            "{commands}. The Write pane of the CEFR tab takes any number.",
            n=len(chosen),
            most=MAX_WORDS,
            commands=" and ".join(f"/cefr {asked}: {', '.join(some)}" for some in even_lists(chosen)),
        )
    return ListPrompt(asked, tuple(chosen))


def chat_input(text: str, visible_text: str) -> tuple[str, str]:
    """What the model reads and what the user sees for what the user typed."""
    if not is_command(text):
        return text, visible_text
    try:
        return expand(text).text, visible_text
    except CefrError:
        return text, visible_text


def refuse(text: str, state: dict[str, Any]) -> bool:
    """Whether `text` is a command that cannot be read; if so, `state` is told to answer with the reason."""
    if not is_command(text):
        return False
    try:
        expand(text)
    except CefrError as error:
        state[_REFUSAL] = str(error), {name: state.get(name) for name in _SHORT}
        state.update(_SHORT)
        return True
    return False


def chat_output(answer: str, state: dict[str, Any]) -> str:
    """The answer that the user sees. The settings that `refuse` has changed are put back."""
    if _REFUSAL not in state:
        return answer
    reason, settings = state.pop(_REFUSAL)
    state.update(settings)
    return html.escape(reason)


def chat_prompt(text: str, adapters: Sequence[str], expected: bool, **kwargs: Any) -> str | None:
    """The whole prompt for `text`, in the form the adapter was trained with; None leaves it to the webui.

    Only for list prompts, and only while a single adapter is applied and they are `expected` by it: such a model was
    not trained for conversations.
    """
    if kwargs.get("impersonate") or len(adapters) != 1 or not expected:
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
    """What restricts the answer to the prompt `ids` to its level and words, if it ends in a list prompt.

    An answer that has begun is continued. Never raises: an answer that cannot be restricted is left free, with one
    line in the log for each reason.
    """
    try:
        text = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        head, _, begun = text.rpartition(RESPONSE_HEAD)
        prompt = parse_instruction(head.rpartition(INSTRUCTION_HEAD)[2])
    except Exception:  # another prompt, or whatever the loader has in place of a tokenizer
        return []
    try:
        from ..models.strict import strict_processor

        processor = strict_processor(tokenizer, [prompt], len(ids))
        return [processor] if processor.resume(begun) else _left_free("it begins with other words")
    except Exception as error:
        return _left_free(f"{type(error).__name__}: {error}")


def _left_free(reason: str) -> list[Any]:
    if reason not in _reported:
        _reported.add(reason)
        _log.warning("CEFR Sentences: the strict vocabulary is off for this answer in Chat; %s.", reason)
    return []
