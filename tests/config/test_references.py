"""References to the environment: filled in in values, not in keys; each unset one a problem at its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.config import Loaded, load_text, require
from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.references import fill_references
from livechat_sdk.config.render import render
from livechat_sdk.config.tree import MappingNode, ScalarNode, from_plain, plain
from livechat_sdk.config.yaml_reader import read_yaml
from tests.config.vendors import ENV, TYPES


def fill(value: Any, **env: str) -> tuple[Any, list[Draft]]:
    problems: list[Draft] = []
    return plain(fill_references(from_plain(value), env, problems)), problems


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${A}", "alpha"),
        ("x${A}y", "xalphay"),
        ("${A}${B}", "alphabeta"),
        ("$${A}", "${A}"),
        ("$${A} and ${A}", "${A} and alpha"),
        ("$$${A}", "$${A}"),
        ("$A", "$A"),
        ("$ {A}", "$ {A}"),
        ("costs 5$", "costs 5$"),
        ("{A}", "{A}"),
        ("${EMPTY}", ""),
        ("a}b${A}", "a}balpha"),
    ],
)
def test_references_are_filled_in(text: str, filled: str) -> None:
    assert fill({"key": [text]}, A="alpha", B="beta", EMPTY="") == ({"key": [filled]}, [])


def test_values_are_not_read_as_references_again() -> None:
    assert fill("${A}", A="${B} $${C}", B="no")[0] == "${B} $${C}"


@pytest.mark.parametrize(
    "text", ["${", "${A", "a ${ b", "${A:-x}", "${}", "${1}", "${A B}", "${env:A}", "${Ä}", "${{A}}"]
)
def test_references_of_another_form_are_problems(text: str) -> None:
    filled, problems = fill({"key": text}, A="alpha")
    assert filled == {"key": ""}
    assert {one.code for one in problems} == {"LC503"}
    assert all(one.final and one.path == ("key",) for one in problems)
    assert not any("A B" in one.message for one in problems)


def test_every_unset_variable_is_named() -> None:
    _, problems = fill({"a": "${X}${Y}", "b": [{"c": "${Z}"}]})
    assert [(one.code, one.path, one.message) for one in problems] == [
        ("LC501", ("a",), "the environment variable X is not set"),
        ("LC501", ("a",), "the environment variable Y is not set"),
        ("LC501", ("b", 0, "c"), "the environment variable Z is not set"),
    ]


def test_names_are_case_sensitive() -> None:
    assert fill("${a}", A="x")[1][0].code == "LC501"


def test_reference_in_a_key_is_a_problem_and_stays() -> None:
    filled, problems = fill({"${A}": 1}, A="alpha")
    assert filled == {"${A}": 1}
    assert [one.code for one in problems] == ["LC504"]


def test_numbers_and_truth_values_are_left_alone() -> None:
    assert fill([1, 2.5, True, None]) == ([1, 2.5, True, None], [])


def test_what_was_written_is_remembered_with_its_place() -> None:
    root = read_yaml("a: x${A}\n", [])
    assert root is not None
    filled = fill_references(root, {"A": "alpha"}, [])
    assert isinstance(filled, MappingNode)
    node = filled.entries["a"].value
    assert isinstance(node, ScalarNode)
    assert (node.value, node.written, node.references) == ("xalpha", "x${A}", ("A",))
    assert node.span is not None
    assert (node.span.start, node.span.end) == (3, 8)


def test_value_that_several_aliases_share_is_complained_about_once() -> None:
    root = read_yaml("a: &x ${NOT_THERE}\nb: *x\nc: [*x, *x]\n", [])
    assert root is not None
    problems: list[Draft] = []
    fill_references(root, {}, problems)
    assert [one.path for one in problems] == [("a",)]


def test_very_long_value_is_cut() -> None:
    assert len(fill("${A}", A="x" * 1_000_000)[0]) == 65_536


def test_numbers_and_switches_may_come_from_the_environment() -> None:
    text = """\
version: 1
gateway: {port: ${PORT}}
integrations:
  desk: {type: HELVIA_LIVECHAT, enabled: ${ON}}
bots:
  shop-bot: {livechat: {integrations: [desk], request_timeout: ${WAIT}, allow_bot_while_waiting: ${ON}}}
