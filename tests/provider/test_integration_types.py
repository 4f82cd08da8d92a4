"""What a plugin says of an integration type: its settings as a class, or where the class is."""

from __future__ import annotations

import pytest

from livechat_sdk.errors import PluginError
from livechat_sdk.policies.builtin_settings import CsvContactsSettings
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.registry import Registry


def of(settings: str) -> IntegrationType:
    return IntegrationType(type="ACME_CRM", kind="crm", settings=settings, build=lambda *_: object())


def test_class_and_the_place_of_a_class_are_the_same_to_whoever_asks() -> None:
    place = of("livechat_sdk.policies.builtin_settings:CsvContactsSettings")
    same = IntegrationType("ACME_CRM", "crm", CsvContactsSettings, lambda *_: object())
    assert place.settings is same.settings is CsvContactsSettings
    assert place.summary == ""


@pytest.mark.parametrize(
    "where",
    [
        "livechat_sdk.nowhere:Settings",
        "livechat_sdk.policies.builtin_settings:Missing",
        "livechat_sdk.policies.builtin_settings:CSV_CONTACTS",
        "livechat_sdk.errors:Problem",
        "not a place",
    ],
)
def test_settings_that_are_not_there_are_the_plugins_error(where: str) -> None:
    offered = of(where)
    with pytest.raises(PluginError, match="ACME_CRM") as caught:
        _ = offered.settings
    assert where in str(caught.value)


def test_every_installed_type_has_its_settings() -> None:
    types = Registry.discover().types
    assert {"CISCO_LIVECHAT", "GENESYS_CRM", "SALESFORCE_TICKETING", "CSV_CONTACTS"} <= types.keys()
    assert all("name" in one.settings.model_fields for one in types.values())


def test_file_with_a_type_whose_settings_do_not_load_says_so_at_its_place_and_hides_what_stands_there() -> (
    None
):
    from livechat_sdk.config import load_text

    text = (
        "version: 1\nintegrations:\n  acme:\n    type: ACME_CRM\n    secret: hunter2-hunter2-hunter2\n"
        "bots: {b: {livechat: {enabled: false}, crm: [acme]}}\n"
    )
    loaded = load_text(text, types=[of("livechat_sdk.nowhere:Settings")], env={})
    (problem,) = [one for one in loaded.problems if one.severity == "error"]
    assert (problem.code, problem.line) == ("LC406", 3)
    assert "livechat_sdk.nowhere:Settings" in problem.message
    assert "hunter2" not in repr(loaded.problems)
    assert loaded.settings is None
