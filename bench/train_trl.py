"""One way of `bench.train`: trl's SFTTrainer with packing and the loss on the completion, as its documentation says.

Run by a Python that has trl, which none of the project's environments has.
"""

from __future__ import annotations

import time
from importlib.metadata import version

from .needs import need
from .train_common import finish, job, lora_config


def main() -> None:
    import transformers

    ask, folder = job()
    trl, datasets, peft = need("trl"), need("datasets"), need("peft")
    transformers.set_seed(ask["seed"])
    rows = datasets.Dataset.from_list([{"prompt": p, "completion": c} for p, c in ask["pairs"]])
    settings = ask["settings"]
    arguments = trl.SFTConfig(
        output_dir=str(folder / "out"),
        use_cpu=True,
        packing=True,
        completion_only_loss=True,
        max_length=ask["trl_length"],
        per_device_train_batch_size=ask["trl_batch"],
        gradient_accumulation_steps=settings["batch"] // ask["trl_batch"] // ask["records_a_pack"] or 1,
        num_train_epochs=1,
        learning_rate=settings["learning_rate"],
        lr_scheduler_type="cosine",
        warmup_steps=2,
        logging_steps=5,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=ask["seed"],
    )
    model = transformers.AutoModelForCausalLM.from_pretrained(ask["model"])
    tokenizer = transformers.AutoTokenizer.from_pretrained(ask["model"])
    trainer = trl.SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        processing_class=tokenizer,
        peft_config=lora_config(peft.LoraConfig, settings),
    )
    packs = len(trainer.train_dataset)
    started, cpu = time.perf_counter(), time.process_time()
    trainer.train()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    trainer.save_model(str(folder / "adapter"))
    finish(
        folder,
        seconds=seconds,
        cpu_seconds=cpu,
        steps=trainer.state.global_step,
        packs=packs,
        bf16=arguments.bf16,
        gradient_checkpointing=arguments.gradient_checkpointing,
        version=version("trl"),
    )


if __name__ == "__main__":
    main()
