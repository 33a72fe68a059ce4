"""The adapter's README.md: a model card, with the header that the Hugging Face hub reads."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...exporter.common.errors import InputError
from ...exporter.pairs.checking import load_pairs, starter_pairs
from ...exporter.records.prompt import Example, ListPrompt, Record, wrap
from ..install.interpreter import command_line
from ..models.embedded import HUB_NAME

if TYPE_CHECKING:
    from .artifacts import Outcome

NAME = "README.md"
_EXAMPLE = ("happy", "book", "friend", "water", "school", "walk")
_TAGS = ("lora", "cefr", "english-learning", "text-generation-webui")


def model_card(name: str, card: dict[str, Any], outcome: Outcome, records: Sequence[Record | Example]) -> str:
    """The README of the adapter `name`. `card` is what stands in cefr_sentences.json beside it."""
    blocks = [
        header(card["base_model"], "adapter", library="peft"),
        f"# {name}",
        f"A LoRA adapter for {_base(card['base_model'])}. With it the model writes one example sentence for each "
        f"word of a list, in the English of CEFR level {card['level']}. Trained with cefr-sentences.",
        "## Prompt",
        _prompt(card),
        "## Data",
        _data(card, outcome, records),
        "## Recipe",
        _recipe(outcome),
        "## Results",
        _results(card, outcome),
        "## Use",
        _use(name, card),
        "## Versions",
        _table(("package", "version"), list(card["versions"].items())),
    ]
    return "\n\n".join(blocks) + "\n"


def header(base: str, relation: str, library: str) -> str:
    """The YAML between the two lines of dashes. `base_model` must be a name on the hub, so a folder is left out."""
    hub = HUB_NAME if base == "embedded" else base
    named = re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", hub) and not Path(hub).exists()
    lines = ["---"]
    lines += [f"base_model: {hub}", f"base_model_relation: {relation}"] if named else []
    lines += [f"library_name: {library}", "pipeline_tag: text-generation", "language:", "- en", "tags:"]
    lines += [f"- {tag}" for tag in _TAGS if tag != "lora" or relation == "adapter"]
    return "\n".join([*lines, "---"])


def _base(base: str) -> str:
    """The name in a sentence; of a folder its own name, since a README is often shown to others."""
    if base == "embedded":
        return f"{HUB_NAME} (as `embedded`, from a quantized file)"
    return base.replace("\\", "/").rstrip("/").rpartition("/")[2] if _is_path(base) else base


def _is_path(base: str) -> bool:
    return base.startswith((".", "/", "~")) or "\\" in base or base.count("/") > 1 or Path(base).exists()


def _prompt(card: dict[str, Any]) -> str:
    instruction = ListPrompt(card["level"], tuple(_EXAMPLE)).text
    chat = card["form"] == "chat"
    shape = "as the user's message in the model's own chat template" if chat else "to the letter, as plain text"
    text = instruction if chat else wrap(instruction)
    answer = "The answer is a numbered list with one sentence a line, and then the end mark."
    return (
        f"It was trained on this prompt (version {card['prompt_version']}, form `{card['form']}`), {shape}, with six "
        f"to ten words; another prompt gives poorer answers:\n\n```text\n{text.rstrip()}\n```\n\n{answer}"
    )


def _data(card: dict[str, Any], outcome: Outcome, records: Sequence[Record | Example]) -> str:
    data = card["data"]
    rows = [
        ("file", data["file"]),
        ("records trained on", f"{outcome.records:,}"),
        ("records left out, longer than the cutoff", f"{outcome.longer:,}"),
        ("word and sentence pairs in all records", f"{sum(len(r.words) for r in records):,}"),
        ("SHA-256 of the records", data["fingerprint"]),
        ("licence of the pairs", _licence(records)),
    ]
    return _table(("", ""), rows)


def _licence(records: Sequence[Record | Example]) -> str:
    """CC0 where every pair is one of the starter pairs, else not known here."""
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
    return "CC0-1.0 (the starter pairs of cefr-sentences)"


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
        "alpha": f"scaled by {settings.alpha / settings.rank:g}",
    }
    rows = [
        (f"`{key}`", ", ".join(value) if isinstance(value, tuple | list) else _value(value), came_to.get(key, ""))
        for key, value in asdict(settings).items()
    ]
    return _table(("setting", "value", "for these data"), rows)


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _results(card: dict[str, Any], outcome: Outcome) -> str:
    lines = [
        f"{outcome.steps:,} steps in {outcome.seconds:,.0f} s; "
        f"mean training loss {outcome.train_loss:.3f} nats a token."
    ]
    losses = card.get("eval_loss")
    if not losses:
        return lines[0] + " There was no evaluation file, so nothing is known about words it has not seen."
    before, after = losses["before"], losses["after"]
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


def _use(name: str, card: dict[str, Any]) -> str:
    base = card["base_model"]
    model = _base(base) if _is_path(base) else base
    level = card["level"]
    common = ["--model", model, "--adapter", f"./{name}"]
    commands = [
        ["cefr-sentences", "write", "words.txt", "--level", level, *common],
        ["cefr-sentences", "evaluate", "records_eval.txt", *common],
        ["cefr-sentences", "merge", f"./{name}", "--model", model, "--out", f"./{name}-merged"],
    ]
    listed = "\n".join(command_line(words) for words in commands)
    return (
        "In text-generation-webui, put this folder into `user_data/loras`, load the base model with the Transformers "
        "loader, and apply the adapter in the CEFR Sentences tab (or in Model, LoRA(s)). In Chat write:\n\n"
        f"```text\n/cefr {level}: {', '.join(_EXAMPLE)}\n```\n\n"
        "On the command line, from the folder that this one is in (`words.txt`: one word a line; "
        f"`records_eval.txt`: an evaluation file of the exporter):\n\n```sh\n{listed}\n```"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    return "\n".join([line(head), line(["---"] * len(head)), *map(line, rows)])
