"""Installed types in, ready objects out."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from livechat_sdk import ConfigurationError, Registry
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider

LONG = "a-secret-of-more-than-16-characters"


def toys() -> Registry:
    return Registry({"toy": ToyPlugin()})


def codes(error: ConfigurationError) -> list[str]:
    return [problem.code for problem in error.problems]


def test_installed_types_are_found() -> None:
    registry = Registry.discover()
    assert {"HELVIA_LIVECHAT", "CSV_CONTACTS", "LOCAL_TICKETING"} <= registry.types.keys()
    built = registry.build({"type": "HELVIA_LIVECHAT", "name": "desk"})
    assert isinstance(built, HelviaProvider)
    assert built.name == "desk"


def test_a_blocked_plugin_is_not_used() -> None:
    registry = Registry.discover(block=["helvia"])
    assert "HELVIA_LIVECHAT" not in registry.types
    assert [info.status for info in registry.found if info.name == "helvia"] == ["blocked"]


@pytest.mark.parametrize("key", ["webhookKey", "webhook_key"])
@pytest.mark.parametrize("secret", [LONG, [LONG, "an-older-secret-of-16-characters"]])
def test_settings_come_in_either_case_and_secrets_rotate(key: str, secret: Any) -> None:
    built = toys().build({"type": "TOY_LIVECHAT", "name": "toy", key: secret})
    assert isinstance(built, ToyProvider)
    keys = built.settings.webhook_key
    assert keys is not None
    assert [one.get_secret_value() for one in keys] == (secret if isinstance(secret, list) else [secret])
    assert LONG not in repr(built.settings)


def test_a_short_secret_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="livechat_sdk.registry"):
        built = toys().build({"type": "TOY_LIVECHAT", "name": "toy", "webhookKey": "short"})
    assert isinstance(built, ToyProvider)
    assert len(caplog.records) == 1
    assert "short'" not in caplog.text


def test_every_problem_is_listed_and_no_secret_is_shown() -> None:
    with pytest.raises(ConfigurationError) as found:
        toys().build({"type": "TOY_LIVECHAT", "webhookKey": {"x": LONG}, "enabld": True})
    assert len(found.value.problems) >= 3, "no name, a key that is no text, a misspelt key"
    assert LONG not in str(found.value)


def test_an_unknown_type_names_the_package_that_would_bring_it() -> None:
    with pytest.raises(ConfigurationError, match="livechat-sdk-genesys"):
        toys().build({"type": "GENESYS_LIVECHAT", "name": "g"})
    with pytest.raises(ConfigurationError, match="TOY_LIVECHAT"):
        toys().build({"type": "TOY_LIVCHAT", "name": "g"})


def test_each_dispatcher_gets_hooks_of_its_own() -> None:
    registry = toys()
    first, second = registry.hooks(), registry.hooks()
    first.unregister("toy")
    assert "toy" in second.plugins()
