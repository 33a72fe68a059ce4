"""All settings of one training run, checked. What is said here of a field is all that is said of it anywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from ...exporter.common.errors import CefrError, InputError, Option, Problem
from ...exporter.language.levels import TRAINABLE, parse_level
from ..models.prompt_form import PROMPT_FORMS
from .fields import described, setting
from .projections import ALL, PROJECTIONS

# The best rate of `fast` with the embedded model (docs/measurements.md), and that model's hidden size. The optimal
# rate of LoRA falls with the hidden size, by this power for Llama models: Schulman et al., "LoRA Without Regret",
# 2025. For Qwen models they found nearly none; the lower rate is the safer one there.
_RATE, _HIDDEN_SIZE, _POWER = 5e-4, 576, 0.781


def rate_for(hidden_size: int) -> float:
    """The peak learning rate for a model of this hidden size, at twice the rank as alpha."""
    return _RATE * (_HIDDEN_SIZE / hidden_size) ** _POWER


@dataclass(frozen=True)
class TrainSettings:
    """What decides a run: at the level of `level`, one field for each setting, in the order of the tab.

    Raises:
        InputError: values that no run can have, all of them at once.
    """

    level: str
    rank: int = setting(
        64,
        "LoRA rank",
        range=(1, 1024),
        label=("Rank", "Rank"),
        hint=(
            "How much the adapter can learn, and how large it is.",
            "Adaptörün ne kadar öğrenebileceği ve ne kadar büyük olduğu.",
        ),
        group="basic",
    )
    alpha: int = setting(
        128,
        "LoRA alpha",
        range=(1, 4096),
        label=("Alpha", "Alpha"),
        hint=(
            "How strongly the adapter counts. Twice the rank is the usual choice.",
            "Adaptörün modeli ne kadar güçlü etkilediği. Genellikle rank'ın iki katı seçilir.",
        ),
        group="basic",
    )
    projections: tuple[str, ...] = setting(
        ("q", "k", "v", "o"),
        "layers to train",
        choices=(*PROJECTIONS, ALL),
        label=("Projections", "Projeksiyonlar"),
        hint=(
            "The layers that get an adapter. all is every linear layer but the head: take it for models whose layers "
            "have other names, such as GPT-2, GPT-NeoX, Bloom or Falcon.",
            "Adaptör eklenen katmanlar. all, çıkış katmanı (head) dışındaki bütün doğrusal katmanlardır: GPT-2, "
            "GPT-NeoX, Bloom ya da Falcon gibi katman adları farklı modellerde bunu seçin.",
        ),
        group="basic",
    )
    epochs: float = setting(
        3.0,
        "passes over the records",
        range=(0.01, 1000),
        label=("Epochs", "Epok"),
        hint=(
            "Passes over the records: an upper limit where patience ends the run earlier.",
            "Kayıtların üzerinden kaç kez geçileceği; sabır ayarı eğitimi daha erken bitirebiliyorsa bu, üst sınırdır.",
        ),
        group="basic",
    )
    learning_rate: float = setting(
        0.0,
        "peak learning rate; 0: by the width of the model",
        range=(0, 0.1),
        label=("Learning rate", "Öğrenme oranı"),
        hint=(
            "The highest rate of the optimizer; 0 takes the one for the width of the model: 0.0005 for 135 million "
            "parameters, 0.00019 for a Llama of 1 billion, 0.00011 for one of 8 billion. Halve it if the loss jumps.",
            "Optimizörün en yüksek oranı; 0, modelin genişliğine uyanı alır: 135 milyon parametrede 0,0005, 1 "
            "milyarlık bir Llama'da 0,00019, 8 milyarlıkta 0,00011. Kayıp sıçrarsa yarıya indirin.",
        ),
        group="basic",
    )
    batch: int = setting(
        16,
        "records per optimizer step",
        range=(1, 4096),
        label=("Batch (records per step)", "Batch (adım başına kayıt)"),
        hint=(
            "Records in one step of the optimizer. A small batch makes more steps of the same records.",
            "Optimizörün bir adımındaki kayıt sayısı. Batch küçükse aynı kayıtlardan daha çok adım çıkar.",
        ),
        group="basic",
    )
    micro_batch: int = setting(
        0,
        "at most this many records at a time: less memory, same result; 0: as many as fit",
        range=(0, 4096),
        label=("Micro-batch (records at a time, at most)", "Mikro-batch (bir seferde en çok kayıt)"),
        hint=(
            "A limit on the records in memory at a time; 0 takes as many as fit. Less needs less memory and more time, "
            "with the same result. Set it only to leave memory to other programs.",
            "Bellekte aynı anda bulunan kayıtların üst sınırı; 0, sığdığı kadarını alır. Küçük değer daha az bellek, "
            "daha çok zaman ister; sonuç aynıdır. Yalnız diğer programlara bellek bırakmak için ayarlayın.",
        ),
        group="basic",
    )
    word_weight: float = setting(
        4.0,
        "weight of the requested words' own tokens in the loss",
        range=(1, 100),
        label=("Weight of the requested words", "İstenen kelimelerin ağırlığı"),
        hint=(
            "How much the tokens of the requested word count in its sentence, where every other token counts 1. With "
            "1, a small model writes good sentences about something near the word.",
            "İstenen kelimenin tokenlerinin kendi cümlesinde kaç kat sayılacağı; diğer tokenlerin her biri 1 sayılır. "
            "1 verilirse küçük bir model, kelimenin kendisi yerine ona yakın bir konuda düzgün cümleler yazar.",
        ),
        group="basic",
    )
    cutoff: int = setting(
        0,
        "longest record in tokens; longer ones are left out and counted; 0: no limit",
        range=(0, 131072),
        label=("Cutoff (tokens)", "Uzunluk sınırı (token)"),
        hint=(
            "The longest record in tokens; 0 takes the longest of the file. Longer records are left out and counted, "
            "never cut.",
            "En uzun kaydın token sayısı; 0, dosyadaki en uzun kaydı sınır alır. Daha uzun kayıtlar dışarıda kalır ve "
            "sayılır, hiçbir kayıt bölünmez.",
        ),
        group="basic",
    )
    evaluations: int = setting(
        10,
        "how often the loss on the evaluation records is measured",
        range=(0, 1000),
        label=("Evaluations in a run", "Eğitimdeki değerlendirme sayısı"),
        hint=(
            "How often the loss on held-out words is measured, evenly over the steps.",
            "Değerlendirmeye ayrılan kelimelerdeki kaybın, adımlara eşit yayılarak kaç kez ölçüldüğü.",
        ),
        group="basic",
    )
    patience: int = setting(
        0,
        "end after this many evaluations without a better one; 0: never",
        range=(0, 1000),
        label=("Patience (evaluations)", "Sabır (değerlendirme sayısı)"),
        hint=(
            "After this many evaluations without a better one the run ends; 0: never.",
            "Art arda bu kadar değerlendirmede daha iyi bir sonuç gelmezse eğitim biter; 0: erken bitmez.",
        ),
        group="basic",
    )
    save: str = setting(
        "epoch",
        "when a copy is kept on the way: epoch, loss (fallen by a tenth) or end (none)",
        choices={
            "epoch": ("after each epoch", "her epoktan sonra"),
            "loss": ("when the loss has fallen by a tenth", "kayıp onda bir azalınca"),
            "end": ("only the last", "yalnız sonuncusu"),
        },
        label=("Keep a copy", "Kopya sakla"),
        hint=(
            "Copies of the adapter on the way: after each `epoch`, whenever the smoothed `loss` has fallen by a tenth, "
            "or only at the `end`.",
            "Eğitim sırasında saklanan adaptör kopyaları: her `epoch` sonunda, yumuşatılmış kayıp (`loss`) her onda "
            "bir azaldığında ya da yalnız sonda (`end`).",
        ),
        group="basic",
    )
    warmup: float = setting(
        0.1,
        "share of the steps in which the learning rate rises",
        range=(0, 0.9),
        label=("Warmup (share of the steps)", "Isınma (warmup, adımların payı)"),
        hint=(
            "The share of the steps in which the rate rises to its peak. A share, so that short runs warm up too.",
            "Öğrenme oranının en yüksek değerine çıktığı adımların payı. Adım sayısı değil, pay olduğu için kısa "
            "eğitimlerde de ısınma olur.",
        ),
    )
    dropout: float = setting(
        0.05,
        "LoRA dropout",
        range=(0, 0.9),
        label=("Dropout", "Dropout"),
        hint=(
            "Switches a share of the adapter off at random in training, against learning by heart.",
            "Ezberlemeye karşı, eğitimde adaptörün bir payını rastgele kapatır.",
        ),
    )
    scheduler: str = setting(
        "cosine",
        "how the learning rate goes after the warmup",
        choices=("cosine", "linear", "constant_with_warmup"),
        label=("Scheduler", "Öğrenme oranının seyri (scheduler)"),
        hint=(
            "How the rate goes after the warmup: down to zero slowly or straight, or not at all.",
            "Öğrenme oranının ısınmadan sonraki seyri: sıfıra yavaşça ya da doğrusal iner ya da hiç inmez.",
        ),
    )
    optimizer: str = setting(
        "adamw_torch",
        "adafactor and adamw_bnb_8bit need less memory",
        choices=("adamw_torch", "adafactor", "adamw_bnb_8bit"),
        needs={"adamw_bnb_8bit": "bitsandbytes"},
        label=("Optimizer", "Optimizör"),
        hint=(
            "adamw_torch is the usual one. Where memory is short: adamw_bnb_8bit on a GPU, which learns as well, or "
            "adafactor, which needs the least and learns a little slower.",
            "Alışılmış olanı adamw_torch. Bellek azsa: ekran kartında, aynı ölçüde iyi öğrenen adamw_bnb_8bit ya da en "
            "az bellek isteyip biraz daha yavaş öğrenen adafactor.",
        ),
    )
    rslora: bool = setting(
        False,
        "rank-stabilized LoRA: scale by alpha / sqrt(rank)",
        label=("rsLoRA", "rsLoRA"),
        hint=(
            "Scales the adapter by alpha / √rank in place of alpha / rank. Try it when a rank of 64 or more learns no "
            "better than a small one, and lower alpha first.",
            "Adaptörü alpha / rank yerine alpha / √rank ile ölçekler. 64 ve üstü bir rank, küçük bir rank'tan daha iyi "
            "öğrenmiyorsa deneyin; önce alpha'yı düşürün.",
        ),
    )
    dora: bool = setting(
        False,
        "DoRA: learn magnitude and direction apart; slower",
        label=("DoRA", "DoRA"),
        hint=(
            "Learns the size and the direction of each change apart. Try it with ranks up to about 16, where it can "
            "learn more than LoRA; every step takes longer.",
            "Her değişikliğin büyüklüğünü ve yönünü ayrı öğrenir. LoRA'dan daha çok öğrenebildiği 16'ya kadarki "
            "rank'larda deneyin; her adım daha uzun sürer.",
        ),
    )
    keep: str = setting(
        "best",
        "the adapter that is the result: best (on the evaluation records) or last",
        choices=("best", "last"),
        label=("Result", "Sonuç"),
        hint=(
            "The `best` adapter on held-out words, with the last beside it as a checkpoint, or the `last`.",
            "Sonuç, değerlendirmeye ayrılan kelimelerde en iyi adaptördür (`best`) ya da sonuncusudur (`last`). `best` "
            "seçilirse sonuncusu da checkpoint (kontrol noktası) olarak kalır.",
        ),
    )
    form: str = setting(
        "instruct",
        "instruct (the ### lines) or chat (the tokenizer's own template)",
        choices=PROMPT_FORMS,
        label=("Form of the prompt", "İstemin biçimi"),
        hint=(
            "`instruct` is the record with its ### lines, for base and instruct models alike; `chat` is the model's "
            "own template.",
            "`instruct`, kaydın ### satırlı biçimidir; hem temel hem instruct modeller içindir. `chat`, modelin kendi "
            "şablonudur.",
        ),
    )
    loss_on: str = setting(
        "answer",
        "answer, or all: the prompts too",
        choices=("answer", "all"),
        label=("Loss on", "Kaybın hesaplandığı bölüm"),
        hint=(
            "Only the `answer` is learned, or `all`: the prompts too, as trainers without masks do.",
            "Yalnız yanıt öğrenilir (`answer`) ya da hepsi (`all`): maskesiz eğitim araçlarındaki gibi istemler de.",
        ),
    )
    checkpointing: str = setting(
        "auto",
        "activations computed twice for less memory",
        choices=("auto", "on", "off"),
        label=("Gradient checkpointing", "Gradient checkpointing"),
        hint=(
            "Computes activations twice instead of keeping them, which takes less memory and more time; `auto`: only "
            "where a batch would not fit otherwise.",
            "Aktivasyonları saklamak yerine iki kez hesaplar; daha az bellek, daha çok zaman ister. `auto`: yalnız "
            "batch başka türlü sığmayacaksa.",
        ),
    )
    four_bit: bool = setting(
        False,
        "load the base in 4 bits (QLoRA; needs a CUDA GPU)",
        label=("4-bit base (QLoRA)", "4 bitlik temel model (QLoRA)"),
        hint=(
            "Loads the base model in 4 bits, which needs a CUDA GPU and bitsandbytes. For a model that does not fit "
            "into the GPU's memory otherwise; slower, and a little less exact.",
            "Temel modeli 4 bitle yükler; CUDA ekran kartı ve bitsandbytes ister. Başka türlü ekran kartının belleğine "
            "sığmayan model içindir; daha yavaş ve biraz daha az hassastır.",
        ),
        group="",  # in the webui the model is loaded already
    )
    report_to: str = setting(
        "none",
        "a tracker that is sent the losses as well",
        choices=("none", "tensorboard", "wandb", "trackio", "mlflow"),
        needs={name: name for name in ("tensorboard", "wandb", "trackio", "mlflow")},
        label=("Tracker", "İzleyici"),
        hint=(
            "A tracker that gets the losses as well as the log. Its package has to be installed; use it to compare "
            "many runs.",
            "Kayıpların, günlüğün yanı sıra gönderildiği izleyici (tracker). Paketi kurulu olmalıdır; çok sayıda "
            "eğitimi karşılaştırmak için kullanın.",
        ),
        group="",
    )
    seed: int = setting(
        42,
        "random seed",
        range=(0, 2**32 - 1),
        label=("Seed", "Tohum (seed)"),
        hint=(
            "Decides the order of the records and the first weights.",
            "Kayıtların sırasını ve ilk ağırlıkları belirler.",
        ),
        group="",
    )

    def __post_init__(self) -> None:
        if problems := self._problems():
            raise InputError(*problems)

    def _problems(self) -> list[Problem]:
        """Everything that is wrong, so that a user can fix it in one go."""
        problems = [p for name, one in SETTINGS.items() for p in one.problems(getattr(self, name))]
        if ALL in self.projections and len(self.projections) > 1:
            values = {"setting": Option("projections"), "value": ALL}
            problems.append(Problem("{setting} {value} already includes every layer. Choose it alone.", values))
        try:
            parse_level(self.level, TRAINABLE)
        except CefrError as error:
            problems += error.problems
        return problems

    @property
    def at_once(self) -> int:
        """Records in one forward pass: the largest part of the batch, in equal parts, that the limit allows."""
        limit = min(self.batch, self.micro_batch or self.batch)
        return next(n for n in range(limit, 0, -1) if self.batch % n == 0)

    @property
    def accumulation(self) -> int:
        """Forward passes in a step of the optimizer."""
        return self.batch // self.at_once

    def for_model(self, config: Any) -> TrainSettings:
        """These settings with the learning rate for a model with this transformers configuration, where it is 0."""
        if self.learning_rate:
            return self
        text = config.get_text_config() if hasattr(config, "get_text_config") else config
        return replace(self, learning_rate=float(f"{rate_for(text.hidden_size):.2g}"))

    def steps(self, records: int) -> int:
        """Steps of the optimizer in a run on this many records."""
        return max(1, math.ceil(math.ceil(records / self.batch) * self.epochs))

    def warmup_steps(self, total: int) -> int:
        """In how many of `total` steps the learning rate rises."""
        return round(self.warmup * total)

    def evaluation_steps(self, total: int) -> int:
        """Every how many of `total` steps the evaluation loss is measured; 0: only before the first."""
        return max(1, round(total / self.evaluations)) if self.evaluations else 0

    def as_training_pro(self) -> dict[str, Any]:
        """The settings under the names that Training PRO's users know (`training_parameters.json`)."""
        return {
            "micro_batch_size": self.at_once,
            "grad_accumulation": self.accumulation,
            "epochs": self.epochs,
            "learning_rate": f"{self.learning_rate:g}",
            "lr_scheduler_type": self.scheduler,
            "lora_rank": self.rank,
            "lora_alpha": self.alpha,
            "lora_dropout": self.dropout,
            "cutoff_len": self.cutoff,
            "warmup_ratio": self.warmup,
            "optimizer": self.optimizer,
            "hard_cut_string": "\\n\\n\\n",
            "train_only_after": "### Response:" if self.loss_on == "answer" else "",
            "training_projection": "-".join(self.projections),
        }


# Each setting by its name: `level`, which the records decide, is none.
SETTINGS = described(TrainSettings)
