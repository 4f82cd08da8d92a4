"""Whatever people are called and write, Dataverse gets literals: no condition, header or path of theirs."""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from livechat_sdk.domain.people import EndUser
from livechat_sdk.errors import ProviderError
from livechat_sdk.http import override_transport
from livechat_sdk_dynamics.odata import is_closed, literal
from providers.dynamics.tests.bench import SETTINGS, a_source, an_environment
from tests.policies.hostile_people import hostile

KEYS: dict[str, Any] = {
    "externalIdColumn": "externaluseridentifier",
    "countryPrefix": "+30",
    "filterProperty": {"dataPropertyName": "new_loyalty", "subscriberPropertyName": "loyalty"},
}
COLUMNS = (
    "(emailaddress1|emailaddress2|emailaddress3|mobilephone|telephone1|externaluseridentifier|new_loyalty)"
)
LITERAL = r"'(?:[^']|'')*'"
CONDITION = re.compile(rf"\({COLUMNS} eq {LITERAL}(?: or {COLUMNS} eq {LITERAL})*\) and \(statecode eq 0\)")


class Dataverse(httpx.AsyncBaseTransport):
    """Knows nobody, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.microsoftonline.com":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})
        self.requests.append(request)
        return httpx.Response(200, json={"value": []})


def is_one_of_ours(request: httpx.Request, user: EndUser) -> None:
    assert request.method == "GET"
    assert (request.url.host, request.url.path) == ("contoso.crm4.dynamics.com", "/api/data/v9.2/contacts")
    assert not request.url.fragment
    query = parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    assert [name for name, _ in query] == ["$select", "$expand", "$filter", "$orderby", "$top"]
    condition = dict(query)["$filter"]
    assert CONDITION.fullmatch(condition), condition
    assert condition.isprintable() or not re.search(r"[\x00-\x1f\x7f\u2028\u2029]", condition)
    given = {str(one).strip() for one in (user.id, user.email, user.phone, user.attributes["loyalty"])}
    for one in re.findall(LITERAL, condition.removesuffix(" and (statecode eq 0)")):
        text = one[1:-1].replace("''", "'")
        assert text in given or re.fullmatch(r"\+?[0-9]+", text), "a value is asked for as it was given"
    for name in request.headers:
        assert name in {
            *("host", "user-agent", "accept", "accept-encoding", "connection", "authorization"),
            *("odata-version", "odata-maxversion", "prefer", "if-none-match"),
        }


async def test_five_hundred_hostile_people_are_literals_and_nothing_else() -> None:
    dataverse = Dataverse()
    asked = 0
    with override_transport(dataverse):
        async with a_source(**KEYS) as source:
            for number, fields in enumerate(hostile()):
                user = EndUser(id=f"u'{number}) or (1 eq 1", **fields)
                dataverse.requests.clear()
                assert await source.livechat_find_contact(user, "shop-bot") is None
                for request in dataverse.requests:
                    is_one_of_ours(request, user)
                asked += len(dataverse.requests)
    assert asked > 800, "most have something to look up by"


async def test_a_parser_of_odata_finds_nobody_else_for_any_of_them() -> None:
    """The simulator reads the conditions: one that was broken out of would be refused, or find Maria."""
    async with an_environment(
        {"requests_per_window": None},
        externalIdColumn="externaluseridentifier",
        countryPrefix="+30",
        filterProperty={"dataPropertyName": "jobtitle", "subscriberPropertyName": "loyalty"},
    ) as environment:
        await environment.human.add_contact(
            firstname="Maria", lastname="P", emailaddress1="maria@example.com"
        )
        for number, fields in enumerate(hostile()):
            assert await environment.find(**{**fields, "id": f"u{number}' or '1' eq '1"}) is None
        refused = [one for one in environment.dynamics.requests if one.status != 200]
    assert refused == []


async def test_a_contact_of_that_very_name_is_found_whatever_the_name_is() -> None:
    """Quoting keeps the value: what is in the CRM under a hostile key is found by it."""
    async with an_environment(
        {"requests_per_window": None},
        filterProperty={"dataPropertyName": "jobtitle", "subscriberPropertyName": "loyalty"},
    ) as environment:
        for number in range(40):
            title = f"{number}' or jobtitle ne '{'' if number % 2 else '%27'}"
            added = await environment.human.add_contact(lastname="X", jobtitle=title)
            contact = await environment.find(attributes={"loyalty": title})
            assert contact is not None
            assert contact.id == added


@pytest.mark.parametrize("wrong", ["' or 1 eq 1", "(statecode eq 0", "a) or (b", "x eq 'it's'", "')'('"])
def test_a_condition_of_the_settings_that_is_not_closed_is_none(wrong: str) -> None:
    assert not is_closed(wrong)


@pytest.mark.parametrize("right", ["statecode eq 0", "(a eq 'x''y') and b eq ')'", "contains(x,'(')"])
def test_a_condition_of_the_settings_that_is_closed_is_one(right: str) -> None:
    assert is_closed(right)


def test_a_literal_holds_what_it_was_given_but_control_characters() -> None:
    assert literal("O'Hara\r\n\x00+&#%") == "'O''Hara+&#%'"


async def test_what_the_vendor_says_about_the_secret_is_not_repeated() -> None:
    class Echo(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(
                401, json={"error": "invalid_client", "error_description": SETTINGS["clientSecret"]}
            )

    with override_transport(Echo()):
        async with a_source() as source:
            with pytest.raises(ProviderError) as raised:
                await source.livechat_find_contact(EndUser(id="u", email="a@example.com"), "shop-bot")
            assert SETTINGS["clientSecret"] not in str(raised.value)
            assert SETTINGS["clientSecret"] not in repr(source.settings)


def test_a_literal_has_every_letter_that_can_be_printed() -> None:
    every = [chr(number) for number in range(sys.maxunicode + 1)]
    lost = {one for one in every if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}}
    assert set(every) - set(literal("".join(every))) == lost
