"""Whatever people are called and write: Salesforce is asked for that text, and nothing that the text says."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

from livechat_sdk.domain.tickets import TicketDraft
from livechat_sdk.http import override_transport
from livechat_sdk_tickets.escaping import plain
from livechat_sdk_tickets.marks import mark_of
from livechat_sdk_tickets.salesforce.soql import select
from providers.tickets.tests.bench import HANDOFF, INVOICE, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.hostile import PIECES, hostile
from providers.tickets.tests.salesforce.bench import FIELDS, a_system

MORE = {**FIELDS, "Note": {"field": "Note__c"}}
CASE = "500000000000001AAA"
ROOT = "/services/data/v63.0"
QUERY = re.compile(r"SELECT Id FROM Contact WHERE Email = '((?:[^'\\]|\\['\\])*)' LIMIT 2")


class Salesforce(httpx.AsyncBaseTransport):
    """Says yes to everything, knows nobody, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/services/oauth2/token":
            return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer"})
        self.requests.append(request)
        if path == f"{ROOT}/query":
            return httpx.Response(200, json={"done": True, "records": []})
        if request.method == "GET" and "LivechatKey__c" in path:
            return httpx.Response(404, json=[{"message": "no", "errorCode": "NOT_FOUND"}])
        if request.method == "GET":
            return httpx.Response(200, json={"Id": CASE, "CaseNumber": "1", "Status": "New"})
        return httpx.Response(201, json={"id": CASE, "success": True, "errors": []})


def asked_for(query: str) -> str:
    """The address that a query asks for, as a reader of SOQL takes it apart; fails for any other query."""
    found = QUERY.fullmatch(query)
    assert found is not None, query
    return re.sub(r"\\(['\\])", r"\1", found[1])


def look_at(content: dict[str, Any], draft: TicketDraft) -> None:
    assert plain(draft.body).strip() in content["Description"]
    for name, value in content.items():
        if isinstance(value, str) and name != "Description":
            assert not re.search(r"\{[{%#]|[\x00-\x08\r\x7f]", value)
    for name, longest in (("Subject", 255), ("SuppliedName", 80), ("SuppliedPhone", 40)):
        assert "\n" not in content.get(name, "")
        assert len(content.get(name, "")) <= longest
    assert content.get("SuppliedEmail") in (None, (draft.requester_email or "").strip())
    assert set(content) <= {
        *("Subject", "Description", "Origin", "SuppliedName", "SuppliedEmail", "SuppliedPhone", "Note__c")
    }, "a choice takes its values only"


async def test_five_hundred_hostile_people_reach_no_query_unescaped() -> None:
    salesforce = Salesforce()
    queries = 0
    with override_transport(salesforce):
        async with a_system(fields=MORE, findContacts=True) as system:
            for fields in hostile():
                draft = a_draft(**fields)
                salesforce.requests.clear()
                await system.livechat_create_ticket(draft, HANDOFF)
                for request in salesforce.requests:
                    if request.url.path == f"{ROOT}/query":
                        assert set(request.url.params) == {"q"}
                        asked = asked_for(request.url.params["q"])
                        assert asked == (draft.requester_email or "").strip()
                        queries += 1
                    elif request.method == "PATCH":
                        key = rf"{ROOT}/sobjects/Case/LivechatKey__c/[0-9a-f]{{40}}"
                        assert re.fullmatch(key, request.url.path)
                        assert not request.url.query
                        look_at(json.loads(request.content), draft)
                    else:
                        assert request.url.path == f"{ROOT}/sobjects/Case/{CASE}"
    assert queries > 100


async def test_look_ups_ask_with_hashes_of_our_own_keys() -> None:
    salesforce = Salesforce()
    with override_transport(salesforce):
        async with a_system() as system:
            for key in ("h-1.ticket", "h'1.ticket", "../Contact", "Ελένη.ticket", "a?b#c.ticket"):
                salesforce.requests.clear()
                await system.livechat_create_ticket(tried(5, key=key), HANDOFF)
                asked = salesforce.requests[0]
                assert re.fullmatch(rf"{ROOT}/sobjects/Case/LivechatKey__c/[0-9a-f]{{40}}", asked.url.path)
                assert not asked.url.query


async def test_comments_and_names_of_files_are_data() -> None:
    salesforce = Salesforce()
    with override_transport(salesforce):
        async with a_system() as system:
            for fields in hostile(100):
                salesforce.requests.clear()
                file = INVOICE.model_copy(update={"name": fields["requester_name"][:200] or "x"})
                note = a_note(body=fields["body"], attachments=(file,))
                await system.livechat_add_to_ticket(a_ticket("sf", CASE), note)
                attached, said = (json.loads(one.content) for one in salesforce.requests[:2])
                assert said["CommentBody"] == f"{plain(fields['body'])}\n\n{mark_of(note.key)}"
                assert said["IsPublished"] is False
                assert attached["FirstPublishLocationId"] == said["ParentId"] == CASE
                assert not re.search(r"[\r\n/\\]", attached["PathOnClient"])


def test_a_literal_is_one_literal_whatever_is_in_it() -> None:
    for piece in PIECES:
        for text in (piece, f"\\{piece}", f"{piece}\\", f"'{piece}\\'"):
            kept = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", "", text)
            assert asked_for(select("Id", "Contact", "Email", text, limit=2)) == kept


def test_the_reader_of_these_tests_sees_a_smuggled_condition() -> None:
    smuggled = "SELECT Id FROM Contact WHERE Email = 'x' OR Name != '' LIMIT 2"
    assert QUERY.fullmatch(smuggled) is None
    assert QUERY.fullmatch(r"SELECT Id FROM Contact WHERE Email = 'x\\' OR Name != '' LIMIT 2") is None
