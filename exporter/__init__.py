"""Words and sentences in, training text out. No torch, no transformers, no gradio, no webui."""
