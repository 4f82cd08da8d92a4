"""Problems for people, for programs and for GitHub."""

from __future__ import annotations

import json

import pytest

from livechat_sdk.config import load_text
from livechat_sdk.config.codes import CODES
from livechat_sdk.config.render import explain, in_order, render, summary
from livechat_sdk.errors import Problem
from tests.config.vendors import ENV, TYPES

TEXT = """\
version: 1
integrations:
  desk: {type: HELVIA_LIVECHAT, secert: abcdef}
  γραφείο: {type: HELVETIA_LIVECHAT}
bots:
  shop-bot: {livechat: {integrations: [desk, γραφίο]}}
gateway: {public_url: "http://chat.example.com"}
"""


def problems() -> tuple[Problem, ...]:
    return load_text(TEXT, types=TYPES[:1], env=ENV, name="conf/livechat.yaml").problems


def test_text_for_people() -> None:
    assert render(problems()) == (
        "conf/livechat.yaml:3:33: error LC405 unknown setting 'secert'\n"
        "    3 |   desk: {type: HELVIA_LIVECHAT, secert: ***}\n"
        "      |                                 ^^^^^^\n"
        "        known here: accounts, name, enabled, description, tags, category, id, createdAt, updatedAt\n"
        "conf/livechat.yaml:4:3: warning LC601 no bot uses the integration 'γραφείο'\n"
        "    4 |   γραφείο: {type: HELVETIA_LIVECHAT}\n"
        "      |   ^^^^^^^\n"
        "conf/livechat.yaml:4:19: error LC401 unknown integration type 'HELVETIA_LIVECHAT'\n"
        "    4 |   γραφείο: {type: HELVETIA_LIVECHAT}\n"
        "      |                   ^^^^^^^^^^^^^^^^^\n"
        "        did you mean 'HELVIA_LIVECHAT'? (installed: HELVIA_LIVECHAT)\n"
        "conf/livechat.yaml:6:46: error LC301 unknown integration 'γραφίο'\n"
        "    6 |   shop-bot: {livechat: {integrations: [desk, γραφίο]}}\n"
        "      |                                              ^^^^^^\n"
        "        did you mean 'γραφείο'?\n"
        "conf/livechat.yaml:7:23: warning LC610 conversations would travel unencrypted\n"
        '    7 | gateway: {public_url: "http://chat.example.com"}\n'
        "      |                       ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "        write https://…"
    )


def test_colour_is_added_and_nothing_else() -> None:
    import re

    coloured = render(problems(), color=True)
    assert "\x1b[31merror LC405\x1b[0m" in coloured
    assert "\x1b[33mwarning LC610\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == render(problems())


def test_wide_characters_do_not_move_the_caret() -> None:
    problem = Problem("LC203", "x", file="a", line=1, column=5, source="한국: b", caret=5, length=1)
    assert render([problem]).splitlines()[2] == "      |       ^"


def test_problem_without_a_place_shows_its_path() -> None:
    assert render([Problem("LC301", "no", path="bots.a")]) == "settings: bots.a: error LC301 no"
    assert render([Problem("LC101", "gone", file="a.yaml")]) == "a.yaml: error LC101 gone"


def test_json_for_programs() -> None:
    document = json.loads(render(problems(), "json"))
    assert list(document) == ["schema_version", "summary", "problems"]
    assert document["schema_version"] == 1
    assert document["summary"] == {"ok": False, "errors": 3, "warnings": 2, "files": ["conf/livechat.yaml"]}
    assert document["problems"][0] == {
        "code": "LC405",
        "severity": "error",
        "file": "conf/livechat.yaml",
        "line": 3,
        "column": 33,
        "path": "integrations.desk.secert",
        "message": "unknown setting 'secert'",
        "suggestion": "known here: accounts, name, enabled, description, tags, category, id, "
        "createdAt, updatedAt",
        "docs": "livechat explain code LC405",
    }
    assert "abcdef" not in render(problems(), "json")


def test_json_without_problems_is_a_document_too() -> None:
    assert json.loads(render([], "json")) == {
        "schema_version": 1,
        "summary": {"ok": True, "errors": 0, "warnings": 0, "files": []},
        "problems": [],
    }
    assert render([]) == ""
    assert render([], "github") == ""


def test_annotations_for_github() -> None:
    lines = render(problems(), "github").splitlines()
    assert lines[3] == (
        "::error file=conf/livechat.yaml,line=6,col=46,title=LC301::"
        "unknown integration 'γραφίο'; did you mean 'γραφείο'?"
    )
    assert lines[4].startswith("::warning file=conf/livechat.yaml,line=7,col=23,title=LC610::")


def test_annotations_escape_what_github_reads_as_its_own() -> None:
    problem = Problem("LC208", "50%\nof it", file="a,b:c.yaml", suggestion="x\r")
    assert render([problem], "github") == "::error file=a%2Cb%3Ac.yaml,title=LC208::50%25%0Aof it; x%0D"


def test_order_is_by_file_and_place_whatever_comes_in() -> None:
    made = [
        Problem("LC203", "m", file=file, line=line, column=column)
        for file in ("b", "a")
        for line, column in ((2, 1), (10, 1), (2, 10), (2, 9))
    ]
    expected = [("a", 2, 1), ("a", 2, 9), ("a", 2, 10), ("a", 10, 1)]
    expected += [("b", line, column) for _, line, column in expected]
    assert [(one.file, one.line, one.column) for one in in_order(made)] == expected
    assert render(made, "json") == render(list(reversed(made)), "json")


@pytest.mark.parametrize(
    ("severities", "words"),
    [
        ("", "no problems"),
        ("e", "1 error"),
        ("ee", "2 errors"),
        ("w", "1 warning"),
        ("ewew", "2 errors, 2 warnings"),
    ],
)
def test_summary(severities: str, words: str) -> None:
    made = [
        Problem("LC203" if one == "e" else "LC601", "m", "error" if one == "e" else "warning")
        for one in severities
    ]
    assert summary(made) == words


def test_code_is_explained() -> None:
    assert explain("lc203 ") == (
        "LC203 (error): Unknown key\n\n"
        "No setting with this name exists at this place. Nothing is ignored silently.\n\n"
        "What to do: Take the suggested name, move the key to where it belongs, or remove it."
    )
    assert (explain("LC601") or "").startswith("LC601 (warning): ")
    assert explain("LC999") is None


@pytest.mark.parametrize("code", CODES)
def test_every_code_can_be_explained(code: str) -> None:
    assert code in (explain(code) or "")
