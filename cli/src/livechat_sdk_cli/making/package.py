"""Runs copier: makes a package out of a template, and brings one up to date."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from livechat_sdk_cli import terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.making.repository import KINDS, repository

__all__ = ["ANSWERS", "Made", "make", "update"]

ANSWERS: Final = ".copier-answers.yml"

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST: Final = 24


@dataclass(frozen=True, slots=True)
class Made:
    """What was made, or brought up to date. ``template`` is the version of its template."""

    folder: Path
    kind: str
    name: str
    template: str

    @property
    def files(self) -> list[str]:
        """Its files, without those of git."""
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.as_posix() for path in found if path.parts[0] != ".git")

    def document(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "schema_version": 1,
            "folder": str(self.folder),
            "kind": self.kind,
            "name": self.name,
            "template": self.template,
            "files": self.files,
        }


def make(kind: str, name: str, folder: Path | None) -> Made:
    """Make ``livechat-sdk-NAME``.

    Raises ``CommandError`` for a name that will not do, and for a folder with something in it.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise CommandError(
            f"{terminal.visible(name)!r} cannot be the name of a package",
            code=ExitCode.USAGE,
            next_step=f"take lower case letters, digits and hyphens, {_LONGEST} at most, such as acme",
        )
    target = (folder or Path(f"livechat-sdk-{name}")).absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CommandError(
            f"{terminal.visible(str(target))} exists already, and nothing is overwritten",
            code=ExitCode.USAGE,
            next_step="name another folder with --out; `livechat new update` brings a package up to date",
        )
    copier = _copier()
    source = repository(kind)
    _run(lambda: copier.run_copy(source, target, data={"name": name}, defaults=True, quiet=True))
    return _made(target)


def update(folder: Path) -> Made:
    """Bring a package to the installed version's template. Raises ``CommandError`` when it cannot be done."""
    target = folder.absolute()
    found = _made(target)
    copier = _copier()
    repository(found.kind)
    _run(lambda: copier.run_update(target, defaults=True, overwrite=True, quiet=True, conflict="inline"))
    return _made(target)


def _copier() -> Any:
    try:
        import copier
    except ModuleNotFoundError as missing:
        raise CommandError(
            f"templates need {missing.name}, which is not installed",
            code=ExitCode.PLUGIN,
            next_step='pip install "livechat-sdk-cli[new]"',
        ) from missing
    return copier


def _run(what: Callable[[], object]) -> None:
    from copier.errors import CopierError

    try:
        with warnings.catch_warnings(action="ignore"):  # copier's own remarks about git
            what()
    except CopierError as error:
        raise CommandError(
            f"copier: {terminal.visible(str(error))}",
            code=ExitCode.USAGE,
            next_step="commit what has changed first: an update is merged into what git has",
        ) from error


def _made(folder: Path) -> Made:
    """What the answers in a folder say."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        yaml: Any = YAML(typ="safe")
        loaded: object = yaml.load((folder / ANSWERS).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError):
        loaded = None
    answers = cast("dict[str, object]", loaded) if isinstance(loaded, dict) else {}
    kind = Path(str(answers.get("_src_path", ""))).name
    if kind not in {"provider", *KINDS}:
        raise CommandError(
            f"{terminal.visible(str(folder))} was not made by `livechat new`: it has no {ANSWERS} of it",
            code=ExitCode.USAGE,
            next_step="name the folder that was made",
        )
    return Made(folder, kind, str(answers.get("name", "")), str(answers.get("_commit", "")))
