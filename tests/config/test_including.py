"""Settings in several files: who wins, where paths start, and places in the right file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livechat_sdk.config import Loaded, load_file, load_mapping, load_text, require
from livechat_sdk.config.render import render
from tests.config.vendors import ENV, TYPES

DESK = "integrations:\n  desk: {type: HELVIA_LIVECHAT}\n"
HALF = "#" * 600_000
BOT = "bots:\n  shop-bot: {livechat: {integrations: [desk]}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def load(folder: Path, name: str = "main.yaml") -> Loaded:
    return load_file(folder / name, types=TYPES, env=ENV)


def told(loaded: Loaded) -> list[tuple[str, str, int | None, int | None]]:
    return [(one.code, Path(one.file or "").name, one.line, one.column) for one in loaded.problems]


def bot(**livechat: str) -> str:
    inside = ", ".join(f"{key}: {value}" for key, value in livechat.items())
    return f"bots: {{shop-bot: {{livechat: {{{inside}}}}}}}\n"


def timeout(folder: Path) -> float | None:
    return require(load(folder)).bots["shop-bot"].livechat.request_timeout


# --------------------------------------------------------------------------------------------------- who wins
def test_file_wins_over_what_it_includes(folder: Path) -> None:
    write(
        folder,
        main=f"version: 1\ninclude: base.yaml\nworkspace: mine\n{BOT}",
        base=f"workspace: theirs\n{DESK}",
    )
    assert require(load(folder)).workspace == "mine"


def test_later_file_wins_over_the_earlier_one_and_mappings_are_put_together(folder: Path) -> None:
    write(
        folder,
        main="version: 1\ninclude: [one.yaml, two.yaml]\n",
        one=f"workspace: one\n{DESK}{bot(integrations='[desk]', request_timeout='1m')}",
        two="bots: {shop-bot: {livechat: {request_timeout: 3m}}}\n",
    )
    settings = require(load(folder))
    assert settings.workspace == "one"
    assert settings.bots["shop-bot"].livechat.request_timeout == 180
    assert settings.bots["shop-bot"].livechat.integrations == ("desk",)


def test_list_is_taken_as_a_whole(folder: Path) -> None:
    write(
        folder,
        main="version: 1\ninclude: base.yaml\nbots: {shop-bot: {livechat: {integrations: [desk]}}}\n",
        base=f"{DESK}  night: {{type: HELVIA_LIVECHAT, enabled: false}}\n"
        "bots: {shop-bot: {livechat: {integrations: [night, desk]}}}\n",
    )
    assert require(load(folder)).bots["shop-bot"].livechat.integrations == ("desk",)


def test_null_wins_too_and_switches_off(folder: Path) -> None:
    base = f"{DESK}{bot(integrations='[desk]', request_timeout='1m')}"
    write(
        folder,
        main="version: 1\ninclude: base.yaml\nbots: {shop-bot: {livechat: {request_timeout: null}}}\n",
        base=base,
    )
    assert timeout(folder) is None


def test_pattern_is_read_in_the_order_of_names(folder: Path) -> None:
    write(folder, main=f"version: 1\ninclude: parts/*.yaml\n{DESK}{BOT}")
    write(folder, parts__b="workspace: b\n", parts__a="workspace: a\n", parts__c="store: sqlite:///c.db\n")
    settings = require(load(folder))
    assert (settings.workspace, settings.store) == ("b", "sqlite:///c.db")


def test_paths_start_in_the_folder_of_the_file_that_they_stand_in(folder: Path) -> None:
    write(
        folder, main=f"version: 1\ninclude: parts/a.yaml\n{BOT}", parts__a="include: b.yaml\n", parts__b=DESK
    )
    (folder / "parts" / "key").write_text("3f9d0c1b7a5e48d2936fbe07c4a1852d\n")
    with (folder / "parts" / "b.yaml").open("a") as stream:
        stream.write("store_key: ${file:key}\n")
    key = require(load(folder)).store_key
    assert key is not None
    assert key[0].get_secret_value() == "3f9d0c1b7a5e48d2936fbe07c4a1852d"


def test_documents_of_the_platform_are_integrations(folder: Path) -> None:
    write(folder, main=f"version: 1\ninclude: desk.json\n{BOT}")
    (folder / "desk.json").write_text('[{"name": "desk", "type": "HELVIA_LIVECHAT", "category": "LIVECHAT"}]')
    assert list(require(load(folder)).integrations) == ["desk"]


def test_revision_says_what_the_settings_are_and_not_where_they_stand(folder: Path) -> None:
    write(folder, main=f"version: 1\ninclude: base.yaml\n{BOT}", base=DESK, whole=f"version: 1\n{DESK}{BOT}")
    assert require(load(folder)).revision == require(load(folder, "whole.yaml")).revision


def test_dictionary_may_include_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    write(folder, base=DESK)
    bots = {"shop-bot": {"livechat": {"integrations": ["desk"]}}}
    assert list(
        require(load_mapping({"include": ["base.yaml"], "bots": bots}, types=TYPES)).integrations
    ) == ["desk"]


# ----------------------------------------------------------------------------------------------------- places
def test_problem_is_told_in_the_file_that_has_it(folder: Path) -> None:
    write(
        folder,
        main="version: 1\ninclude: [base.yaml]\nbots:\n  shop-bot:\n    livechat: {integrations: [dsek]}\n",
        base="# ours\nintegrations:\n  desk: {type: HELVIA_LIVECHAT, colour: red}\nworkspce: acme\n",
    )
    loaded = load(folder)
    assert sorted(told(loaded)) == [
        ("LC203", "base.yaml", 4, 1),
        ("LC301", "main.yaml", 5, 31),
        ("LC405", "base.yaml", 3, 33),
        ("LC601", "base.yaml", 3, 3),
    ]
    shown = render(loaded.problems)
    assert "base.yaml:3:33: error LC405" in shown
    assert "    3 |   desk: {type: HELVIA_LIVECHAT, colour: ***}" in shown


def test_second_of_two_places_names_its_file_when_it_is_another(folder: Path) -> None:
    write(folder, main=f"version: 1\ninclude: base.yaml\n{DESK}{BOT}", base="integrations: [desk]\n")
    (problem,) = load(folder).errors
    assert problem.code == "LC127"
    assert problem.message.endswith("base.yaml, line 1")


def test_file_without_a_last_line_break_moves_no_place(folder: Path) -> None:
    write(folder, main="version: 1\ninclude: [a.yaml, b.yaml]", a="store: 5", b="\n\nworkspace: 5")
    assert [one for one in told(load(folder)) if one[0] == "LC205"] == [
        ("LC205", "a.yaml", 1, 8),
        ("LC205", "b.yaml", 3, 12),
    ]


def test_value_that_lost_is_neither_checked_nor_shown(folder: Path) -> None:
    secret = "3f9d0c1b7a5e48d2936f-of-nobody"
    write(
        folder,
        main=f"version: 1\ninclude: base.yaml\nstore_key: ${{LONG}}\n{DESK}{BOT}colour: red\n",
        base=f"store_key: {secret}\nworkspace: ${{NOT_SET}}\n",
    )
    loaded = load(folder)
    assert {one.code for one in loaded.problems} == {"LC203", "LC501"}
    assert secret not in render(loaded.problems)


# ----------------------------------------------------------------------------------------------------- limits
def test_more_than_fifty_files_are_too_many(folder: Path) -> None:
    write(folder, main=f"version: 1\ninclude: many/*.yaml\n{DESK}{BOT}")
    write(folder, **{f"many__{number:03}": "# nothing\n" for number in range(51)})
    assert told(load(folder)) == [("LC123", "main.yaml", 2, 10)]


def test_all_files_together_have_a_limit(folder: Path) -> None:
    write(folder, main=f"version: 1\ninclude: [a.yaml, b.yaml]\n{DESK}{BOT}", a=HALF, b=HALF)
    assert told(load(folder)) == [("LC104", "main.yaml", 2, 19)]


def test_pipe_is_no_file_to_include_and_nobody_waits_for_it(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    write(folder, main=f"version: 1\ninclude: pipe.yaml\n{DESK}{BOT}")
    assert told(load(folder)) == [("LC124", "main.yaml", 2, 10)]


def test_circle_of_files_ends(folder: Path) -> None:
    write(
        folder, main=f"version: 1\ninclude: a.yaml\n{DESK}{BOT}", a="include: b.yaml\n", b="include: a.yaml\n"
    )
    assert told(load(folder)) == [("LC121", "b.yaml", 1, 10)]
    write(folder, b="include: ../" + folder.name + "/main.yaml\n")
    assert told(load(folder)) == [("LC121", "b.yaml", 1, 10)]


@pytest.mark.parametrize("path", ["/", "..", "[", "**", "///*.yaml", "a\0b", "*" * 300, "x" * 5000])
def test_strange_paths_are_problems_and_not_errors(path: str, folder: Path) -> None:
    text = f'version: 1\ninclude: ["{path}"]\n'.replace("\0", "\\0")
    loaded = load_text(text + DESK + BOT, types=TYPES, env=ENV, folder=folder)
    assert {one.code for one in loaded.problems} <= {"LC120", "LC124", "LC614", "LC207"}
    assert loaded.problems
