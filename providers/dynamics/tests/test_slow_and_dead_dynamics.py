"""What is down, slow or wrong at Dataverse costs its own part of the answer, and no more time."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.people import EndUser
from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import override_transport
from livechat_sdk.policies import contact_source
from providers.dynamics.tests.bench import PROPERTIES, a_source, an_environment
from providers.dynamics.tests.test_over_the_simulator import ELENI, found

MAIL = ELENI["emailaddress1"]


@pytest.mark.parametrize(
    ("fault", "details", "kind"),
    [
        ("status", {"status": 503}, RetryableError),
        ("status", {"status": 500, "body": "<html>down</html>"}, RetryableError),
        ("status", {"status": 429, "retry_after": 60}, RetryableError),
        ("status", {"status": 403}, AuthError),
        ("status", {"status": 400}, RejectedError),
        ("drop_before", {}, RetryableError),
        ("drop_after", {}, RetryableError),
        ("time_out_after", {}, RetryableError),
        ("malformed", {}, ProtocolError),
        ("truncated", {}, ProviderError),
    ],
    ids=str,
)
async def test_a_look_up_that_fails_says_why(
    fault: str, details: dict[str, Any], kind: type[ProviderError]
) -> None:
    async with an_environment() as environment:
        await environment.human.add_contact(**ELENI)
        environment.dynamics.faults.script("contact", fault, times=50, **details)
        with pytest.raises(kind) as raised:
            await environment.find(email=MAIL)
        assert MAIL not in str(raised.value)


@pytest.mark.parametrize("fault", ["status", "drop_before", "time_out_after"])
async def test_one_bad_answer_is_asked_again(fault: str) -> None:
    async with an_environment() as environment:
        await environment.human.add_contact(**ELENI)
        environment.dynamics.faults.script("contact", fault)
        assert (await found(environment, email=MAIL)).name == "Eleni O'Hara"


async def test_a_refused_request_is_not_asked_again() -> None:
    async with an_environment() as environment:
        environment.dynamics.faults.script("contact", "status", status=400)
        with pytest.raises(RejectedError):
            await environment.find(email=MAIL)
        assert environment.asked("contact") == 1


async def test_who_is_told_to_wait_lets_the_next_look_ups_go_without_a_call() -> None:
    async with an_environment() as environment:
        environment.dynamics.faults.script("contact", "status", status=429, retry_after=60)
        for _ in range(3):
            with pytest.raises(RetryableError):
                await environment.find(email=MAIL)
        assert environment.asked("contact") == 1


async def test_a_token_that_has_expired_is_renewed_once() -> None:
    async with an_environment() as environment:
        await environment.human.add_contact(**ELENI)
        await found(environment, email=MAIL)
        environment.dynamics.faults.script("contact", "expire_token")
        assert (await found(environment, email=MAIL)).name == "Eleni O'Hara"
        assert environment.asked("token") == 2


@pytest.mark.parametrize(
    ("fault", "details"),
    [
        ("status", {"status": 503}),
        ("status", {"status": 403}),
        ("status", {"status": 404, "body": '{"error":{"code":"0x8006088a","message":"no segment"}}'}),
        ("malformed", {}),
        ("time_out_after", {}),
    ],
    ids=str,
)
async def test_a_contact_without_its_cases_is_told_as_one(fault: str, details: dict[str, Any]) -> None:
    async with an_environment() as environment:
        await environment.human.add_contact(**ELENI)
        environment.dynamics.faults.script("list", fault, times=50, **details)
        contact = await found(environment, email=MAIL)
    assert (contact.name, contact.cases, contact.incomplete) == ("Eleni O'Hara", (), ("cases",))


async def test_words_of_choices_that_cannot_be_read_leave_those_of_the_environment() -> None:
    async with an_environment(entityProperties=PROPERTIES) as environment:
        await environment.human.add_contact(**ELENI, new_tier=100000000)
        environment.dynamics.faults.script("fields", "status", times=50, status=503)
        contact = await found(environment, email=MAIL, language="el")
    assert {one.label: one.value for one in contact.fields}["Tier"] == "Gold"


async def test_a_wrong_address_is_not_taken_for_an_unknown_contact() -> None:
    async with an_environment() as environment:
        wrong = '{"error":{"code":"0x8006088a","message":"Resource not found for the segment"}}'
        environment.dynamics.faults.script("contact", "status", status=404, body=wrong)
        with pytest.raises(RejectedError, match="address is wrong"):
            await environment.source.livechat_get_contact("crm", "00000000-0000-0000-0000-000000000001")


class Silence(httpx.AsyncBaseTransport):
    """Takes requests, and says nothing."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_vendor_that_says_nothing_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_source, "SECONDS", 0.05)
    with override_transport(Silence()):
        async with a_source() as source:
            with pytest.raises(RetryableError, match=r"no contact within 0\.05 s"):
                await source.livechat_find_contact(EndUser(id="u", email="a@example.com"), "shop-bot")
            with pytest.raises(RetryableError, match=r"no contact within 0\.05 s"):
                await source.livechat_get_contact("crm", "00000000-0000-0000-0000-000000000001")


async def test_the_time_for_a_look_up_is_less_than_the_hooks() -> None:
    assert contact_source.SECONDS < 10
