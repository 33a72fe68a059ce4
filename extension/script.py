"""What the webui loads, through the small script that `cefr-sentences install` puts into its extensions folder.

`params`, `setup`, `ui` and the hooks are the webui's names. That script catches what is raised here, because an
exception in `ui` would take the whole webui down.
"""

from __future__ import annotations

import logging
from typing import Any

params = {"is_tab": True, "display_name": "CEFR"}
_host: Any = None


def setup() -> None:
    """Called before the page is built, and again when the webui restarts its interface: the host and its jobs stay."""
    global _host
    _log_to_console()
    from .models.in_webui import InWebui

    if _host is None:
        _host = InWebui()


def _log_to_console() -> None:
    """Our log, where nobody else writes it: the webui gives the root logger a handler that drops everything."""
    log = logging.getLogger("cefr_sentences")
    if all(isinstance(handler, logging.NullHandler) for handler in (*logging.root.handlers, *log.handlers)):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        log.addHandler(handler)


def ui() -> None:
    """Build the tab in the webui's page."""
    from .tab import page

    setup()
    assert _host is not None
    page.build(_host)


def custom_css() -> str:
    from .tab.style import CSS

    return CSS


def chat_input_modifier(text: str, visible_text: str, state: dict[str, Any]) -> tuple[str, str]:
    """`/cefr A1: happy, book` typed into Chat becomes the list prompt."""
    from .writing.chat import chat_input

    return chat_input(text, visible_text)


def custom_generate_chat_prompt(text: str, state: dict[str, Any], **kwargs: Any) -> str | None:
    """A list prompt in the form our adapter was trained on. None means: the webui's own way.

    The webui asks the first extension that has this hook and no other, so the others are asked from here.
    """
    from .writing.chat import chat_prompt, refuse

    if not kwargs.get("impersonate") and refuse(text, state):
        return text
    applied = _host.state().adapters if _host is not None else ()
    prompt = chat_prompt(text, applied, _host is not None and _host.expect_list_prompt(applied), **kwargs)
    return _others(text, state, **kwargs) if prompt is None else prompt


def output_modifier(string: str, state: dict[str, Any], is_chat: bool = False) -> str:
    """A `/cefr` command that cannot be read is answered with the reason."""
    from .writing.chat import chat_output

    return chat_output(string, state)


def logits_processor_modifier(processor_list: list[Any], input_ids: Any) -> list[Any]:
    """Holds answers to list prompts to the words of their level, while `strict_chat` of the host is on.

    The webui calls this for Transformers and the loaders that look like it, with the prompt's ids in shape (1, n), and
    uses the list it has passed, whatever is returned. llama.cpp and ExLlama do not come here: they answer free.
    """
    if _host is not None and _host.strict_chat:
        from .writing.chat import strict_processors

        processor_list += strict_processors(_host.shared.tokenizer, input_ids[0].tolist())
    return processor_list


def _others(text: str, state: dict[str, Any], **kwargs: Any) -> str | None:
    from modules.extensions import iterator  # pyright: ignore[reportMissingImports]

    for extension, name in iterator():
        hook = getattr(extension, "custom_generate_chat_prompt", None)
        if name != "cefr_sentences" and hook is not None:
            return hook(text, state, **kwargs)
    return None
