"""Records into a LoRA adapter."""
