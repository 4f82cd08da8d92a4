"""One integration document at a time, as the registry reads it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest

from livechat_sdk.config.integrations import KNOWN_TYPES, read_integration
from livechat_sdk.provider import IntegrationType, Remark
from livechat_sdk.registry import Registry
from tests.config.vendors import ENV, TYPES, DeskSettings, ZendeskSettings

CANARY = "canary-9c1f2e3d4b5a"
GOOD: dict[str, Any] = {
    "type": "ZENDESK_LIVECHAT",
    "name": "acme",
    "baseUrl": "https://acme.zendesk.com",
    "appId": "a",
    "keyId": "k",
    "secret": ENV["LONG"],
    "webhookKey": [ENV["LONG"], ENV["LONGER"]],
}


BASE = {"enabled", "tags", "description", "category", "type"}
"""The fields that every integration of the platform has."""


def codes(document: dict[str, Any]) -> list[str]:
    return [problem.code for problem in read_integration(document, types=TYPES)[1]]


def test_good_document_gives_the_settings_of_its_type() -> None:
    settings, problems = read_integration(GOOD, types=TYPES)
    assert problems == ()
    assert isinstance(settings, ZendeskSettings)
    assert settings.name == "acme"
    assert [one.get_secret_value() for one in settings.webhook_key] == [ENV["LONG"], ENV["LONGER"]]


@pytest.mark.feature("PV-10")
@pytest.mark.parametrize("name", sorted(KNOWN_TYPES))
def test_every_type_of_ours_has_a_switch_tags_a_description_a_category_and_a_type(name: str) -> None:
    offered = Registry.discover().types[name]
    fields = offered.settings.model_fields
    assert fields.keys() >= BASE
    assert fields["enabled"].default is True
    said = {"enabled": False, "tags": ["eu"], "description": "the desk in Athens", "category": "MAIL"}
    problems = read_integration({"type": name, "name": "acme", **said}, types={name: offered})[1]
    of_base = [one for one in problems if one.path in said]
    assert [(one.code, one.path) for one in of_base] == [("LC411", "category")]


@pytest.mark.feature("PV-10")
def test_base_fields_are_kept_as_they_are_written() -> None:
    said = {"enabled": False, "tags": ["eu", "sales"], "description": "Athens", "category": "LIVECHAT"}
    settings, problems = read_integration({**GOOD, **said}, types=TYPES)
    assert problems == ()
    assert settings is not None
    found = (settings.enabled, settings.tags, settings.description, settings.category, settings.type)
    assert found == (False, ("eu", "sales"), "Athens", "LIVECHAT", "ZENDESK_LIVECHAT")


def test_types_may_be_a_mapping() -> None:
    settings, problems = read_integration(
        {"type": "HELVIA_LIVECHAT", "name": "desk"}, types={one.type: one for one in TYPES}
    )
    assert isinstance(settings, DeskSettings)
    assert problems == ()


def test_every_problem_is_told_at_once_with_its_path() -> None:
    document = {**GOOD, "baseUrl": "http://x", "appId": 5, "colour": "blue"}
    del document["keyId"]
    settings, problems = read_integration(document, types=TYPES)
    assert settings is None
    assert [(one.code, one.path) for one in problems] == [
        ("LC404", "keyId"),
        ("LC405", "colour"),
        ("LC406", "appId"),
        ("LC406", "baseUrl"),
    ]


def test_short_secret_is_a_warning_and_the_settings_are_given() -> None:
    settings, problems = read_integration({**GOOD, "webhookKey": "short"}, types=TYPES)
    assert settings is not None
    assert [(one.code, one.severity, one.path) for one in problems] == [("LC606", "warning", "webhookKey")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "GENESYS_LIVECHAT"}, "LC402"),
        ({"type": "zendesk_livechat"}, "LC401"),
        ({"type": ""}, "LC403"),
        ({"type": None}, "LC403"),
        ({"type": ["ZENDESK_LIVECHAT"]}, "LC403"),
        ({"category": "CRM"}, "LC411"),
        ({"name": "a/b"}, "LC412"),
        ({"name": ".."}, "LC412"),
        ({"name": "a?b"}, "LC412"),
        ({"name": "v1"}, "LC413"),
        ({"name": "healthz"}, "LC413"),
        ({"name": 5}, "LC406"),
        ({"secret": ""}, "LC505"),
        ({"secret": []}, "LC506"),
        ({"secret": ["a" * 20, "b" * 20, "c" * 20]}, "LC506"),
        ({"secret": 5}, "LC507"),
        ({"secret": None}, "LC505"),
    ],
)
def test_bad_document_is_refused(change: dict[str, Any], code: str) -> None:
    settings, problems = read_integration({**GOOD, **change}, types=TYPES)
    assert settings is None
    assert [one.code for one in problems if one.severity == "error"] == [code]


def test_document_without_type_or_name() -> None:
    assert codes({"name": "a"}) == ["LC403"]
    assert codes({"type": "HELVIA_LIVECHAT"}) == ["LC408"]
    assert sorted(codes({})) == ["LC403", "LC408"]


def test_category_of_the_platform_is_accepted() -> None:
    assert codes({**GOOD, "category": "LIVECHAT", "enabled": False, "tags": ["a"], "id": "1"}) == []


def test_document_that_holds_itself_is_refused() -> None:
    document: dict[str, Any] = {**GOOD}
    document["tags"] = document
    settings, problems = read_integration(document, types=TYPES)
    assert settings is None
    assert [one.code for one in problems] == ["LC107"]


def test_references_are_left_as_they_are() -> None:
    settings, _ = read_integration({**GOOD, "appId": "${NOT_THERE}"}, types=TYPES)
    assert isinstance(settings, ZendeskSettings)
    assert settings.app_id == "${NOT_THERE}"


def test_no_problem_shows_a_secret() -> None:
    document = {
        **GOOD,
        "secret": CANARY,
        "webhookKey": f"{CANARY} ",
        "secert": CANARY,
        "baseUrl": f"http://{CANARY}/",
        "endOn": CANARY,
        "appId": [CANARY],
    }
    settings, problems = read_integration(document, types=TYPES)
    assert settings is None
    assert {"LC405", "LC406"} <= {one.code for one in problems}
    for problem in problems:
        assert CANARY not in f"{problem!r} {problem}"


def test_every_type_of_our_own_names_its_package() -> None:
    for name, package in KNOWN_TYPES.items():
        (problem,) = read_integration({"type": name, "name": "x"}, types=())[1]
        assert problem.code == "LC402"
        assert problem.suggestion == f"pip install {package}"
        assert package.startswith("livechat-sdk-")


def test_name_with_letters_of_any_language_is_fine() -> None:
    assert codes({"type": "HELVIA_LIVECHAT", "name": "Γραφείο 1 (νύχτα)"}) == []


class Retiring(DeskSettings):
    """A vendor that is about to switch something off."""

    old_token: str = ""

    def remarks(self, now: datetime) -> Iterable[Remark]:
        if self.old_token:
            yield Remark("old_token", f"tokens end on {now.year + 1}-04-30", "use OAuth")
        yield Remark("nowhere", "the whole account moves")


@pytest.mark.parametrize("spelling", ["oldToken", "old_token"])
def test_what_a_vendor_is_retiring_is_a_warning_at_its_setting(spelling: str) -> None:
    types = [IntegrationType(type="OLD", kind="crm", settings=Retiring, build=lambda *_: object())]
    settings, problems = read_integration({"type": "OLD", "name": "old", spelling: "x"}, types=types)
    assert settings is not None
    assert [(one.code, one.severity, one.path) for one in problems] == [
        ("LC613", "warning", ""),
        ("LC613", "warning", spelling),
    ]
    assert problems[1].suggestion == "use OAuth"
