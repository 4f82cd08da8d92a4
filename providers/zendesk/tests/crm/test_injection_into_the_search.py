"""Whatever people are called and write, Zendesk's search gets phrases: no operator or path of theirs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.people import EndUser
from livechat_sdk.http import override_transport
from livechat_sdk_zendesk.crm.queries import phrases
from providers.zendesk.tests.crm.bench import a_source, an_account
from tests.policies.hostile_people import hostile

KEYS: dict[str, Any] = {
    "countryPrefix": "+30",
    "filterProperty": {"dataPropertyName": "loyalty", "subscriberPropertyName": "loyalty"},
}
QUERY = re.compile(r'(email|phone|loyalty):"[^"\\]*"(?: \1:"[^"\\]*")*')


class Zendesk(httpx.AsyncBaseTransport):
    """Knows nobody, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/tokens":
            return httpx.Response(201, json={"access_token": "t", "expires_in": 3600, "token_type": "bearer"})
        self.requests.append(request)
        return httpx.Response(200, json={"users": []})


def is_one_of_ours(request: httpx.Request, user: EndUser) -> None:
    assert request.method == "GET"
    assert (request.url.host, request.url.path) == ("acme.zendesk.com", "/api/v2/users/search")
    assert not request.url.fragment
    query = parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    (name, value), page = query
    assert page == ("per_page", "25")
    given = {str(one).strip() for one in (user.id, user.email, user.phone, user.attributes["loyalty"])}
    if name == "external_id":
        assert value in given
        return
    assert name == "query"
    assert QUERY.fullmatch(value), value
    assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029]", value)
    for one in re.findall(r'"([^"]*)"', value):
        assert one in given or re.fullmatch(r"\+?[0-9]+", one), "a value is asked for as it was given"
    for header in request.headers:
        assert header in {"host", "user-agent", "accept", "accept-encoding", "connection", "authorization"}


async def test_five_hundred_hostile_people_are_phrases_and_nothing_else() -> None:
    zendesk = Zendesk()
    asked = 0
    with override_transport(zendesk):
        async with a_source(**KEYS) as source:
            for number, fields in enumerate(hostile()):
                user = EndUser(id=f'u{number}" OR role:admin "', **fields)
                zendesk.requests.clear()
                assert await source.livechat_find_contact(user, "shop-bot") is None
                for request in zendesk.requests:
                    is_one_of_ours(request, user)
                asked += len(zendesk.requests)
    assert asked > 800, "most have something to look up by"


async def test_a_parser_of_the_search_finds_nobody_else_for_any_of_them() -> None:
    """The simulator reads the queries: one that was broken out of would find the admin or Maria."""
    async with an_account({"calls_per_minute": None}, **KEYS) as account:
        await account.human.add_contact(
            name="Maria P", email="maria@example.com", user_fields={"loyalty": "1"}
        )
        for number, fields in enumerate(hostile()):
            fields["attributes"] = {"loyalty": f"x{fields['attributes']['loyalty']}"}
            assert await account.find(**{**fields, "id": f'u{number}" role:admin "'}) is None
        refused = [one for one in account.zendesk.requests if one.status != 200]
    assert refused == []


@pytest.mark.parametrize(
    "value", ['a"b', 'a" OR role:admin "', "a\\", "a\nb", "a\u2028b", "“a”", " ", ""], ids=ascii
)
def test_a_value_that_would_end_its_phrase_is_not_asked_for(value: str) -> None:
    assert phrases("loyalty", [value]) is None
    assert phrases("loyalty", [value, "good"]) == 'loyalty:"good"'


@given(st.lists(st.text(max_size=30), max_size=4))
def test_no_value_can_be_more_than_a_phrase(values: list[str]) -> None:
    query = phrases("email", values)
    if query is not None:
        assert query.count('"') == 2 * query.count('email:"')
        assert QUERY.fullmatch(query)
