"""Each adapter over a simulator of its vendor, which somebody else wrote from the same documents."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from inspect import isawaitable
from typing import Any

import pytest

from livechat_sdk.errors import AuthError, RejectedError, RetryableError
from livechat_sdk.http import override_transport
from livechat_sdk.registry import Registry
from livechat_sdk.relay.failures import failure_of
from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.discovery import find
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.capabilities import AtMostOnce
from livechat_sdk_tickets.system import TicketSystem
from providers.tickets.tests.bench import HANDOFF, INVOICE, Host, a_draft, a_note
from providers.tickets.tests.hostile import hostile

VENDORS = ("zendesk-support", "dynamics", "servicenow", "jira", "freshdesk", "salesforce")
SOLVED = {"servicenow": "Resolved", "jira": "Resolved", "freshdesk": "Resolved", "salesforce": "Closed"}
"""The vendor's word, where it is another one."""
OWN = {"freshdesk": {"keyField": "cf_handoff"}, "salesforce": {"keyField": "Handoff_Id__c"}}
"""Settings of integrations that name something of the simulated accounts."""
LOST = ("drop_after", "time_out_after", "malformed", "truncated")
"""Faults of a call that was carried out."""

EACH_VENDOR = pytest.mark.parametrize("vendor", VENDORS)


class Hurried:
    """The simulator's clock, on which whoever waits brings the time along."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """The simulator's time."""
        return self._clock.now()

    async def sleep_until(self, when: datetime) -> None:
        """Be there."""
        self._clock.advance(max((when - self._clock.now()).total_seconds(), 0.0))


class Play:
    """A ticket system, its simulator, and what came of it."""

    def __init__(self, vendor: str, settings: dict[str, Any], own: dict[str, Any]) -> None:
        self.clock = VirtualClock()
        made: Any = find(vendor).make(settings, self.clock)
        self.simulator = made
        document = {"name": "t", **self.simulator.integration("ticketing"), **OWN.get(vendor, {}), **own}
        self.system: TicketSystem[Any] = Registry({"tickets": plugin}).build(document, now=self.clock.now)

    async def subjects(self) -> list[str]:
        """The subjects of all tickets that there really are."""
        return sorted(str(ticket.subject) for ticket in await self.simulator.human.tickets())

    async def create(self, key: str, **fields: Any) -> str | None:
        """As the core does it: again, and saying so, until it is made. ``None``: it is doubtful."""
        draft = a_draft(key=key, subject=key, **fields)
        first = self.clock.now()
        for _ in range(5):
            try:
                return (await self.system.livechat_create_ticket(draft, HANDOFF)).id
            except RetryableError as error:
                if not failure_of(error).certain:
                    draft = draft.model_copy(update={"first_tried_at": draft.first_tried_at or first})
                self.clock.advance(max(error.retry_after or 0.0, 1.0))
            except RejectedError:
                assert draft.first_tried_at is not None, "it is refused, and not doubtful"
                assert self.system.at_most_once is not AtMostOnce.VENDOR, "the vendor itself makes no second"
                return None
        raise AssertionError("it is never made")


@asynccontextmanager
async def played(vendor: str, own: dict[str, Any] | None = None, /, **settings: Any) -> AsyncIterator[Play]:
    """``own``: settings of the integration; ``settings``: those of the simulator."""
    play = Play(vendor, settings, own or {})
    await play.system.start(Host())
    with override_transport(play.simulator.transport(), clock=Hurried(play.clock)):
        yield play
        await play.system.stop()


@EACH_VENDOR
async def test_a_ticket_is_made_found_commented_and_read(vendor: str) -> None:
    async with played(vendor) as play:
        draft = a_draft(attachments=(INVOICE,), priority="high", kind="question", tags=("vip",))
        made = await play.system.livechat_create_ticket(draft, HANDOFF)
        assert (made.key, made.state) in {("h-1.ticket", "new"), ("h-1.ticket", "open")}
        assert made.number
        play.clock.advance(play.system.find_lag)
        assert await play.system.find("h-1.ticket") == made
        noted = await play.system.livechat_add_to_ticket(made, a_note(body="Called <back> {{x}}"))
        assert noted is not None
        assert noted.key == made.key
        await play.simulator.human.set_state(made.id, SOLVED.get(vendor, "solved"))
        (listed,) = await play.system.livechat_list_tickets(HANDOFF)
        assert (listed.id, listed.state) == (made.id, "solved")
        assert await play.subjects() == ["Missed: invoice"]


