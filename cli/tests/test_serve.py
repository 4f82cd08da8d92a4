from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, ClassVar

import pytest
from standardwebhooks import Webhook

from cli.tests.helpers import LIVECHAT, environment, install_plugin, livechat

SIGNING_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOKEN = "a-token-of-thirty-two-characters"

CHANNEL = """
import gc
import json

class Channel:
    def __init__(self):
        self.file = open("delivered.jsonl", "a", encoding="utf-8")

    async def __aenter__(self):
        self.file.write('"entered"\\n')
        return self

    async def __aexit__(self, *_):
        self.file.write('"left"\\n')
        self.file.close()

    async def deliver(self, outgoing):
        self.file.write(outgoing.model_dump_json() + "\\n")
        self.file.flush()
        with open("collector.txt", "w", encoding="utf-8") as file:
            file.write(str(gc.get_threshold()[0]))
"""

SETTINGS = """
version: 1
store: sqlite:///livechat.db
gateway: {{tokens: {token}, port: {port}}}
integrations:
  toy: {{type: TOY_LIVECHAT, webhookKey: a-key-of-thirty-two-characters-00}}
bots:
  shop-bot:
    livechat: {{integrations: [toy]}}
"""

TOY = "from livechat_sdk_testing.toy import ToyPlugin\nplugin = ToyPlugin()\n"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A platform's folder: settings, channel, and the toy as an installed plugin."""
    (tmp_path / "my_channel.py").write_text(CHANNEL, "utf-8")
    (tmp_path / "livechat.yaml").write_text(SETTINGS.format(token=TOKEN, port=8080), "utf-8")
    return install_plugin(tmp_path, "toy-desk", TOY, value="toy_desk:plugin")


