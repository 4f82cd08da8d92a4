"""``livechat new``: what it refuses, what it prints, and how a package is brought up to date."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.tests.helpers import invoke, livechat
from livechat_sdk_cli.making import repository as repositories
from livechat_sdk_cli.making.package import ANSWERS
from livechat_sdk_cli.making.repository import KINDS, repository


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder and a working folder of their own."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.chdir(here)
    return here


def git(*words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_says_what_it_has_made(at_home: Path) -> None:
    done = invoke("new", "plugin", "acme", "--kind", "routing")
    assert done.returncode == 0, done.stderr
    assert "src/livechat_sdk_acme/plugin.py" in done.stdout.splitlines()
    assert "its README says how to check it" in done.stderr
    assert (at_home / "livechat-sdk-acme" / "pyproject.toml").is_file()


def test_tells_it_as_json_too(at_home: Path) -> None:
    done = invoke("new", "plugin", "acme", "--kind", "hours", "--out", "elsewhere", "--json")
    told = json.loads(done.stdout)
    assert (told["kind"], told["name"], told["template"]) == ("hours", "acme", "0.1.0")
    assert told["folder"] == str(at_home / "elsewhere")
    assert told["files"] == sorted(
        path.relative_to("elsewhere").as_posix() for path in Path("elsewhere").rglob("*") if path.is_file()
    )


@pytest.mark.parametrize("name", ["Acme", "1acme", "acme_", "acme--x", "../acme", "a" * 25, ""])
def test_a_name_that_will_not_do_is_refused(at_home: Path, name: str) -> None:
    done = invoke("new", "plugin", name, "--kind", "routing")
    assert done.returncode == 2
    assert "cannot be the name of a package" in done.stderr
    assert not list(at_home.iterdir())


def test_a_kind_that_is_none_is_refused() -> None:
    done = invoke("new", "plugin", "acme", "--kind", "coffee")
    assert done.returncode == 2
    assert all(kind in done.stderr for kind in KINDS)


def test_nothing_is_overwritten(at_home: Path) -> None:
    mine = at_home / "livechat-sdk-acme" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine", "utf-8")
    done = invoke("new", "plugin", "acme", "--kind", "routing")
    assert done.returncode == 2
    assert "nothing is overwritten" in done.stderr
    assert [path.name for path in mine.parent.iterdir()] == ["mine.txt"]


def test_without_copier_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "copier", None)
    done = invoke("new", "plugin", "acme", "--kind", "routing")
    assert done.returncode == 4
    assert 'pip install "livechat-sdk-cli[new]"' in done.stderr


def test_without_git_it_says_so(at_home: Path) -> None:
    # In a process of its own: copier's tools remember where programs are from when they are first imported.
    done = livechat("new", "plugin", "acme", "--kind", "routing", cwd=at_home, env={"PATH": ""})
    assert done.returncode == 2
    assert "install git" in done.stderr


def test_the_answers_name_no_folder_of_this_machine(at_home: Path) -> None:
    invoke("new", "plugin", "acme", "--kind", "routing")
    text = (at_home / "livechat-sdk-acme" / ANSWERS).read_text("utf-8")
    assert "_src_path: ~/.cache/livechat-sdk/templates/routing" in text
    assert str(at_home.parent) not in text


def test_a_template_that_has_not_changed_is_kept_once() -> None:
    folder = Path(repository("routing")).expanduser()
    repository("routing")
    assert git("-C", str(folder), "tag").split() == ["0.1.0"]


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The templates of a later version, which ``publish`` of the test puts to use."""
    templates = tmp_path / "templates"
    shutil.copytree(repositories._TEMPLATES, templates)
    return templates


def a_package_in_git() -> Path:
    assert invoke("new", "plugin", "acme", "--kind", "routing").returncode == 0
    folder = Path("livechat-sdk-acme").absolute()
    git("-C", str(folder), "init", "-q")
    git("-C", str(folder), "add", "--all")
    git("-C", str(folder), "commit", "-q", "-m", "made")
    return folder


def test_an_update_brings_the_newer_template_and_keeps_what_was_changed(
    newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = a_package_in_git()
    plugin = folder / "src" / "livechat_sdk_acme" / "plugin.py"
    plugin.write_text(plugin.read_text("utf-8").replace('"de": "berlin"', '"de": "vienna"'), "utf-8")
    git("-C", str(folder), "commit", "-q", "-a", "-m", "mine")
    ignored = newer / "common" / ".gitignore.jinja"
    ignored.write_text(ignored.read_text("utf-8") + ".coverage\n", "utf-8")
    monkeypatch.setattr(repositories, "_TEMPLATES", newer)
    monkeypatch.setattr(repositories, "version", lambda _: "0.2.0")
    done = invoke("new", "update", folder, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["template"] == "0.2.0"
    assert ".coverage" in (folder / ".gitignore").read_text("utf-8")
    assert '"de": "vienna"' in plugin.read_text("utf-8")
    assert "livechat-sdk~=0.2.0" in (folder / "pyproject.toml").read_text("utf-8")


def test_an_update_of_what_is_not_committed_is_refused() -> None:
    folder = a_package_in_git()
    (folder / "README.md").write_text("mine", "utf-8")
    done = invoke("new", "update", folder)
    assert done.returncode == 2
    assert "commit what has changed first" in done.stderr
    assert (folder / "README.md").read_text("utf-8") == "mine"


def test_a_folder_that_was_not_made_from_a_template_is_refused(at_home: Path) -> None:
    done = invoke("new", "update", at_home)
    assert done.returncode == 2
    assert "was not made by `livechat new`" in done.stderr
