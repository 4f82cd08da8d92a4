"""Settings of the desk, and the type that the plugin offers."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from livechat_sdk import Registry
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.errors import ConfigurationError
from livechat_sdk_helvia import plugin
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.settings import AgentNames
from providers.helvia.tests.world import PASSWORD, settings


def test_the_desk_works_with_no_settings_at_all() -> None:
    built = Registry({"helvia": plugin}).build({"type": "HELVIA_LIVECHAT", "name": "desk"})
    assert isinstance(built, HelviaProvider)
    assert built.name == "desk"
    assert built.settings.accounts == ()
    assert not built.settings.demo_accounts


def test_the_type_says_what_the_desk_can_carry() -> None:
    can = HelviaProvider.capabilities
    assert can.inbound is Inbound.EMBEDDED
    assert can.send_before_join
    assert can.dedupes_by_key
    assert can.looks_up_by_key
    assert can.update
    assert can.history
    assert can.status
    assert can.closes
    assert can.typing_to_agent
    assert can.typing_to_user
    assert can.receipts_to_user
    assert not can.transfer


def test_accounts_come_in_the_platforms_spelling() -> None:
    account = {"email": " Ada@Example.ORG ", "name": "Ada", "roles": ["admin", "agent"], "password": PASSWORD}
    made = settings(accounts=[account], agentNames="FULL_NAME", demoAccounts=True)
    assert made.accounts[0].email == "ada@example.org"
    assert made.agent_names is AgentNames.FULL_NAME
    assert made.demo_accounts


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "no address"},
        {"email": "two@at@signs"},
        {"email": "a@b c"},
        {"name": ""},
        {"name": "n" * 121},
        {"roles": ["owner"]},
        {"password": "short"},
        {"surname": "Marsh"},
    ],
    ids=lambda wrong: next(iter(wrong)) + "=" + str(next(iter(wrong.values())))[:12],
)
def test_a_wrong_account_is_refused_without_showing_its_password(wrong: dict[str, Any]) -> None:
    account = {"email": "ada@example.org", "name": "Ada", "password": "canary-of-a-password"} | wrong
    with pytest.raises(ValidationError) as refused:
        settings(accounts=[account])
    assert "canary-of-a-password" not in str(refused.value)


def test_two_accounts_with_one_email_are_refused_by_name() -> None:
    account = {"email": "ada@example.org", "name": "Ada", "password": PASSWORD}
    with pytest.raises(ValidationError, match=r"ada@example\.org"):
        settings(accounts=[account, account | {"email": "ADA@example.org"}])


def test_a_key_that_nobody_knows_is_a_problem_of_the_settings() -> None:
    registry = Registry({"helvia": plugin})
    with pytest.raises(ConfigurationError) as refused:
        registry.build({"type": "HELVIA_LIVECHAT", "name": "desk", "colour": "blue"})
    assert "colour" in str(refused.value)


def test_no_password_is_shown_in_a_repr() -> None:
    account = {"email": "ada@example.org", "name": "Ada", "password": "canary-of-a-password"}
    assert "canary" not in repr(settings(accounts=[account]))
