"""``livechat chat``, driven as a program drives it: lines in, lines out."""

from __future__ import annotations

import json
import os
import pty
import queue
import socket
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.request import Request, urlopen

import pytest

from cli.tests.helpers import LIVECHAT, environment, livechat
from livechat_sdk_cli.chat.lines import Lines
from livechat_sdk_cli.chat.session import Session

TOKEN = "a-token-of-thirty-two-characters"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
SECONDS = 40.0


class Terminal:
    """A running command: what it prints, line by line, and a way to type."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._in, self._out = process.stdin, process.stdout
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.seen: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._out:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def type(self, line: str) -> None:
        self._in.write(line + "\n")
        self._in.flush()

    def until(self, beginning: str) -> str:
        """The next line that begins so."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            assert line is not None, f"no line “{beginning}”, only: {self.seen}"
            self.seen.append(line)
            if line.startswith(beginning):
                return line

    def ends(self) -> int:
        return self.process.wait(timeout=SECONDS)


@contextmanager
def chatting(folder: Path, *words: str, **env: str) -> Iterator[Terminal]:
    with (
        (folder / "stderr.txt").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [LIVECHAT, "chat", *words],
            cwd=folder,
            env=environment(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
        ) as process,
    ):
        try:
            yield Terminal(process)
        finally:
            process.kill()


