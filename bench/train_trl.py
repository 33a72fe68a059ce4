"""One way of `bench.train`: trl's SFTTrainer with the loss on the completion, as its documentation says.

Without gradient checkpointing, which SFTConfig switches on and which costs a fifth of the speed where memory is no
problem. With packing or without: its documentation asks for FlashAttention with packing, so both are measured.

Run by a Python that has trl, which none of the project's environments has.
"""

from __future__ import annotations

import time
from importlib.metadata import version

from .needs import need
from .train_common import finish, job, lora_config, not_finite, wait


def main() -> None:
    import torch
    import transformers

    ask, folder = job()
    trl, datasets, peft = need("trl"), need("datasets"), need("peft")
    transformers.set_seed(ask["seed"])
    rows = datasets.Dataset.from_list([{"prompt": p, "completion": c} for p, c in ask["pairs"]])
    settings = ask["settings"]
    cuda = torch.cuda.is_available()
    arguments = trl.SFTConfig(
        output_dir=str(folder / "out"),
        use_cpu=not cuda,
        bf16=cuda,
        gradient_checkpointing=False,
        packing=ask["packing"],
        completion_only_loss=True,
        max_length=ask["trl_length"],
        per_device_train_batch_size=ask["trl_batch"],
        gradient_accumulation_steps=ask["trl_accumulation"],
        num_train_epochs=1,
        learning_rate=settings["learning_rate"],
        lr_scheduler_type="cosine",
        warmup_steps=2,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=ask["seed"],
    )
    dtype = torch.bfloat16 if cuda else torch.float32
    model = transformers.AutoModelForCausalLM.from_pretrained(ask["model"], dtype=dtype)
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
    wait()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    trainer.save_model(str(folder / "adapter"))
    finish(
        folder,
        seconds=seconds,
        cpu_seconds=cpu,
        steps=trainer.state.global_step,
        not_finite=not_finite(trainer.state.log_history),
        packs=packs if ask["packing"] else None,
        bf16=arguments.bf16,
        gradient_checkpointing=arguments.gradient_checkpointing,
        version=version("trl"),
    )


if __name__ == "__main__":
    main()
