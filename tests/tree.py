"""What belongs to this repository: its root, its files, its distributions and their modules."""

from __future__ import annotations

import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or would be, committed; relative to the root and sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = (Path(name) for name in listed.split("\0") if name)
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


@dataclass(frozen=True)
class Distribution:
    """One member of the workspace."""

    name: str
    folder: Path
    project: dict[str, Any]

    @property
    def package(self) -> str:
        """The name that it is imported by."""
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        """The folder of its package."""
        return self.folder / "src" / self.package


@cache
def distributions() -> tuple[Distribution, ...]:
    """The core first, then the members in the order of the root's ``pyproject.toml``."""
    root = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    folders = [ROOT, *(ROOT / member for member in root["tool"]["uv"]["workspace"]["members"])]
    found: list[Distribution] = []
    for folder in folders:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        found.append(Distribution(project["name"], folder, project))
    return tuple(found)


@cache
def modules() -> tuple[Path, ...]:
    """Every module that is shipped, relative to the root."""
    sources = [distribution.source.relative_to(ROOT) for distribution in distributions()]
    return tuple(
        path
        for path in files()
        if path.suffix == ".py" and any(path.is_relative_to(source) for source in sources)
    )
