"""What lends us a model: the webui, or our own loader. Everything else asks through this."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ...exporter.common.errors import ModelError
from ...exporter.common.webui import Webui
from .jobs import Desk
from .loading import Loaded, check_adapter
from .pristine import put_back

# Done so far, and of how many.
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Sampling:
    """How answers are chosen: greedily (temperature 0), or drawn with this temperature and seed.

    `temperature` is one for all prompts of a call, or one for each.
    """

    temperature: float | tuple[float, ...] = 0.0
    seed: int = 0

    def temperatures(self, prompts: int) -> list[float]:
        """One for each of so many prompts."""
        if isinstance(self.temperature, tuple):
            if len(self.temperature) != prompts:
                raise ValueError(f"{len(self.temperature)} temperatures for {prompts} prompts.")
            return list(self.temperature)
        return [self.temperature] * prompts


GREEDY = Sampling()
NO_STRICT = (
    "The strict vocabulary decides about every token, so the model has to run in this Python (a Transformers model). "
    "What llama.cpp, ExLlama or a server answers can only be checked afterwards."
)


@dataclass(frozen=True)
class ModelState:
    """What is loaded. `kind`: `none`, `trainable` (a Transformers model) or `answers` (it can only be asked).

    `adapters` are the names of the LoRAs that are applied; `dirty` says that another trainer has left its
    traces in the model, which is reloaded before we use it.
    """

    name: str
    kind: str
    loader: str = ""
    adapters: tuple[str, ...] = ()
    dirty: bool = False


@dataclass(frozen=True)
class Applied:
    """The proof that an adapter works: the layers it changed, and the largest change of a logit."""

    adapter: str
    layers: int
    difference: float


class Host(Protocol):
    """A model on loan, and the folders that go with it.

    `training_off` is why nobody may train or change the model here: empty, `portable` (no torch in this
    Python) or `multi-user`. `desk` does the work that needs the model, `files_desk` that which needs only files; both
    outlive the page, which the webui builds anew when its interface is restarted.
    """

    desk: Desk
    files_desk: Desk
    folders: Webui
    strict_chat: bool  # whether Chat answers list prompts in the words of their level only

    @property
    def training_off(self) -> str: ...

    def state(self) -> ModelState: ...

    def tokenizer(self) -> Any:
        """The model's tokenizer. Raises ModelError where there is none."""
        ...

    def counter(self) -> Callable[[str], int] | None:
        """What counts the tokens of a text, special tokens included, with the model's own tokenizer; None without."""
        ...

    def form(self, adapter: str | None) -> str:
        """In which form `adapter`, or without one what is loaded, is asked: `instruct` or `chat`."""
        ...

    def lend(self, adapter: str | None = None) -> AbstractContextManager[Loaded]:
        """The model for ourselves alone: bare, or with `adapter` (a name in the loras folder) in it.

        Raises ModelError: no model, one that is no Transformers model, or another LoRA is applied.
        """
        ...

    def answers(
        self,
        instructions: Sequence[str],
        words: Sequence[int],
        adapter: str | None,
        sampling: Sampling = GREEDY,
        progress: Progress = lambda done, total: None,
        *,
        strict: bool = False,
    ) -> list[str]:
        """The model's answers to list prompts; `words[i]` is how many words the i-th asks for.

        With `strict` they keep to the words of the level. Raises InputError where somebody else's program answers.
        """
        ...

    def apply(self, adapter: str | None) -> Applied | None:
        """Apply `adapter` (None: take all off) for everyone who uses the model, and prove it.

        Raises ModelError when it cannot be applied, or changes nothing.
        """
        ...

    def chat_fields(self) -> dict[str, tuple[Any, Any]]:
        """Components of the host's own page, and the values with which Chat asks as we trained."""
        ...


def adapter_names(folders: Webui) -> list[str]:
    """The adapters in the loras folder, newest first."""
    try:
        names = [p for p in folders.loras.iterdir() if not p.name.startswith(".")]  # those are being replaced
        found = [p for p in names if (p / "adapter_config.json").is_file()]
        return [p.name for p in sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)]
    except OSError:
        return []


def adapter_folder(folders: Webui, name: str) -> Path:
    """The folder of the adapter `name`. Raises ModelError unless it is one that `adapter_names` lists."""
    if name not in adapter_names(folders):
        raise ModelError(f"There is no adapter {name[:80]!r} in {folders.loras}.")
    folder = folders.loras / name
    if folder.resolve().parent != folders.loras.resolve():
        raise ModelError(f"{name!r} is a link to a place outside of {folders.loras}, which may not be used here.")
    check_adapter(folder)
    return folder


@contextmanager
def with_adapter(loaded: Loaded, folder: Path) -> Iterator[Loaded]:
    """`loaded` with the adapter in `folder` for as long as the block lasts; then as it was."""
    with put_back(loaded.model):
        yield put_on(loaded, folder)


def form_of(folder: Path) -> str:
    """The form of the prompts that the adapter in `folder` was trained on; other people's are taken as `instruct`."""
    return str(check_adapter(folder).get("form", "instruct"))


def put_on(loaded: Loaded, folder: Path) -> Loaded:
    """The model with the adapter in it, ready to answer.

    Raises ModelError when they do not fit; the model is then as it was.
    """
    from peft import PeftModel

    try:
        with put_back(loaded.model, only_after_an_error=True):
            model = PeftModel.from_pretrained(loaded.model, str(folder), adapter_name=folder.name, is_trainable=False)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0][:300].rstrip(".")
        raise ModelError(
            f"The adapter {folder.name} does not fit {loaded.name}: {first}. Was it trained on another model?"
        ) from error
    model.eval()
    return Loaded(loaded.name, model, loaded.tokenizer, form_of(folder))


def take_off(adapted: Any) -> Any:
    """The model that `put_on` was given, without the adapter."""
    base = adapted.unload()
    if hasattr(base, "peft_config"):
        del base.peft_config  # peft 0.17 leaves it behind
    return base


def prove(loaded: Loaded, adapter: str) -> Applied:
    """Ask the model one prompt with and without `adapter`. Raises ModelError when that makes no difference."""
    import torch

    from ...exporter.records.prompt import list_prompt
    from .form import prompt_ids

    model = loaded.model
    if adapter not in getattr(model, "peft_config", {}):
        raise ModelError(f"The adapter {adapter} is not in the model. Reload the model and apply it again.")
    layers = sum(1 for name, _ in model.named_modules() if name.endswith("lora_A"))
    ids = torch.tensor(
        [prompt_ids(loaded.tokenizer, list_prompt(["happy", "book"], "A1"), loaded.form)], device=model.device
    )
    with torch.inference_mode():
        adapted = model(input_ids=ids).logits[0, -1].float()
        with model.disable_adapter():
            bare = model(input_ids=ids).logits[0, -1].float()
    difference = float((adapted - bare).abs().max())
    if math.isnan(difference):
        raise ModelError(f"With the adapter {adapter} the model's answers are no numbers. Was its training sound?")
    if not difference > 0:
        raise ModelError(f"The adapter {adapter} is in the model and changes nothing: its weights are zero.")
    return Applied(adapter, layers, difference)
