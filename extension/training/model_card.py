"""The model card: the README.md of an adapter, with the header that the Hugging Face hub reads."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.common.errors import InputError
from ...exporter.common.shell import command_line
from ...exporter.pairs.checking import load_pairs, starter_pairs
from ...exporter.records.prompt import Example, ListPrompt, Record, wrap
from ..models.embedded import HUB_NAME
from ..models.metadata import Metadata
from .settings import SETTINGS

if TYPE_CHECKING:
    from .artifacts import Outcome

NAME = "README.md"
_EXAMPLE = ("happy", "book", "friend", "water", "school", "walk")
_BANK = "CC0-1.0 (the bank of cefr-sentences)"
_TAGS = ("lora", "cefr", "english-learning", "text-generation-webui")


def model_card(name: str, metadata: Metadata, outcome: Outcome, records: Sequence[Record | Example]) -> str:
    """The model card of the adapter `name`, which `outcome` describes and which was trained on `records`."""
    blocks = [
        header(metadata.base_model, "adapter", library="peft", **_for_the_hub(name, metadata, outcome, records)),
        f"# {name}",
        f"A LoRA adapter for {_base(metadata.base_model)}. With it the model writes one example sentence for each "
        f"word of a list, in the English of CEFR level {metadata.level}. Trained with cefr-sentences.",
        "## Prompt",
        _prompt(metadata, records),
        "## Data",
        _data(metadata, outcome, records),
        "## Recipe",
        _recipe(outcome),
        "## Results",
        _results(outcome),
        "## Use",
        _use(name, metadata),
        "## Versions",
        _table(("package", "version"), list((metadata.versions or {}).items())),
    ]
    return "\n\n".join(blocks) + "\n"


def header(base: str, relation: str, library: str, **more: Any) -> str:
    """The YAML between the two lines of dashes. `base_model` must be a name on the hub, so a folder is left out.

    `more` are further arguments of `ModelCardData`.
    """
    from huggingface_hub import ModelCardData

    name = HUB_NAME if base == "embedded" else base
    on_hub = bool(re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", name)) and not Path(name).exists()
    data = ModelCardData(
        base_model=name if on_hub else None,
        base_model_relation=relation if on_hub else None,
        library_name=library,
        pipeline_tag="text-generation",
        language=["en"],
        tags=[tag for tag in _TAGS if tag != "lora" or relation == "adapter"],
        **more,
    )
    return f"---\n{data.to_yaml().rstrip()}\n---"


def _for_the_hub(
    name: str, metadata: Metadata, outcome: Outcome, records: Sequence[Record | Example]
) -> dict[str, Any]:
    """Licence, dataset and results. Only the bank (CC0) and the embedded model (Apache 2.0) have a known licence."""
    from huggingface_hub import EvalResult

    file = Path(metadata.data.file).stem
    dataset = re.sub(r"[^\w.-]+", "-", file)
    ours = metadata.base_model == "embedded" and _licence(records) == _BANK
    loss = outcome.kept_loss
    results = [
        EvalResult("text-generation", dataset, f"{file}, held-out words", metric, round(value, 4))
        for metric, value in (("loss", loss), ("perplexity", _exp(loss)))
        if math.isfinite(value)
    ]
    known = {"license": "apache-2.0" if ours else "unknown", "datasets": [dataset]}
    return {**known, "model_name": name, "eval_results": results} if results else known


def _base(base: str) -> str:
    """The name in a sentence; of a folder its own name, since a README is often shown to others."""
    if base == "embedded":
        return f"{HUB_NAME} (as `embedded`, from a quantized file)"
    return base.replace("\\", "/").rstrip("/").rpartition("/")[2] if _is_path(base) else base


def _is_path(base: str) -> bool:
    return base.startswith((".", "/", "~")) or "\\" in base or base.count("/") > 1 or Path(base).exists()


def _prompt(metadata: Metadata, records: Sequence[Record | Example]) -> str:
    others = [r for r in records if not isinstance(r, Record)]
    if others and len(others) == len(records):
        return _other_prompt(others)
    if others:
        return (
            f"{_list_prompt(metadata)}\n\nOf its {len(records):,} examples {len(others):,} are of another kind:\n\n"
            + (_other_prompt(others))
        )
    return _list_prompt(metadata)


def _other_prompt(examples: Sequence[Record | Example]) -> str:
    """What was trained on where it was not the list prompt: the first example says it best."""
    first = examples[0]
    if not first.prompt:
        return f"It was trained on plain text, without a prompt. The first:\n\n```text\n{first.output[:500]}\n```"
    return (
        "It was trained on the prompts of its file, to the letter, which are not this project's list prompt. The first:"
        f"\n\n```text\n{first.prompt[:500].rstrip()}\n```"
    )


def _list_prompt(metadata: Metadata) -> str:
    instruction = ListPrompt(metadata.level, tuple(_EXAMPLE)).text
    chat = metadata.form == "chat"
    shape = "as the user's message in the model's own chat template" if chat else "to the letter, as plain text"
    text = instruction if chat else wrap(instruction)
    answer = "The answer is a numbered list with one sentence a line, and then the end mark."
    return (
        f"It was trained on this prompt (version {metadata.prompt_version}, form `{metadata.form}`), {shape}, "
        f"with six to ten words; another prompt gives poorer answers:\n\n```text\n{text.rstrip()}\n```\n\n{answer}"
    )


def _data(metadata: Metadata, outcome: Outcome, records: Sequence[Record | Example]) -> str:
    rows = [
        ("file", metadata.data.file),
        ("records trained on", f"{outcome.records:,}"),
        ("records left out, longer than the cutoff", f"{outcome.longer:,}"),
        ("word and sentence pairs in all records", f"{sum(len(r.words) for r in records):,}"),
        ("SHA-256 of the records", metadata.data.fingerprint),
        ("licence of the pairs", _licence(records)),
    ]
    return _table(("", ""), rows)


def _licence(records: Sequence[Record | Example]) -> str:
    """CC0 where every pair is in the bank, else not known here."""
    for level in {r.level for r in records}:
        try:
            pairs = load_pairs(starter_pairs(level), level)
        except InputError:
            return "not known"
        numbers = zip(pairs.pair_words, pairs.pair_sentences, strict=True)
        ours = {(pairs.words[word], pairs.sentences[sentence]) for word, sentence in numbers}
        if any(
            pair not in ours for r in records if r.level == level for pair in zip(r.words, r.sentences, strict=True)
        ):
            return "not known"
    return _BANK


def _recipe(outcome: Outcome) -> str:
    settings = outcome.settings
    warmup = settings.warmup_steps(settings.steps(outcome.records))
    ended = f", {'stopped' if outcome.stopped else 'ended'} after {outcome.steps:,}"
    came_to = {
        "epochs": f"{outcome.planned:,} steps" + (ended if outcome.steps < outcome.planned else ""),
        "keep": f"step {outcome.kept:,}",
        "warmup": f"{warmup:,} steps",
        "batch": f"{settings.accumulation} x {settings.at_once} records",
        "cutoff": f"{outcome.longer:,} records left out",
        "alpha": f"scaled by {settings.alpha / (math.sqrt(settings.rank) if settings.rslora else settings.rank):g}",
    }
    rows = [
        (f"`{name}`", setting.text(getattr(settings, name)), came_to.get(name, ""))
        for name, setting in SETTINGS.items()
    ]
    return _table(("setting", "value", "for these data"), [("`level`", settings.level, ""), *rows])


def _results(outcome: Outcome) -> str:
    lines = [
        f"{outcome.steps:,} steps in {outcome.seconds:,.0f} s; "
        f"mean training loss {outcome.train_loss:.3f} nats a token."
    ]
    if not outcome.eval_losses:
        return lines[0] + " There was no evaluation file, so nothing is known about words it has not seen."
    before, after = outcome.eval_losses[0], outcome.kept_loss
    rows = [
        ("loss, nats a token", f"{before:.3f}", f"{after:.3f}", _less(before, after)),
        ("perplexity", _perplexity(before), _perplexity(after), _less(_exp(before), _exp(after))),
    ]
    lines += ["On the answers of the evaluation records:", _table(("", "before", "after", "reduction"), rows)]
    lines.append("The curves are in `plots/`, every entry in `run.jsonl`.")
    return "\n\n".join(lines)


def _exp(loss: float) -> float:
    return math.exp(loss) if loss < 700 else math.inf


def _perplexity(loss: float) -> str:
    return f"{_exp(loss):,.2f}"


def _less(before: float, after: float) -> str:
    share = (before - after) / before if before and math.isfinite(before) else math.nan
    return f"{share:.1%}" if math.isfinite(share) else ""


def _use(name: str, metadata: Metadata) -> str:
    base = metadata.base_model
    model = _base(base) if _is_path(base) else base
    level = metadata.level
    common = ["--model", model, "--adapter", f"./{name}"]
    commands = [
        ["cefr-sentences", "write", "words.txt", "--level", level, *common],
        ["cefr-sentences", "evaluate", "records_eval.txt", *common],
        ["cefr-sentences", "merge", f"./{name}", "--model", model, "--out", f"./{name}-merged"],
    ]
    listed = "\n".join(command_line(words) for words in commands)
    return (
        "In TextGen (formerly text-generation-webui), put this folder into `user_data/loras`, load the base model with "
        "the Transformers "
        "loader, and apply the adapter in the CEFR tab (or in Model, LoRA(s)). In Chat write:\n\n"
        f"```text\n/cefr {level}: {', '.join(_EXAMPLE)}\n```\n\n"
        "On the command line, from the folder that this one is in (`words.txt`: one word per line; "
        f"`records_eval.txt`: an evaluation file of the exporter):\n\n```sh\n{listed}\n```"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    return "\n".join([line(head), line(["---"] * len(head)), *map(line, rows)])
