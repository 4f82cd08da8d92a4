"""What a killed process left of its PostgreSQL server is removed by the next; what is in use is let be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from livechat_sdk_testing.postgres import remove_left_behind, running_server, why_not

OWNER = """
import sys
from livechat_sdk_testing.postgres import running_server

with running_server(durable=True) as server:
    print(server.folder, server.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def where(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of temporary files, here and in our processes; a server that runs as nobody may enter it."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    monkeypatch.setenv("TMPDIR", str(made))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield made
    shutil.rmtree(made)


def command_of(pid: int) -> bytes:
    """Empty when the process has ended, also where nobody asks how."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
@pytest.mark.skipif(sys.platform != "linux", reason="only /proc tells whose server a process is")
def test_the_server_of_a_killed_process_is_stopped_and_removed_by_the_next(where: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        name, pid = owner.stdout.readline().split()
        folder = Path(name)
        assert folder.parent == where
        assert remove_left_behind(where) == []
        owner.kill()
    assert command_of(int(pid)), "the server outlives who started it"

    with running_server(durable=True) as server:
        assert [one.name for one in where.glob("livechat-pg-*")] == [server.folder.name]
        assert command_of(server.pid)
    while command_of(int(pid)):
        time.sleep(0.02)
    assert list(where.iterdir()) == []


def test_a_folder_that_is_not_locked_yet_is_let_be_for_a_day(where: Path) -> None:
    new, old, other = (where / name for name in ("livechat-pg-new", "livechat-pg-old", "other"))
    for folder in (new, old, other):
        folder.mkdir()
        (folder / "data").mkdir()
    two_days_ago = time.time() - 48 * 3600
    for folder in (old, other):
        os.utime(folder, (two_days_ago, two_days_ago))
    assert remove_left_behind(where) == [old]
    assert sorted(where.iterdir()) == [new, other]


def test_a_number_in_a_folder_left_behind_stops_no_other_process(where: Path) -> None:
    data = where / "livechat-pg-1" / "data"
    data.mkdir(parents=True)
    (data.parent / "owner").touch()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n")
        assert remove_left_behind(where) == [data.parent]
        assert stranger.poll() is None
        stranger.communicate(b"\n")
    assert stranger.returncode == 0