@EACH_VENDOR
@pytest.mark.parametrize("fault", [*LOST, "drop_before", "time_out_before"])
@pytest.mark.parametrize("times", [1, 3])
async def test_whatever_happens_to_the_answers_there_is_one_ticket(
    vendor: str, fault: str, times: int
) -> None:
    async with played(vendor) as play:
        play.simulator.faults.script("create", fault, times=times)
        first = play.clock.now()
        made = await play.create("h-9.ticket")
        if made is None:
            assert fault == "time_out_before", "it was made, or nothing left, and yet it is doubtful"
            assert await play.subjects() == []
            return
        assert await play.create("h-9.ticket", first_tried_at=first) == made
        found = await play.system.find("h-9.ticket")
        assert found is not None
        assert found.id == made
        assert await play.subjects() == ["h-9.ticket"]


@EACH_VENDOR
@pytest.mark.parametrize(
    ("status", "details"), [(429, {"retry_after": 7}), (503, {"retry_after": 3}), (500, {}), (502, {})]
)
async def test_refusals_of_the_moment_pass(vendor: str, status: int, details: dict[str, Any]) -> None:
    async with played(vendor) as play:
        play.simulator.faults.script("create", "status", times=2, status=status, **details)
        made = await play.create("h-9.ticket")
        assert (made is None) <= (status >= 500), "a 429 says that nothing was done"
        assert await play.subjects() == ([] if made is None else ["h-9.ticket"])


@EACH_VENDOR
async def test_a_token_that_runs_out_is_got_anew(vendor: str) -> None:
    async with played(vendor) as play:
        await play.create("h-1.ticket")
        if vendor in {"dynamics", "salesforce"}:
            play.simulator.faults.script("create", "expire_token")
        await play.create("h-2.ticket")
        assert await play.subjects() == ["h-1.ticket", "h-2.ticket"]


async def test_an_account_that_does_not_know_keys_gets_one_ticket_all_the_same() -> None:
    async with played("zendesk-support", idempotency=False) as play:
        for fault in LOST:
            play.simulator.faults.script("create", fault)
            await play.create(f"{fault}.ticket")
        assert await play.subjects() == sorted(f"{fault}.ticket" for fault in LOST)


@EACH_VENDOR
async def test_a_long_conversation_is_there_whole(vendor: str) -> None:
    lines = [f"User: line {number} <b>&amp;" for number in range(4000)]
    async with played(vendor) as play:
        made = await play.create("h-1.ticket", body="\n".join(lines))
        assert made is not None
        log = [str(one.path) for one in play.simulator.requests]
        beside = any(re.search("uploads|annotations|[aA]ttach|ContentVersion", path) for path in log)
        (ticket,) = await play.simulator.human.tickets()
        notes = await play.simulator.human.comments(ticket.id)
        assert beside or [name for one in notes for name in one.files] == ["conversation.txt"]
        assert await play.system.read(made) is not None


@EACH_VENDOR
async def test_doctor_finds_nothing(vendor: str) -> None:
    async with played(vendor) as play:
        findings = await play.system.check()
        assert findings
        assert [one for one in findings if one.status != "ok"] == []


@pytest.mark.parametrize("fault", [*LOST, "drop_before", "time_out_before"])
async def test_a_unique_index_in_servicenow_leaves_no_doubt(fault: str) -> None:
    async with played("servicenow", {"uniqueKey": True}, unique_correlation=True) as play:
        play.simulator.faults.script("create", fault)
        made = await play.create("h-9.ticket")
        twice = await play.system.livechat_create_ticket(a_draft(key="h-9.ticket"), HANDOFF)
        assert twice.id == made, "two workers at once"
        assert await play.subjects() == ["h-9.ticket"]


