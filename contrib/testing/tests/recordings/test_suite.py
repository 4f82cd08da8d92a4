"""The fixture as a provider package uses it.

Pytest runs in a process of its own, over a package made here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from contrib.testing.tests.recordings.samples import a_recording
from livechat_sdk_testing.recordings import RecordingError, Recordings, Unused, replay, write_recording

TESTS = """
import os
from pathlib import Path
from livechat_sdk.http import VendorClient
from livechat_sdk_testing.recordings import Recordings

recordings = Recordings(Path(__file__).parent / "recordings").fixture()

async def ask(recordings, *names):
    Path(f"process-{os.getpid()}").touch()
    client = VendorClient(provider="ACME", base_url="https://acme.example")
    with recordings.replay(*names):
        for name in names:
            await client.request("look", "GET", name)
    await client.close()

async def test_one(recordings):
    await ask(recordings, "open/one")

async def test_two(recordings):
    await ask(recordings, "open/two")
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for case in ("one", "two"):
        write_recording(a_recording(f"open/{case}", path=f"/open/{case}"), tmp_path / "recordings")
    (tmp_path / "test_acme.py").write_text(TESTS, "utf-8")
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "pytest_asyncio.plugin",
            "-p",
            "xdist.plugin",
            "-p",
            "livechat_sdk_testing.pytest_plugin",
            "-o",
            "asyncio_mode=auto",
            "--rootdir",
            folder,
            *words,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    return done.returncode, done.stdout


def test_run_is_green_when_every_recording_was_used(package: Path) -> None:
    code, output = run(package)
    assert code == 0, output


def test_run_is_green_when_each_recording_was_used_in_one_of_several_processes(package: Path) -> None:
    code, output = run(package, "-n", "2")
    assert code == 0, output
    assert len(list(package.glob("process-*"))) == 2


@pytest.mark.parametrize("processes", ["0", "2"])
def test_recording_that_no_test_uses_fails_the_run_by_name(package: Path, processes: str) -> None:
    write_recording(a_recording("open/three"), package / "recordings")
    code, output = run(package, "-n", processes)
    assert code == 1
    assert "used by no test of this run" in output
    assert "recordings: open/three" in output
    assert "2 passed, 1 error" in output


@pytest.mark.parametrize(
    "words",
    [
        ("-k", "one"),
        ("-k", "one", "-n", "2"),
        ("test_acme.py::test_one",),
        ("--deselect", "test_acme.py::test_two"),
    ],
)
def test_part_of_a_run_proves_nothing_and_is_let_be(package: Path, words: tuple[str, ...]) -> None:
    code, output = run(package, *words)
    assert code == 0, output


@pytest.mark.parametrize("processes", ["0", "2"])
def test_one_file_of_several_is_part_of_a_run(package: Path, processes: str) -> None:
    (package / "test_other.py").write_text("def test_it(): pass\n", "utf-8")
    write_recording(a_recording("open/three"), package / "recordings")
    assert run(package, "test_acme.py", "-n", processes)[0] == 0
    assert run(package, "-n", processes)[0] == 1


@pytest.mark.parametrize(
    ("processes", "end"), [("0", "assert False"), ("2", "assert False"), ("2", "__import__('os')._exit(3)")]
)
def test_run_that_failed_says_nothing_about_recordings(package: Path, processes: str, end: str) -> None:
    (package / "test_other.py").write_text(f"def test_it(): {end}\n", "utf-8")
    write_recording(a_recording("open/three"), package / "recordings")
    code, output = run(package, "-n", processes)
    assert code == 1
    assert "used by no test" not in output


def test_pytest_finds_the_plugin_by_itself_and_pays_nothing_for_it() -> None:
    (entry,) = entry_points(group="pytest11", name="livechat_sdk_testing")
    assert entry.value == "livechat_sdk_testing.pytest_plugin"
    script = f"""
import pytest, sys
before = set(sys.modules)
import {entry.value}
print(*set(sys.modules) - before)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"livechat_sdk_testing", "livechat_sdk_testing.pytest_plugin"}


def test_names_are_cases_or_operations_and_are_checked(package: Path) -> None:
    recordings = Recordings(package / "recordings")
    with pytest.raises(RecordingError, match=r"no recording 'open/four' .* there are: open/one, open/two"):
        recordings.replay("open/four")
    assert recordings.unused == ["open/one", "open/two"]
    with pytest.raises(Unused), recordings.replay("open"):
        pass
    assert recordings.unused == []
    recordings.check_used()


def test_validation_needs_a_document(package: Path) -> None:
    with pytest.raises(RecordingError, match="no API document"):
        Recordings(package / "recordings").validate()


def test_folder_can_be_replayed_as_a_whole_too(package: Path) -> None:
    with pytest.raises(Unused, match="open/one, open/two"), replay(package / "recordings"):
        pass
