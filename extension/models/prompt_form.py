"""The two forms of a prompt: `instruct`, the `###` lines of the record, and `chat`, the tokenizer's own template.

An adapter's folder says which one it was trained with; training, evaluation and use all render prompts here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...exporter.common.errors import ModelError, Option
from ...exporter.records.prompt import Example, ListPrompt, Record, wrap

PROMPT_FORMS = ("instruct", "chat")
_PROBE = Example(wrap("a"), "b")


def prompt_ids(tokenizer: Any, prompt: ListPrompt, prompt_form: str = "instruct") -> list[int]:
    """What the model reads before it answers: the same ids in training, evaluation and use."""
    text = wrap(prompt.text) if prompt_form == "instruct" else _rendered(tokenizer, prompt.text)
    return _ids(tokenizer, [text], prompt_form)[0]


def prompts_ids(tokenizer: Any, records: Sequence[Record | Example], prompt_form: str) -> list[list[int]]:
    """The prompts of many records, tokenized in parallel."""
    texts = [r.prompt if prompt_form == "instruct" else _rendered(tokenizer, r.instruction) for r in records]
    return _ids(tokenizer, texts, prompt_form)


def closing(tokenizer: Any, record: Record | Example, prompt_form: str) -> str:
    """What the template writes after an answer to end the turn; empty where only the end mark follows.

    Raises ModelError when the template does not continue its own prompt with the answer.
    """
    if prompt_form == "instruct":
        return ""
    prompt = _rendered(tokenizer, record.instruction)
    whole = _rendered(tokenizer, record.instruction, record.output)
    if not whole.startswith(prompt + record.output):
        raise ModelError(
            "The chat template of this model changes the answer, so the model would learn a text that it does not see "
            "in use. Train with {option} instruct.",
            option=Option("form"),
        )
    return whole[len(prompt) + len(record.output) :].strip()


def stop_ids(tokenizer: Any, prompt_form: str) -> list[int]:
    """The tokens that end an answer."""
    ids = [end_id(tokenizer)]
    if prompt_form == "chat" and (end := closing(tokenizer, _PROBE, prompt_form)):
        ids.append(tokenizer(end, add_special_tokens=False)["input_ids"][0])
    return list(dict.fromkeys(ids))


def end_id(tokenizer: Any) -> int:
    """The tokenizer's end mark. Raises ModelError where it has none."""
    if tokenizer.eos_token_id is None:
        raise ModelError(
            "The tokenizer of this model has no end mark, so an answer would never end. Name it as eos_token in "
            "tokenizer_config.json, or choose another model."
        )
    return tokenizer.eos_token_id


def pad_id(tokenizer: Any) -> int:
    """The tokenizer's own id for padding. Without one any id will do, since padding is masked and never labelled."""
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0


def _rendered(tokenizer: Any, instruction: str, answer: str | None = None) -> str:
    if not getattr(tokenizer, "chat_template", None):
        raise ModelError(
            "The tokenizer of this model has no chat template. Train with {option} instruct.", option=Option("form")
        )
    messages = [{"role": "user", "content": instruction}]
    if answer is not None:
        messages.append({"role": "assistant", "content": answer})
    return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=answer is None)


def _ids(tokenizer: Any, texts: Sequence[str], prompt_form: str) -> list[list[int]]:
    """The tokenizer adds its beginning mark if it has one; an end mark that it adds as well is removed.

    A chat template writes its marks itself.
    """
    rows = [list(ids) for ids in tokenizer(list(texts), add_special_tokens=prompt_form == "instruct")["input_ids"]]
    if prompt_form == "instruct":
        for ids in rows:
            while ids and ids[-1] == tokenizer.eos_token_id:
                ids.pop()
    return rows
