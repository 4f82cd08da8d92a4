"""``livechat certify``: installed providers are found, proved side by side, and told about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cli.tests.helpers import install_plugin, invoke, livechat
from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk_testing.conformance import (
    AnyCertificate,
    CaseResult,
    Certificate,
    Level,
    Result,
    SystemCertificate,
    Tier,
    Topic,
    installed,
    json_schema,
)
from tools import provider_table, ticket_table

BUGGY = '''
"""A provider that tells every message twice, and a rig for it."""
from livechat_sdk import hookimpl
from livechat_sdk.provider.interface import Sent
from livechat_sdk_testing.conformance.toy_rig import ToyRig
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider


class Buggy(ToyProvider):
    type = "BUGGY_LIVECHAT"

    async def send(self, chat, message):
        return Sent()


def make_rig(clock):
    return ToyRig(clock, Buggy)


@hookimpl
def livechat_integration_types():
    return ToyPlugin(type_name="BUGGY_LIVECHAT").livechat_integration_types()
'''


def add_rig(folder: Path, name: str, entry: str) -> None:
    (entries,) = folder.glob("*.dist-info/entry_points.txt")
    text = entries.read_text("utf-8")
    entries.write_text(f"{text}\n[livechat_sdk_conformance]\n{name} = {entry}\n", "utf-8")


@pytest.mark.slow
@pytest.mark.timeout(600)  # it plays every case of every provider
def test_all_installed_providers_are_proved_as_the_pages_say_and_one_that_fails_gives_exit_code_8(
    tmp_path: Path,
) -> None:
    env = install_plugin(tmp_path, "acme-buggy", BUGGY)
    add_rig(tmp_path, "BUGGY_LIVECHAT", "acme_buggy:make_rig")
    done = livechat("certify", "--json", "--out", "proofs", cwd=tmp_path, env=env, seconds=580)
    assert done.returncode == 8, done.stderr
    document = json.loads(done.stdout)
    assert document["without_rig"] == []
    by_type = {one["provider"]: one for one in document["certificates"]}
    assert list(by_type) == sorted(by_type)
    buggy = by_type["BUGGY_LIVECHAT"]
    assert (buggy["provider"], buggy["distribution"], buggy["version"]) == (
        "BUGGY_LIVECHAT",
        "acme-buggy",
        "1.2",
    )
    failed = {case["name"]: case for case in buggy["cases"] if case["result"] == "failed"}
    assert failed["contract.send_answers_with_sent"]["reason"] == (
        "what the agent sees: wanted ['hello'], found []"
    )
    assert buggy["tier"] is None
    del by_type["BUGGY_LIVECHAT"]
    wanted = {"CSV_CONTACTS", "HELVIA_LIVECHAT", "LOCAL_TICKETING", "ZENDESK_CRM", "ZENDESK_TICKETING"}
    assert wanted <= set(by_type)
    assert {one["tier"] for one in by_type.values()} == {"complete"}
    for one in document["certificates"]:
        if one["kind"] == "livechat":
            jsonschema.validate(one, json_schema())
        assert json.loads((tmp_path / "proofs" / f"{one['provider']}.json").read_text("utf-8")) == one
    pages_are_what_was_proved(list(by_type.values()))


def pages_are_what_was_proved(documents: Sequence[Any]) -> None:
    certificates: list[AnyCertificate] = []
    for one in documents:
        kind = Certificate if one["kind"] == "livechat" else SystemCertificate
        told = {name: value for name, value in one.items() if name in kind.model_fields}
        certificates.append(kind.model_validate_json(json.dumps(told)))
    current = provider_table.PAGE.read_text("utf-8")
    assert current == provider_table.updated(current, certificates), "run: python -m tools.provider_table"
    current = ticket_table.PAGE.read_text("utf-8")
    assert current == ticket_table.updated(current, certificates), "run: python -m tools.ticket_table"


def test_a_provider_without_a_rig_is_not_taken_for_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "installed_rigs", dict)
    monkeypatch.setattr(installed, "certify_installed", lambda types, progress: iter(()))
    done = invoke("certify", env={"COLUMNS": "140"})
    assert done.returncode == 8
    assert re.search(r"^HELVIA_LIVECHAT +- ", done.stdout, re.MULTILINE)
    assert "names no rig" in done.stdout


def test_a_type_that_nobody_brings_is_wrong_usage() -> None:
    done = livechat("certify", "NOPE_LIVECHAT", cwd=Path.cwd())
    assert done.returncode == 2
    assert "nothing to prove NOPE_LIVECHAT with; there is for: CISCO_LIVECHAT, CSV_CONTACTS" in done.stderr


def test_a_rig_that_cannot_be_loaded_is_a_plugin_error(tmp_path: Path) -> None:
    env = install_plugin(tmp_path, "acme-broken", "livechat = 1\n")
    add_rig(tmp_path, "BROKEN_LIVECHAT", "acme_broken:no_such_thing")
    done = livechat("certify", "BROKEN_LIVECHAT", cwd=tmp_path, env=env)
    assert done.returncode == 4
    assert "acme_broken:no_such_thing cannot be loaded" in done.stderr


def a_certificate(**fields: Any) -> Certificate:
    case: dict[str, Any] = {
        "topic": Topic.ORDER,
        "level": Level.PROVIDER,
        "proves": "Twenty messages arrive in order.",
    }
    cases = (
        CaseResult(name="order.of_the_agent", tier=Tier.RELAYS, result=Result.PASSED, **case),
        CaseResult(
            name="order.of_one_page",
            tier=Tier.SAFE,
            result=Result.FAILED,
            reason="the messages in order: wanted [1], found [2]",
            look_at="poll: the vendor's newest-first lists",
            **case,
        ),
        CaseResult(
            name="order.both_at_once",
            tier=Tier.SAFE,
            result=Result.EXCUSED,
            reason="the vendor has one line for both",
            **case,
        ),
    )
    ready: dict[str, Any] = {
        "provider": "ACME_LIVECHAT",
        "distribution": "acme",
        "version": "1.0",
        "kit_version": "0.1.0",
        "capabilities": Capabilities(inbound=Inbound.POLL),
        "over": "http",
        "tier": Tier.RELAYS,
        "outage": "In any outage nothing is lost.",
        "excused": 1,
        "cases": cases,
    }
    return Certificate(**{**ready, **fields})


def test_people_read_a_table_then_what_failed_and_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def certified(types: list[str], progress: object) -> Iterator[Certificate]:
        assert types == ["ACME_LIVECHAT"]
        yield a_certificate()

    monkeypatch.setattr(installed, "installed_rigs", lambda: {"ACME_LIVECHAT": None})
    monkeypatch.setattr(installed, "certify_installed", certified)
    done = invoke("certify", "ACME_LIVECHAT")
    assert done.returncode == 8
    assert done.stdout.splitlines() == [
        "TYPE           DISTRIBUTION  VERSION  TIER    PASSED  FAILED  EXCUSED  NOT APPLICABLE",
        "ACME_LIVECHAT  acme          1.0      relays       1       1        1               0",
        "",
        "ACME_LIVECHAT: In any outage nothing is lost.",
        "excused order.both_at_once: the vendor has one line for both",
        "",
        "failed   order.of_one_page",
        "proves   Twenty messages arrive in order.",
        "found    the messages in order: wanted [1], found [2]",
        "look at  poll: the vendor's newest-first lists",
    ]


def test_a_provider_that_passes_gives_exit_code_0(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = a_certificate(cases=a_certificate().cases[:1], tier=Tier.COMPLETE, excused=0)
    monkeypatch.setattr(installed, "installed_rigs", lambda: {"ACME_LIVECHAT": None})
    monkeypatch.setattr(installed, "certify_installed", lambda types, progress: iter((passed,)))
    assert invoke("certify", "ACME_LIVECHAT").returncode == 0
