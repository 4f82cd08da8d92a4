"""Whatever people are called and write: no encoded query, column or markup of theirs reaches ServiceNow."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.tickets import TicketDraft
from livechat_sdk.http import override_transport
from livechat_sdk_tickets.escaping import plain
from livechat_sdk_tickets.marks import mark_of
from livechat_sdk_tickets.servicenow.query import Unaskable, equal
from providers.tickets.tests.bench import HANDOFF, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.hostile import hostile
from providers.tickets.tests.servicenow.bench import EVERYTHING, RECORD, a_system

FIELDS = {**EVERYTHING["fields"], "Note": {"field": "u_note"}}
QUERIES = (
    "^ORemailISNOTEMPTY",
    "x^active=false^ORDERBYsys_id",
    "^NQuser_name=admin",
    "javascript:gs.getUserID()",
    "a@b.example^EQ",
    "[code]<script>alert(1)</script>[/code]",
    "[CODE]<iframe src=//evil.example>[/code]",
    "[[code]code]x[/code]",
    "${gs.getProperty('x')}",
)
KNOWN = {
    *("contact_type", "short_description", "description", "work_notes", "correlation_id"),
    *("correlation_display", "u_note", "u_product"),
}


class Instance(httpx.AsyncBaseTransport):
    """Says yes to everything, knows everybody, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "GET" and not request.url.path.endswith(RECORD):
            return httpx.Response(200, json={"result": []})
        status = 201 if request.method == "POST" else 200
        return httpx.Response(status, json={"result": {"sys_id": RECORD}})


def is_text(said: str, shown: str) -> None:
    """``shown`` says what was said, with no mark that a journal or a template acts on."""
    assert not re.search(r"\[/?code\]", shown, re.IGNORECASE)
    assert not re.search(r"\{[{%#]|[\x00-\x08\x0b-\x1f\x7f]", shown)
    assert plain(said).strip().replace("\u200b", "") in shown.replace("\u200b", "")


def look_at(requests: list[httpx.Request], draft: TicketDraft) -> None:
    *looks, create = requests
    for look in looks:
        assert look.url.path == "/api/now/table/sys_user"
        query = re.fullmatch(r"email=([^\^=<>]+)\^active=true", look.url.params["sysparm_query"])
        assert query is not None
        assert query[1] == (draft.requester_email or "").strip()
        assert re.fullmatch(r"[\w.%+'-]+@[A-Za-z0-9.-]+", query[1])
    assert (create.method, create.url.path) == ("POST", "/api/now/table/incident")
    columns: dict[str, Any] = json.loads(create.content)
    assert set(columns) <= KNOWN, "a name of theirs is no column"
    assert columns["correlation_id"] == draft.key
    assert "\n" not in columns["short_description"]
    is_text(draft.body, columns["work_notes"])
    is_text("", columns["description"])
    assert columns.get("u_product") in (None, "shop", "bank")


def corpus(count: int) -> list[dict[str, Any]]:
    """The common corpus, and what this vendor's queries and journals act on."""
    found = list(hostile(count))
    for number, text in enumerate(QUERIES):
        mail = f"eleni{text}@shop.example"
        found += [
            {**found[number], "requester_email": mail, "requester_name": text, "body": f"User: {text}"},
            {**found[number], "requester_email": text, "subject": text, "fields": {text: text, "Note": text}},
        ]
    return found


async def test_five_hundred_hostile_people_are_text_and_nothing_else() -> None:
    instance = Instance()
    looked = 0
    with override_transport(instance):
        async with a_system(fields=FIELDS) as system:
            for fields in corpus(500):
                draft = a_draft(**fields)
                instance.requests.clear()
                await system.livechat_create_ticket(draft, HANDOFF)
                look_at(instance.requests, draft)
                looked += len(instance.requests) - 1
    assert 20 < looked < 450, "some addresses can be asked for, and some cannot"


async def test_look_ups_ask_with_our_own_keys_alone() -> None:
    instance = Instance()
    with override_transport(instance):
        async with a_system() as system:
            for fields in hostile(100):
                instance.requests.clear()
                draft = tried(600, repeat=True, **fields)
                await system.livechat_create_ticket(draft, HANDOFF)
                assert instance.requests[0].url.params["sysparm_query"] == (
                    "correlation_id=h-1.ticket^ORDERBYsys_created_on"
                )


async def test_a_hostile_key_is_asked_for_by_a_hash_of_it() -> None:
    instance = Instance()
    with override_transport(instance):
        async with a_system() as system:
            for text in QUERIES:
                instance.requests.clear()
                assert await system.find(f"{text}.ticket") is None
                query = instance.requests[0].url.params["sysparm_query"]
                assert re.fullmatch(r"correlation_id=livechat-[0-9a-f]{40}\^ORDERBYsys_created_on", query)


async def test_comments_are_text_too() -> None:
    instance = Instance()
    with override_transport(instance):
        async with a_system() as system:
            for fields in corpus(200):
                instance.requests.clear()
                await system.livechat_add_to_ticket(a_ticket("sn", RECORD), a_note(body=fields["body"]))
                change = json.loads(instance.requests[0].content)
                assert set(change) == {"work_notes"}
                is_text(fields["body"], change["work_notes"])
                assert change["work_notes"].endswith(mark_of("h-1.note.1"))


@given(st.text(max_size=300))
def test_a_condition_has_one_value_and_is_one_condition(value: str) -> None:
    try:
        condition = equal("email", value)
    except Unaskable:
        return
    assert condition == f"email={value}"
    assert not set(value) & set("^=<>:,()\r\n\t ")
    assert value.isascii()


@pytest.mark.parametrize("column", ["", "email=x^", "Email", "a b", "x" * 200])
def test_a_column_is_a_name(column: str) -> None:
    with pytest.raises(Unaskable):
        equal(column, "x")
