"""What is wrong with a webui, its data, models and adapters, and the next step for each."""
