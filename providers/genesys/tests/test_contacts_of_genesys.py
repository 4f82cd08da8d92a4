"""External contacts of Genesys Cloud, by the hooks about contacts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.people import SEVERAL, ContactAccount, ContactField, EndUser
from livechat_sdk.errors import AuthError, ConfigurationError, ProtocolError, RetryableError
from livechat_sdk.http import override_transport
from livechat_sdk.registry import Registry
from livechat_sdk_genesys import plugin
from livechat_sdk_genesys.crm.source import GenesysContacts
from providers.genesys.tests.bench import NOW, Answers, an_error

SOURCE = "0b0e1d8e-52c1-4a5e-9f0a-2f1f6a5a7a10"
SETTINGS: dict[str, Any] = {
    "type": "GENESYS_CRM",
    "name": "crm",
    "region": "mypurecloud.ie",
    "clientId": "client-of-tests",
    "clientSecret": "client-secret-of-tests",
}
MARIA: dict[str, Any] = {
    "id": "c-maria",
    "firstName": "Maria",
    "lastName": "Papadaki",
    "title": "Buyer",
    "workEmail": "maria@shop.example",
    "cellPhone": {"display": "+30 694 000 0001", "e164": "+306940000001", "countryCode": "GR"},
    "modifyDate": "2026-11-20T10:00:00.000Z",
    "customFields": {"tier": "gold", "visits": 7},
    "externalOrganization": {"id": "o-1", "name": "Shop Ltd", "industry": "Retail"},
}
BY_MAIL = EndUser(id="u-1", email="maria@shop.example")


def found(*contacts: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"contacts": list(contacts)})


@asynccontextmanager
async def a_source(answers: Answers, **settings: Any) -> AsyncIterator[GenesysContacts]:
    built = Registry({"genesys": plugin}).build({**SETTINGS, **settings}, now=lambda: NOW)
    assert isinstance(built, GenesysContacts)
    with override_transport(httpx.MockTransport(answers.handle), clock=answers.clock):
        try:
            yield built
        finally:
            await built.stop()
    assert not answers.undocumented, answers.undocumented


async def test_contact_is_found_by_address_with_what_the_settings_show() -> None:
    answers = Answers()
    answers.script("GET reversewhitepageslookup", found(MARIA))
    shown = [
        {"label": "Tier", "path": "customFields/tier"},
        {"label": "Visits", "path": "customFields/visits", "kind": "number"},
        {"label": "Branch", "path": "externalOrganization/industry"},
        {"label": "Nothing", "path": "customFields/nothing"},
        {"label": "No value", "path": "customFields"},
    ]
    link = "https://crm.example/contacts/{id}"
    async with a_source(answers, shownFields=shown, contactLinkTemplate=link) as source:
        contact = await source.livechat_find_contact(BY_MAIL, "shop-bot")
    assert contact is not None
    assert (contact.source, contact.id, contact.name) == ("crm", "c-maria", "Maria Papadaki")
    assert (contact.email, contact.phone) == ("maria@shop.example", "+306940000001")
    assert (contact.link, contact.found_at) == ("https://crm.example/contacts/c-maria", NOW)
    assert contact.account == ContactAccount(id="o-1", name="Shop Ltd")
    assert contact.fields == (
        ContactField(label="Tier", value="gold"),
        ContactField(label="Visits", value="7", kind="number"),
        ContactField(label="Branch", value="Retail"),
    )
    (call,) = answers.calls
    assert call.query == {"lookupVal": "maria@shop.example", "expand": "contacts.externalOrganization"}


async def test_what_genesys_finds_too_loosely_is_nobody() -> None:
    answers = Answers()
    answers.script("GET reversewhitepageslookup", found({**MARIA, "workEmail": "maria@shop.example.org"}))
    async with a_source(answers) as source:
        assert await source.livechat_find_contact(BY_MAIL, "shop-bot") is None


async def test_several_with_one_address_are_told_as_several() -> None:
    answers = Answers()
    answers.script(
        "GET reversewhitepageslookup", found(MARIA, {**MARIA, "id": "c-other", "firstName": "Eva"})
    )
    async with a_source(answers) as source:
        contact = await source.livechat_find_contact(
            BY_MAIL.model_copy(update={"name": "Eva Papadaki"}), "shop-bot"
        )
    assert contact is not None
    assert contact.id == SEVERAL
    assert [one.id for one in contact.matches] == ["c-other", "c-maria"]
    assert contact.matches[0].account == "Shop Ltd"


@pytest.mark.parametrize(
    ("phone", "settings", "asked"),
    [
        ("+30 694 000 0001", {}, ["+306940000001"]),
        ("0030 694 000 0001", {}, ["+306940000001"]),
        ("694 000 0001", {"countryPrefix": "+30"}, ["+306940000001"]),
    ],
)
async def test_number_is_looked_up_in_its_international_form(
    phone: str, settings: dict[str, Any], asked: list[str]
) -> None:
    answers = Answers()
    answers.script("GET reversewhitepageslookup", found(MARIA))
    async with a_source(answers, **settings) as source:
        contact = await source.livechat_find_contact(EndUser(id="u-1", phone=phone), "shop-bot")
    assert contact is not None
    assert contact.id == "c-maria"
    assert [call.query["lookupVal"] for call in answers.calls] == asked


async def test_id_is_looked_up_first_where_its_source_is_known() -> None:
    answers = Answers()
    answers.script("POST contacts", httpx.Response(200, json=MARIA))
    async with a_source(answers, externalSource=SOURCE) as source:
        contact = await source.livechat_find_contact(BY_MAIL, "shop-bot")
    assert contact is not None
    assert contact.id == "c-maria"
    (call,) = answers.calls
    assert call.body == {"type": "ExternalId", "value": "u-1", "externalSource": {"id": SOURCE}}


async def test_address_is_looked_up_where_nobody_has_the_id() -> None:
    answers = Answers()
    answers.script("POST contacts", an_error(404, "not.found"))
    answers.script("GET reversewhitepageslookup", found(MARIA))
    async with a_source(answers, externalSource=SOURCE) as source:
        contact = await source.livechat_find_contact(BY_MAIL, "shop-bot")
    assert contact is not None
    assert answers.names() == ["POST contacts", "GET reversewhitepageslookup"]


async def test_one_without_any_key_is_not_asked_for() -> None:
    answers = Answers()
    async with a_source(answers) as source:
        assert await source.livechat_find_contact(EndUser(id="u-1", name="Maria"), "shop-bot") is None
    assert answers.calls == []


async def test_without_the_right_nobody_is_found_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = Answers()
    answers.script("GET reversewhitepageslookup", *[an_error(403, "missing.permissions") for _ in range(3)])
    answers.script("GET c-maria", an_error(403, "missing.permissions"))
    async with a_source(answers) as source:
        with caplog.at_level(logging.WARNING, "livechat_sdk.genesys.crm"):
            assert await source.livechat_find_contact(BY_MAIL, "shop-bot") is None
            assert await source.livechat_find_contact(BY_MAIL, "shop-bot") is None
            assert await source.livechat_get_contact("crm", "c-maria") is None
        (finding,) = await source.check()
    (said,) = [one.getMessage() for one in caplog.records if one.name == "livechat_sdk.genesys.crm"]
    assert "externalContacts:contact:view" in said
    assert (finding.check, finding.status) == ("contacts", "error")


async def test_wrong_credentials_are_an_error_and_not_nobody() -> None:
    answers = Answers()
    answers.script("token", *[an_error(401, "invalid_client") for _ in range(4)])
    async with a_source(answers) as source:
        with pytest.raises(AuthError):
            await source.livechat_find_contact(BY_MAIL, "shop-bot")
        (finding,) = await source.check()
    assert (finding.check, finding.status) == ("credentials", "error")


async def test_contact_is_read_again_by_its_id() -> None:
    answers = Answers()
    answers.script("GET c-maria", httpx.Response(200, json=MARIA), an_error(404, "not.found"))
    async with a_source(answers) as source:
        contact = await source.livechat_get_contact("crm", "c-maria")
        assert contact is not None
        assert contact.name == "Maria Papadaki"
        assert await source.livechat_get_contact("crm", "c-maria") is None
        assert await source.livechat_get_contact("other", "c-maria") is None
        assert await source.livechat_get_contact("crm", "../tokens/me") is None
    assert answers.names() == ["GET c-maria", "GET c-maria"]


async def test_trouble_of_genesys_is_the_error_of_its_kind() -> None:
    answers = Answers()
    answers.script("GET reversewhitepageslookup", *[an_error(503, "service.unavailable") for _ in range(50)])
    async with a_source(answers) as source:
        with pytest.raises(RetryableError):
            await source.livechat_find_contact(BY_MAIL, "shop-bot")
    answers = Answers()
    answers.script("GET reversewhitepageslookup", httpx.Response(200, text="<html>", headers={}))
    async with a_source(answers) as source:
        with pytest.raises(ProtocolError):
            await source.livechat_find_contact(BY_MAIL, "shop-bot")


async def test_account_that_can_be_looked_at_is_fine() -> None:
    answers = Answers()
    answers.script("GET reversewhitepageslookup", found())
    async with a_source(answers) as source:
        (finding,) = await source.check()
    assert (finding.check, finding.status) == ("contacts", "ok")


@pytest.mark.parametrize(
    "wrong",
    [
        {"contactLinkTemplate": "javascript:{id}"},
        {"contactLinkTemplate": "https://crm.example/"},
        {"countryPrefix": "30"},
        {"shownFields": [{"label": "a", "path": "b"}, {"label": "a", "path": "c"}]},
        {"shownFields": [{"label": "a", "path": "b/../c"}]},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Registry({"genesys": plugin}).build({**SETTINGS, **wrong})
