"""The layers of a model that get an adapter, by the names of the setting `projections`."""

# Names as the webui's trainers show them -> module names of Llama-like models.
PROJECTIONS = {
    "q": "q_proj",
    "k": "k_proj",
    "v": "v_proj",
    "o": "o_proj",
    "gate": "gate_proj",
    "up": "up_proj",
    "down": "down_proj",
}
# Every linear layer but the head, whatever a model calls them; peft's "all-linear".
ALL = "all"
