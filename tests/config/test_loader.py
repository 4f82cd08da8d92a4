"""Loading from files, bytes, texts and dictionaries."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk.config import LivechatFile, load_bytes, load_file, load_mapping, load_text, require
from livechat_sdk.config.files import MAX_BYTES
from livechat_sdk.errors import ConfigurationError
from livechat_sdk.provider import IntegrationType
from tests.config.vendors import ENV, TYPES

SMALL = """\
version: 1
integrations:
  desk: {type: HELVIA_LIVECHAT}
bots:
  shop-bot: {livechat: {integrations: [desk]}}
"""


def codes(loaded: object) -> list[str]:
    from livechat_sdk.config import Loaded

    assert isinstance(loaded, Loaded)
    return [problem.code for problem in loaded.problems]


# ------------------------------------------------------------------------------------------------------ files
def test_file_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "livechat.yaml"
    file.write_text(SMALL, "utf-8")
    loaded = load_file(file, types=TYPES, env=ENV)
    assert loaded.source == str(file)
    assert require(loaded).bots["shop-bot"].livechat.integrations == ("desk",)


def test_missing_file_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (problem,) = load_file("livechat.yaml", types=TYPES, env=ENV).problems
    assert (problem.code, problem.file, problem.line) == ("LC101", "livechat.yaml", None)
    assert problem.suggestion == f"looked in {tmp_path}"


def test_missing_file_with_a_full_path_needs_no_hint(tmp_path: Path) -> None:
    (problem,) = load_file(tmp_path / "livechat.yaml", types=TYPES, env=ENV).problems
    assert problem.code == "LC101"
    assert problem.suggestion is None


def test_folder_is_no_file(tmp_path: Path) -> None:
    (problem,) = load_file(tmp_path, types=TYPES, env=ENV).problems
    assert problem.code == "LC102"
    assert "directory" in problem.message.lower()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_without_the_right_to_read(tmp_path: Path) -> None:
    file = tmp_path / "livechat.yaml"
    file.write_text(SMALL, "utf-8")
    file.chmod(0)
    assert codes(load_file(file, types=TYPES, env=ENV)) == ["LC102"]


def test_path_that_no_file_can_have() -> None:
    assert codes(load_file("a\0b", types=TYPES, env=ENV)) == ["LC102"]


def test_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "livechat.yaml"
    file.write_bytes(SMALL.encode() + b"#" * MAX_BYTES)
    assert codes(load_file(file, types=TYPES, env=ENV)) == ["LC104"]


def test_endless_file_is_not_read_to_its_end() -> None:
    assert codes(load_file("/dev/zero", types=TYPES, env=ENV)) == ["LC104"]


def test_file_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    file = tmp_path / "livechat.yaml"
    file.write_bytes(SMALL.encode() + b"#" * (MAX_BYTES - len(SMALL)))
    assert codes(load_file(file, types=TYPES, env=ENV)) == []


def test_text_above_the_limit_is_refused_too() -> None:
    assert codes(load_text(SMALL + "#" * MAX_BYTES, types=TYPES, env=ENV)) == ["LC104"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le-bom", "latin-1"])
def test_other_encodings_are_refused(encoding: str) -> None:
    text = SMALL + "# Γ\n" if encoding != "latin-1" else SMALL + "# é\n"
    content = b"\xff\xfe" + text.encode("utf-16-le") if encoding.endswith("bom") else text.encode(encoding)
    (problem,) = load_bytes(content, types=TYPES, env=ENV).problems
    assert problem.code == "LC103"
    if encoding == "latin-1":
        assert problem.line == SMALL.count("\n") + 1


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"], ids=["unix", "windows", "old mac"])
def test_line_ends_and_byte_order_mark_do_not_move_places(mark: bytes, ends: bytes) -> None:
    content = SMALL.replace("HELVIA", "HELVETIA").encode().replace(b"\n", ends)
    (problem,) = load_bytes(mark + content, types=TYPES, env=ENV).problems
    assert (problem.code, problem.line, problem.column) == ("LC401", 3, 16)
    assert problem.source == "  desk: {type: HELVETIA_LIVECHAT}"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# nothing\n", b"---\n", b"null", b"~"])
def test_empty_content(content: bytes) -> None:
    assert codes(load_bytes(content, types=TYPES, env=ENV)) == ["LC110"]


@pytest.mark.parametrize("content", ["5", "true", "hello", "[]", '"x"', "- - a", "[[]]"])
def test_content_of_another_kind(content: str) -> None:
    assert set(codes(load_text(content, types=TYPES, env=ENV))) <= {"LC111", "LC410"}
    assert load_text(content, types=TYPES, env=ENV).settings is None


def test_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECHAT_TEST_WORKSPACE", "from-outside")
    loaded = load_text(SMALL + "workspace: ${LIVECHAT_TEST_WORKSPACE}\n", types=TYPES)
    assert require(loaded).workspace == "from-outside"


def test_types_may_come_as_a_mapping() -> None:
    loaded = load_text(SMALL, types={one.type: one for one in TYPES}, env=ENV)
    assert not loaded.problems


def test_types_may_come_from_a_generator() -> None:
    assert not load_text(SMALL, types=(one for one in TYPES), env=ENV).problems


def test_without_installed_types_the_packages_are_named() -> None:
    none: tuple[IntegrationType, ...] = ()
    (problem,) = load_text(SMALL, types=none, env=ENV).problems
    assert problem.code == "LC402"
    assert problem.suggestion == "pip install livechat-sdk-helvia"


# ----------------------------------------------------------------------------------------------- dictionaries
def test_dictionaries_have_paths_and_no_places() -> None:
    loaded = load_mapping(
        {
            "integrations": {"desk": {"type": "HELVIA_LIVECHAT"}},
            "bots": {"shop bot": {"livechat": {"integrations": ["desk", "dsk"]}}},
        },
        types=TYPES,
        env=ENV,
    )
    (problem,) = loaded.problems
    assert problem.path == 'bots["shop bot"].livechat.integrations[1]'
    assert (problem.file, problem.line, problem.column, problem.source) == (None, None, None, None)
    assert str(problem).startswith("settings: error LC301 unknown integration 'dsk'")


def test_dictionaries_need_no_version_and_take_tuples_and_references() -> None:
    settings = require(
        load_mapping(
            {
                "workspace": "${DIR}",
                "integrations": {"desk": {"type": "HELVIA_LIVECHAT"}},
                "bots": {"shop-bot": {"livechat": {"integrations": ("desk",)}}},
            },
            types=TYPES,
            env=ENV,
        )
    )
    assert settings.workspace == "data"


def test_dictionary_that_holds_itself_is_refused() -> None:
    content: dict[str, object] = {}
    content["bots"] = content
    assert codes(load_mapping(content, types=TYPES, env=ENV)) == ["LC107"]


def test_dictionary_with_odd_values_is_refused_and_raises_nothing() -> None:
    content: dict[Any, Any] = {"version": 1, "store": object(), 5: {1, 2}}
    loaded = load_mapping(content, types=TYPES, env=ENV)
    assert {"LC205", "LC203"} <= set(codes(loaded))


# ---------------------------------------------------------------------------------------------------- require
def test_require_raises_with_every_problem() -> None:
    loaded = load_text("version: 1\nstor: x\nworkspac: y\nbots: {}\n", types=TYPES, env=ENV, name="a.yaml")
    with pytest.raises(ConfigurationError) as caught:
        require(loaded)
    assert [problem.code for problem in caught.value.problems] == ["LC203", "LC203", "LC607"]
    assert str(caught.value).splitlines()[0] == (
        "a.yaml:2:1: error LC203 unknown key 'stor' (at stor); did you mean 'store'?"
    )
    assert caught.value.exit_code == 3


def test_error_from_a_text_alone_has_the_general_code() -> None:
    assert [problem.code for problem in ConfigurationError("no").problems] == ["LC100"]


def test_warnings_do_not_stop_anybody() -> None:
    loaded = load_text(SMALL + "gateway: {public_url: 'http://chat.example.com'}\n", types=TYPES, env=ENV)
    assert codes(loaded) == ["LC610"]
    assert loaded.warnings == loaded.problems
    assert not loaded.errors
    assert isinstance(require(loaded), LivechatFile)


# -------------------------------------------------------------------------------------------------- documents
def test_bare_document_keeps_its_own_name_and_place() -> None:
    text = '{"name": "ACME", "type": "ZENDESK_LIVECHAT", "category": "LIVECHAT",\n "appId": 5}'
    problems = load_text(text, types=TYPES, env=ENV, name="acme.json").problems
    assert ("LC406", 2, 11, "integrations.ACME.appId") in [
        (one.code, one.line, one.column, one.path) for one in problems
    ]
    missing = [one for one in problems if one.code == "LC404"]
    assert {(one.line, one.column) for one in missing} == {(1, 10)}, "points at the name"


def test_documents_of_other_categories_are_left_out() -> None:
    text = """
    [{"name": "Desk", "type": "HELVIA_LIVECHAT", "category": "LIVECHAT"},
     {"name": "Brain", "type": "OPENAI", "category": "LLM", "apiKey": "sk-canary-canary"}]
    """
    loaded = load_text(text, types=TYPES, env=ENV)
    assert list(require(loaded).integrations) == ["Desk"]
    assert codes(loaded) == ["LC611"]
    assert "canary" not in str(loaded.problems[0].source)


def test_document_is_filled_with_references_and_its_name() -> None:
    text = SMALL.replace("{type: HELVIA_LIVECHAT}", "{type: HELVIA_LIVECHAT, description: '${DIR}!'}")
    document = require(load_text(text, types=TYPES, env=ENV)).integrations["desk"]
    assert document.as_dict() == {"type": "HELVIA_LIVECHAT", "description": "data!", "name": "desk"}


def test_too_many_problems_are_cut() -> None:
    text = "version: 1\n" + "".join(f"key-{number}: 1\n" for number in range(3000))
    loaded = load_text(text, types=TYPES, env=ENV)
    assert len(loaded.problems) == 500
    lines = [problem.line or 0 for problem in loaded.problems]
    assert lines == sorted(lines)
