"""The whole tab, in whatever page is being built."""

from __future__ import annotations

import gradio as gr

from ..models.host import Host
from .apply import ApplyPane
from .data import DataPane
from .doctor import DoctorPane
from .evaluate import EvaluatePane
from .pane import Pane
from .train import TrainPane
from .ui import Ui
from .write import WritePane

PANES: tuple[type[Pane], ...] = (DataPane, TrainPane, EvaluatePane, WritePane, ApplyPane)


def build(host: Host) -> Ui:
    """Add the tab's components and events to the page that is being built."""
    ui = Ui(host)
    with gr.Tabs(elem_id="cefr-panes"):
        for pane in PANES:
            with ui.make(gr.Tab, f"pane.{pane.name}") as tab:
                pane(ui, tab)
    if host.folders.root != host.folders.user_data:  # the data folder of a studio is not a webui
        DoctorPane(ui)
    ui.finish()
    return ui
