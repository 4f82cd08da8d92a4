from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.tests.helpers import LIVECHAT, assert_golden, environment, install_plugin, invoke, livechat
from livechat_sdk_cli.main import app


@contextmanager
def simulating(
    folder: Path, *words: str, vendor: str = "parley"
) -> Generator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A vendor on a free port, and the line of JSON that it prints."""
    with (folder / "stderr.txt").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [LIVECHAT, "simulate", vendor, "--port", "0", "--json", *words],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, (folder / "stderr.txt").read_text("utf-8")
        yield process, json.loads(line)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def call(url: str, method: str, path: str, body: str = "", **headers: str) -> tuple[int, Any]:
    """Status and JSON of one call."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    with closing(connection):
        connection.request(
            method, path, body, {name.replace("_", "-"): text for name, text in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


def open_chat(document: dict[str, Any], ref: str = "h-1.1") -> tuple[int, Any]:
    """Open a chat with the credentials that the command printed."""
    import base64

    settings = document["integration"]
    pair = f"{settings['clientId']}:{settings['clientSecret']}"
    basic = base64.b64encode(pair.encode()).decode()
    form = {"Content_Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
    _, token = call(document["url"], "POST", "/oauth/token", "grant_type=client_credentials", **form)
    opening = {"ref": ref, "visitor": {"id": "u"}, "transcript": [], "fields": {}}
    headers = {"Content_Type": "application/json", "Authorization": f"Bearer {token['access_token']}"}
    return call(document["url"], "POST", "/v1/chats", json.dumps(opening), **headers)


def test_vendors_are_listed() -> None:
    done = invoke("simulate")
    assert (done.returncode, done.stderr) == (0, "")
    assert_golden("simulate-list.txt", done.stdout)
    document = json.loads(invoke("simulate", "--json").stdout)
    assert document["schema_version"] == 1
    assert {"name": "parley", "title": "Parley, the example vendor"} in document["vendors"]


@pytest.mark.parametrize(("vendor", "words"), [("parley", []), ("cisco", ["--tls"]), ("dynamics", ["--tls"])])
def test_what_a_person_is_told_at_the_start(tmp_path: Path, vendor: str, words: list[str]) -> None:
    with (
        (tmp_path / "stderr.txt").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [LIVECHAT, "simulate", vendor, "--port", "0", *words],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        told = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        told += process.stdout.read()
        assert process.wait(timeout=30) == 0
    assert (tmp_path / "stderr.txt").read_text("utf-8") == "The simulator has ended. What it knew is gone.\n"
    port = re.findall(r"API +https?://127\.0\.0\.1:([0-9]+)", told)[0]
    told = re.sub(r"/\S+/livechat-simulate-\w+/", "FOLDER/", told)
    assert_golden(f"simulate-{vendor}.txt", told.replace(port, "PORT"))


def test_person_at_the_page_and_caller_of_the_api_meet(tmp_path: Path) -> None:
    with simulating(tmp_path, "--clock", "virtual", "--secret", "mine") as (process, document):
        assert document["schema_version"] == 1
        assert document["clock"] == "virtual"
        assert document["page"] == f"{document['url']}/_sim/"
        assert document["integration"]["type"] == "PARLEY_LIVECHAT"
        assert document["integration"]["webhookKey"] == "mine"
        status, chat = open_chat(document)
        assert status == 201
        joined = call(
            document["url"], "POST", f"/_sim/chats/{chat['id']}/join", "{}", Content_Type="application/json"
        )
        assert joined == (200, {})
        _, listed = call(document["url"], "GET", "/_sim/chats")
        assert [one["state"] for one in listed["chats"]] == ["active"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert (tmp_path / "stderr.txt").read_text("utf-8") == ""


def test_vendor_over_tls_is_reached_by_whoever_trusts_the_file_that_is_named(tmp_path: Path) -> None:
    with simulating(tmp_path, "--tls", vendor="cisco") as (process, document):
        ca_file = Path(document["ca_file"])
        assert document["integration"]["caBundle"] == str(ca_file)
        assert document["integration"]["endpoint"] == f"{document['url']}/ccp/chat"
        context = ssl.create_default_context(cafile=ca_file)
        host = document["url"].removeprefix("https://")
        with closing(http.client.HTTPSConnection(host, timeout=20, context=context)) as connection:
            connection.request("GET", "/_sim/chats")
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())) == (200, {"chats": []})
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert not ca_file.parent.exists()


def test_webhooks_reach_the_target_and_those_that_are_due_are_sent_at_the_end(tmp_path: Path) -> None:
    got: list[bytes] = []
    came = threading.Event()

    class Target(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()
            came.set()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Target) as target:
        thread = threading.Thread(target=target.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{target.server_port}/webhooks/parley"
        try:
            with simulating(tmp_path, "--webhook-target", url) as (process, document):
                assert document["webhook_target"] == url
                open_chat(document)
                assert came.wait(20)
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=30) == 0
        finally:
            target.shutdown()
            thread.join()
    assert [json.loads(body)["type"] for body in got] == ["chat.queued"]


def test_faults_of_the_command_line_happen(tmp_path: Path) -> None:
    faults = ("--fault", "open=status,status=503,retry_after=7,times=1", "--fault", "open=pass")
    with simulating(tmp_path, *faults) as (_, document):
        status, error = open_chat(document)
        assert (status, error["error"]["code"]) == (503, "maintenance")
        assert open_chat(document)[0] == 201


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["acme"], 2, "error: there is no simulator of 'acme'\nnext: `livechat simulate` lists"),
        (
            ["parley", "--webhook-target", "ftp://x"],
            2,
            "error: 'ftp://x' is no address that webhooks can go to",
        ),
        (
            ["cisco", "--webhook-target", "http://127.0.0.1:9/"],
            2,
            "error: Cisco CCP sends no webhooks\nnext: leave --webhook-target away",
        ),
        (["parley", "--fault", "sing=status"], 2, "error: --fault sing=status: there is no operation 'sing'"),
        (["parley", "--fault", "send=status,times=often"], 2, "times is a number, not 'often'"),
        (["parley", "--fault", "send=status,status=7"], 2, "is a status from 200 to 599, not 7"),
        (["parley", "--port", "70000"], 2, "less than or equal to 65535"),
        (["parley", "--clock", "broken"], 2, "broken"),
    ],
)
def test_wrong_words_are_explained(words: list[str], code: int, message: str) -> None:
    done = invoke("simulate", *words, *([] if "--port" in words else ["--port", "0"]))
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


