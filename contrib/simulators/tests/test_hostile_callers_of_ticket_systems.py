"""Whatever a caller sends to Freshdesk or Salesforce is answered, and a refusal leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.freshdesk_bench import TICKET, freshdesk_bench
from contrib.simulators.tests.salesforce_bench import salesforce_bench

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(["", "ann@acme.example", "2026-11-24", "\ud800", "<b>", "' OR 1", "x" * 5000]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
OF_FRESHDESK = (
    *TICKET,
    "name",
    "type",
    "tags",
    "custom_fields",
    "cc_emails",
    "due_by",
    "group_id",
    "requester_id",
    "phone",
)
OWN = st.dictionaries(
    st.sampled_from(
        ["cf_handoff", "cf_topic", "cf_attempts", "cf_amount", "cf_consent", "cf_due", "cf_summary", "cf"]
    ),
    VALUES,
    max_size=3,
)
OF_SALESFORCE = (
    "Subject",
    "Status",
    "SuppliedEmail",
    "ContactId",
    "OwnerId",
    "Attempts__c",
    "Consent__c",
    "Due__c",
    "Comments",
    "Handoff_Id__c",
    "Contact",
    "Id",
)
SUBJECTS = "SELECT Subject FROM Case"
HEADERS = {"content-type": "application/json"}


def _changed(known: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(known) | st.text(max_size=5), VALUES | OWN, max_size=4)


async def _call_freshdesk(body: bytes, part: str, value: str) -> None:
    no_limits = dict.fromkeys(("calls_per_minute", "creates_per_minute", "updates_per_minute"))
    async with freshdesk_bench(search_lag=0, **no_limits) as freshdesk:
        made = await freshdesk.client.post("/tickets", content=body, headers=HEADERS)
        assert made.status_code in {201, 400}
        assert len(await freshdesk.human.tickets()) == (made.status_code == 201)
        number = (await freshdesk.create())["id"]
        for method, path in (
            ("PUT", f"/tickets/{number}"),
            ("POST", f"/tickets/{number}/notes"),
            ("POST", f"/tickets/{number}/reply"),
            ("POST", "/contacts"),
            ("POST", "/companies"),
        ):
            answer = await freshdesk.client.request(method, path, content=body, headers=HEADERS)
            assert answer.status_code in {200, 201, 400, 409}
        form = {part: value}
        files = [("attachments[]", (value or "a", b"x", "text/plain"))]
        answer = await freshdesk.client.put(f"/tickets/{number}", data=form, files=files)
        assert answer.status_code in {200, 400}
        for path in ("/tickets", "/search/tickets", "/contacts", "/ticket_fields"):
            assert (await freshdesk.client.get(path, params={part: value})).status_code in {200, 400}
        assert (await freshdesk.client.get("/tickets", params={"include": "description"})).status_code == 200


@settings(max_examples=50, deadline=None)
@given(
    changes=_changed(OF_FRESHDESK),
    part=st.sampled_from(
        ["status", "tags[]", "custom_fields[cf_due]", "query", "page", "email", "updated_since"]
    ),
    value=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
)
@example(changes={"subject": "\ud800"}, part="query", value='"status:2"')
@example(changes={"custom_fields": {"cf_amount": 10**400}}, part="query", value="\"created_at:>'x'\"")
def test_freshdesk_answers_whatever_it_is_sent(changes: dict[str, Any], part: str, value: str) -> None:
    asyncio.run(_call_freshdesk(json.dumps({**TICKET, **changes}).encode(), part, value))


async def _call_salesforce(body: bytes, text: str) -> None:
    async with salesforce_bench() as salesforce:
        made = await salesforce.client.post("/sobjects/Case", content=body, headers=HEADERS)
        assert made.status_code in {201, 400}
        assert len(await salesforce.human.tickets()) == (made.status_code == 201)
        case = await salesforce.make("Case", Subject="x")
        for method, path in (
            ("PATCH", f"/sobjects/Case/{case}"),
            ("PATCH", "/sobjects/Case/Handoff_Id__c/7f3c"),
            ("POST", "/sobjects/CaseComment"),
            ("POST", "/sobjects/ContentVersion"),
            ("POST", "/sobjects/Contact"),
        ):
            answer = await salesforce.client.request(method, path, content=body, headers=HEADERS)
            assert answer.status_code in {200, 201, 204, 400}
        answer = await salesforce.client.get("/query", params={"q": f"{SUBJECTS} WHERE {text}"})
        assert answer.status_code in {200, 400}
        answer = await salesforce.client.get(f"/sobjects/Case/{case}", params={"fields": text})
        assert answer.status_code in {200, 400}
        assert (await salesforce.client.get(f"/sobjects/Case/{case}")).status_code == 200
        assert all(one.status is not None and one.status < 500 for one in salesforce.salesforce.requests)


@settings(max_examples=50, deadline=None)
@given(
    changes=_changed(OF_SALESFORCE),
    text=st.lists(
        st.sampled_from(
            [
                "Subject",
                "Owner.Name",
                "IsClosed",
                "=",
                "!=",
                "LIKE",
                "IN",
                "('a')",
                "'a%'",
                "true",
                "null",
                "AND",
                "OR",
                "NOT",
                "(",
                ")",
                "7",
                "TODAY",
                "'",
                "\\",
                "2026-99-99",
                "CreatedDate",
                "Due__c",
                ">",
            ]
        )
        | st.text(max_size=3),
        max_size=8,
    ).map(" ".join),
)
@example(changes={"Subject": "\ud800"}, text="CreatedDate > 2026-99-99T00:00:00Z")
@example(changes={"Attempts__c": 10**400}, text="Due__c = 2026-02-30")
@example(changes={"SuppliedName": "\x00"}, text="Owner = null")
def test_salesforce_answers_whatever_it_is_sent(changes: dict[str, Any], text: str) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        text = "Subject = 'x'"
    asyncio.run(_call_salesforce(json.dumps(changes).encode(), text))
