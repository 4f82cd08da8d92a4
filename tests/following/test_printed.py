"""What pages show of commands is what comes, where a page supposes that something runs already.

A block with the mark ``printed: STAGE`` is typed in a terminal on that stage, after the blocks of the same
page that are marked so above it. Nothing of the commands is changed: a file of settings for ``curl`` leads
the addresses of the page to the ports that were free.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from tests.documents import Block
from tests.following.scripts import follow
from tests.following.terminals import Terminal
from tests.test_behind_a_proxy import HOST, NGINX, PASSWORD, TOKEN, gateway, proxy
from tests.test_documentation import ALL_BLOCKS

MARKED = [block for block in ALL_BLOCKS if "printed" in block.marks]
PLACES = sorted({(block.page, block.marks["printed"]) for block in MARKED})
PHOTO = b"\x89PNG\r\n\x1a\n".ljust(48_213, b"\0")


@contextmanager
def agent_who_accepts(desk: str) -> Generator[None]:
    """An agent of the desk who takes every request as soon as she sees it."""
    over = Event()

    def work() -> None:
        with httpx.Client(base_url=f"{desk}/api/", timeout=20) as client:
            login = {"email": "eleni@example.com", "password": PASSWORD}
            token = client.post("login", json=login).raise_for_status().json()["token"]
            client.headers["authorization"] = f"Bearer {token}"
            while not over.wait(0.2):
                waiting = client.get("requests", params={"status": "new"}).raise_for_status().json()["items"]
                for one in waiting:
                    client.post(f"requests/{one['id']}/accept").raise_for_status()

    agent = Thread(target=work)
    agent.start()
    try:
        yield
    finally:
        over.set()
        agent.join()


@contextmanager
def a_gateway(folder: Path) -> Generator[list[str]]:
    """`livechat serve` with a desk, and an agent there; a file that somebody sent lies in the folder."""
    (folder / "photo.png").write_bytes(PHOTO)
    with gateway(folder) as port, agent_who_accepts(f"http://127.0.0.1:{port}/desk"):
        yield [f'connect-to = "127.0.0.1:8080:127.0.0.1:{port}"']


@contextmanager
def a_proxy(folder: Path) -> Generator[list[str]]:
    """The proxy of the page before a gateway."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    with gateway(folder) as upstream, proxy(folder, upstream) as (tls, _):
        yield [f'connect-to = "{HOST}:443:127.0.0.1:{tls}"', f'cacert = "{folder}/fullchain.pem"']


STAGES: dict[str, Callable[[Path], AbstractContextManager[list[str]]]] = {
    "gateway": a_gateway,
    "proxy": a_proxy,
}
"""What may be supposed, by the word of the mark: what runs, and the settings of ``curl`` that lead there."""


def played(blocks: list[Block], folder: Path, stage: str) -> list[str]:
    """Type the blocks on their stage; the kinds of acts that were done."""
    home = folder / "home"
    home.mkdir()
    environment = {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8", "LIVECHAT_TOKEN": TOKEN}
    ours = [replace(block, marks={"terminal": stage}) for block in blocks]
    with STAGES[stage](folder) as curl:
        (home / ".curlrc").write_text("\n".join(curl) + "\n", "utf-8")
        return [act.kind for act in follow(ours, folder, lambda: Terminal(folder, environment))]


@pytest.mark.timeout(180)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(("page", "stage"), PLACES)
def test_commands_print_what_the_page_shows(page: str, stage: str, tmp_path: Path) -> None:
    blocks = [block for block in MARKED if (block.page, block.marks["printed"]) == (page, stage)]
    done = played(blocks, tmp_path, stage)
    assert done.count("run") == done.count("see") >= len(blocks)


@pytest.mark.timeout(180)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_another_answer_than_the_one_shown_is_told_with_its_place(tmp_path: Path) -> None:
    code = '$ curl -sS http://127.0.0.1:8080/healthz\n{"status":"poorly"}\n'
    with pytest.raises(AssertionError, match=r"p\.md:8: .*the page shows:\s+\{\"status\":\"poorly\"\}"):
        played([Block("p.md", 7, "console", code, {"printed": "gateway"})], tmp_path, "gateway")


def test_every_stage_is_used_by_a_page() -> None:
    assert {stage for _, stage in PLACES} == STAGES.keys()
