"""What the HTTP client brings along when it is loaded, and what it leaves to others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One in which a program ends that loads the command line of httpx, which begins with click."""
    (tmp_path / "click.py").write_text("raise SystemExit('the command line was loaded')\n", "utf-8")
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def run(program: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip()


def test_httpx_is_loaded_without_its_command_line(environment: dict[str, str]) -> None:
    assert run("import httpx", environment) == "the command line was loaded"
    assert run("import livechat_sdk.http, httpx; print(httpx.URL('https://a.example'))", environment) == (
        "https://a.example"
    )


def test_whoever_wants_the_command_line_gets_it_afterwards(environment: dict[str, str]) -> None:
    assert run("import livechat_sdk.http, httpx._main", environment) == "the command line was loaded"


def test_an_httpx_that_is_there_already_stays_as_it_is() -> None:
    program = "import httpx; main = httpx.main; import livechat_sdk.http; print(httpx.main is main)"
    assert run(program, dict(os.environ)) == "True"
