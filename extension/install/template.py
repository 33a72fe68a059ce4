"""Our records as an instruction template of the webui, for Chat without the extension's hooks."""

from __future__ import annotations

from ...exporter.records.prompt import HARD_CUT, INSTRUCTION_HEAD, RESPONSE_HEAD

TEMPLATE_NAME = "CEFR Sentences"


def instruction_template() -> str:
    """The Jinja text: one user message renders to `wrap` of it, byte for byte.

    A hard cut comes before every message but an answer, as between the records of the text file. So a system
    message, which no record has, is a piece of its own, and what follows it is what the model was trained on. The
    webui's stopping string for a next turn becomes the hard cut with the head of an instruction.
    """
    return (
        "{%- for message in messages -%}\n"
        "  {%- if message['role'] == 'assistant' -%}\n"
        f"    {{{{- {RESPONSE_HEAD!r} -}}}}\n"
        "  {%- else -%}\n"
        f"    {{{{- '' if loop.first else {HARD_CUT!r} -}}}}\n"
        f"    {{{{- {INSTRUCTION_HEAD!r} if message['role'] == 'user' else '' -}}}}\n"
        "  {%- endif -%}\n"
        "  {{- message['content'] -}}\n"
        "{%- endfor -%}\n"
        "{%- if add_generation_prompt -%}\n"
        f"  {{{{- {RESPONSE_HEAD!r} -}}}}\n"
        "{%- endif -%}"
    )


def template_file() -> str:
    """The YAML file that the webui lists the template from."""
    lines = instruction_template().splitlines()
    return "instruction_template: |-\n" + "".join(f"  {line}\n" for line in lines)
