"""What the adapter asks of Dataverse, and what it makes of the answers, by recordings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from livechat_sdk.domain.people import SEVERAL, Contact, ContactField, EndUser
from livechat_sdk.errors import (
    AuthError,
    ConfigurationError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
)
from livechat_sdk_testing.recordings import RecordedResponse, Recording, Recordings
from providers.dynamics.tests.bench import ANN, NOW, PROPERTIES, RECORDINGS, a_source, build

TOKEN = "token/given"


def test_recordings_agree_with_the_api_document() -> None:
    RECORDINGS.validate()


async def find(
    recordings: Recordings, *cases: str | Recording, settings: dict[str, Any] | None = None, **user: Any
) -> Any:
    with recordings.replay(TOKEN, *cases):
        async with a_source(**(settings or {})) as source:
            return await source.livechat_find_contact(EndUser(**{"id": "u-1", **user}), "shop-bot")


async def test_a_contact_is_found_by_mail_and_told_with_its_cases(recordings: Recordings) -> None:
    contact: Contact = await find(recordings, "contact/by-mail", "cases/two", email="o'hara+web@example.com")
    assert (contact.id, contact.name, contact.found_at) == (ANN, "Ann O'Hara", NOW)
    assert contact.account is not None
    assert (contact.account.name, contact.account.number) == ("Litware, Inc. (sample)", "ACC-7")
    lost, invoice = contact.cases
    assert (lost.number, lost.title, lost.status, lost.open) == (
        "CAS-01001-X1",
        "Parcel lost",
        "In Progress",
        True,
    )
    assert (invoice.status, invoice.open, invoice.priority) == ("Problem Solved", False, "Normal")
    assert lost.opened_at == datetime(2026, 11, 20, 8, tzinfo=UTC)


async def test_a_contact_is_found_by_phone_in_many_forms(recordings: Recordings) -> None:
    contact = await find(
        recordings,
        "contact/by-phone",
        "cases/none",
        settings={"countryPrefix": "+30"},
        phone="+30 210 1234567",
    )
    assert contact.id == ANN


async def test_properties_come_formatted_with_their_kinds(recordings: Recordings) -> None:
    contact = await find(
        recordings,
        "contact/by-mail-with-properties",
        "cases/none",
        "labels/own",
        settings={"entityProperties": PROPERTIES},
        email="o'hara+web@example.com",
        language="el",
    )
    assert contact.fields == (
        ContactField(label="Job title", value="Buyer"),
        ContactField(label="Tier", value="Χρυσό", kind="choice", raw="100000000"),
        ContactField(
            label="Customer since", value="01/03/2024 12:15", kind="datetime", raw="2024-03-01T10:15:00Z"
        ),
        ContactField(label="Limit", value="1.500,50", kind="number", raw="1500.5"),
        ContactField(
            label="Owner", value="Sam Weber", kind="lookup", raw="4026be43-6b69-e111-8f65-78e7d1620f5e"
        ),
        ContactField(label="Customer number", value="ACC-7"),
    )


def answering(case: str, content: Any) -> Recording:
    """A recording with another answer, unlike the documented ones."""
    recording = RECORDINGS.all[case]
    response = RecordedResponse.model_validate({"status": 200, "json": content})
    return recording.model_copy(update={"response": response})


@pytest.mark.parametrize(
    ("labels", "word"),
    [
        ("labels/shared", "Χρυσό"),
        (answering("labels/own", {"OptionSet": {"Options": [{"Value": "x"}]}}), "Gold"),
        (answering("labels/own", {"OptionSet": None}), "Gold"),
    ],
    ids=["shared", "strange", "none"],
)
async def test_words_of_choices_come_from_wherever_they_are(
    recordings: Recordings, labels: str | Recording, word: str
) -> None:
    contact = await find(
        recordings,
        "contact/by-mail-with-properties",
        "cases/none",
        labels,
        settings={"entityProperties": PROPERTIES},
        email="o'hara+web@example.com",
        language="el-GR",
    )
    assert {one.label: one.value for one in contact.fields}["Tier"] == word


async def test_several_are_several_and_none_is_read(recordings: Recordings) -> None:
    contact = await find(recordings, "contact/several", email="office@example.com", name="Bob Two")
    assert contact.id == SEVERAL
    assert [(one.name, one.account) for one in contact.matches] == [
        ("Bob Two", "Litware, Inc. (sample)"),
        ("Ann One", None),
    ]


async def test_nobody_is_nobody(recordings: Recordings) -> None:
    assert await find(recordings, "contact/nobody", email="nobody@example.com") is None


async def test_an_address_that_differs_by_an_accent_is_somebody_elses(recordings: Recordings) -> None:
    assert await find(recordings, "contact/accent", email="jose@example.com") is None


async def test_cases_that_may_not_be_read_are_named(recordings: Recordings) -> None:
    contact = await find(recordings, "contact/by-mail", "cases/forbidden", email="o'hara+web@example.com")
    assert contact.incomplete == ("cases",)


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ("contact/limit-at-once", RetryableError),
        ("contact/unavailable", RetryableError),
        ("contact/not-a-member", AuthError),
        ("contact/bad-column", RejectedError),
    ],
)
async def test_errors_are_those_of_the_family(
    recordings: Recordings, case: str, kind: type[ProviderError]
) -> None:
    with pytest.raises(kind):
        await find(recordings, case, email="a@example.com")


@pytest.mark.parametrize(
    "content", [{"value": ["x"]}, {"value": {}}, {}, {"value": [{"contactid": "x"}]}], ids=str
)
async def test_answers_unlike_the_documented_ones_find_nobody(recordings: Recordings, content: Any) -> None:
    case = answering("contact/nobody", content)
    if content.get("value") == [{"contactid": "x"}]:
        assert await find(recordings, case, email="nobody@example.com") is None
        return
    with pytest.raises(ProtocolError):
        await find(recordings, case, email="nobody@example.com")


async def test_refused_credentials_are_an_auth_error_without_the_secret(recordings: Recordings) -> None:
    with recordings.replay("token/refused"):
        async with a_source() as source:
            with pytest.raises(AuthError) as raised:
                await source.livechat_find_contact(EndUser(id="u", email="a@example.com"), "b")
    assert "secret+of" not in str(raised.value)


async def test_a_contact_is_read_by_its_id_with_all_that_is_shown(recordings: Recordings) -> None:
    with recordings.replay(TOKEN, "read/there", "cases/two"):
        async with a_source(entityProperties=PROPERTIES) as source:
            contact = await source.livechat_get_contact("crm", ANN)
    assert contact is not None
    assert (contact.name, contact.found_at) == ("Ann O'Hara", NOW)
    assert {one.label: one.value for one in contact.fields}["Tier"] == "Gold"
    assert len(contact.cases) == 2


@pytest.mark.parametrize("case", ["read/gone", "read/gone-without-code"])
async def test_a_contact_that_is_gone_is_not_there(recordings: Recordings, case: str) -> None:
    with recordings.replay(TOKEN, case, "cases/none"):
        async with a_source() as source:
            assert await source.livechat_get_contact("crm", ANN) is None


async def test_a_wrong_address_is_no_missing_contact(recordings: Recordings) -> None:
    with recordings.replay(TOKEN, "read/wrong-address", "cases/none"):
        async with a_source() as source:
            with pytest.raises(RejectedError):
                await source.livechat_get_contact("crm", ANN)


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        (["check/known", "check/contacts", "check/cases"], ["ok", "ok", "ok"]),
        (["check/known", "check/contacts-refused", "check/cases-absent"], ["ok", "error", "warning"]),
        (["check/app-blocked"], ["error"]),
    ],
    ids=str,
)
async def test_doctor_looks_at_credentials_contacts_and_cases(
    recordings: Recordings, cases: list[str], told: list[str]
) -> None:
    with recordings.replay(TOKEN, *cases):
        async with a_source() as source:
            assert [one.status for one in await source.check()] == told


# ------------------------------------------------------------------------------------------------ settings
def test_properties_as_the_platform_writes_them() -> None:
    source = build(
        entityProperties=[
            {
                "dataPropertyPath": "parentcustomerid_account.accountnumber",
                "domainPropertyName": "customerNumber",
                "displayName": "Customer number",
                "type": "TEXT",
                "value": "",
            },
            {
                "dataPropertyPath": "ownerid",
                "domainPropertyName": "owner",
                "displayName": "",
                "type": "LOOKUP",
            },
        ],
        filterProperty={"dataPropertyName": "new_loyalty", "subscriberPropertyName": "loyalty"},
        scope="https://contoso.crm4.dynamics.com/.default",
        version="9.1",
    )
    number, owner = source.settings.entity_properties
    assert (number.label, number.navigation, number.column) == (
        "Customer number",
        "parentcustomerid_account",
        "accountnumber",
    )
    assert (owner.label, owner.kind, owner.column) == ("owner", "lookup", "_ownerid_value")
    assert source.settings.api_url.endswith("/v9.1")


def test_what_the_platform_leaves_empty_is_not_set() -> None:
    empty = {"scope": "", "version": "", "filterExpression": "", "contactLinkTemplate": None}
    nothing = {"dataPropertyName": "", "subscriberPropertyName": ""}
    source = build(**empty, filterProperty=nothing)
    assert source.settings == build().settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"baseUrl": "contoso.crm4.dynamics.com"},
        {"baseUrl": "https://user@contoso.crm4.dynamics.com"},
        {"azureTenantId": "a/b"},
        {"clientSecret": None},
        {"filterExpression": "statecode eq 0) or (1 eq 1"},
        {"filterExpression": "lastname eq 'x"},
        {"filterExpression": "statecode eq 0\nor 1 eq 1"},
        {"contactLinkTemplate": "javascript:alert({id})"},
        {"contactLinkTemplate": "https://x/{fullname}"},
        {"contactLinkTemplate": "https://x/{id"},
        {"entityProperties": [{"label": "x", "path": "a/b/c"}]},
        {"entityProperties": [{"label": "x", "path": "name)&$top=1"}]},
        {"entityProperties": [{"label": "x", "path": "a"}, {"label": "x", "path": "b"}]},
        {"entityProperties": [{"label": "x", "path": "a", "kind": "money"}]},
        {"filterProperty": {"dataPropertyName": "x eq 1", "subscriberPropertyName": "id"}},
        {"emailColumns": ["a b"]},
        {"version": "v9.2/../x"},
        {"cases": 51},
        {"cacheFor": -1},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        build(**wrong)


@pytest.mark.feature("CRM-06")
def test_the_link_is_that_of_the_settings() -> None:
    source = build(contactLinkTemplate="https://crm.example.com/people/{contactId}?of={baseUrl}")
    assert source.settings.contact_link(ANN) == (
        f"https://crm.example.com/people/{ANN}?of=https://contoso.crm4.dynamics.com"
    )
