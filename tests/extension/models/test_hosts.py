"""Both hosts: our own with a real small model, and the webui's with a stand-in for its modules.

The real webuis are tried by `make test-webui`.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from cefr_sentences.exporter.common.errors import InputError, ModelError
from cefr_sentences.exporter.common.webui import Webui
from cefr_sentences.exporter.records.prompt import ListPrompt, wrap
from cefr_sentences.extension.models import in_webui
from cefr_sentences.extension.models.asking import Reply, Sampling
from cefr_sentences.extension.models.gbnf import grammar
from cefr_sentences.extension.models.host import ChatField
from cefr_sentences.extension.models.server import Server
from cefr_sentences.extension.models.standalone import Standalone

from ..tiny import logits, save_tiny_model
from .stand_in import webui_modules

PROMPT = ListPrompt("A1", ("happy", "book"))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Webui:
    """A data folder with the model `tiny` and the adapters `good`, `zero` (it changes nothing), `other` and
    `partly` (they do not fit, the second in some layers only)."""
    pytest.importorskip("peft", reason="peft is not installed")
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    root = tmp_path_factory.mktemp("data")
    save_tiny_model(root / "models" / "tiny")

    def adapter(name: str, scale: float, rank_of_file: int = 4) -> None:
        import torch

        model: Any = AutoModelForCausalLM.from_pretrained(root / "models" / "tiny")
        adapted = get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj", "o_proj"], task_type="CAUSAL_LM"))
        with torch.no_grad():
            for key, tensor in adapted.named_parameters():
                if "lora_B" in key:
                    tensor.fill_(scale)
        adapted.save_pretrained(str(root / "loras" / name))
        config = root / "loras" / name / "adapter_config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "r": rank_of_file}), encoding="utf-8")
        (root / "loras" / name / "cefr_sentences.json").write_text('{"level": "A1"}', encoding="utf-8")

    adapter("good", 0.5)
    adapter("zero", 0.0)
    adapter("other", 0.5, rank_of_file=8)
    adapter("partly", 0.5)
    from safetensors.torch import load_file, save_file

    weights = root / "loras" / "partly" / "adapter_model.safetensors"
    save_file({n: t if "q_proj" in n else t.repeat(2, 1) for n, t in load_file(weights).items()}, weights)
    return Webui(root, root)


@pytest.fixture
def webui(folders: Webui, monkeypatch: pytest.MonkeyPatch) -> Any:
    from cefr_sentences.extension.models.in_webui import InWebui

    for name, module in webui_modules(folders).items():
        monkeypatch.setitem(sys.modules, name, module)
    return InWebui()


@pytest.fixture(params=["alone", "webui"])
def host(request: pytest.FixtureRequest, folders: Webui) -> Any:
    if request.param == "webui":
        return request.getfixturevalue("webui")
    return Standalone(folders, str(folders.models / "tiny"))


@pytest.mark.model
def test_apply_proves_itself_and_is_taken_off(host: Any) -> None:
    with host.lend() as loaded:
        before = logits(loaded.model)
    applied = host.apply("good")
    assert (applied.adapter, applied.layers) == ("good", 4)
    assert applied.difference > 0
    assert host.state().adapters == ("good",)
    with pytest.raises(ModelError, match="good is applied"), host.lend():
        pass
    with host.lend("good") as loaded:
        assert not before.equal(logits(loaded.model))
    again = host.apply("good")  # a new training under the same name must not leave the old weights in
    assert again.difference == applied.difference
    assert host.apply(None) is None
    with host.lend() as loaded:
        assert before.equal(logits(loaded.model))


@pytest.mark.model
def test_weights_that_the_webui_made_up(webui: Any) -> None:
    import torch

    webui.shared.model.add_module("beyond_its_files", torch.nn.Linear(3, 2))
    with pytest.raises(ModelError, match="has 8 weights that are in none of its files"), webui.lend():
        pass
    (webui.folders.models / "tiny").rename(webui.folders.models / "elsewhere")
    try:
        with webui.lend():  # nothing is known of its files
            pass
    finally:
        (webui.folders.models / "elsewhere").rename(webui.folders.models / "tiny")


@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("zero", "changes nothing"),
        ("other", "does not fit"),
        ("partly", "does not fit"),
        ("none", "no adapter 'none'"),
        ("../good", "no adapter"),
    ],
)
def test_what_cannot_be_applied(host: Any, name: str, said: str) -> None:
    with host.lend() as loaded:
        before = logits(loaded.model)
    with pytest.raises(ModelError, match=said):
        host.apply(name)
    if name != "zero":
        with pytest.raises(ModelError, match=said), host.lend(name):
            pass
    assert host.state().adapters == ()
    with host.lend() as loaded:
        assert before.equal(logits(loaded.model))


@pytest.mark.model
def test_answers_are_the_same_from_both(folders: Webui, webui: Any) -> None:
    alone = Standalone(folders, str(folders.models / "tiny"))
    seen: list[tuple[int, int]] = []
    one = alone.answers([PROMPT], "good", progress=lambda done, total: seen.append((done, total)))
    assert webui.answers([PROMPT], "good") == one
    assert seen[-1] == (1, 1)
    drawn = [alone.answers([PROMPT], "good", sampling=Sampling(1.5, seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.model
def test_a_model_with_traces_of_another_trainer_is_loaded_again(webui: Any) -> None:
    webui.shared.model_dirty_from_training = True
    with webui.lend() as loaded:
        assert loaded.name == "tiny"
    assert sys.modules["modules.models"].loads == ["tiny", "tiny"]  # type: ignore[attr-defined]
    assert webui.shared.model_dirty_from_training is False
    assert not webui.shared.generation_lock.locked()


@pytest.mark.model
def test_another_training_is_not_disturbed(webui: Any) -> None:
    go = threading.Event()

    def threaded_run() -> None:  # the name that the webui's trainer and Training PRO give theirs
        go.wait(5)

    thread = threading.Thread(target=threaded_run)
    thread.start()
    webui.shared.model_dirty_from_training = True
    with pytest.raises(ModelError, match="Another training is running"), webui.lend():
        pass
    go.set()
    thread.join()
    with webui.lend():
        pass


@pytest.mark.model
def test_a_job_that_waits_for_chat_can_be_stopped(webui: Any) -> None:
    def work(job: Any) -> None:
        with webui.lend():
            pass

    with webui.shared.generation_lock:
        job = webui.desk.start("write", work)
        job.stop()
        job.wait(10)
    assert "Stopped while waiting for Chat" in job.error


@pytest.mark.model
def test_a_lora_applied_elsewhere_meanwhile_makes_the_model_dirty(webui: Any) -> None:
    with webui.lend():
        webui.shared.lora_names = ["good"]
    assert webui.shared.model_dirty_from_training is True


@pytest.mark.model
def test_an_idle_model_is_loaded_when_it_is_needed(webui: Any) -> None:
    webui.shared.model = webui.shared.tokenizer = None
    assert webui.state().kind == "none"
    with webui.lend() as loaded:
        assert loaded.model is webui.shared.model
    webui.shared.model, webui.shared.model_name = None, "None"
    with pytest.raises(ModelError, match="No model is loaded"), webui.lend():
        pass


@pytest.mark.model
def test_a_gguf_model_answers_and_is_not_trained(webui: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = SimpleNamespace()  # llama.cpp's server object is model and tokenizer at once
    webui.shared.model = webui.shared.tokenizer = server
    webui.shared.args.loader = "llama.cpp"
    assert webui.state().kind == "answers"
    with pytest.raises(ModelError, match=r"runs in llama\.cpp, which can answer but cannot be trained"), webui.lend():
        pass
    assert webui.answers([PROMPT], None) == [Reply("1. I am happy.")]
    question, state, stops = sys.modules["modules.text_generation"].asked[-1]  # type: ignore[attr-defined]
    assert question == wrap(PROMPT.text)
    assert (state["do_sample"], state["top_k"], stops) == (False, 1, ["\n### "])
    assert webui.shared.settings == {"temperature": 0.6, "seed": -1}
    assert webui.answers([PROMPT], None, strict=True) == [Reply("1. I am happy.")]
    _, state, _ = sys.modules["modules.text_generation"].asked[-1]  # type: ignore[attr-defined]
    assert state["grammar_string"] == grammar(PROMPT)
    webui.shared.args.loader = "ExLlamav3"
    monkeypatch.setattr(in_webui, "keeps", lambda prompt, reply: False)
    with pytest.raises(InputError, match="ExLlamav3 does not keep to the strict vocabulary"):
        webui.answers([PROMPT], None, strict=True)


@pytest.mark.model
def test_several_users_and_portable_builds_change_nothing(folders: Webui, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    from cefr_sentences.extension.models.in_webui import InWebui

    modules = webui_modules(folders)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    modules["modules.shared"].args.multi_user = True
    host = InWebui()
    assert host.training_off == "multi-user"
    with pytest.raises(ModelError, match="cannot be changed here"):
        host.apply("good")
    modules["modules.shared"].args.multi_user = False  # the Session tab can change it while the webui runs
    assert host.training_off == ""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "torch" else real(name, *a))
    assert InWebui().training_off == "portable"
    assert Standalone(folders, None).training_off == "portable"


@pytest.mark.model
def test_chat_is_told_the_form_of_training(webui: Any) -> None:
    from cefr_sentences.extension.install.template import instruction_template

    assert webui.chat_fields() == {
        "mode": ChatField("the mode", "instruct"),
        "instruction_template_str": ChatField("the template", instruction_template()),
    }
    assert webui.expect_list_prompt(("good",))
    assert not webui.expect_list_prompt(())
    assert not webui.expect_list_prompt(("good", "elsewhere"))


@pytest.fixture
def server() -> Iterator[Callable[[int, bytes], str]]:
    """A server that answers every question with the given status and body."""
    servers: list[HTTPServer] = []
    asked: list[Any] = []

    def start(status: int, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    start.asked = asked  # type: ignore[attr-defined]
    yield start
    for running in servers:
        running.shutdown()


def test_a_server_is_asked_for_completions(server: Any) -> None:
    url = server(200, json.dumps({"choices": [{"text": "1. I am happy.\n2. A book."}]}).encode())
    for address in (url, url + "/", url + "/v1", url + "/v1/"):
        assert Server(address).ask([PROMPT]) == [Reply("1. I am happy.\n2. A book.")]
    path, body = server.asked[0]
    assert path == "/v1/completions"
    assert body["prompt"] == wrap(PROMPT.text)
    assert body["stop"] == ["\n### "]


def test_a_server_is_asked_to_chat(server: Any, run: Any) -> None:
    answer = json.dumps({"choices": [{"message": {"role": "assistant", "content": "1. I am happy."}}]}).encode()
    url = server(200, answer)
    write = ("write", "--words", "happy", "--level", "A1", "--api", url, "--bank", "off")
    result = run(*write, "--form", "chat", "--json")
    assert result.code == 0, result.err
    assert [r["sentence"] for r in json.loads(result.out)] == ["I am happy."]
    path, body = server.asked[0]
    assert path == "/v1/chat/completions"
    assert body["messages"] == [{"role": "user", "content": ListPrompt("A1", ("happy",)).text}]
    assert "prompt" not in body
    result = run(*write, "--tries", "1")
    assert (result.code, "did not answer" in result.err) == (2, True)
    result = run("write", "--words", "happy", "--level", "A1", "--model", "embedded", "--form", "chat")
    assert (result.code, "--form goes with --api" in result.err) == (2, True)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, b"oops", "answered 500"),
        (404, b"", "does it offer OpenAI's API"),
        (200, b"<html>", "did not answer with a completion but with '<html>'"),
        (200, b"", "did not answer"),
        (200, b'{"choices": []}', "did not answer"),
        (200, b'{"choices": [{"text": ', "did not answer"),
    ],
)
def test_a_server_that_answers_otherwise(server: Any, status: int, body: bytes, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        Server(server(status, body), pause=0).ask([PROMPT])


@pytest.mark.parametrize("address", ["ftp://x", "localhost:5000", "", "http://127.0.0.1:9"])
def test_no_server(address: str) -> None:
    with pytest.raises(ModelError, match=r"not the address of a server|cannot be asked"):
        Server(address, pause=0).ask([PROMPT])


def test_write_through_a_server(server: Any, run: Any) -> None:
    url = server(200, json.dumps({"choices": [{"text": "1. I am happy.\n2. A pen."}]}).encode())
    result = run("write", "--words", "happy,book", "--level", "A1", "--api", url, "--bank", "off", "--json")
    assert result.code == 0, result.err
    assert [(r["word"], r["used"]) for r in json.loads(result.out)] == [("happy", True), ("book", False)]
    result = run("write", "--words", "happy", "--level", "A1", "--api", url, "--adapter", "x")
    assert (result.code, "--adapter goes with --model" in result.err) == (2, True)
