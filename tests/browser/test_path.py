"""The whole path in a browser, with the embedded model: data, training, stop, reload, resume, evaluate, write, apply.

One studio, in the order of the panes: each test goes on from what the one before left.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import LONG, Studio, Tab, studio

Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with studio(tmp_path_factory.mktemp("studio") / "data", "--model", "embedded") as running:
        yield running


def test_the_first_thing_seen_is_what_to_do(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    tab.expect("head", "Next: make training files in the Data pane")
    tab.expect("head", r"Model: embedded \(Transformers\) · LoRA applied: none")


def test_data(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    table = place.data.parent / "my words.csv"
    table.write_text("kelime,cümle\ncat,I see a cat.\ndog,I have no pet.\n", encoding="utf-8")
    tab.at("data.upload").locator("input[type=file]").set_input_files(table)
    tab.expect("data.upload", "my words")
    tab.page.wait_for_function(
        "document.querySelector('#cefr-data-name textarea, #cefr-data-name input').value == 'my-words-a1'"
    )
    tab.click("data.check")
    said = tab.expect("data-status", r"needs|words")  # too few words for an export
    assert "Traceback" not in said
    tab.open()
    tab.fill("data.name", "few")
    tab.fill("data.records", "64")
    tab.unfold("data.more")
    tab.fill("data.mix", "3:100")
    tab.click("data.check")
    tab.expect("data-found", r"### Instruction:.*### Response:", LONG)
    shown = tab.at("data-found").text_content()  # what is folded too
    assert "2,809" in shown
    assert "Training PRO would cut" in shown
    assert shown.count("### Instruction:") == 2
    assert not list((place.data / "training" / "datasets").iterdir())  # looking writes nothing
    tab.click("data.export")
    tab.expect("data-status", "The files are in", LONG)
    assert (place.data / "training" / "datasets" / "few.txt").read_text(encoding="utf-8").count(
        "### Instruction:"
    ) == 58
    # The other panes see it without a reload.
    tab.pane("train")
    assert tab.value("train.dataset") == "few.txt"
    tab.expect("head", "Next: train an adapter")
    tab.pane("data")
    tab.click("data.export")
    tab.expect("data-status", "already there")


def test_everything_wrong_is_said_at_once(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    tab.pane("train")
    tab.fill("train.name", "../escape")
    tab.unfold("train.settings")
    tab.fill("train.rank", "0")
    tab.fill("train.cutoff", "64")
    tab.click("train.start")
    said = tab.expect("train-status", "fixed first")
    assert "'../escape' cannot be used" in said
    assert "“Rank” 0 is out of range: 1 to 1024" in said
    tab.fill("train.name", "fine")
    tab.fill("train.rank", "4")
    tab.click("train.estimate")
    said = tab.expect("train-status", "58 of 58 records are longer than the cutoff of 64 tokens")
    assert not list((place.data / "loras").iterdir())
    tab.pane("data")
    tab.fill("data.name", "too-few")
    tab.fill("data.records", "20")
    tab.click("data.export")
    tab.expect("data-status", "The files are in", LONG)
    tab.pane("train")
    assert tab.value("train.dataset") == "too-few.txt"
    tab.click("train.start")
    tab.expect("train-status", "18 records are too few")
    for path in (place.data / "training" / "datasets").glob("too-few*"):
        path.unlink()


def test_the_recipe_fills_the_fields_and_says_why(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    tab.pane("train")
    tab.unfold("train.settings")
    assert tab.value("train.epochs") == "2"
    tab.check("train.level", "C1")
    tab.page.wait_for_function("document.querySelector('#cefr-train-epochs input').value == '3'")
    tab.expect("train.epochs", "the best adapter is kept")
    assert tab.value("train.name") == "cefr-c1"


def prepare(tab: Tab) -> None:
    tab.pane("train")
    tab.unfold("train.settings")
    tab.fill("train.name", "tiny")
    for key, value in {
        "rank": "4",
        "alpha": "8",
        "epochs": "1",
        "batch": "4",
        "micro_batch": "4",
        "patience": "0",
    }.items():
        tab.fill(f"train.{key}", value)


def test_train_stop_reload_resume(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    prepare(tab)
    tab.click("train.estimate")
    said = tab.expect("train-status", "Ready", LONG)
    assert "58 records make 15 steps" in said
    assert "(EOS): <|im_end|>" in said
    tab.click("train.start")
    tab.expect("train-picture", "Step [0-9]+ of 15", LONG)
    tab.open()  # the run goes on and is found again
    tab.pane("train")
    tab.expect("train-picture", "Step [0-9]+ of 15")
    assert tab.barriers() == []  # with a progress bar and a chart
    tab.click("train.estimate")
    tab.expect_toast("Another job is running|exists")
    tab.click("train.stop")
    tab.expect("train-status", "Stopp", LONG)  # the page has sent it
    tab.open()
    tab.pane("train")
    folder = place.data / "loras" / "tiny"
    for _ in range(LONG // 1000):
        if (folder / "adapter_config.json").exists() and '"event": "end"' in (folder / "run.jsonl").read_text():
            break
        tab.page.wait_for_timeout(1000)
    events = [json.loads(line) for line in (folder / "run.jsonl").read_text(encoding="utf-8").splitlines()]
    assert events[-1]["state"] == "stopped"
    assert (folder / "adapter_model.safetensors").exists()
    for _ in range(60):  # the job draws its curves after the last line of its log
        tab.open()
        if "Running" not in tab.at("head").inner_text():
            break
        tab.page.wait_for_timeout(1000)
    tab.pane("train")
    assert tab.value("train.unfinished") == "tiny"
    tab.click("train.resume")
    said = tab.expect("train-status", "Trained: the adapter tiny is ready", LONG)
    assert "See in Evaluate" in said
    steps = [
        e["current_steps"]
        for line in (folder / "run.jsonl").read_text().splitlines()
        if "loss" in (e := json.loads(line))
    ]
    assert steps == list(range(1, 16))
    assert not (folder / ".resume").exists()


def test_a_name_in_use(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    prepare(tab)
    tab.click("train.start")
    tab.expect("train-status", "The adapter tiny exists")


def test_evaluate(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    tab.pane("evaluate")
    assert tab.value("evaluate.adapter") == "tiny"
    assert tab.value("evaluate.dataset") == "few_eval.txt"
    tab.at("evaluate.prompts").locator("input[type=number]").fill("1")
    tab.click("evaluate.run")
    tab.expect("evaluate-result", "perplexity", LONG)
    assert "Records for the loss: 6. Prompts for all other figures: 1" in tab.at("evaluate-result").text_content()
    tab = open_tab(f"{place.url}/?__theme=dark")
    tab.pane("evaluate")
    tab.expect("evaluate-result", "before and after")  # found again
    tab.page.set_viewport_size({"width": 420, "height": 900})
    assert tab.barriers() == []


def test_write(place: Studio, open_tab: Open, tmp_path: Path) -> None:
    tab = open_tab(place.url)
    tab.pane("write")
    words = "happy, book, friend, water\nhouse; green, school, mother, apple, music, window, doctor"
    tab.fill("write.words", words)
    tab.unfold("write.more")
    tab.expect("write-count", "Words: 12 · prompts: 2")
    assert tab.value("write.prompt").startswith(
        "### Instruction:\nGenerate A1-level English sentences for these 6 words:\n1. happy\n"
    )
    for key, few in (("write.candidates", "2"), ("write.tries", "1")):  # quality is not what this looks at
        tab.at(key).locator("input[type=number]").fill(few)
    tab.choose("write.bank", "off, the model alone")
    tab.click("write.run")
    tab.expect("write-status", "of 12 words have a sentence", LONG)
    table = tab.at("write-sheet").locator("tr")
    assert table.count() == 13
    tab.fill("write.row", "3")
    others = [table.nth(i).inner_text() for i in (1, 2, 4)]
    tab.click("write.redo")
    tab.page.wait_for_timeout(1500)
    tab.expect("write-status", "of 12 words have a sentence", LONG)
    assert [table.nth(i).inner_text() for i in (1, 2, 4)] == others
    for key, name in (("write.csv", "sentences-a1.csv"), ("write.tsv", "anki-a1.tsv")):
        with tab.page.expect_download() as download:
            tab.click(key)
        assert download.value.suggested_filename == name
        download.value.save_as(tmp_path / name)
    rows = list(csv.DictReader((tmp_path / "sentences-a1.csv").open(encoding="utf-8-sig", newline="")))
    assert [r["word"] for r in rows][:4] == ["happy", "book", "friend", "water"]
    assert {r["adapter"] for r in rows} == {"tiny"}
    used = [r for r in rows if r["status"] in ("ok", "doubtful")]
    cards = (tmp_path / "anki-a1.tsv").read_text(encoding="utf-8").splitlines()
    assert cards[0] == "#separator:tab"
    assert [c.split("\t")[2] for c in cards[5:]] == [r["word"] for r in used]


def test_words_that_are_none(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    tab.pane("write")
    tab.fill("write.words", "123")
    tab.click("write.run")
    tab.expect("write-status", "'123' in Words is not a word: it has no letters")


def test_apply(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url)
    tab.pane("apply")
    tab.click("apply.run")
    tab.expect("apply-status", r"now writes with tiny.*120 layers", LONG)
    tab.expect("head", "LoRA applied: tiny")
    tab.pane("train")
    tab.fill("train.name", "other")
    tab.click("train.start")
    tab.expect("train-status", "The LoRA tiny is applied")
    tab.pane("apply")
    tab.click("apply.off")
    tab.expect("apply-status", "No LoRA is applied")


def test_turkish(place: Studio, open_tab: Open) -> None:
    tab = open_tab(place.url, "tr-TR")
    tab.expect("pane.data-button", "1 Veri")
    tab.expect("head", "Uygulanan LoRA: yok")
    tab.pane("train")
    tab.fill("train.name", "tiny")
    tab.click("train.start")
    tab.expect("train-status", "tiny adaptörü var")


def test_nothing_went_wrong_unseen(place: Studio) -> None:
    assert "Traceback" not in place.printed()
