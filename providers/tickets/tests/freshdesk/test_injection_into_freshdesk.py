"""Whatever people are called and write, Freshdesk gets text: no query, header, markup or template."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import httpx

from livechat_sdk.domain.tickets import TicketDraft
from livechat_sdk.http import override_transport
from livechat_sdk_tickets.escaping import one_line, plain
from livechat_sdk_tickets.marks import mark_of, reference_of
from providers.tickets.tests.bench import HANDOFF, INVOICE, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.freshdesk.bench import FIELDS, a_system, form_of
from providers.tickets.tests.hostile import hostile

MORE = {**FIELDS, "Note": {"field": "cf_note"}}


class Freshdesk(httpx.AsyncBaseTransport):
    """Says yes to everything, knows no ticket, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "POST":
            return httpx.Response(201, json={"id": 7, "status": 2})
        path = request.url.path
        if path.endswith("/search/tickets"):
            return httpx.Response(200, json={"total": 0, "results": []})
        return httpx.Response(200, json=[] if path.endswith("/tickets") else {"id": 7, "status": 2})


def is_text(said: str, shown: str) -> None:
    """``shown`` is HTML that says ``said`` letter by letter, and is nothing else than text."""
    assert not re.search(r"<(?!br>)|(?<!<br)>", shown)
    assert not re.search(r"\{[{%#]", html.unescape(shown))
    assert plain(said).strip() in html.unescape(shown.replace("<br>", "\n"))


def look_at(ticket: dict[str, Any], draft: TicketDraft) -> str:
    """Look at a ticket; returns how its requester is named."""
    is_text(draft.body, ticket["description"])
    assert ticket["custom_fields"]["cf_livechat_key"] == draft.key
    assert set(ticket["custom_fields"]) <= {"cf_livechat_key", "cf_note"}, "a choice takes its values only"
    (who,) = {"email", "phone", "unique_external_id"} & set(ticket)
    if who == "email":
        assert ticket["email"] == (draft.requester_email or "").strip()
        assert re.fullmatch(r"[^\s@<>]+@[A-Za-z0-9.-]+", ticket["email"])
    if who == "phone":
        assert re.fullmatch(r"\+?[0-9][0-9 ()./-]+", ticket["phone"])
    for line in (ticket["subject"], ticket.get("name", ""), ticket[who], *ticket["tags"]):
        assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029]", line)
        assert not re.search(r"\{[{%#]", line)
    assert all(len(tag) <= 32 and not re.search(r"[,\"']", tag) for tag in ticket["tags"])
    assert not re.search(r"\{[{%#]|\x00|\r", ticket["custom_fields"].get("cf_note", ""))
    return who


async def test_five_hundred_hostile_people_are_text_and_nothing_else() -> None:
    freshdesk = Freshdesk()
    named: list[str] = []
    with override_transport(freshdesk):
        async with a_system(fields=MORE) as system:
            for fields in hostile():
                draft = a_draft(**fields)
                freshdesk.requests.clear()
                await system.livechat_create_ticket(draft, HANDOFF)
                (request,) = freshdesk.requests
                assert str(request.url) == "https://acme.freshdesk.com/api/v2/tickets"
                named.append(look_at(json.loads(request.content), draft))
    assert {who: named.count(who) > 20 for who in ("email", "phone", "unique_external_id")} == {
        "email": True,
        "phone": True,
        "unique_external_id": True,
    }


async def test_in_a_form_they_are_values_of_the_same_fields() -> None:
    freshdesk = Freshdesk()
    expected = {
        *("subject", "description", "status", "priority", "source", "tags[]", "attachments[]"),
        *("custom_fields[cf_livechat_key]", "custom_fields[cf_note]"),
        *("email", "name", "phone", "unique_external_id"),
    }
    with override_transport(freshdesk):
        async with a_system(fields=MORE) as system:
            for fields in hostile(150):
                freshdesk.requests.clear()
                await system.livechat_create_ticket(a_draft(**fields, attachments=(INVOICE,)), HANDOFF)
                parts = form_of(freshdesk.requests[0])
                assert {name for name, _, _ in parts} <= expected
                (body,) = [content for name, _, content in parts if name == "description"]
                is_text(fields["body"], body.decode())


async def test_names_of_files_end_no_header() -> None:
    freshdesk = Freshdesk()
    with override_transport(freshdesk):
        async with a_system() as system:
            for fields in hostile(100):
                freshdesk.requests.clear()
                file = INVOICE.model_copy(update={"name": fields["requester_name"][:200] or "x"})
                await system.livechat_create_ticket(a_draft(attachments=(file,)), HANDOFF)
                files = [part for part in form_of(freshdesk.requests[0]) if part[0] == "attachments[]"]
                ((_, name, content),) = files
                assert content == b"%PDF"
                assert name is not None
                assert not re.search(r"[\r\n/\\]", name)


async def test_in_a_private_note_they_are_text_and_the_ticket_says_its_subject_alone() -> None:
    freshdesk = Freshdesk()
    with override_transport(freshdesk):
        async with a_system(public=None) as system:
            for fields in hostile(200):
                freshdesk.requests.clear()
                await system.livechat_create_ticket(a_draft(**fields), HANDOFF)
                ticket, note = (json.loads(one.content) for one in freshdesk.requests)
                is_text(ticket["subject"], ticket["description"])
                is_text(fields["body"], note["body"])
                assert note["private"] is True


async def test_look_ups_ask_with_our_own_keys_alone() -> None:
    freshdesk = Freshdesk()
    keys = ["h-1.ticket", "h'1\" OR status:2.ticket", "Ελένη.ticket", "h-1\\.ticket"]
    drafts = [tried(2000, repeat=True, key=key, **fields) for fields in hostile(100) for key in keys]
    with override_transport(freshdesk):
        async with a_system() as system:
            for draft in drafts:
                freshdesk.requests.clear()
                await system.livechat_create_ticket(draft, HANDOFF)
                newest, search, _ = freshdesk.requests
                assert newest.url.query == b"order_by=created_at&order_type=desc&per_page=100"
                query = search.url.params["query"]
                asked = re.fullmatch(r"\"cf_livechat_key:'([A-Za-z0-9._-]+)'\"", query)
                assert asked is not None
                assert asked[1] == reference_of(draft.key)


async def test_comments_are_text_too() -> None:
    freshdesk = Freshdesk()
    with override_transport(freshdesk):
        async with a_system() as system:
            for fields in hostile(200):
                freshdesk.requests.clear()
                await system.livechat_add_to_ticket(a_ticket("fd", "7"), a_note(body=fields["body"]))
                body = json.loads(freshdesk.requests[0].content)["body"]
                is_text(fields["body"], body)
                assert one_line(fields["body"], 10**6).split()[0] in body
                assert body.endswith(mark_of("h-1.note.1"))