@pytest.mark.parametrize(
    ("lost", "rights", "what"),
    [
        ("time_out_after", (), "there"),
        ("time_out_before", (), "made"),
        ("time_out_after", ("read sys_journal_field",), "doubtful"),
    ],
)
async def test_a_comment_of_servicenow_that_was_lost_is_there_once_or_doubtful(
    lost: str, rights: tuple[str, ...], what: str
) -> None:
    async with played("servicenow", missing_rights=rights) as play:
        made = await play.system.livechat_create_ticket(a_draft(), HANDOFF)
        play.simulator.faults.script("comment", lost)
        first = play.clock.now()
        with pytest.raises(RetryableError):
            await play.system.livechat_add_to_ticket(made, a_note())
        play.clock.advance(200)
        again = a_note(first_tried_at=first)
        if what == "doubtful":
            with pytest.raises(RejectedError, match="nobody can tell"):
                await play.system.livechat_add_to_ticket(made, again)
        else:
            await play.system.livechat_add_to_ticket(made, again)
        comments = await play.simulator.human.comments(made.id)
        assert sum("He called back" in one.text for one in comments) == 1


@pytest.mark.parametrize(("lag", "made"), [(50.0, True), (110.0, True), (900.0, False)])
async def test_a_search_of_jira_that_lags_finds_it_or_leaves_it_in_doubt(lag: float, made: bool) -> None:
    async with played("jira", search_lag=lag) as play:
        play.simulator.faults.script("create", "time_out_after")
        assert (await play.create("h-9.ticket") is not None) is made
        assert await play.subjects() == ["h-9.ticket"], "one or doubtful, and never two"


async def test_a_token_with_scopes_works_at_its_own_address() -> None:
    site = {"siteUrl": "https://acme.atlassian.example"}
    async with played("jira", site, scoped=True) as play:
        assert "/ex/jira/" in play.system.settings.base_url
        made = await play.system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)
        assert made.url == f"https://acme.atlassian.example/browse/{made.id}"


async def test_nothing_that_people_write_takes_effect_in_jira() -> None:
    async with played("jira") as play:
        for number, fields in enumerate(hostile(60)):
            # The simulator takes an escaped underscore for one that acts; Jira's notation does not.
            said = {name: value.replace("_", "-") for name, value in fields.items() if isinstance(value, str)}
            draft = a_draft(key=f"h-{number}.ticket", **said)
            made = await play.system.livechat_create_ticket(draft, HANDOFF)
            await play.system.livechat_add_to_ticket(made, a_note(body=said["body"]))
            assert not await effects(play, made.id)
            play.clock.advance(5)


async def effects(play: Play, ticket: str) -> Any:
    """The marks of wiki text that act in a request."""
    found = play.simulator.human.effects(ticket)
    return await found if isawaitable(found) else found


async def test_an_issue_of_jira_is_not_written_to_faster_than_it_takes() -> None:
    async with played("jira") as play:
        made = await play.system.livechat_create_ticket(a_draft(), HANDOFF)
        began = play.clock.now()
        for number in range(60):
            await play.system.livechat_add_to_ticket(made, a_note(key=f"n-{number}"))
        assert len(await play.simulator.human.comments(made.id)) == 61
        assert 4 <= (play.clock.now() - began).total_seconds() <= 8


@pytest.mark.parametrize("vendor", ["freshdesk", "salesforce"])
@pytest.mark.parametrize("lost", ["time_out_after", "drop_after", "time_out_before"])
async def test_a_comment_that_was_lost_is_there_once_and_its_file_too(vendor: str, lost: str) -> None:
    async with played(vendor) as play:
        made = await play.system.livechat_create_ticket(a_draft(), HANDOFF)
        play.simulator.faults.script("comment", lost)
        play.simulator.faults.script("attach", lost)
        note, first = a_note(attachments=(INVOICE,)), play.clock.now()
        for _ in range(8):
            try:
                await play.system.livechat_add_to_ticket(made, note)
                break
            except RetryableError as error:
                note = note.model_copy(update={"first_tried_at": first})
                play.clock.advance(max(error.retry_after or 0.0, 5.0))
        comments = await play.simulator.human.comments(made.id)
        (ticket,) = await play.simulator.human.tickets()
        files = [*ticket.details["files"], *(name for one in comments for name in one.files)]
        assert sum("He called back" in one.text for one in comments) == 1
        assert files == ["invoice 7.pdf"]


