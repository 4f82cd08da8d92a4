"""The kit over the recordings of the ticket systems: each call with every answer that may go wrong."""

from __future__ import annotations

import pytest

from livechat_sdk_testing.conformance.recorded import RecordedCall, check_recorded_call
from providers.tickets.tests.bench import HANDOFF, a_draft, a_note, a_ticket
from providers.tickets.tests.dynamics import bench as dynamics
from providers.tickets.tests.freshdesk import bench as freshdesk
from providers.tickets.tests.jira import bench as jira
from providers.tickets.tests.salesforce import bench as salesforce
from providers.tickets.tests.servicenow import bench as servicenow
from providers.tickets.tests.zendesk import bench as zendesk

ZENDESK_TICKET = a_ticket("zd", "35436")
NOTE = a_note(body="He called back & left a <b>number</b>")

IN_ZENDESK = [
    RecordedCall(
        "create",
        ("create/made",),
        lambda one: one.livechat_create_ticket(a_draft(), HANDOFF),
        fine=frozenset({409}),  # what two callers do at once: a thing for later, not a refusal
    ),
    RecordedCall(
        "comment",
        ("comment/internal",),
        lambda one: one.comment(ZENDESK_TICKET, NOTE, ()),
        reads=False,
        fine=frozenset({409}),
    ),
    RecordedCall("read", ("read/there",), lambda one: one.read("35436"), fine=frozenset({404, 409})),
    RecordedCall("find", ("find/there",), lambda one: one.find("h-1.ticket"), fine=frozenset({409})),
]
CASE = "12a6e2e6-c97d-5840-b121-9bffc4c76dbf"
# A create that is answered with nothing is read after: another call, which stands among the other tests.
IN_DYNAMICS = [
    RecordedCall("find", ("token/given", "find/there"), lambda one: one.find("h-1.ticket")),
    RecordedCall("read", ("token/given", "find/there"), lambda one: one.read(CASE)),
]
FRESHDESK_TICKET = a_ticket("fd", "4711")
IN_FRESHDESK = [
    RecordedCall("create", ("create/made",), lambda one: one.livechat_create_ticket(a_draft(), HANDOFF)),
    RecordedCall(
        "comment", ("comment/internal",), lambda one: one.comment(FRESHDESK_TICKET, NOTE, ()), reads=False
    ),
    RecordedCall("read", ("read/there",), lambda one: one.read("4711")),
    RecordedCall("find", ("find/newest-without", "find/not-searched"), lambda one: one.find("h-1.ticket")),
]
SALESFORCE_CASE = "500000000000001AAA"
# A create is read after: another call, which stands among the other tests.
IN_SALESFORCE = [
    RecordedCall(
        "comment",
        ("token/given", "comment/internal"),
        lambda one: one.comment(a_ticket("sf", SALESFORCE_CASE), NOTE, ()),
        reads=False,
    ),
    RecordedCall("find", ("token/given", "find/there"), lambda one: one.find("h-1.ticket")),
    RecordedCall("read", ("token/given", "read/there"), lambda one: one.read(SALESFORCE_CASE)),
]

RECORD = a_ticket("sn", servicenow.RECORD)
IN_SERVICENOW = [
    RecordedCall(
        "create",
        ("contact/one", "create/made"),
        lambda one: one.livechat_create_ticket(a_draft(), HANDOFF),
    ),
    RecordedCall("comment", ("comment/internal",), lambda one: one.comment(RECORD, NOTE, ())),
    RecordedCall("read", ("read/there",), lambda one: one.read(servicenow.RECORD), fine=frozenset({404})),
    RecordedCall("find", ("find/there",), lambda one: one.find("h-1.ticket")),
    RecordedCall("attach", ("attach/list-one",), lambda one: one._api.files_of(servicenow.RECORD)),
    RecordedCall(
        "journal",
        ("journal/with-it",),
        lambda one: one._api.entries_of(servicenow.RECORD, "work_notes"),
    ),
]

REQUEST = a_ticket("jira", jira.KEY)
IN_JIRA = [
    RecordedCall(
        "create", ("create/made",), lambda one: one._api.create(jira.CONTENT), fine=frozenset({400})
    ),
    RecordedCall("comment", ("comment/internal",), lambda one: one.comment(REQUEST, NOTE, ())),
    RecordedCall("read", ("read/there",), lambda one: one.read(jira.KEY), fine=frozenset({404})),
    RecordedCall("find", ("find/absent",), lambda one: one.find("h-1.ticket")),
    RecordedCall("comments", ("comments/with-note",), lambda one: one.has_comment(REQUEST, NOTE)),
    RecordedCall("form", ("form/full",), lambda one: one._form("25")),
]


@pytest.mark.parametrize("one", IN_ZENDESK, ids=lambda one: one.name)
async def test_of_zendesk(one: RecordedCall) -> None:
    assert await check_recorded_call(one, zendesk.RECORDINGS, zendesk.build) >= 12


@pytest.mark.parametrize("one", IN_DYNAMICS, ids=lambda one: one.name)
async def test_of_dynamics(one: RecordedCall) -> None:
    assert await check_recorded_call(one, dynamics.RECORDINGS, dynamics.build) >= 12


@pytest.mark.parametrize("one", IN_FRESHDESK, ids=lambda one: one.name)
async def test_of_freshdesk(one: RecordedCall) -> None:
    assert await check_recorded_call(one, freshdesk.RECORDINGS, freshdesk.build) >= 12


@pytest.mark.parametrize("one", IN_SERVICENOW, ids=lambda one: one.name)
async def test_of_servicenow(one: RecordedCall) -> None:
    assert await check_recorded_call(one, servicenow.RECORDINGS, servicenow.build) >= 12


@pytest.mark.parametrize("one", IN_SALESFORCE, ids=lambda one: one.name)
async def test_of_salesforce(one: RecordedCall) -> None:
    assert await check_recorded_call(one, salesforce.RECORDINGS, salesforce.build) >= 12


@pytest.mark.parametrize("one", IN_JIRA, ids=lambda one: one.name)
async def test_of_jira(one: RecordedCall) -> None:
    assert await check_recorded_call(one, jira.RECORDINGS, jira.build) >= 12
