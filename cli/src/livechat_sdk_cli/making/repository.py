"""The templates as git repositories, one for each kind, in the user's cache: ``copier update`` compares them.

The wheel carries the templates of its own version. A package is updated from the template that it was made
from to the newest one, so a repository keeps a commit and a tag of each version that was ever used here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

from livechat_sdk_cli.exits import CommandError, ExitCode

__all__ = ["KINDS", "repository"]

KINDS: Final = ("routing", "hours", "messages", "crm", "ticketing", "observing")
"""What a plugin may be for: a family of hooks."""

_TEMPLATES: Final = Path(__file__).parent.parent / "templates"
_SECONDS: Final = 30.0


def repository(kind: str) -> str:
    """The repository of a kind, with the installed version's template as its newest tag.

    Under the home folder it is named by ``~``, so that the name means the same to everybody. Raises
    ``CommandError`` without git.
    """
    if shutil.which("git") is None:
        raise CommandError(
            "templates are kept with git, which is not installed",
            code=ExitCode.USAGE,
            next_step="install git, and run it again",
        )
    folder = _cache() / "livechat-sdk" / "templates" / kind
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").is_dir():
        _git(folder, "init", "-q", "-b", "main")
    with tempfile.TemporaryDirectory() as made:
        _put_together(kind, Path(made))
        _commit(folder, Path(made))
    home = Path.home()
    return f"~/{folder.relative_to(home).as_posix()}" if folder.is_relative_to(home) else str(folder)


def _cache() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".cache"


def _put_together(kind: str, folder: Path) -> None:
    """What all kinds have, and over it what this one has."""
    shutil.copytree(_TEMPLATES / "common", folder / "project")
    shutil.copytree(_TEMPLATES / kind, folder / "project", dirs_exist_ok=True)
    text = (_TEMPLATES / "copier.yml").read_text("utf-8")
    filled = text.replace("@KIND@", kind).replace("@VERSION@", version("livechat-sdk-cli"))
    (folder / "copier.yml").write_text(filled, "utf-8")


def _commit(folder: Path, made: Path) -> None:
    """Commit and tag what was made, unless the newest tag has it already.

    A version whose template has changed, which only people who work on the SDK see, gets a tag after it.
    """
    _git(folder, "--work-tree", str(made), "add", "--all", "--force", ".")
    tree = _git(folder, "write-tree")
    known = _git(folder, "tag", "--list", "--sort=-creatordate", "--sort=-version:refname").split()
    if known and _git(folder, "rev-parse", f"{known[0]}^{{tree}}") == tree:
        return
    wanted = version("livechat-sdk-cli")
    again = sum(1 for tag in known if tag == wanted or tag.startswith(f"{wanted}.post"))
    tag = f"{wanted}.post{again}" if again else wanted
    parent = ["-p", "refs/heads/main"] if known else []
    commit = _git(folder, "commit-tree", tree, *parent, "-m", f"The template of {tag}")
    _git(folder, "update-ref", "refs/heads/main", commit)
    _git(folder, "tag", tag, commit)


def _git(folder: Path, *words: str) -> str:
    """What git says. Raises ``CommandError`` with git's last words."""
    # Nothing of the machine's settings: neither signatures nor hooks nor line ends.
    calm = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_DIR": str(folder / ".git")}
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", "livechat-sdk"), ("EMAIL", "livechat-sdk@localhost"))
    }
    done = subprocess.run(  # noqa: S603 - our own words
        ["git", *words],  # noqa: S607 - the user's git
        cwd=folder,
        env={**os.environ, **calm, **who},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise CommandError(
            f"git {words[0]} failed: {done.stderr.strip()[-300:]}",
            code=ExitCode.UNREACHABLE,
            next_step=f"remove {folder} and run it again: it is made anew",
        )
    return done.stdout.strip()
