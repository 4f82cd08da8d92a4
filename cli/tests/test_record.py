from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from cli.tests.helpers import LIVECHAT, assert_golden, environment, install_plugin, invoke, livechat
from livechat_sdk_testing.recordings import ApiDocument, disagreements, read_folder

PLUGIN = "from livechat_sdk_testing.parley import ParleyPlugin\nplugin = ParleyPlugin()\n"
API = Path(__file__).parents[2] / "contrib" / "testing" / "tests" / "parley" / "api.yaml"


class Account:
    """A vendor on this machine, a settings file with an account there, and the folder of the test."""

    def __init__(self, folder: Path, document: Mapping[str, Any]) -> None:
        self.folder = folder
        self.url = document["url"]
        self.settings = document["integration"]
        self.env = install_plugin(folder, "acme-parley", PLUGIN, value="acme_parley:plugin")
        self.write()

    def write(self, **changes: str) -> None:
        integrations = {"parley": {**self.settings, **changes}, "desk": {"type": "HELVIA_LIVECHAT"}}
        bots = {"shop-bot": {"livechat": {"integrations": ["parley", "desk"]}}}
        document = {"version": 1, "integrations": integrations, "bots": bots}
        (self.folder / "livechat.yaml").write_text(json.dumps(document), "utf-8")

    def record(self, *words: str) -> tuple[int, str, str]:
        done = livechat("record", *words, cwd=self.folder, env=self.env)
        return done.returncode, done.stdout, done.stderr

    def chats(self) -> list[dict[str, Any]]:
        with urlopen(f"{self.url}/_sim/chats", timeout=20) as answer:  # noqa: S310 - loopback
            listed: list[dict[str, Any]] = json.load(answer)["chats"]
        return listed

    def fault(self, operation: str, fault: str, **details: Any) -> None:
        body = json.dumps({"operation": operation, "fault": fault, **details}).encode()
        request = Request(  # noqa: S310 - loopback
            f"{self.url}/_sim/faults", body, {"Content-Type": "application/json"}, method="POST"
        )
        urlopen(request, timeout=20).close()  # noqa: S310 - loopback


@contextmanager
def simulating(folder: Path, *words: str) -> Iterator[Account]:
    command = [str(LIVECHAT), "simulate", "parley", "--port", "0", "--json", *words]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Account(folder, json.loads(process.stdout.readline()))
        finally:
            process.kill()


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with simulating(tmp_path) as found:
        yield found


def written(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.yaml")))


def test_credentials_are_checked_and_recorded_when_nothing_is_named(account: Account) -> None:
    code, out, err = account.record("parley")
    assert code == 0
    assert_golden("record-check.txt", f"{out}{err}")
    assert account.chats() == []


def test_a_check_that_finds_something_wrong_is_no_success(account: Account) -> None:
    account.write(clientSecret="another-secret-of-ours")
    code, out, err = account.record("parley")
    assert (code, out.count("recordings/check/")) == (5, 1)  # the answer is recorded all the same
    assert "error: parley, " in err
    assert "next: " in err


def test_whole_conversation_is_recorded_without_secrets_and_as_documented(account: Account) -> None:
    code, out, err = account.record("parley", "--operation", "all", "--yes", "--out", "all")
    assert code == 0
    assert_golden("record-all.txt", f"{out}{err}")
    text = written(account.folder / "all")
    for secret in (
        *(account.settings[name] for name in ("clientId", "clientSecret", "webhookKey")),
        "127.0.0.1",
    ):
        assert secret not in text
    api = ApiDocument.read(API)
    recordings = read_folder(account.folder / "all")
    assert len(recordings) == len(out.splitlines())
    assert [one for recording in recordings for one in disagreements(recording, api)] == []
    assert [chat["state"] for chat in account.chats()] == ["ended"]


def test_chat_is_not_opened_when_nobody_can_be_asked(account: Account) -> None:
    code, out, err = account.record("parley", "-o", "send")
    assert (code, out) == (2, "")
    assert "open a chat, which agents see" in err
    assert "error: nobody can be asked whether to go on\nnext: add --yes if that is fine\n" in err
    assert not (account.folder / "recordings").exists()
    assert account.chats() == []


@pytest.mark.parametrize(("answer", "chats"), [("n", []), ("", []), ("y", ["ended"])])
def test_person_at_a_terminal_is_asked(account: Account, answer: str, chats: list[str]) -> None:
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, f"{answer}\n".encode())
        done = subprocess.run(
            [LIVECHAT, "record", "parley", "-o", "open"],
            cwd=account.folder,
            env=environment(account.env),
            stdin=terminal,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert done.returncode == 0
    assert "Go on? [y/N]" in done.stderr
    assert ("Nothing was done." in done.stderr) == (not chats)
    assert [chat["state"] for chat in account.chats()] == chats


def test_chat_is_closed_and_everything_is_kept_when_something_fails(account: Account) -> None:
    account.fault("send", "status", status=500)
    code, out, err = account.record("parley", "-o", "send", "-o", "status", "--yes")
    assert code == 6
    assert "error: PARLEY_LIVECHAT send: not now (status 500)" in err
    assert [line.split("/")[1] for line in out.splitlines()] == ["open", "open", "send", "close"]
    assert [chat["state"] for chat in account.chats()] == ["ended"]


def test_refused_credentials_end_it_with_their_code_and_are_recorded(account: Account) -> None:
    account.write(clientSecret="not-the-secret-of-the-account")
    code, out, _ = account.record("parley", "-o", "open", "--yes")
    assert (code, out) == (5, "recordings/open/post-token-401.yaml\n")
    assert "not-the-secret" not in written(account.folder / "recordings")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("other",), "the settings have no integration 'other'\nnext: they have: parley, desk"),
        (("desk",), "HELVIA_LIVECHAT runs in this process: nothing goes over a wire"),
        (
            ("parley", "-o", "dance"),
            "there is no operation 'dance'\nnext: there are: check, availability, open",
        ),
    ],
)
def test_wrong_use_is_told(tmp_path: Path, words: tuple[str, ...], error: str) -> None:
    account = Account(
        tmp_path,
        {
            "url": "",
            "integration": {
                "type": "PARLEY_LIVECHAT",
                "baseUrl": "http://127.0.0.1:9",
                "clientId": "parley-client",
                "clientSecret": "a-client-secret",
                "webhookKey": "a-webhook-key-of-16",
            },
        },
    )
    code, out, err = account.record(*words)
    assert (code, out) == (2, "")
    assert error in err


def test_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "livechat_sdk_testing.recordings", None)
    monkeypatch.delitem(sys.modules, "livechat_sdk_testing.recordings.session", raising=False)
    done = invoke("record", "parley", tmp_path / "livechat.yaml")
    assert done.returncode == 4
    assert "next: pip install livechat-sdk-testing" in done.stderr
    assert list(tmp_path.iterdir()) == []