"""
    settings = require(load_text(text, types=TYPES, env={"PORT": "9", "WAIT": "90", "ON": "true"}))
    assert settings.gateway.port == 9
    assert settings.bots["shop-bot"].livechat.request_timeout == 90
    assert settings.bots["shop-bot"].livechat.allow_bot_while_waiting


def test_nothing_else_is_said_about_a_value_that_could_not_be_filled_in() -> None:
    text = """\
version: 1
store: ${NOT_THERE}
workspace: ${
gateway: {port: ${NOT_THERE}, tokens: ${NOT_THERE}}
integrations:
  desk: {type: ${NOT_THERE}}
bots:
  shop-bot: {livechat: {integrations: [desk, "${NOT_THERE}"], inactivity: {remind_after: ${NOT_THERE}}}}
"""
    problems = load_text(text, types=TYPES, env=ENV).problems
    assert sorted(one.code for one in problems) == ["LC501"] * 6 + ["LC503"]


@given(st.text(alphabet="${}A: \n"), st.dictionaries(st.sampled_from(["A", "AA"]), st.text()))
def test_no_text_makes_filling_fail(text: str, env: dict[str, str]) -> None:
    filled, problems = fill({"key": text}, **env)
    assert isinstance(filled["key"], str)
    if "${" not in text:
        assert filled["key"] == text
        assert not problems


# ------------------------------------------------------------------------------------------- files of secrets
SECRET = "3f9d0c1b7a5e48d2936fbe07c4a1852d"


def load_key(tmp_path: Path, reference: str) -> Loaded:
    text = f"version: 1\nstore_key: {reference}\nintegrations: {{desk: {{type: HELVIA_LIVECHAT}}}}\n"
    text += "bots: {shop-bot: {livechat: {integrations: [desk]}}}\n"
    return load_text(text, types=TYPES, env={"HALF": SECRET[:16]}, folder=tmp_path)


@pytest.mark.parametrize("written", ["{}", "{}\n", "{}\r\n", "\ufeff{}\n"])
def test_secret_is_read_from_a_file_without_its_line_break(written: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(written.format(SECRET).encode())
    for reference in ("${file:key}", f"${{file:{tmp_path}/key}}", '"${file: key }"'):
        key = require(load_key(tmp_path, reference)).store_key
        assert key is not None
        assert key[0].get_secret_value() == SECRET


def test_only_the_last_line_break_is_taken_off(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n{SECRET}\n\n")
    key = require(load_key(tmp_path, "${file:key}")).store_key
    assert key is not None
    assert key[0].get_secret_value() == f"{SECRET}\n{SECRET}\n"


def test_file_and_variable_may_stand_in_one_value(tmp_path: Path) -> None:
    (tmp_path / "half").write_text(SECRET[16:])
    key = require(load_key(tmp_path, "${HALF}${file:half}")).store_key
    assert key is not None
    assert key[0].get_secret_value() == SECRET


def test_file_is_not_read_as_references_again(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("${HALF} " * 8)
    key = require(load_key(tmp_path, "${file:key}")).store_key
    assert key is not None
    assert "${HALF}" in key[0].get_secret_value()


def test_secret_that_anybody_may_change_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET)
    (tmp_path / "key").chmod(0o646)
    (problem,) = load_key(tmp_path, "${file:key}").problems
    assert (problem.code, problem.severity, problem.line, problem.column) == ("LC616", "warning", 2, 12)
    (tmp_path / "key").chmod(0o444)
    assert not load_key(tmp_path, "${file:key}").problems


@pytest.mark.parametrize("name", ["nowhere", "key/below", "x" * 5000, "a\\0b", "/"])
def test_path_that_leads_nowhere_is_a_problem(name: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET)
    (problem,) = load_key(tmp_path, f'"${{file:{name}}}"').problems
    assert problem.code in {"LC510", "LC511"}
    assert len(problem.message) < 200


def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key")
    (problem,) = load_key(tmp_path, "${file:key}").problems
    assert problem.code == "LC511"


def test_content_of_a_file_shows_in_no_message(tmp_path: Path) -> None:
    (tmp_path / "name").write_text("somebody-else")
    text = "version: 1\nbots: {shop-bot: {livechat: {integrations: ['${file:name}']}}}\n"
    text += "integrations: {desk: {type: HELVIA_LIVECHAT}}\n"
    problems = load_text(text, types=TYPES, env={}, folder=tmp_path).problems
    assert "unknown integration '${file:name}'" in [one.message for one in problems]
    assert "somebody" not in render(problems)
