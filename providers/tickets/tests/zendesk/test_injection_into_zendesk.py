"""Whatever people are called and write, Zendesk gets text: no query, header, markup or template of theirs."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import httpx

from livechat_sdk.domain.tickets import TicketDraft
from livechat_sdk.http import override_transport
from livechat_sdk_tickets.escaping import one_line, plain
from providers.tickets.tests.bench import HANDOFF, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.hostile import hostile
from providers.tickets.tests.zendesk.bench import EVERYTHING, a_system

FIELDS = {**EVERYTHING["fields"], "Note": {"field": "360009"}}


class Zendesk(httpx.AsyncBaseTransport):
    """Says yes to everything, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "GET" and request.url.path == "/api/v2/tickets":
            return httpx.Response(200, json={"tickets": []})
        status = 201 if request.method == "POST" else 200
        return httpx.Response(status, headers={"x-idempotency-lookup": "miss"}, json={"ticket": {"id": 7}})


def is_text(said: str, shown: str) -> None:
    """``shown`` is HTML that says ``said`` letter by letter, and is nothing else than text."""
    assert not re.search(r"<(?!br>)|(?<!<br)>", shown)
    assert not re.search(r"\{[{%#]", html.unescape(shown))
    assert plain(said).strip() in html.unescape(shown.replace("<br>", "\n"))


def look_at(request: httpx.Request, draft: TicketDraft) -> None:
    assert str(request.url) == "https://acme.zendesk.com/api/v2/tickets"
    for name, value in request.headers.items():
        assert name in {
            *("host", "user-agent", "accept", "accept-encoding", "connection"),
            *("content-length", "content-type", "authorization", "idempotency-key"),
        }, value
    ticket: dict[str, Any] = json.loads(request.content)["ticket"]
    is_text(draft.body, ticket["comment"]["html_body"])
    assert ticket["external_id"] == request.headers["idempotency-key"] == draft.key
    lines = [ticket["subject"], *ticket["tags"]]
    requester = ticket.get("requester")
    if requester is not None:
        assert requester["email"] == (draft.requester_email or "").strip()
        assert re.fullmatch(r"[^\s@<>]+@[A-Za-z0-9.-]+", requester["email"])
        lines += [requester["name"], requester["email"]]
    for line in lines:
        assert line.isprintable() or not re.search(r"[\x00-\x1f\x7f\u2028\u2029]", line)
        assert not re.search(r"\{[{%#]", line)
    assert all(not re.search(r"[\s,\"']", tag) for tag in ticket["tags"])
    values = {one["id"]: one["value"] for one in ticket.get("custom_fields", ())}
    assert set(values) <= {360009}, "a choice takes its values only"
    assert not re.search(r"\{[{%#]|\x00|\r", values.get(360009, ""))


async def test_five_hundred_hostile_people_are_text_and_nothing_else() -> None:
    zendesk = Zendesk()
    seen = 0
    with override_transport(zendesk):
        async with a_system(fields=FIELDS, clientId=None) as system:
            for fields in hostile():
                draft = a_draft(**fields)
                zendesk.requests.clear()
                await system.livechat_create_ticket(draft, HANDOFF)
                (request,) = zendesk.requests
                look_at(request, draft)
                seen += "requester" in json.loads(request.content)["ticket"]
    assert 50 < seen < 450, "some of them may be requesters, and some may not"


async def test_look_ups_ask_with_our_own_keys_alone() -> None:
    zendesk = Zendesk()
    with override_transport(zendesk):
        async with a_system() as system:
            for fields in hostile(100):
                zendesk.requests.clear()
                await system.livechat_create_ticket(tried(5, **fields), HANDOFF)
                asked = [str(one.url) for one in zendesk.requests if one.method == "GET"]
                assert asked == ["https://acme.zendesk.com/api/v2/tickets?external_id=h-1.ticket"]


async def test_comments_are_text_too() -> None:
    zendesk = Zendesk()
    with override_transport(zendesk):
        async with a_system() as system:
            for fields in hostile(200):
                zendesk.requests.clear()
                await system.livechat_add_to_ticket(a_ticket("zd", "7"), a_note(body=fields["body"]))
                change = json.loads(zendesk.requests[0].content)["ticket"]
                is_text(fields["body"], change["comment"]["html_body"])
                assert one_line(fields["body"], 10**6).split()[0] in change["comment"]["html_body"]