# ------------------------------------------------------------------------------------------------- Freshdesk
async def test_in_a_busy_freshdesk_a_lost_ticket_is_found_by_the_search_when_it_knows_it() -> None:
    async with played("freshdesk", calls_per_minute=None, creates_per_minute=None) as play:
        play.simulator.faults.script("create", "time_out_after")
        first = play.clock.now()
        with pytest.raises(RetryableError):
            await play.system.livechat_create_ticket(a_draft(), HANDOFF)
        for number in range(101):
            await play.system.livechat_create_ticket(a_draft(key=f"o-{number}.ticket"), HANDOFF)
        again = a_draft(first_tried_at=first)
        with pytest.raises(RetryableError, match="on its way") as wait:
            await play.system.livechat_create_ticket(again, HANDOFF)
        assert wait.value.retry_after is not None
        play.clock.advance(200)  # the search of this account lags by three minutes
        found = await play.system.livechat_create_ticket(again, HANDOFF)
        assert found.key == "h-1.ticket"
        assert len(await play.simulator.human.tickets()) == 102


async def test_a_freshdesk_ticket_that_was_not_made_is_doubtful_after_the_lag_and_a_person_decides() -> None:
    async with played("freshdesk") as play:
        play.simulator.faults.script("create", "time_out_before")
        first = play.clock.now()
        assert await play.create("h-9.ticket") is None
        assert 660 <= (play.clock.now() - first).total_seconds() < 700
        draft = a_draft(key="h-9.ticket", first_tried_at=first, repeat=True)
        assert (await play.system.livechat_create_ticket(draft, HANDOFF)).id
        assert len(await play.simulator.human.tickets()) == 1


async def test_the_budget_of_freshdesk_is_kept_and_refusals_cost_none_of_it() -> None:
    async with played("freshdesk", {"public": True}, calls_per_minute=5) as play:
        made, refused = 0, list[RetryableError]()
        for number in range(20):
            try:
                await play.system.livechat_create_ticket(a_draft(key=f"h-{number}.ticket"), HANDOFF)
                made += 1
            except RetryableError as error:
                refused.append(error)
        assert {error.sent for error in refused} == {False}, "it was asked although nothing was left"
        assert all(0 < (error.retry_after or 0) <= 60 for error in refused)
        assert (made, len(play.simulator.requests.of("create"))) == (5, 5)
        play.clock.advance(61)
        await play.system.livechat_create_ticket(a_draft(key="h-99.ticket"), HANDOFF)


async def test_a_note_for_which_no_call_was_left_comes_later_and_there_is_one_ticket() -> None:
    async with played("freshdesk", calls_per_minute=3) as play:
        play.simulator.budget.spend(2, play.clock.now())
        first = play.clock.now()
        with pytest.raises(RetryableError, match="was made, and lacks something") as refused:
            await play.system.livechat_create_ticket(a_draft(), HANDOFF)
        assert not failure_of(refused.value).certain
        play.clock.advance(
            61
        )  # then there are three calls: it is found, its notes are read, and one is added
        made = await play.system.livechat_create_ticket(a_draft(first_tried_at=first), HANDOFF)
        (ticket,) = await play.simulator.human.tickets()
        (note,) = await play.simulator.human.comments(ticket.id)
        assert made.id == ticket.id
        assert "User: hello" in note.text


