"""The front end's files: our own, nothing inline, nothing from elsewhere, and no other file to be had."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

import livechat_sdk_helvia

PACKAGE = Path(livechat_sdk_helvia.__file__).parent
TEMPLATES = sorted(PACKAGE.rglob("templates/*.html"))
SCRIPTS = sorted([*PACKAGE.rglob("static/*.js"), *PACKAGE.rglob("shared/*.js")])
STYLES = sorted([*PACKAGE.rglob("static/*.css"), *PACKAGE.rglob("shared/*.css")])


def test_there_is_something_to_check() -> None:
    assert len(TEMPLATES) > 10
    assert len(SCRIPTS) > 4
    assert len(STYLES) > 2


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_an_inline_handler_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert not re.search(r"\sstyle\s*=", text)
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert "javascript:" not in text
    assert "| safe" not in text
    assert "|safe" not in text
    assert "autoescape" not in text


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    addresses = re.findall(r"https?://[^\s\"')]+", path.read_text())
    assert [address for address in addresses if "w3.org" not in address] == []
    assert "@import" not in path.read_text()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_needs_what_the_policy_forbids(path: Path) -> None:
    text = path.read_text()
    assert "eval(" not in text
    assert "new Function" not in text
    assert ".style." not in text
    assert 'setAttribute("style"' not in text


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2fapp.py",
        "....//app.py",
        "%2e%2e/app.py",
        "login.html",
        "desk.css.bak",
        ".",
        "%00",
        "shared",
    ],
)
async def test_no_other_file_can_be_had(browser: httpx.AsyncClient, name: str) -> None:
    answer = await browser.get(f"/desk/static/{name}")
    assert answer.status_code in {303, 404}
    assert "def " not in answer.text


async def test_files_are_told_apart_by_their_content(browser: httpx.AsyncClient) -> None:
    first = await browser.get("/desk/static/desk.css")
    assert first.headers["content-type"] == "text/css; charset=utf-8"
    again = await browser.get("/desk/static/desk.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    changed = await browser.get("/desk/static/desk.css", headers={"if-none-match": '"other"'})
    assert changed.status_code == 200


async def test_whatever_a_template_asks_for_is_there(browser: httpx.AsyncClient) -> None:
    base = PACKAGE / "web" / "templates"
    wanted = {
        name for path in base.glob("*.html") for name in re.findall(r"/static/([\w.]+)", path.read_text())
    }
    imported = {
        name
        for folder in ("static", "shared")
        for path in (PACKAGE / "web" / folder).glob("*.js")
        for name in re.findall(r'"\./([\w.]+)"', path.read_text())
    }
    assert {"desk.js", "desk.css", "tokens.css", "icon.svg"} <= wanted
    assert {"dom.js", "lines.js"} <= imported
    for name in wanted | imported:
        assert (await browser.get(f"/desk/static/{name}")).status_code == 200, name