def test_taken_port_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = invoke("simulate", "parley", "--port", port)
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith(f"error: cannot listen on 127.0.0.1 port {port}: ")
    assert "next: stop what listens there, or give another --port" in done.stderr


def test_simulator_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    env = install_plugin(tmp_path, "broken-vendor", "raise ImportError('no such luck')\n")
    entry = next(tmp_path.glob("*.dist-info")) / "entry_points.txt"
    entry.write_text("[livechat_sdk_simulators]\nbroken = broken_vendor:vendor\n", "utf-8")
    done = livechat("simulate", "broken", cwd=tmp_path, env=env)
    assert done.returncode == 4
    assert "the simulator of 'broken' cannot be loaded: ImportError: no such luck" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_package_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoSimulators:
        def find_spec(self, name: str, path: object, target: object = None) -> None:
            if name.partition(".")[0] == "livechat_sdk_simulators":
                raise ModuleNotFoundError(f"No module named {name!r}", name="livechat_sdk_simulators")

    for name in [name for name in sys.modules if name.partition(".")[0] == "livechat_sdk_simulators"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoSimulators(), *sys.meta_path])
    result = CliRunner().invoke(app, ["simulate"])
    assert result.exit_code == 4
    assert result.stderr == (
        "error: simulators need livechat_sdk_simulators, which is not installed\n"
        'next: pip install "livechat-sdk[simulators]"\n'
    )
