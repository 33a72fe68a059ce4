"""What the webui loads, through the small script that `cefr-sentences install` puts into its extensions folder.

`params`, `setup`, `ui` and the hooks are the webui's names. Nothing here may raise: an exception in `ui` takes the
whole webui down.
"""

from __future__ import annotations

import logging
import traceback
from typing import Any

_log = logging.getLogger("cefr_sentences")

params = {"is_tab": True, "display_name": "CEFR Sentences"}
_host: Any = None


def setup() -> None:
    """Called once, before the page is built."""
    global _host
    from .host.webui import InWebui

    _host = InWebui()


def ui() -> None:
    """Build the tab in the webui's page; if that fails, say so there."""
    import gradio as gr

    try:
        from .tab import page

        if _host is None:
            setup()
        page.build(_host)
    except Exception:
        _log.exception("The CEFR Sentences tab could not be built")
        gr.Markdown("**CEFR Sentences could not be started.** The webui itself is not affected.")
        gr.Textbox(traceback.format_exc(), label="What happened", lines=12, interactive=False)


def custom_css() -> str:
    from .tab.pictures import CSS

    return CSS


def chat_input_modifier(text: str, visible_text: str, state: dict[str, Any]) -> tuple[str, str]:
    """`/cefr A1: happy, book` typed into Chat becomes the list prompt."""
    try:
        from .chat import chat_input

        return chat_input(text, visible_text)
    except Exception:
        _log.exception("/cefr failed")
        return text, visible_text


def custom_generate_chat_prompt(text: str, state: dict[str, Any], **kwargs: Any) -> str | None:
    """A list prompt in the form our adapter was trained on. None means: the webui's own way.

    The webui asks the first extension that has this hook and no other, so the others are asked from here.
    """
    try:
        from .chat import chat_prompt

        applied = _host.state().adapters if _host is not None else ()
        prompt = chat_prompt(text, applied, _host is not None and _host.ours(applied), **kwargs)
        if prompt is not None:
            return prompt
    except Exception:
        _log.exception("The chat prompt of an adapter failed")
    return _others(text, state, **kwargs)


def _others(text: str, state: dict[str, Any], **kwargs: Any) -> str | None:
    from modules.extensions import iterator  # pyright: ignore[reportMissingImports]

    for extension, name in iterator():
        hook = getattr(extension, "custom_generate_chat_prompt", None)
        if name != "cefr_sentences" and hook is not None:
            return hook(text, state, **kwargs)
    return None
