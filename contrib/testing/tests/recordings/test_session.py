from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic.alias_generators import to_camel

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.errors import UnsupportedFeature
from livechat_sdk.provider.settings import Secret
from livechat_sdk.registry import Registry
from livechat_sdk_testing.recordings.account import hosts_of, secrets_of
from livechat_sdk_testing.recordings.session import OPERATIONS, everything, plan
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider


def a_provider(**capabilities: object) -> ToyProvider:
    declared = Capabilities.model_validate({"inbound": Inbound.POLL, **capabilities})
    plugin = ToyPlugin(capabilities=declared)
    provider = Registry({"toy": plugin}).build({"type": "TOY_LIVECHAT", "name": "toy"})
    assert isinstance(provider, ToyProvider)
    return provider


def names(provider: ToyProvider, *operations: str) -> list[str]:
    return [name for name, _ in plan(provider, operations)]


def test_reading_opens_no_chat() -> None:
    assert names(a_provider(availability=True), "availability", "check") == ["check", "availability"]


def test_whatever_needs_a_chat_opens_one_and_closes_it() -> None:
    assert names(a_provider(status=True), "status") == ["open", "status", "close"]
    assert names(a_provider(status=True, closes=False), "status") == ["open", "status"]
    assert names(a_provider(looks_up_by_key=True), "look_up") == ["open", "send", "look_up", "close"]


def test_receipt_needs_a_message_of_an_agent() -> None:
    provider = a_provider(receipts_to_agent=True, history=True)
    assert names(provider, "receipt") == ["open", "history", "receipt", "close"]


def test_only_what_is_declared_can_be_recorded() -> None:
    assert everything(a_provider()) == ["check", "open", "send", "close"]
    assert everything(a_provider(inbound=Inbound.EMBEDDED)) == []
    with pytest.raises(UnsupportedFeature, match="history"):
        plan(a_provider(), ["history"])
    assert set(everything(a_provider())) < set(OPERATIONS)


class Account(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    type: str = "ACME_LIVECHAT"
    base_url: str = "https://Corp.acme.example/api"
    auth_url: str = "https://login.acme.example"
    app_id: str = "app_123"
    org_id: str = "7"
    secret: Secret = (SecretStr("first-secret"), SecretStr("second-secret"))
    token: SecretStr = SecretStr("a-token")
    colour: str = "green"


def test_secrets_and_ids_of_an_account_are_found_by_the_names_of_the_settings() -> None:
    found = {name: value.get_secret_value() for name, value in secrets_of(Account()).items()}
    assert found == {
        "appId": "app_123",
        "secret[0]": "first-secret",
        "secret[1]": "second-secret",
        "token": "a-token",
    }


def test_hosts_of_an_account_get_names_that_tell_nothing() -> None:
    assert hosts_of(Account()) == {
        "corp.acme.example": "acme.example",
        "login.acme.example": "acme-2.example",
    }
