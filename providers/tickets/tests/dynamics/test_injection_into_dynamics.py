"""Whatever people are called and write: Dataverse is asked for that text, and nothing that the text says."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

from livechat_sdk.domain.tickets import TicketDraft
from livechat_sdk.http import override_transport
from livechat_sdk_tickets.dynamics.odata import phone_forms
from livechat_sdk_tickets.escaping import one_line, plain
from providers.tickets.tests.bench import HANDOFF, a_draft, a_note, a_ticket
from providers.tickets.tests.dynamics.bench import EVERYTHING, a_system
from providers.tickets.tests.hostile import hostile

FIELDS = {**EVERYTHING["fields"], "Note": {"field": "new_note"}}
CASE = "11111111-2222-3333-4444-555555555555"
TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z_][\w/]*)|(?P<sign>[(),])|(?P<number>\d+))"
)


class Dataverse(httpx.AsyncBaseTransport):
    """Says yes to everything, knows nobody, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.microsoftonline.com":
            return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer", "expires_in": 3600})
        self.requests.append(request)
        if request.method == "GET":
            return httpx.Response(200, json={"value": []})
        if "/incidents" in request.url.path:
            return httpx.Response(201, json={"incidentid": CASE})
        return httpx.Response(204)


def tokens(condition: str) -> list[tuple[str, str]]:
    """A condition as a reader of OData takes it apart; a quote that is not doubled ends its literal."""
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(condition):
        match = TOKEN.match(condition, place)
        assert match is not None, f"{condition!r} cannot be read from {place} on"
        assert match.lastgroup is not None
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


def asked_for(condition: str) -> set[str]:
    """The values that a condition of ours asks for; fails for any other condition."""
    *inner, last, state, equals, number = tokens(condition)
    assert (last[1], state[1], equals[1], number[1]) == ("and", "statecode", "eq", "0")
    assert inner.pop(0) == ("sign", "(")
    assert inner.pop() == ("sign", ")")
    values: set[str] = set()
    while inner:
        column, equal, value, *inner = inner
        assert column[1] in {
            *("emailaddress1", "emailaddress2", "emailaddress3", "mobilephone", "telephone1")
        }
        assert (equal, value[0]) == (("word", "eq"), "text")
        values.add(value[1][1:-1].replace("''", "'"))
        if inner:
            assert inner.pop(0) == ("word", "or")
    return values


def look_at_query(request: httpx.Request, draft: TicketDraft) -> None:
    assert request.url.path == "/api/data/v9.2/contacts"
    assert set(request.url.params) == {"$select", "$filter", "$orderby", "$top"}
    values = asked_for(request.url.params["$filter"])
    mail, phone = (draft.requester_email or "").strip(), one_line(draft.requester_phone or "", 60)
    assert values in ({mail}, set(phone_forms(phone, "+30")))


def look_at_case(content: dict[str, Any], draft: TicketDraft) -> None:
    assert plain(draft.body).strip() in content["description"]
    for name, value in content.items():
        if name.endswith("@odata.bind"):
            assert re.fullmatch(r"/(contacts|accounts)\([0-9a-f-]{36}\)", value)
        elif isinstance(value, str):
            assert not re.search(r"\{[{%#]|[\x00-\x08\r\x7f]", value)
    assert "\n" not in content["title"]
    assert set(content) <= {
        *("title", "description", "customerid_contact@odata.bind", "customerid_account@odata.bind"),
        *("caseorigincode", "emailaddress", "new_note"),
    }, "a choice takes its values only"


async def test_five_hundred_hostile_people_reach_no_query_unescaped() -> None:
    dataverse = Dataverse()
    queries = 0
    with override_transport(dataverse):
        async with a_system(fields=FIELDS, countryPrefix="+30", createContacts=True) as system:
            for fields in hostile():
                draft = a_draft(**fields)
                dataverse.requests.clear()
                await system.livechat_create_ticket(draft, HANDOFF)
                for request in dataverse.requests:
                    if request.method == "GET":
                        look_at_query(request, draft)
                        queries += 1
                    elif "/contacts" in request.url.path:
                        assert re.fullmatch(r"/api/data/v9.2/contacts\([0-9a-f-]{36}\)", request.url.path)
                        assert not request.url.query
                    else:
                        assert re.fullmatch(r"/api/data/v9.2/incidents\([0-9a-f-]{36}\)", request.url.path)
                        assert set(request.url.params) == {"$select"}
                        look_at_case(json.loads(request.content), draft)
    assert queries > 200


async def test_notes_are_text_and_their_addresses_are_ids_of_ours() -> None:
    dataverse = Dataverse()
    with override_transport(dataverse):
        async with a_system() as system:
            for fields in hostile(100):
                dataverse.requests.clear()
                note = a_note(
                    key=plain(fields["tags"][0]).replace("\n", " ")[:150].strip() or "k", body=fields["body"]
                )
                await system.comment(a_ticket("crm", CASE), note, ())
                (request,) = dataverse.requests
                assert re.fullmatch(r"/api/data/v9.2/annotations\([0-9a-f-]{36}\)", request.url.path)
                content = json.loads(request.content)
                assert content["notetext"] == plain(fields["body"])
                assert content["objectid_incident@odata.bind"] == f"/incidents({CASE})"


def test_the_reader_of_these_tests_sees_a_smuggled_condition() -> None:
    smuggled = "(emailaddress1 eq 'x' or '1' eq '1') and statecode eq 0"
    try:
        asked_for(smuggled)
    except AssertionError:
        return
    raise AssertionError("the reader sees nothing")
