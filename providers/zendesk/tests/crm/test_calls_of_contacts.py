"""What is asked of Zendesk Support, and what is made of the answers, by recordings; and the settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.errors import AuthError, ConfigurationError, ProviderError, RejectedError, RetryableError
from livechat_sdk_testing.recordings import Recordings
from providers.zendesk.tests.crm.bench import FIELDS, RECORDINGS, a_source, build

TOKEN = "token/given"
API_TOKEN: dict[str, Any] = {
    "clientId": None,
    "clientSecret": None,
    "userName": "bot@acme.example",
    "token": "zendesk-token-of-tests",
}


def test_recordings_agree_with_the_api_document() -> None:
    RECORDINGS.validate()


async def find(
    recordings: Recordings, *cases: str, settings: dict[str, Any] | None = None, **user: Any
) -> Any:
    with recordings.replay(TOKEN, *cases):
        async with a_source(**(settings or {})) as source:
            return await source.livechat_find_contact(EndUser(**{"id": "u-1", **user}), "shop-bot")


async def test_a_user_is_found_by_external_id_and_told_whole(recordings: Recordings) -> None:
    contact: Contact = await find(
        recordings,
        *("contact/by-id", "organization/there", "tickets/some"),
        settings={"shownFields": FIELDS},
        id="k-77",
    )
    assert (contact.id, contact.name, contact.incomplete) == ("35436", "Ann O'Hara", ())
    assert contact.account is not None
    assert (contact.account.name, contact.account.number) == ("Litware", "ACC-7")
    assert [(one.number, one.status, one.open) for one in contact.cases] == [
        ("#8", "open", True),
        ("#7", "hold", True),
        ("#9", "solved", False),
    ]
    assert {one.label: one.value for one in contact.fields} == {
        "Tier": "gold",
        "Tags": "vip, web",
        "Plan": "gold",
        "About the company": "Old friends",
    }


async def test_a_user_is_found_by_mail_and_who_only_looks_like_it_is_not(recordings: Recordings) -> None:
    contact = await find(
        recordings,
        *("contact/no-id", "contact/by-mail", "organization/forbidden", "tickets/down"),
        email="o'hara+web@example.com",
    )
    assert contact.id == "35436"
    assert contact.incomplete == ("organization", "tickets")


async def test_a_user_is_found_by_phone_and_by_a_field_of_the_settings(recordings: Recordings) -> None:
    rest = ("organization/there", "tickets/none")
    only = {"byExternalId": False}
    contact = await find(recordings, "contact/by-phone", *rest, settings=only, phone="+30 210 1234567")
    assert contact.id == "35436"
    own = {"filterProperty": {"dataPropertyName": "loyalty", "subscriberPropertyName": "card"}}
    contact = await find(recordings, "contact/by-field", *rest, settings=own, attributes={"card": "L-7"})
    assert contact.id == "35436"


async def test_who_is_found_by_another_address_is_looked_at(recordings: Recordings) -> None:
    mine = {"byExternalId": False}
    rest = ("organization/there", "tickets/none")
    contact = await find(
        recordings,
        *("contact/by-second-mail", "contact/identities", *rest),
        settings=mine,
        email="ann@home.example",
    )
    assert contact.id == "35436"
    other = ("contact/by-second-mail", "contact/identities-of-another")
    assert await find(recordings, *other, settings=mine, email="ann@home.example") is None


async def test_who_was_deleted_is_not_there(recordings: Recordings) -> None:
    assert await find(recordings, "contact/no-id", "contact/deleted", email="gone@example.com") is None
    with recordings.replay(TOKEN, "read/deleted", "tickets/none"):
        async with a_source() as source:
            assert await source.livechat_get_contact("zd", "35436") is None


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ("contact/no-scope", AuthError),
        ("contact/too-many", RetryableError),
        ("contact/unavailable", RetryableError),
    ],
)
async def test_errors_are_those_of_the_family(
    recordings: Recordings, case: str, kind: type[ProviderError]
) -> None:
    with pytest.raises(kind):
        await find(recordings, case, email="a@example.com")


async def test_refused_credentials_are_an_auth_error_without_the_secret(recordings: Recordings) -> None:
    with recordings.replay("token/refused"):
        async with a_source() as source:
            with pytest.raises(AuthError) as raised:
                await source.livechat_find_contact(EndUser(id="u"), "b")
    assert "client-secret-of-tests" not in str(raised.value)


async def test_a_user_is_read_by_its_id(recordings: Recordings) -> None:
    with recordings.replay(TOKEN, "read/there", "organization/there", "tickets/some"):
        async with a_source() as source:
            contact = await source.livechat_get_contact("zd", "35436")
    assert contact is not None
    assert (contact.name, len(contact.cases)) == ("Ann O'Hara", 3)


async def test_a_user_that_is_gone_is_none_and_a_wrong_address_is_an_error(
    recordings: Recordings,
) -> None:
    with recordings.replay(TOKEN, "read/gone", "tickets/none"):
        async with a_source() as source:
            assert await source.livechat_get_contact("zd", "35436") is None
    with recordings.replay(TOKEN, "read/elsewhere", "tickets/none"):
        async with a_source() as source:
            with pytest.raises(RejectedError):
                await source.livechat_get_contact("zd", "35436")


@pytest.mark.parametrize(
    ("cases", "told", "settings"),
    [
        ([TOKEN, "check/agent", "check/users"], ["ok", "ok"], {}),
        ([TOKEN, "check/agent", "check/users-no-scope"], ["ok", "error"], {}),
        ([TOKEN, "check/end-user"], ["error"], {}),
        (["check/nobody"], ["error"], API_TOKEN),
        (["check/unauthorized"], ["error"], API_TOKEN),
    ],
    ids=str,
)
async def test_doctor_looks_at_credentials_and_users(
    recordings: Recordings, cases: list[str], told: list[str], settings: dict[str, Any]
) -> None:
    with recordings.replay(*cases):
        async with a_source(**settings) as source:
            assert [one.status for one in await source.check()] == told


# ------------------------------------------------------------------------------------------------ settings
@pytest.mark.parametrize(
    ("settings", "now", "said"),
    [
        ({}, datetime(2026, 1, 1, tzinfo=UTC), []),
        (
            API_TOKEN,
            datetime(2026, 9, 1, tzinfo=UTC),
            ["until 2027-04-30, and makes new ones only until 2026-10-27"],
        ),
        (
            API_TOKEN,
            datetime(2026, 11, 26, tzinfo=UTC),
            ["until 2027-04-30, and makes no new ones since 2026-10-27"],
        ),
        (API_TOKEN, datetime(2027, 4, 30, tzinfo=UTC), ["takes no API tokens any more, since 2027-04-30"]),
        (
            {"userName": "bot@acme.example", "token": "zendesk-token-of-tests"},
            datetime(2026, 9, 1, tzinfo=UTC),
            ["OAuth comes first"],
        ),
    ],
    ids=["oauth", "before", "today", "after", "both"],
)
def test_the_end_of_api_tokens_is_a_warning(settings: dict[str, Any], now: datetime, said: list[str]) -> None:
    remarks = list(build(**settings).settings.remarks(now))
    assert len(remarks) == len(said)
    for remark, words in zip(remarks, said, strict=True):
        assert words in remark.message
        assert remark.setting == "token"


@pytest.mark.parametrize(
    "wrong",
    [
        {"clientSecret": None},
        {"clientId": None, "clientSecret": None},
        {"userName": "bot@acme.example"},
        {"baseUrl": "https://acme.zendesk.com/api"},
        {"baseUrl": "ftp://acme.zendesk.com"},
        {"shownFields": [{"label": "x", "path": "../users"}]},
        {"shownFields": [{"label": "x", "path": "a/b"}]},
        {"shownFields": [{"label": "x", "path": "notes"}, {"label": "x", "path": "tags"}]},
        {"filterProperty": {"dataPropertyName": "a:b", "subscriberPropertyName": "id"}},
        {"tickets": 51},
        {"countryPrefix": "30"},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        build(**wrong)
