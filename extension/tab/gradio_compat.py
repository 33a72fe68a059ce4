"""What differs between gradio 4.37 (the webui's) and 6. Nobody else asks for gradio's version."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

# Blocks took css until 6.0 moved it to launch().
_CSS_IN_BLOCKS = "css" in inspect.signature(gr.Blocks.__init__).parameters
# gradio keeps what each page has been shown, more than a megabyte, also after it is closed; of 10,000 pages if it may.
# A page that was not used while as many others were has to be loaded again.
_PAGES = 20


def blocks(title: str, css: str) -> Any:
    """An empty page."""
    options: dict[str, Any] = {"css": css} if _CSS_IN_BLOCKS else {}
    return gr.Blocks(title=title, analytics_enabled=False, **options)


def launch(page: Any, css: str, host: str, port: int) -> None:
    """Serve `page` until Ctrl-C."""
    page.queue(default_concurrency_limit=None)
    page.launch(
        server_name=host,
        server_port=port,
        inbrowser=False,
        share=False,
        quiet=True,
        state_session_capacity=_PAGES,
        **({} if _CSS_IN_BLOCKS else {"css": css}),
    )


def root_page() -> Any:
    """The page that is being built: ours, or the webui's."""
    from gradio.context import Context

    return Context.root_block


def tab_around(component: Any) -> Any:
    """The tab of the page in which `component` is, or None where it is in none."""
    block = component.parent
    while block is not None and not isinstance(block, gr.Tab):
        block = block.parent
    return block


def hidden_api() -> dict[str, Any]:
    """The argument that keeps an event out of the API documentation: show_api until 6.0 renamed it."""
    parameters = inspect.signature(gr.Button(render=False).click).parameters
    return {"api_visibility": "private"} if "api_visibility" in parameters else {"show_api": False}


def connect(listener: Callable[..., Any], fn: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
    """Call `fn` on an event: any number at once, without the grey veil over what it will change."""
    return listener(fn, list(inputs), list(outputs), show_progress="hidden", concurrency_limit=None, **hidden_api())


def copyable() -> dict[str, Any]:
    """The argument that gives a text box a copy button: show_copy_button until 6.0 renamed it."""
    parameters = inspect.signature(gr.Textbox.__init__).parameters
    return {"show_copy_button": True} if "show_copy_button" in parameters else {"buttons": ["copy"]}
