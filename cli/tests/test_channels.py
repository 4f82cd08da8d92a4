from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livechat_sdk_cli.channels import load_channel
from livechat_sdk_cli.exits import CommandError, ExitCode

MODULE = """
import asyncio

class Channel:
    async def deliver(self, outgoing):
        return None

class Needy(Channel):
    def __init__(self, address):
        self.address = address

class Failing(Channel):
    def __init__(self):
        raise ConnectionError("no\\nqueue")

class Plain:
    def deliver(self, outgoing):
        return None

class holder:
    inner = Channel()

ready = Channel()

def make():
    return Channel()
"""


@pytest.fixture(autouse=True)
def _modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "my_channel.py").write_text(MODULE, "utf-8")
    (tmp_path / "needs_other.py").write_text("import no_such_dependency\n", "utf-8")
    (tmp_path / "broken_one.py").write_text("raise ValueError('the first line\\nthe second')\n", "utf-8")
    known = set(sys.modules)
    yield
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["ready", "Channel", "make", "holder.inner"])
def test_object_class_and_factory_are_channels(name: str) -> None:
    assert type(load_channel(f"my_channel:{name}")).__name__ == "Channel"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("my_channel", "has not the form module:object"),
        (":ready", "has not the form module:object"),
        ("my_channel:", "has not the form module:object"),
        ("no_such_module:x", "there is no module 'no_such_module'"),
        ("needs_other:x", "module 'needs_other' needs 'no_such_dependency', which is not installed"),
        ("broken_one:x", "module 'broken_one' cannot be imported: ValueError: the first line"),
        ("my_channel:absent", "module 'my_channel' has no 'absent'"),
        ("my_channel:ready.absent", "module 'my_channel' has no 'ready.absent'"),
        ("my_channel:Needy", "cannot be called without arguments: missing a required argument: 'address'"),
        ("my_channel:Failing", "my_channel:Failing() failed: ConnectionError: no"),
        ("my_channel:Plain", "my_channel:Plain is a Plain without an async `deliver`"),
        ("my_channel:asyncio", "my_channel:asyncio is a module without an async `deliver`"),
    ],
)
def test_what_is_no_channel_says_which_part_is_wrong(reference: str, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        load_channel(reference)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == ExitCode.USAGE
    assert "async def deliver" in caught.value.next_step
