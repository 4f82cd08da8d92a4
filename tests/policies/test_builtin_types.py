"""The integration types that come with the SDK, and what loading the policies costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pluggy
import pytest

from livechat_sdk.hooks.markers import PROJECT
from livechat_sdk.hooks.specs import RegistrationSpecs
from livechat_sdk.policies.contacts_csv import CsvContacts
from livechat_sdk.policies.local_tickets import LocalTicketing
from livechat_sdk.policies.plugin import BuiltinIntegrationTypes
from tests.policies.makers import a_context


def test_livechat_integration_types_offers_contacts_and_tickets() -> None:
    types = {one.type: one for one in BuiltinIntegrationTypes().livechat_integration_types()}
    assert {name: one.kind for name, one in types.items()} == {
        "CSV_CONTACTS": "crm",
        "LOCAL_TICKETING": "ticketing",
    }
    assert all(one.summary for one in types.values())


def test_livechat_integration_types_build_objects_without_touching_anything(tmp_path: Path) -> None:
    types = {one.type: one for one in BuiltinIntegrationTypes().livechat_integration_types()}
    documents: dict[str, dict[str, object]] = {
        "CSV_CONTACTS": {"path": str(tmp_path / "missing.csv"), "description": "our people"},
        "LOCAL_TICKETING": {"enabled": True},
    }
    built = {
        name: one.build(
            a_context("mine"), one.settings.model_validate({"type": name, "name": "mine", **documents[name]})
        )
        for name, one in types.items()
    }
    contacts, tickets = built["CSV_CONTACTS"], built["LOCAL_TICKETING"]
    assert isinstance(contacts, CsvContacts)
    assert isinstance(tickets, LocalTicketing)
    assert contacts.name == tickets.name == "mine"


def test_livechat_integration_types_fits_the_hook() -> None:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(RegistrationSpecs)
    manager.register(BuiltinIntegrationTypes())
    manager.check_pending()
    (types,) = manager.hook.livechat_integration_types()
    assert len(types) == 2


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("livechat_sdk.policies.plugin", ["livechat_sdk.policies.contacts_csv", "csv", "sqlite3"]),
        (
            "livechat_sdk.policies.business_hours",
            ["csv", "sqlite3", "livechat_sdk.policies.system_messages"],
        ),
        (
            "livechat_sdk.policies.system_messages",
            ["csv", "sqlite3", "livechat_sdk.policies.hours.zones"],
        ),
    ],
)
def test_modules_load_only_what_they_need(module: str, unwanted: list[str]) -> None:
    program = f"import {module}, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not set(unwanted) & set(json.loads(done.stdout))