async def test_what_others_use_of_freshdesks_budget_is_waited_for_as_it_says() -> None:
    async with played("freshdesk", calls_per_minute=50) as play:
        play.simulator.budget.spend(50, play.clock.now())
        with pytest.raises(RetryableError) as refused:
            await play.system.livechat_create_ticket(a_draft(), HANDOFF)
        assert failure_of(refused.value).certain
        wait = refused.value.retry_after or 0
        assert 0 < wait <= 60
        play.clock.advance(wait + 1)
        await play.system.livechat_create_ticket(a_draft(), HANDOFF)
        assert len(play.simulator.requests.of("create")) == 2


async def test_a_plan_without_external_ids_has_a_stand_in_for_whoever_is_unknown() -> None:
    nobody = a_draft(requester_name=None, requester_email=None)
    async with played("freshdesk", external_id_as_requester=False) as play:
        with pytest.raises(RejectedError):
            await play.system.livechat_create_ticket(nobody, HANDOFF)
    stand_in = {"requester": "chats@acme.example"}
    async with played("freshdesk", stand_in, external_id_as_requester=False) as play:
        await play.system.livechat_create_ticket(nobody, HANDOFF)
        (ticket,) = await play.simulator.human.tickets()
        assert ticket.requester == "chats@acme.example"


async def test_a_freshdesk_that_takes_smaller_files_gets_the_ticket_without_them() -> None:
    async with played("freshdesk", attachments_limit=3) as play:
        await play.system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)
        (ticket,) = await play.simulator.human.tickets()
        (note,) = await play.simulator.human.comments(ticket.id)
        assert "file invoice 7.pdf (Freshdesk did not take it)" in note.text
        assert not note.public


# ------------------------------------------------------------------------------------------------ Salesforce
async def test_a_session_of_salesforce_that_a_new_token_does_not_mend_stops() -> None:
    async with played("salesforce", session_refused=True) as play:
        with pytest.raises(AuthError, match="INVALID_SESSION_ID"):
            await play.system.livechat_create_ticket(a_draft(), HANDOFF)
        assert len(play.simulator.requests.of("token")) == 2
        assert len(play.simulator.requests) == 4


async def test_when_salesforces_day_is_used_up_nothing_is_asked_for_a_while() -> None:
    async with played("salesforce", daily_requests=100) as play:
        play.simulator.oauth.limit.spend(100, play.clock.now())
        for _ in range(10):
            with pytest.raises(RetryableError) as refused:
                await play.system.livechat_create_ticket(a_draft(), HANDOFF)
            assert 0 < (refused.value.retry_after or 0) <= 900
        assert len(play.simulator.requests) == 2, "a token, and one call"


async def test_a_key_of_salesforce_that_is_not_unique_is_found_by_doctor_and_by_the_next_case() -> None:
    async with played("salesforce", external_id="plain") as play:
        found = {one.check: one.status for one in await play.system.check()}
        assert found["keyField"] == "error"


async def test_a_salesforce_user_who_may_not_see_contacts_makes_cases_all_the_same() -> None:
    async with played("salesforce", forbidden=("read Contact",)) as play:
        made = await play.system.livechat_create_ticket(a_draft(), HANDOFF)
        assert made.number


async def test_of_several_contacts_of_salesforce_nobody_is_taken() -> None:
    async with played("salesforce") as play:
        one = await play.simulator.human.add_contact(LastName="Petrou", Email="eleni@shop.example")
        await play.system.livechat_create_ticket(a_draft(key="h-1.ticket"), HANDOFF)
        await play.simulator.human.add_contact(LastName="Petrou", Email="eleni@shop.example")
        await play.system.livechat_create_ticket(a_draft(key="h-2.ticket"), HANDOFF)
        contacts = [ticket.details.get("ContactId") for ticket in await play.simulator.human.tickets()]
        assert contacts == [one, None]


async def test_words_that_an_org_does_not_have_are_named_in_the_case() -> None:
    async with played("salesforce", {"kinds": {"question": "Puzzle"}}) as play:
        await play.system.livechat_create_ticket(a_draft(kind="question", priority="high"), HANDOFF)
        (ticket,) = await play.simulator.human.tickets()
        assert ticket.details["Priority"] == "High"
        assert "Type: Puzzle (Salesforce refused it)" in ticket.details["Description"]