class Desk:
    """An agent at the desk's API."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/desk/api" if not url.endswith("/desk/") else f"{url}api"
        self._token = ""
        self._token = self.post("login", email="ada@demo.example", password="demo-agent-ada")["token"]

    def post(self, path: str, **body: Any) -> Any:
        return self._call(path, json.dumps(body).encode())

    def get(self, path: str) -> Any:
        return self._call(path, None)

    def _call(self, path: str, body: bytes | None) -> Any:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        with urlopen(Request(f"{self._url}/{path}", body, headers), timeout=20) as answer:  # noqa: S310
            content = answer.read()
        return json.loads(content) if content else {}

    def accept(self) -> str:
        """Take the one request in New; returns the address of its conversation."""
        found = eventually(lambda: self.get("requests?status=new")["items"])
        accepted = self.post(f"requests/{found[0]['id']}/accept")
        return f"conversations/{accepted['id']}"

    def texts(self, conversation: str) -> list[str]:
        return [one["text"] for one in self.get(f"{conversation}/messages")["items"]]


def eventually(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_person_without_settings_talks_to_a_desk_in_the_same_process(tmp_path: Path) -> None:
    (tmp_path / "a photo.png").write_bytes(PNG)
    with chatting(tmp_path) as terminal:
        desk = Desk(terminal.until("desk: ").removeprefix("desk: "))
        terminal.until("state: queued")
        terminal.type("where is my parcel?")
        conversation = desk.accept()
        terminal.until("state: active")
        eventually(lambda: "where is my parcel?" in desk.texts(conversation))
        desk.post(f"{conversation}/typing", on=True)
        assert terminal.until("typing: ") == "typing: the agent is typing"
        desk.post(f"{conversation}/messages", text="On its way.\nTomorrow \x1b[31mat nine")
        terminal.until("agent Ada")
        assert terminal.until("  ") == "  Tomorrow \\x1b[31mat nine"
        terminal.type("/file a photo.png")
        eventually(lambda: len(desk.texts(conversation)) >= 3)
        terminal.type("//end is what I typed")
        eventually(lambda: "/end is what I typed" in desk.texts(conversation))
        terminal.type("/nothing")
        terminal.until("help: there is no /nothing")
        terminal.type("/file nowhere.png")
        terminal.until("refused: nowhere.png: No such file")
        terminal.type("/status")
        terminal.until("status: active, handoff h-")
        desk.post(f"{conversation}/end")
        assert terminal.until("ended: ") == "ended: completed (agent, resolved)"
        assert terminal.ends() == 0
    said = [line for line in terminal.seen if line.startswith("receipt: ")]
    assert "receipt: delivered: where is my parcel?" in said
    assert len(said) == len(set(said))


@contextmanager
def serving(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A server with a desk, on this port."""
    with (folder / "serve.txt").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            [LIVECHAT, "serve", "--port", str(port), "--channel", "nowhere:Nowhere"],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("listening on"), (folder / "serve.txt").read_text("utf-8")
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def port(tmp_path: Path) -> int:
    """Settings with a desk, and the port of their gateway, on which nobody listens yet."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number: int = taken.getsockname()[1]
    settings = {
        "version": 1,
        "store": "sqlite:///livechat.db",
        "gateway": {"tokens": TOKEN, "port": number},
        "integrations": {"desk": {"type": "HELVIA_LIVECHAT", "demoAccounts": True}},
        "bots": {"shop-bot": {"livechat": {"integrations": ["desk"], "request_timeout": "10m"}}},
    }
    (tmp_path / "livechat.yaml").write_text(json.dumps(settings), "utf-8")
    channel = "class Nowhere:\n    async def deliver(self, outgoing):\n        pass\n"
    (tmp_path / "nowhere.py").write_text(channel, "utf-8")
    return number


def test_conversation_goes_on_after_the_server_was_killed(tmp_path: Path, port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    with serving(tmp_path, port) as server, chatting(tmp_path, "shop-bot") as terminal:
        terminal.until("handoff: h-")
        terminal.until("state: queued")
        conversation = Desk(url).accept()
        terminal.until("state: active")
        terminal.type("before")
        terminal.until("receipt: delivered: before")
        server.kill()
        server.wait()
        terminal.until("lost: ")
        terminal.type("meanwhile")
        terminal.type("and after")
        with serving(tmp_path, port):
            terminal.until("back: ")
            desk = Desk(url)
            eventually(lambda: "and after" in desk.texts(conversation))
            mine = [text for text in desk.texts(conversation) if text in {"before", "meanwhile", "and after"}]
            assert mine == ["before", "meanwhile", "and after"]
            desk.post(f"{conversation}/messages", text="I read all of it")
            terminal.until("agent Ada")
            terminal.type("/end")
            assert terminal.until("ended: ").startswith("ended: completed (user")
            assert terminal.ends() == 0
    assert sum(line.startswith("lost: ") for line in terminal.seen) == 1


def test_who_left_comes_back_to_the_same_handoff(tmp_path: Path, port: int) -> None:
    with serving(tmp_path, port):
        url = f"http://127.0.0.1:{port}"
        words = ("shop-bot", "--url", url, "--conversation", "c-7")
        with chatting(tmp_path, *words, LIVECHAT_TOKEN=TOKEN) as first:
            handoff = first.until("handoff: ")
            first.type("/quit")
            assert first.until("left: ") == "left: go on with --conversation c-7"
            assert first.ends() == 0
        done = livechat(
            "chat", *words, cwd=tmp_path, env={"LIVECHAT_TOKEN": TOKEN}, stdin="still there?\n/end\n"
        )
        assert done.returncode == 0
        lines = done.stdout.splitlines()
        assert lines[0] == handoff
        assert lines[-1].startswith("ended: cancelled")


def test_settings_are_served_in_the_same_process_if_so_wished(tmp_path: Path, port: int) -> None:
    done = livechat("chat", "--here", cwd=tmp_path, stdin="/end\n")
    assert (done.returncode, "error" in done.stderr) == (0, False)
    assert done.stdout.splitlines()[-1].startswith("ended: cancelled")
    assert (tmp_path / "livechat.db").exists()


def test_what_is_wrong_with_the_way_to_the_gateway_has_its_code(tmp_path: Path, port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    nobody = livechat("chat", cwd=tmp_path)
    assert nobody.returncode == 6
    assert "livechat serve" in nobody.stderr
    unnamed = livechat("chat", "shop-bto", cwd=tmp_path)
    assert unnamed.returncode == 2
    assert "they have: shop-bot" in unnamed.stderr
    assert livechat("chat", "--url", url, cwd=tmp_path).returncode == 2
    assert livechat("chat", "--url", "nowhere", cwd=tmp_path).returncode == 2
    with serving(tmp_path, port):
        wrong = livechat("chat", "shop-bot", "--url", url, cwd=tmp_path, env={"LIVECHAT_TOKEN": "wrong"})
        assert wrong.returncode == 5
        unknown = livechat("chat", "other", "--url", url, cwd=tmp_path, env={"LIVECHAT_TOKEN": TOKEN})
        assert (unknown.returncode, "shop-bot" in unknown.stderr) == (7, True)
    for done in (nobody, unnamed, wrong, unknown):
        assert "Traceback" not in done.stderr
        assert TOKEN not in done.stderr


@pytest.mark.parametrize(("typed", "last"), [(b"\x04", b""), (b"/end\n", b"ended:")])
def test_person_at_a_terminal_has_a_prompt_and_gets_the_terminal_back(
    typed: bytes, last: bytes, tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    with subprocess.Popen(
        [LIVECHAT, "chat"],
        cwd=tmp_path,
        env=environment({"TERM": "dumb"}),
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ) as process:
        shown = b""
        try:
            while b"state: queued" not in shown or b"> " not in shown:
                shown += os.read(ours, 4096)
            os.write(ours, typed)
            while last not in shown:
                shown += os.read(ours, 4096)
            assert process.wait(timeout=SECONDS) == 0
            assert termios.tcgetattr(theirs) == before
        finally:
            process.kill()
            os.close(ours)
            os.close(theirs)


def test_queue_is_told_as_far_as_it_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.queue({"position": 2, "waiting": 5, "estimate": 89.6})
    lines.queue({"position": 0, "waiting": None, "estimate": None})
    lines.queue({"position": None})
    told = ["queue: position 2, 5 waiting, about 90 s", "queue: position 0", "queue: nothing is known"]
    assert capsys.readouterr().out.splitlines() == told


class Told:
    """A gateway whose handoff and messages a test sets."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"state": "queued", "integration": "desk", "agent": None}
        self.entries: list[dict[str, Any]] = []

    async def view(self) -> dict[str, Any]:
        return self.state

    async def messages(self, _: int) -> list[dict[str, Any]]:
        return self.entries

    async def read(self, _: str) -> None: ...

    def has(self, seq: int, author: str, body: str, fate: str, second: int) -> None:
        """A message for the end user, whose fate is as it is since ``second``."""
        self.entries.append(
            {
                "seq": seq,
                "direction": "to_user",
                "author": author,
                "message": {"key": f"m-{seq}", "body": body},
                "fate": fate,
                "updated_at": f"2026-03-02T09:00:{second:02}Z",
            }
        )


async def test_lines_come_in_the_order_in_which_the_end_user_got_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = Told()
    session = Session(cast("Any", desk), Lines())
    desk.has(1, "agent", "Hello", "planned", 1)
    await session._show_messages()
    assert capsys.readouterr().out == "", "it has not come yet"
    desk.entries.clear()
    desk.state = {"state": "active", "integration": "desk", "agent": {"name": "Dana"}}
    desk.has(1, "agent", "Hello", "sent", 3)
    desk.has(2, "system", "You are now chatting with Dana.", "sent", 2)
    desk.has(3, "agent", "Too late", "dropped", 3)
    for _ in range(2):
        await session._show_messages()
    assert capsys.readouterr().out.splitlines() == [
        "state: active at desk",
        "system: You are now chatting with Dana.",
        "agent Dana: Hello",
    ]
