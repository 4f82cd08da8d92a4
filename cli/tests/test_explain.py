from __future__ import annotations

import json

import pytest

from cli.tests.helpers import assert_golden, invoke
from livechat_sdk.config.codes import CODES


def test_code_is_explained_with_what_to_do() -> None:
    done = invoke("explain", "code", "LC203")
    assert (done.returncode, done.stderr) == (0, "")
    assert_golden("explain-LC203.txt", done.stdout)


@pytest.mark.parametrize("written", ["lc203", " LC203 "])
def test_code_may_be_written_carelessly(written: str) -> None:
    assert invoke("explain", "code", written).stdout.startswith("LC203 (error): ")


def test_unknown_code_names_its_neighbours() -> None:
    done = invoke("explain", "code", "LC20")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no code 'LC20'; near it are: LC201, LC202, ")


def test_all_codes_are_listed_in_order() -> None:
    lines = invoke("explain", "code").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(CODES)
    assert [line.split()[0] for line in lines[1:]] == sorted(CODES)


def test_json_holds_every_code() -> None:
    document = json.loads(invoke("explain", "code", "--json").stdout)
    assert document["schema_version"] == 1
    assert {one["code"]: one["fix"] for one in document["codes"]} == {
        code: one.fix for code, one in CODES.items()
    }
    [one] = json.loads(invoke("explain", "code", "LC601", "--json").stdout)["codes"]
    assert one["severity"] == "warning"


def test_explain_alone_shows_what_can_be_explained() -> None:
    done = invoke("explain")
    assert done.returncode == 2
    assert "code" in done.stderr + done.stdout
