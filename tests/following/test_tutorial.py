"""The tutorial, word for word: in an empty environment, from wheels of this tree, in real terminals."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from tests.documents import Block, read_blocks
from tests.following.scripts import follow
from tests.following.terminals import Terminal
from tests.following.wheelhouse import build_ours, repack_what_is_needed
from tests.tree import ROOT

PAGE = ROOT / "docs" / "tutorial" / "a-first-handoff.md"
REAL = "## A real account\n"
INSTALLED = ["livechat-sdk[cli,server,simulators]", "livechat-sdk-zendesk"]
PORTS = ("8080", "8090")


def blocks() -> list[Block]:
    return read_blocks(PAGE.read_text("utf-8"), PAGE.name)


def taken(port: str) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError:
            return True
        return False


def free() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def with_free_ports() -> dict[str, str]:
    """Something else may listen where the page does; nothing but such a port is ever changed."""
    return {port: free() for port in PORTS if taken(port)}


def environment(folder: Path, wheels: Path) -> dict[str, str]:
    """What a person has: a home, a Python that is called ``python3``, and the programs of the system."""
    programs = folder / "bin"
    programs.mkdir()
    python = programs / "python3"
    base = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    python.write_text(f'#!/bin/sh\nexec "{base}" "$@"\n', "utf-8")
    python.chmod(0o755)
    (folder / "home").mkdir()
    return {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "VIRTUAL_ENV_DISABLE_PROMPT": "1",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_tutorial_works_word_for_word_from_nothing(tmp_path: Path) -> None:
    wheels, work = tmp_path / "wheels", tmp_path / "work"
    work.mkdir()
    build_ours(wheels)
    repack_what_is_needed(INSTALLED, wheels)
    env = environment(tmp_path, wheels)
    ports = with_free_ports()

    def changed(text: str) -> str:
        for port, other in ports.items():
            text = text.replace(port, other)
        return text

    done = [act.kind for act in follow(blocks(), work, lambda: Terminal(work, env), changed)]
    assert done.count("run") > 15
    assert {"type", "interrupt", "see"} <= set(done)
    assert "Thank you!" not in (work / "server.log").read_text("utf-8")


def test_nothing_of_the_tutorial_is_left_out_but_what_needs_an_account() -> None:
    text = PAGE.read_text("utf-8")
    assert text.count(REAL) == 1
    account = text[: text.index(REAL)].count("\n") + 1
    for block in blocks():
        if block.line < account:
            assert {"file", "terminal"} & set(block.marks), f"{block.where} is not followed"
            assert "not-run" not in block.marks, block.where
        else:
            assert not {"file", "terminal"} & set(block.marks), f"{block.where} would be followed"
            if block.language != "yaml":
                assert block.marks.get("not-run") == "needs an account", block.where


def test_the_real_account_changes_the_credentials_and_nothing_else() -> None:
    simulated, real = (
        {line.split(":")[0].strip() for line in block.code.splitlines()}
        for block in blocks()
        if block.language == "yaml" and block.code.startswith("integrations:")
    )
    assert simulated == real
