"""`transformers.Trainer` with our loss and our order.

The class is made in a function, so that importing this module does not import transformers.
"""

from __future__ import annotations

from typing import Any

from .loss import summed_loss
from .order import LengthOrder
from .precision import bf16_pays


def response_trainer() -> Any:
    """The Trainer class that counts labelled tokens only."""
    import torch
    import transformers

    class ResponseTrainer(transformers.Trainer):
        def __init__(self, *args: Any, order: LengthOrder, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._order = order
            order.step = lambda: self.state.global_step
            self.model_accepts_loss_kwargs = True  # divide by the labelled tokens of the whole step
            self._plain: Any = 0.0
            self.remove_callback(transformers.PrinterCallback)

        def get_train_dataloader(self) -> Any:
            # transformers 4.57 takes the size from the checkpoint, which may be from before a batch was halved.
            self._train_batch_size = self.args.train_batch_size
            return super().get_train_dataloader()

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return self._order

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            device = inputs["input_ids"].device.type
            with torch.autocast(device, torch.bfloat16, enabled=bf16_pays(device)):
                loss, plain, tokens = summed_loss(model, inputs)
            if num_items_in_batch is None:
                return (loss / tokens, None) if return_outputs else loss / tokens
            # Several processes: the tokens are those of all, and the gradients are averaged afterwards.
            share = self.accelerator.num_processes / num_items_in_batch
            self._plain = self._plain + plain * share
            return (loss * share, None) if return_outputs else loss * share

        def log(self, logs: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            """After each step: its loss as others count it, every answer token once, whatever it weighs."""
            if "loss" in logs:
                of_all: Any = self.accelerator.gather(self._plain)
                logs["loss"], self._plain = of_all.mean().item(), 0.0
            super().log(logs, *args, **kwargs)

    return ResponseTrainer