@contextmanager
def serving(folder: Path, env: dict[str, str], *options: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """A server on a free port, and its address."""
    with (folder / "stderr.txt").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [LIVECHAT, "serve", "--port", "0", *(options or ("--channel", "my_channel:Channel"))],
            cwd=folder,
            env=environment(env),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        assert first.startswith("listening on http://127.0.0.1:"), (folder / "stderr.txt").read_text()
        yield process, first.split()[-1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def call(address: str, path: str, body: dict[str, Any] | None = None, token: str = TOKEN) -> tuple[int, Any]:
    """Status and JSON of one call; a POST when there is a body."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    with closing(connection):
        connection.request("GET" if body is None else "POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_server_takes_a_handoff_is_shown_and_ends_on_sigterm(tmp_path: Path, env: dict[str, str]) -> None:
    with serving(tmp_path, env) as (process, address):
        wanted = {"key": "k-1", "conversation_id": "c-1", "bot": "shop-bot", "user": {"id": "u-1"}}
        status, handoff = call(address, "/v1/handoffs", wanted)
        assert status == 201, handoff
        assert call(address, "/v1/handoffs", wanted, token="wrong")[0] == 401
        shown = livechat("show", handoff["id"], cwd=tmp_path, env=env)
        assert shown.returncode == 0, shown.stderr
        assert "conversation  c-1" in shown.stdout
        second = livechat("serve", "--port", "0", "--channel", "my_channel:Channel", cwd=tmp_path, env=env)
        assert second.returncode == 6
        assert f"is served by process {process.pid} already" in second.stderr
        assert "`store: postgresql://…`" in second.stderr, "the way to several processes is named"
        assert second.stdout == ""
        deadline = time.monotonic() + 20
        while "waiting" not in (delivered := (tmp_path / "delivered.jsonl").read_text("utf-8")):
            assert time.monotonic() < deadline, f"nothing was said to the end user, only: {delivered}"
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    lines = (tmp_path / "delivered.jsonl").read_text("utf-8").splitlines()
    assert lines[-1] == '"left"', "the channel was not left"
    threshold = int((tmp_path / "collector.txt").read_text("utf-8"))
    assert 1000 < threshold < 10_000, "the collector is set for a server, not for a short command"
    log = (tmp_path / "stderr.txt").read_text("utf-8")
    assert "Traceback" not in log
    assert TOKEN not in log


class Hooks(BaseHTTPRequestHandler):
    """Takes signed webhooks as a platform does."""

    taken: ClassVar[SimpleQueue[dict[str, Any]]]

    def do_POST(self) -> None:
        """Verify and keep one."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.taken.put(Webhook(SIGNING_SECRET).verify(body, dict(self.headers.items())))
        self.send_response(204)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


ALONE = """
version: 1
store: sqlite:///livechat.db
gateway: {{tokens: {token}}}
integrations:
  desk: {{type: HELVIA_LIVECHAT, serviceTokens: [{service}]}}
"""


def test_a_desk_without_bots_is_served_alone_and_needs_no_channel(tmp_path: Path) -> None:
    service = "a-token-of-a-service-with-32-characters"
    (tmp_path / "livechat.yaml").write_text(ALONE.format(token=TOKEN, service=service), "utf-8")
    with serving(tmp_path, {}, "livechat.yaml") as (process, address):
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
        with closing(connection):
            connection.request("GET", "/desk/login")
            assert connection.getresponse().status == 200
        listed = "/desk/manager/organizations/default/livechat-requests"
        assert call(address, listed, token=service) == (200, [])
        opened = {"platformSessionId": "session-1", "platformUserId": "u-1", "tenantId": "shop-bot"}
        with closing(http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)) as connection:
            headers = {"Authorization": f"Bearer {service}", "Content-Type": "application/json"}
            connection.request("POST", "/desk/manager/livechat-requests", json.dumps(opened), headers)
            answer = connection.getresponse()
            assert answer.status == 204, answer.read()
        assert len(call(address, listed, token=service)[1]) == 1
        wanted = {"key": "k-1", "conversation_id": "c-1", "bot": "shop-bot", "user": {"id": "u-1"}}
        assert call(address, "/v1/handoffs", wanted)[0] == 422
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_with_a_platform_in_the_settings_no_channel_is_needed(tmp_path: Path, env: dict[str, str]) -> None:
    Hooks.taken = SimpleQueue()
    with ThreadingHTTPServer(("127.0.0.1", 0), Hooks) as platform:
        Thread(target=platform.serve_forever, daemon=True).start()
        target = f"http://127.0.0.1:{platform.server_port}/hooks"
        settings = SETTINGS.format(token=TOKEN, port=8080).replace(
            "gateway: {", f"gateway: {{platform: {{url: '{target}', secret: {SIGNING_SECRET}}}, "
        )
        (tmp_path / "livechat.yaml").write_text(settings, "utf-8")
        with serving(tmp_path, env, "livechat.yaml") as (process, address):
            wanted = {"key": "k-1", "conversation_id": "c-1", "bot": "shop-bot", "user": {"id": "u-1"}}
            assert call(address, "/v1/handoffs", wanted)[0] == 201
            first = Hooks.taken.get(timeout=20)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
        platform.shutdown()
    assert first["type"] == "handoff.system_message"
    assert first["data"]["conversation_id"] == "c-1"
    log = (tmp_path / "stderr.txt").read_text("utf-8")
    assert "Traceback" not in log
    assert SIGNING_SECRET not in log
    assert "integration 'toy' is sent the same key with every webhook" in log


def test_interrupt_ends_the_server_cleanly(tmp_path: Path, env: dict[str, str]) -> None:
    with serving(tmp_path, env) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    assert "Traceback" not in (tmp_path / "stderr.txt").read_text("utf-8")


def test_channel_must_be_named(tmp_path: Path, env: dict[str, str]) -> None:
    done = livechat("serve", cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no channel is set" in done.stderr
    assert "or give --channel module:object" in done.stderr
    assert not (tmp_path / "livechat.db").exists()


def test_gateway_without_a_token_does_not_start_and_writes_nothing(
    tmp_path: Path, env: dict[str, str]
) -> None:
    content = (tmp_path / "livechat.yaml").read_text("utf-8")
    (tmp_path / "livechat.yaml").write_text(content.replace(f"tokens: {TOKEN}, ", ""), "utf-8")
    done = livechat("serve", "--channel", "my_channel:Channel", cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout) == (3, "")
    assert "`gateway.tokens`" in done.stderr
    assert not (tmp_path / "livechat.db").exists()


def test_bad_settings_are_listed_and_nothing_starts(tmp_path: Path, env: dict[str, str]) -> None:
    with (tmp_path / "livechat.yaml").open("a", encoding="utf-8") as settings:
        settings.write("bosts: {}\n")
    done = livechat("serve", "--channel", "my_channel:Channel", cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout) == (3, "")
    assert "error LC203 unknown key 'bosts'" in done.stderr
    assert done.stderr.splitlines()[-2:] == [
        "error: the settings cannot be used",
        "next: mend the settings; `livechat explain code LC203` says more",
    ]


def test_taken_port_is_a_clear_error(tmp_path: Path, env: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = livechat("serve", "--port", port, "--channel", "my_channel:Channel", cwd=tmp_path, env=env)
    assert done.returncode == 3
    assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "delivered.jsonl").read_text("utf-8") == "", "the channel was entered"


def test_on_a_taken_port_no_desk_gets_its_first_accounts(tmp_path: Path) -> None:
    service = "a-token-of-a-service-with-32-characters"
    (tmp_path / "livechat.yaml").write_text(ALONE.format(token=TOKEN, service=service), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = livechat("serve", "--port", str(taken.getsockname()[1]), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert not (tmp_path / "livechat.db").exists(), "something was made that nobody has seen"
    with serving(tmp_path, {}, "livechat.yaml") as (process, _):
        first = await_line(tmp_path / "stderr.txt", "password")
        assert "Traceback" not in first
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


# ------------------------------------------------------------------------- reloading
def await_line(log: Path, words: str) -> str:
    deadline = time.monotonic() + 20
    while words not in (text := log.read_text("utf-8")):
        assert time.monotonic() < deadline, f"no line with {words!r}:\n{text}"
        time.sleep(0.05)
    return text


def test_sighup_reloads_and_refuses_what_would_leave_chats_behind(
    tmp_path: Path, env: dict[str, str]
) -> None:
    settings, log = tmp_path / "livechat.yaml", tmp_path / "stderr.txt"
    good = settings.read_text("utf-8")
    with serving(tmp_path, env) as (process, address):
        wanted = {"key": "k-1", "conversation_id": "c-1", "bot": "shop-bot", "user": {"id": "u-1"}}
        _, handoff = call(address, "/v1/handoffs", wanted)
        settings.write_text(good.replace("[toy]", "[toy], request_timeout: soon"), "utf-8")
        process.send_signal(signal.SIGHUP)
        text = await_line(log, "the old ones go on")
        assert "livechat.yaml:9:" in text
        assert "error LC210" in text
        settings.write_text(good.replace("toy:", "new:").replace("[toy]", "[new]"), "utf-8")
        process.send_signal(signal.SIGHUP)
        assert handoff["id"] in await_line(log, "error LC317").partition("LC317")[2]
        settings.write_text(good.replace("[toy]", "[toy], language: el"), "utf-8")
        process.send_signal(signal.SIGHUP)
        await_line(log, "are in force")
        status, shown = call(address, f"/v1/handoffs/{handoff['id']}")
        assert (status, shown["id"]) == (200, handoff["id"])
        process.send_signal(signal.SIGHUP)
        await_line(log, "the settings have not changed")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    lines = (tmp_path / "delivered.jsonl").read_text("utf-8").splitlines()
    assert [lines.count('"entered"'), lines.count('"left"')] == [1, 1]
