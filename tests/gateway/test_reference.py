"""The reference page names what the gateway has: every route, every code, and nothing else."""

from __future__ import annotations

import asyncio
import re
from typing import Any, cast

from livechat_sdk.gateway.app import operations_of
from livechat_sdk.gateway.bodies import Limits
from tests.tree import ROOT

PAGE = (ROOT / "docs" / "reference" / "gateway.md").read_text("utf-8")
ROOM = ROOT / "src" / "livechat_sdk" / "gateway"
SOURCE = "".join(path.read_text("utf-8") for path in ROOM.glob("*.py"))
ROUTE = re.compile(r"^\| `(GET|POST) (/[^`]*)`", re.MULTILINE)
RAISED = re.compile(r"(?:Refusal\(\s*(?:\d+|status|error\.status_code),\s*|\d: \()\"([a-z_]+)\"")
CODE = re.compile(r"`([a-z]+(?:_[a-z]+)+|unauthorised|busy|unsupported)`")


def test_table_of_routes_is_complete() -> None:
    operations = operations_of(cast("Any", None), asyncio.Event())
    assert set(ROUTE.findall(PAGE)) == {(one.method, one.plain_path) for one in operations}


def test_table_of_errors_is_complete() -> None:
    raised = set(RAISED.findall(SOURCE)) - {"refused"}  # whatever else a router may say one day
    table = PAGE.split("| status | code |")[1].split("## Limits")[0]
    rows = [row.split("|") for row in table.splitlines() if row.count("|") > 3]
    listed = {code for row in rows for code in CODE.findall(row[2])}
    assert len(raised) > 20
    assert listed == raised


def test_limits_are_those_of_the_code() -> None:
    limits = Limits()
    assert limits.max_body == 1024 * 1024
    assert (limits.read_timeout, limits.heartbeat) == (10, 15)
    assert "| body of a request | 1 MiB and 10 seconds" in PAGE
