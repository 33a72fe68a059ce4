"""The drift table: what changed in other people's APIs, as data. Everything else in this room reads it.

Versions were found by constructing the real objects and by reading the released packages, not release
notes. Conversions are Python expressions in text, because the same one is evaluated at run time (`adapt`)
and written into a script (`rewrite`): `x` is the value under the old name, `y` the one under the new name.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ..exporter.common.versions import release

RuleKind = Literal["argument", "value", "default", "attribute", "import"]

# A patched script serves these versions and all later ones: a name that they already know may be written as it
# is, a younger one needs a guard.
OLDEST = {"transformers": "4.46", "gradio": "4.0"}

# Subclasses that take every argument of the class they extend, and packages that have such.
SUBCLASSES = {
    "Seq2SeqTrainingArguments": "TrainingArguments",
    "Seq2SeqTrainer": "Trainer",
    **dict.fromkeys(("SFTConfig", "DPOConfig", "KTOConfig", "ORPOConfig", "RewardConfig"), "TrainingArguments"),
}
EXTENDING = {"trl": "transformers"}


@dataclass(frozen=True)
class Rule:
    """One change of `api`.

    kind: `argument`: renamed, converted, or removed (`new` is None). `value`: the value `value` (a literal)
    of argument `old` is refused. `default`: a default changed, so `value` is written out, unless the call
    says `unless`. `attribute`: moved. `import`: cannot be imported any more.
    fails: the first version that refuses the old form; None: it still works, and is deprecated.
    appears: the first version that has the new one; None: older than all that we know.
    to_new, to_old: the conversion of the value. merged: the new value where a call may give both names, a
    missing one being 0. prefer_old: where both names are known, the old one is used for a new value `v` that
    meets it.
    """

    api: str
    kind: RuleKind
    old: str
    new: str | None
    fails: str | None
    appears: str | None
    why: str
    link: str
    to_new: str = "x"
    to_old: str = "x"
    merged: str | None = None
    prefer_old: str | None = None
    value: str | None = None
    unless: str | None = None

    def __post_init__(self) -> None:
        for expression in (self.to_new, self.to_old, self.merged, self.prefer_old):
            if expression is not None:
                ast.parse(expression, mode="eval")
        if self.value is not None:
            ast.literal_eval(self.value)
        if not self.link.startswith("https://"):
            raise ValueError(f"The rule for {self.old} has no link: {self.link!r}.")
        if self.new is None and self.kind == "argument" and self.fails is None:
            raise ValueError(f"The rule for {self.old} says that it is gone, and not since when.")

    @property
    def package(self) -> str:
        return self.api.split(".", 1)[0]

    @property
    def name(self) -> str:
        """What is called: the last part of `api`."""
        return self.api.rsplit(".", 1)[-1]

    @property
    def plain(self) -> bool:
        """Whether the new name serves every version that a patched script serves."""
        return self.appears is None or release(self.appears) <= release(OLDEST[self.package])

    def describe(self) -> str:
        """The change in a few words."""
        if self.value is not None and self.kind == "value":
            new = json.dumps(convert(self.to_new, x=ast.literal_eval(self.value)))
            return f"{self.old}={self.value} -> {self.old}={new}"
        if self.kind == "default":
            return f"{self.name}() -> {self.name}({self.new}={self.value})"
        return f"{self.old} -> {self.new or 'removed'}"


def convert(expression: str, **values: Any) -> Any:
    """Evaluate a conversion of the table."""
    return eval(expression, {"__builtins__": {"min": min}}, values)


def rules_for(names: Iterable[str], rules: Iterable[Rule], *kinds: RuleKind) -> list[Rule]:
    """The rules for a callable that is known by one of `names`."""
    wanted = {SUBCLASSES.get(name, name) for name in names}
    return [rule for rule in rules if rule.kind in kinds and rule.name in wanted]


_PULL = "https://github.com/huggingface/transformers/pull/"
_GUIDE = "https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md"
_ARGUMENTS = "transformers.TrainingArguments"


def _renamed(old: str, new: str, fails: str | None, appears: str | None, why: str, link: str, **rest: str) -> Rule:
    return Rule(_ARGUMENTS, "argument", old, new, fails, appears, why, link, **rest)


def _gone(old: str, fails: str, why: str, link: str) -> Rule:
    return Rule(_ARGUMENTS, "argument", old, None, fails, None, why, link)


RULES: tuple[Rule, ...] = (
    _renamed("evaluation_strategy", "eval_strategy", "4.51", "4.41", "renamed", _PULL + "30190"),
    _renamed("no_cuda", "use_cpu", "5.0", None, "it also chose between other accelerators", _PULL + "24863"),
    _renamed(
        "group_by_length",
        "train_sampling_strategy",
        "5.2",
        "5.2",
        "one argument names the sampler; before, a flag chose between the only two",
        _PULL + "43138",
        to_new='"group_by_length" if x else "random"',
        to_old='{"group_by_length": True, "random": False}[x]',
    ),
    _renamed(
        "warmup_ratio",
        "warmup_steps",
        "5.15",
        "5.0",
        "one argument for both: below 1 it is a share of all steps. Versions before 5.0 refuse a share there; from "
        "5.0 on a warmup_ratio, also one of 0.0, silently replaces the steps given beside it",
        _PULL + "41326",
        # A ratio of 1 meant all steps; as warmup_steps it would mean one step.
        to_new="min(x, 1 - 1e-12) or 0",
        merged="y or min(x, 1 - 1e-12) or 0",
        prefer_old="0 < v < 1",
    ),
    Rule(
        _ARGUMENTS,
        "value",
        "report_to",
        "report_to",
        "5.0",
        None,
        "None used to mean every installed reporter; now Trainer raises on it",
        _PULL + "41375",
        to_new='x or "none"',
        value="None",
    ),
    Rule(
        _ARGUMENTS,
        "value",
        "optim",
        "optim",
        "4.50",
        None,
        "transformers' own AdamW is gone; torch's is the same",
        _PULL + "36177",
        to_new='"adamw_torch" if x == "adamw_hf" else x',
        value='"adamw_hf"',
    ),
    _gone("use_ipex", "4.57", "IPEX is no longer called", _PULL + "40784"),
    _gone("save_safetensors", "5.0", "safetensors is the only format", _PULL + "42904"),
    _gone("overwrite_output_dir", "5.0", "it was read by example scripts only, not by Trainer", _GUIDE),
    _gone(
        "include_tokens_per_second", "5.0", "include_num_input_tokens_seen is what is still counted", _PULL + "41404"
    ),
    _gone("logging_dir", "5.15", "set the environment variable TENSORBOARD_LOGGING_DIR instead", _PULL + "46917"),
    _gone("use_mps_device", "5.0", "an Apple GPU is used where there is one", _GUIDE),
    _gone("fp16_backend", "5.0", "torch.amp is the only one", _GUIDE),
    _gone("half_precision_backend", "5.0", "torch.amp is the only one", _PULL + "41404"),
    _renamed("per_gpu_train_batch_size", "per_device_train_batch_size", "5.0", None, "renamed", _GUIDE),
    _renamed("per_gpu_eval_batch_size", "per_device_eval_batch_size", "5.0", None, "renamed", _GUIDE),
    _renamed("push_to_hub_token", "hub_token", "5.0", None, "renamed", _GUIDE),
    _renamed(
        "gradient_checkpointing",
        "activation_checkpointing",
        None,
        "5.23",
        "renamed; the old name is an alias until version 6",
        "https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/training_args.py",
    ),
    Rule(
        "transformers.Trainer",
        "argument",
        "tokenizer",
        "processing_class",
        "5.0",
        "4.46",
        "it may be a processor of images or sound as well",
        _PULL + "41128",
    ),
    Rule(
        "transformers.PreTrainedTokenizerBase.apply_chat_template",
        "default",
        "return_dict",
        "return_dict",
        "5.0",
        None,
        "it returns a BatchEncoding by default, where a list of token ids was returned",
        _PULL + "41626",
        value="False",
        unless="tokenize=False",
    ),
    Rule(
        "gradio.Component.update",
        "attribute",
        "gr.Component.update()",
        "gr.update()",
        "4.0",
        None,
        "components have no update method any more; gr.update() serves all of them",
        "https://github.com/gradio-app/gradio/issues/6862",
    ),
    Rule(
        "gradio.Box",
        "attribute",
        "gr.Box",
        "gr.Group",
        "4.0",
        None,
        "gr.Group takes the same arguments; there is less space around what is in it",
        "https://github.com/gradio-app/gradio/blob/main/CHANGELOG.md",
    ),
    Rule(
        "bitsandbytes",
        "import",
        "import bitsandbytes",
        None,
        None,
        None,
        "never used, and not installed on a machine without a GPU, where the import takes the whole webui down",
        "https://github.com/FartyPants/Training_PRO/blob/main/script.py",
    ),
    Rule(
        "webui.extensions",
        "import",
        "from .x import",
        "a line that makes script.py a package",
        "4.0",
        None,
        "a webui from 4.0 on loads script.py of a user extension by its path, as a module without a package",
        "https://github.com/oobabooga/text-generation-webui/blob/v4.7.3/modules/extensions.py",
    ),
)
