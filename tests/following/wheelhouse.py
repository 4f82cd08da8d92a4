"""Wheels for an empty environment that may ask nobody: ours from the tree, the others from what is here.

What a distribution of somebody else installed is put back into a wheel, from the list of files that its
installer kept (``RECORD``). So an empty environment is filled by ``pip install`` alone, without a network.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name

from tests.tree import ROOT

__all__ = ["build_ours", "repack", "repack_what_is_needed"]

OURS = "livechat-sdk"
_NOT_CARRIED = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""Files about one installation, which its wheel did not have."""


def build_ours(folder: Path) -> None:
    """A wheel of every member of the workspace, built as for a release."""
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "uv", "build", "--quiet", "--offline", "--wheel"),
            *("--all-packages", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def repack_what_is_needed(requirements: list[str], folder: Path) -> None:
    """Wheels of everything that these requirements of distributions of ours lead to, ours left out."""
    waiting = [Requirement(one) for one in requirements]
    seen: set[tuple[str, frozenset[str]]] = set()
    packed: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if (name, frozenset(wanted.extras)) in seen:
            continue
        seen.add((name, frozenset(wanted.extras)))
        installed = distribution(name)
        if not name.startswith(OURS) and name not in packed:
            packed.add(name)
            repack(installed, folder)
        for written in installed.requires or ():
            one = Requirement(written)
            if one.marker is None or any(
                one.marker.evaluate({"extra": extra}) for extra in wanted.extras or {""}
            ):
                waiting.append(one)


def repack(installed: Distribution, folder: Path) -> Path:
    """The wheel of a distribution, from its files; programs are made again from its entry points."""
    tags = {str(tag) for tag in sys_tags()}
    about = (installed.read_text("WHEEL") or "").splitlines()
    tag = next(line[5:] for line in about if line.startswith("Tag: ") and line[5:] in tags)
    name = canonicalize_name(installed.name).replace("-", "_")
    wheel = folder / f"{name}-{installed.version}-{tag}.whl"
    rows = list(csv.reader(io.StringIO(installed.read_text("RECORD"))))
    information = next(row[0].partition("/")[0] for row in rows if row[0].endswith(".dist-info/METADATA"))
    kept: list[list[str]] = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_STORED) as archive:
        for row in rows:
            path = PurePosixPath(row[0])
            if ".." in path.parts or path.suffix == ".pyc":
                continue
            if path.parts[0] == information and path.name in _NOT_CARRIED:
                continue
            archive.write(Path(str(installed.locate_file(path.as_posix()))), path.as_posix())
            kept.append(row)
        kept.append([f"{information}/RECORD", "", ""])
        record = io.StringIO()
        csv.writer(record, lineterminator="\n").writerows(kept)
        archive.writestr(f"{information}/RECORD", record.getvalue())
    return wheel
