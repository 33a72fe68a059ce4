"""One way of `bench.train`: as Training PRO does it. Its blocks, padded to the chunk, with the loss on everything.

transformers' Trainer with the arguments that Training PRO gives it: float16 on a GPU, float32 on a CPU.
"""

from __future__ import annotations

import time
from typing import Any

from .train_common import finish, job, lora, not_finite, wait


def main() -> None:
    import torch
    import transformers

    ask, folder = job()
    transformers.set_seed(ask["seed"])
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(ask["model"])
    tokenizer.pad_token_id = 0
    cuda = torch.cuda.is_available()
    dtype = torch.float16 if cuda else torch.float32
    model: Any = transformers.AutoModelForCausalLM.from_pretrained(ask["model"], dtype=dtype)
    model = lora(model.to("cuda" if cuda else "cpu"), ask["settings"])
    rows = []
    for block in ask["blocks"]:
        ids = [*tokenizer.encode(block, truncation=True, max_length=ask["chunk"] - 1), tokenizer.eos_token_id]
        pad = [0] * (ask["chunk"] - len(ids))
        rows.append({"input_ids": pad + ids, "attention_mask": [0] * len(pad) + [1] * len(ids)})
    arguments = transformers.TrainingArguments(
        output_dir=str(folder / "out"),
        use_cpu=not cuda,
        fp16=cuda,
        per_device_train_batch_size=ask["settings"]["micro_batch"],
        gradient_accumulation_steps=ask["settings"]["accumulation"],
        num_train_epochs=1,
        learning_rate=ask["settings"]["learning_rate"],
        lr_scheduler_type="cosine",
        warmup_steps=round(0.1 * len(rows) / ask["settings"]["batch"]),
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        optim="adamw_torch",
        disable_tqdm=True,
        seed=ask["seed"],
    )
    collator = transformers.DataCollatorForLanguageModeling(tokenizer, mlm=False)
    trainer = transformers.Trainer(model=model, args=arguments, train_dataset=rows, data_collator=collator)  # pyright: ignore[reportArgumentType]
    started, cpu = time.perf_counter(), time.process_time()
    trainer.train()
    wait()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    model.save_pretrained(str(folder / "adapter"))
    finish(
        folder,
        seconds=seconds,
        cpu_seconds=cpu,
        steps=trainer.state.global_step,
        not_finite=not_finite(trainer.state.log_history),
        computed_tokens=len(rows) * ask["chunk"],
        block_tokens=sum(sum(r["attention_mask"]) for r in rows),
    )


if __name__ == "__main__":
    main()
