"""The two forms of a prompt: `instruct`, the `###` lines of the record, and `chat`, the tokenizer's own template.

What a model was trained with stands in its adapter's folder, and training, evaluation and use all come here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...exporter.common.errors import ModelError
from ...exporter.records.prompt import Example, Record, wrap

FORMS = ("instruct", "chat")


def prompt_ids(tokenizer: Any, instruction: str, form: str = "instruct") -> list[int]:
    """What the model reads before it answers: the same ids in training, evaluation and use."""
    text = wrap(instruction) if form == "instruct" else _rendered(tokenizer, instruction)
    return _ids(tokenizer, [text], form)[0]


def prompts_ids(tokenizer: Any, records: Sequence[Record | Example], form: str) -> list[list[int]]:
    """The prompts of many records, tokenized in parallel."""
    texts = [r.prompt if form == "instruct" else _rendered(tokenizer, r.instruction) for r in records]
    return _ids(tokenizer, texts, form)


def closing(tokenizer: Any, record: Record | Example, form: str) -> str:
    """What the template writes after an answer to end the turn; empty where only the end mark follows.

    Raises ModelError when the template does not go on from its own prompt with the answer.
    """
    if form == "instruct":
        return ""
    prompt = _rendered(tokenizer, record.instruction)
    whole = _rendered(tokenizer, record.instruction, record.output)
    if not whole.startswith(prompt + record.output):
        raise ModelError(
            "The chat template of this model does not continue its own prompt with the answer as it stands, so "
            "training would show it something else than use. Train with --form instruct."
        )
    return whole[len(prompt) + len(record.output) :].strip()


def stop_ids(tokenizer: Any, form: str) -> list[int]:
    """The tokens that end an answer."""
    ids = [tokenizer.eos_token_id]
    if form == "chat" and (end := closing(tokenizer, _PROBE, form)):
        ids.append(tokenizer(end, add_special_tokens=False)["input_ids"][0])
    return list(dict.fromkeys(ids))


def pad_id(tokenizer: Any) -> int:
    """Any id will do, since padding is masked and never labelled; the tokenizer's own where it has one."""
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0


_PROBE = Example(wrap("a"), "b")


def _rendered(tokenizer: Any, instruction: str, answer: str | None = None) -> str:
    if not getattr(tokenizer, "chat_template", None):
        raise ModelError("The tokenizer of this model has no chat template. Train with --form instruct.")
    messages = [{"role": "user", "content": instruction}]
    if answer is not None:
        messages.append({"role": "assistant", "content": answer})
    return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=answer is None)


def _ids(tokenizer: Any, texts: Sequence[str], form: str) -> list[list[int]]:
    """The tokenizer adds its beginning mark if it has one; an end mark that it would add is taken off again.

    A chat template writes its marks itself.
    """
    found = [list(ids) for ids in tokenizer(list(texts), add_special_tokens=form == "instruct")["input_ids"]]
    if form == "instruct":
        for ids in found:
            while ids and ids[-1] == tokenizer.eos_token_id:
                ids.pop()
    return found
