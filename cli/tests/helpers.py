"""Runs the command as people and scripts do, and compares what it prints with the files in ``golden``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from livechat_sdk_cli.main import app

LIVECHAT = Path(sys.executable).parent / "livechat"
GOLDEN = Path(__file__).parent / "golden"
UPDATE = "LIVECHAT_UPDATE_GOLDEN"
"""Set it to 1 to write the golden files anew; look at the difference before you keep them."""


@dataclass(frozen=True)
class Done:
    """How a command line ended."""

    returncode: int
    stdout: str
    stderr: str


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A calm environment: no colour unless a test asks for it, 100 columns, no settings of the machine."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "COLUMNS": "100", "PYTHONUTF8": "1", **(extra or {})}


def livechat(
    *words: str | Path, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = "", seconds: float = 50
) -> Done:
    """Run ``livechat`` in a process of its own, in ``cwd``, for so long at most."""
    done = subprocess.run(
        [LIVECHAT, *words],
        cwd=cwd,
        env=environment(env),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=seconds,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def invoke(*words: str | Path, env: Mapping[str, str] | None = None, stdin: str = "") -> Done:
    """Run the same command line in this process, which is a great deal quicker."""
    calm = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "TERM", "LIVECHAT_BLOCK_PLUGINS"))
    result = CliRunner().invoke(
        app, [str(word) for word in words], input=stdin, env={**calm, "COLUMNS": "100", **(env or {})}
    )
    return Done(result.exit_code, result.stdout, result.stderr)


def assert_golden(name: str, text: str) -> None:
    """``text`` is what the golden file ``name`` holds."""
    path = GOLDEN / name
    if os.environ.get(UPDATE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert path.is_file(), f"{path.name} is missing: run once with {UPDATE}=1 and look at what it writes"
    assert text == path.read_text("utf-8")


def install_plugin(folder: Path, name: str, code: str, *, value: str | None = None) -> dict[str, str]:
    """Put a distribution with one plugin module into ``folder``; returns the environment that finds it."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(code, "utf-8")
    info = folder / f"{module}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[livechat_sdk]\n{module} = {value or module}\n", "utf-8")
    return {"PYTHONPATH": str(folder)}
