"""The rating sheet as a page: rate in a browser, without a network, and save the same CSV; or print it."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ...exporter.language.levels import LEVELS

_CSS = """
:root{color-scheme:light}body{font:16px/1.45 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:64rem;
 margin:1.5rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid #bbb;padding:.45rem .5rem;text-align:left;vertical-align:top}
td:first-child{white-space:nowrap;color:#555}label{white-space:nowrap;margin-right:.5rem}
.save{position:sticky;bottom:0;background:#fff;padding:.7rem 0;border-top:2px solid #666}
button,input[type=text]{font:inherit;padding:.3rem .7rem}
@media print{.save{display:none}tr{break-inside:avoid}body{max-width:none;font-size:10pt}}
"""
# No storing, no sending: the page makes the file that the rater gives back.
_JS = """
const HEAD = %s, ROWS = %s;
function rated(id, question) {
  const found = document.querySelector(`input[name="${id}-${question}"]:checked`);
  return found ? found.value : "";
}
function count() {
  document.getElementById("count").textContent =
    document.querySelectorAll("input[type=radio]:checked").length + " / " + 3 * ROWS.length;
}
document.addEventListener("change", count);
window.addEventListener("beforeunload", event => {
  if (document.querySelector("input[type=radio]:checked")) event.preventDefault();
});
document.getElementById("save").addEventListener("click", () => {
  const rater = document.getElementById("rater").value.trim();
  const quote = cell => '"' + String(cell).replaceAll('"', '""') + '"';
  const lines = [HEAD, ...ROWS.map(([id, word, sentence]) =>
    [id, word, sentence, rated(id, "natural"), rated(id, "level"), rated(id, "proper"), rater])];
  const text = "\\ufeff" + lines.map(line => line.map(quote).join(",")).join("\\r\\n") + "\\r\\n";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type: "text/csv;charset=utf-8"}));
  link.download = "ratings-" + (rater.replace(/[^\\p{L}\\p{N}]+/gu, "-") || "rater") + ".csv";
  link.click();
});
count();
"""


@dataclass(frozen=True)
class Words:
    """What the page says in one language; `heads` are over its columns, `answers` are yes and no."""

    title: str
    intro: str
    name: str
    heads: tuple[str, ...]
    answers: tuple[str, str]
    save: str


# By the codes of the tab's languages.
LANGUAGES = {
    "en": Words(
        "Rating sheet",
        "For each sentence: how natural is it (1 odd, 5 as people say it); which CEFR level is it; is the word in it "
        "used properly? Rate each sentence by itself. Leave out what you cannot say. Then save the file and send it "
        "back.",
        "Your name",
        ("", "word", "sentence", "natural", "level", "word used properly"),
        ("yes", "no"),
        "Save as CSV",
    ),
    "tr": Words(
        "Değerlendirme formu",
        "Her cümle için: Ne kadar doğal (1: tuhaf, 5: insanların söylediği gibi)? Hangi CEFR düzeyinde? Soldaki kelime "
        "cümlede doğru kullanılmış mı? Her cümleyi tek başına değerlendirin. Karar veremediklerinizi boş bırakın. "
        "Sonra dosyayı kaydedip geri gönderin.",
        "Adınız",
        ("", "kelime", "cümle", "doğallık", "düzey", "kelime doğru kullanılmış mı?"),
        ("evet", "hayır"),
        "CSV olarak kaydet",
    ),
}


def rating_page(rows: Sequence[tuple[str, str, str]], head: Sequence[str], language: str = "en") -> str:
    """One page that needs no other file, in one of LANGUAGES. `rows` are id, word and sentence."""
    words = LANGUAGES.get(language, LANGUAGES["en"])

    def choices(id_: str, question: str, values: Sequence[str], names: Sequence[str] = ()) -> str:
        return "".join(
            f'<label><input type="radio" name="{html.escape(id_)}-{question}" value="{value}">{name}</label> '
            for value, name in zip(values, names or values, strict=True)
        )

    body = "".join(
        f"<tr><td>{html.escape(id_)}</td><td>{html.escape(word)}</td><td>{html.escape(sentence)}</td>"
        f"<td>{choices(id_, 'natural', '12345')}</td><td>{choices(id_, 'level', LEVELS)}</td>"
        f"<td>{choices(id_, 'proper', 'yn', words.answers)}</td></tr>"
        for id_, word, sentence in rows
    )
    # "</script>" in a sentence must not end the script.
    data = [json.dumps(value, ensure_ascii=False).replace("<", "\\u003c") for value in (list(head), [*map(list, rows)])]
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{words.title}</title><style>{_CSS}</style></head>\n<body><h1>{words.title}</h1><p>{words.intro}</p>"
        f'<p><label>{words.name} <input type="text" id="rater"></label></p><table><thead><tr>'
        + "".join(f"<th>{h}</th>" for h in words.heads)
        + f"</tr></thead><tbody>{body}</tbody></table>"
        f'<div class="save"><button id="save">{words.save}</button> <span id="count"></span></div>'
        f"<script>{_JS % tuple(data)}</script></body></html>\n"
    )
