"""The whole tab, in whatever page is being built."""

from __future__ import annotations

import gradio as gr

from ..models.host import Host
from . import apply, data, doctor, evaluate, train, write
from .ui import Ui

PANES = {"data": data, "train": train, "evaluate": evaluate, "write": write, "apply": apply}


def build(host: Host) -> Ui:
    """Add the tab's components and events to the page that is being built."""
    ui = Ui(host)
    with gr.Tabs(elem_id="cefr-panes"):
        for name, pane in PANES.items():
            with ui.make(gr.Tab, f"pane.{name}"):
                if name == "train" and host.training_off:
                    ui.make(gr.Markdown, f"problem.{host.training_off}", prop="value")
                pane.build(ui)
    if host.folders.root != host.folders.user_data:  # a studio's data folder is no webui
        doctor.build(ui)
    ui.finish()
    return ui
