"""Every call of the adapter, as the vendor's API document describes it."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest

from livechat_sdk.errors import AuthError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import override_transport
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets.capabilities import AtMostOnce
from livechat_sdk_tickets.preparing import LoadedFile
from providers.tickets.tests.bench import HANDOFF, INVOICE, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.zendesk.bench import EVERYTHING, OAUTH, RECORDINGS, a_system, build

SECOND = INVOICE.model_copy(update={"url": "livechat-file:8", "name": "b.png", "media_type": "image/png"})


def test_recordings_agree_with_the_api_document() -> None:
    assert RECORDINGS.validate() == []


# ---------------------------------------------------------------------------------------------------- create
async def test_a_ticket_is_made_with_its_key_and_is_internal(recordings: Recordings) -> None:
    with recordings.replay("create/made"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert (ticket.source, ticket.id, ticket.number, ticket.key) == ("zd", "35436", "35436", "h-1.ticket")
    assert (ticket.status, ticket.state) == ("new", "new")
    assert ticket.url == "https://acme.zendesk.com/agent/tickets/35436"
    assert ticket.created_at is not None


async def test_everything_that_is_known_goes_along(recordings: Recordings) -> None:
    draft = a_draft(
        priority="high",
        kind="question",
        tags=("big spender", "livechat"),
        attachments=(INVOICE, SECOND),
        fields={"Product": "web SHOP", "VIP": "yes", "Orders": 3, "Colours": ["red", "Blue"]},
    )
    cases = ("attach/uploaded", "attach/second", "create/made-with-everything")
    with recordings.replay(*cases) as playing:
        async with a_system(**EVERYTHING) as system:
            await system.livechat_create_ticket(draft, HANDOFF)
    assert playing.calls == list(cases)


async def test_a_long_conversation_goes_along_whole_as_a_file(recordings: Recordings) -> None:
    body = "Conversation:\n" + "\n".join(f"User: line {number} <&>" for number in range(3000))
    with recordings.replay("attach/conversation", "create/other-parameters", "find/there") as playing:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(body=body), HANDOFF)
    assert playing.calls[0] == "attach/conversation"


async def test_a_file_that_zendesk_does_not_take_stops_no_ticket(
    recordings: Recordings, caplog: pytest.LogCaptureFixture
) -> None:
    with recordings.replay("attach/too-large", "create/made-without-file"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)
    assert "without its files" in caplog.text


async def test_credentials_that_may_hand_over_no_file_are_an_error(recordings: Recordings) -> None:
    with recordings.replay("attach/forbidden"), pytest.raises(AuthError, match="scopes") as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)
    assert failed.value.sent is False, "no create has left"


async def test_files_that_take_too_long_stop_no_ticket(
    recordings: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(files: object) -> None:
        if files:
            await asyncio.Event().wait()

    monkeypatch.setattr("livechat_sdk_tickets.zendesk.api._UPLOAD_SECONDS", 0.01)
    with recordings.replay("create/made-without-file"):
        async with a_system() as system:
            monkeypatch.setattr(system._api, "_upload", slow)
            await system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)


async def test_a_requester_whom_zendesk_refuses_stays_a_line_in_the_text(recordings: Recordings) -> None:
    with recordings.replay("create/suspended-requester", "create/anonymous"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert ticket.key == "h-1.ticket"


async def test_what_cannot_be_carried_is_named_in_the_text() -> None:
    from livechat_sdk_tickets.preparing import prepare

    system = build(**EVERYTHING)
    draft = a_draft(fields={"Product": "Boat", "Unknown": "x"})
    prepared = prepare(draft, system.capabilities, system.field_map)
    assert prepared.fields == {}
    assert prepared.text.endswith(
        "Could not be carried over:\n- Product: Boat (is not one of its values)\n"
        "- Unknown: x (is not in the field map)"
    )


@pytest.mark.parametrize(
    ("case", "error", "words", "sent"),
    [
        ("create/refused", RejectedError, "Order number: cannot be blank", True),
        ("create/bad", RejectedError, "Unexpected value", True),
        ("create/unauthorized", AuthError, "credentials refused", True),
        ("create/no-scope", AuthError, "tickets:write", True),
        ("create/closed-wrong-address", RejectedError, "InvalidEndpoint", True),
        ("create/conflict", RetryableError, "DatabaseConflict", True),
        ("create/unavailable", RetryableError, "DatabaseDeadlock", True),
        ("create/gateway-timeout", RetryableError, "upstream request timeout", True),
        ("create/too-many", RetryableError, "Rate limit exceeded", True),
    ],
)
async def test_failures_say_what_can_be_done_and_no_create_is_repeated_by_itself(
    case: str, error: type[ProviderError], words: str, sent: bool, recordings: Recordings
) -> None:
    with recordings.replay(case) as playing, pytest.raises(error, match=words) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls == [case]
    assert failed.value.sent is sent
    assert failed.value.operation == "create"
    assert failed.value.retry_after == {"create/unavailable": 30, "create/too-many": 56}.get(case)


async def test_an_account_on_which_the_key_does_nothing_is_told_of(
    recordings: Recordings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), recordings.replay("create/key-not-acted-on"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
            assert "does not act on the idempotency key" in caplog.text
            assert system.at_most_once is AtMostOnce.LOOK_UP


async def test_where_the_key_does_nothing_a_lost_create_is_looked_for_and_never_repeated(
    recordings: Recordings,
) -> None:
    absent = recordings.all["find/absent"].model_copy(update={"calls": 2})
    with recordings.replay("create/key-not-acted-on", absent):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
            with pytest.raises(RetryableError, match="on its way"):
                await system.livechat_create_ticket(tried(20), HANDOFF)
            with pytest.raises(RejectedError, match="may have made"):
                await system.livechat_create_ticket(tried(200), HANDOFF)


# ----------------------------------------------------------------------------------------- once, or in doubt
async def test_a_ticket_that_is_there_is_found_and_not_made_again(recordings: Recordings) -> None:
    with recordings.replay("find/there") as playing:
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(tried(20), HANDOFF)
    assert (playing.calls, ticket.id) == (["find/there"], "35436")


async def test_within_two_hours_zendesk_itself_makes_no_second_one(recordings: Recordings) -> None:
    with recordings.replay("find/absent", "create/made-again") as playing:
        async with a_system() as system:
            await system.livechat_create_ticket(tried(7000), HANDOFF)
    assert playing.calls == ["find/absent", "create/made-again"]


async def test_a_key_that_was_used_with_other_parameters_is_a_ticket_that_is_there(
    recordings: Recordings,
) -> None:
    with recordings.replay("find/absent", "create/other-parameters", "find/there"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(tried(20), HANDOFF)
    assert ticket.id == "35436"


async def test_a_used_key_without_a_ticket_is_looked_up_again(recordings: Recordings) -> None:
    absent = recordings.all["find/absent"].model_copy(update={"calls": 2})
    with recordings.replay(absent, "create/other-parameters"), pytest.raises(RetryableError, match="used"):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(20), HANDOFF)


async def test_after_two_hours_nothing_is_made_a_second_time(recordings: Recordings) -> None:
    with recordings.replay("find/absent") as playing, pytest.raises(RejectedError, match="may have made"):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(7200), HANDOFF)
    assert playing.calls == ["find/absent"]


async def test_after_two_hours_a_person_may_want_it_all_the_same(recordings: Recordings) -> None:
    with recordings.replay("find/absent", "create/made"):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(7200, repeat=True), HANDOFF)


async def test_a_look_up_that_fails_makes_nothing(recordings: Recordings) -> None:
    with recordings.replay("find/unavailable"), pytest.raises(RetryableError) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(tried(20), HANDOFF)
    assert failed.value.retry_after == 60


async def test_of_several_tickets_with_the_key_the_oldest_counts(recordings: Recordings) -> None:
    with recordings.replay("find/two"):
        async with a_system() as system:
            found = await system.find("h-1.ticket")
    assert found is not None
    assert found.id == "35436"


# ---------------------------------------------------------------------------------------------------- others
async def test_a_comment_is_internal_unless_it_is_wanted_otherwise(recordings: Recordings) -> None:
    with recordings.replay("comment/internal", "read/there"):
        async with a_system() as system:
            note = a_note(body="He called back & left a <b>number</b>")
            ticket = await system.livechat_add_to_ticket(a_ticket("zd", "35436"), note)
    assert ticket is not None
    assert (ticket.status, ticket.state) == ("pending", "pending")


async def test_a_public_comment_may_have_files(recordings: Recordings) -> None:
    with recordings.replay("attach/uploaded", "comment/public-with-file", "read/there"):
        async with a_system() as system:
            note = a_note(body="See the file", public=True, attachments=(INVOICE,))
            await system.livechat_add_to_ticket(a_ticket("zd", "35436"), note)


async def test_a_long_comment_goes_along_whole_as_a_file(recordings: Recordings) -> None:
    with recordings.replay("attach/conversation", "comment/long", "read/absent"):
        async with a_system() as system:
            note = a_note(body="word " * 10_000)
            ticket = a_ticket("zd", "35436")
            assert await system.livechat_add_to_ticket(ticket, note) == ticket


async def test_a_comment_that_may_be_there_is_looked_for_in_the_audits(recordings: Recordings) -> None:
    with recordings.replay("read/audits-1", "read/audits-2", "read/there") as playing:
        async with a_system() as system:
            note = a_note(first_tried_at=tried(5).first_tried_at)
            await system.livechat_add_to_ticket(a_ticket("zd", "35436"), note)
    assert "comment/internal" not in playing.calls


@pytest.mark.parametrize("age", [10, 70])
async def test_a_comment_that_is_not_there_is_made_when_nothing_can_be_on_its_way(
    age: float, recordings: Recordings
) -> None:
    note = a_note(body="He called back & left a <b>number</b>", first_tried_at=tried(age).first_tried_at)
    late = ("comment/internal", "read/there") if age > 60 else ()
    with recordings.replay("read/audits-without", *late):
        async with a_system() as system:
            if late:
                await system.livechat_add_to_ticket(a_ticket("zd", "35436"), note)
                return
            with pytest.raises(RetryableError, match="on its way") as wait:
                await system.livechat_add_to_ticket(a_ticket("zd", "35436"), note)
    assert (wait.value.retry_after, wait.value.sent) == (50, False)


async def test_a_comment_whose_second_try_may_be_on_its_way_is_not_made_a_third_time() -> None:
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.method)
        if request.method == "PUT":
            raise httpx.ReadTimeout("no answer")
        return httpx.Response(200, json={"audits": [], "meta": {"has_more": False}})

    note = a_note(first_tried_at=tried(70).first_tried_at)
    with override_transport(httpx.MockTransport(answer)):
        async with a_system() as system:
            with pytest.raises(RetryableError, match="no answer"):
                await system.livechat_add_to_ticket(a_ticket("zd", "35436"), note)
            with pytest.raises(RetryableError, match="on its way") as wait:
                await system.livechat_add_to_ticket(a_ticket("zd", "35436"), note)
    assert (wait.value.sent, wait.value.retry_after) == (False, 60)
    assert calls == ["GET", "PUT", "GET"]


async def test_a_closed_ticket_takes_no_comment(recordings: Recordings) -> None:
    note = a_note(body="He called back & left a <b>number</b>")
    with recordings.replay("comment/closed"), pytest.raises(RejectedError, match="closed prevents"):
        async with a_system() as system:
            await system.livechat_add_to_ticket(a_ticket("zd", "35436"), note)


async def test_tickets_of_others_are_left_alone() -> None:
    assert await build().livechat_add_to_ticket(a_ticket("other", "1"), a_note()) is None


async def test_a_file_is_attached_where_only_the_team_sees_it(recordings: Recordings) -> None:
    with recordings.replay("attach/uploaded", "attach/internal"):
        async with a_system() as system:
            file = LoadedFile("invoice 7.pdf", "application/pdf", b"%PDF")
            await system.attach(a_ticket("zd", "35436"), file, key="h-1.file.1")


async def test_a_file_that_zendesk_refuses_is_an_error_of_its_own(recordings: Recordings) -> None:
    file = LoadedFile("invoice 7.pdf", "application/pdf", b"%PDF")
    with recordings.replay("attach/too-large"), pytest.raises(RejectedError, match="AttachmentTooLarge"):
        async with a_system() as system:
            await system.attach(a_ticket("zd", "35436"), file, key="h-1.file.1")


async def test_the_tickets_of_a_handoff_are_read_as_they_are_now(recordings: Recordings) -> None:
    with recordings.replay("find/during", "find/there"):
        async with a_system() as system:
            tickets = await system.livechat_list_tickets(HANDOFF)
    assert [(one.id, one.key, one.state) for one in tickets] == [
        ("35430", "h-1.ticket.during", "pending"),
        ("35436", "h-1.ticket", "new"),
    ]


@pytest.mark.parametrize("wrong", ["", "7/../users", "1?x=y", "٣", "-1"])
async def test_a_ticket_has_a_number_and_nothing_else_is_asked_for(wrong: str) -> None:
    async with a_system() as system:
        assert await system.read(wrong) is None
        with pytest.raises(RejectedError, match="numbers"):
            await system.comment(a_ticket("zd", wrong or " "), a_note(), ())


# ----------------------------------------------------------------------------------------------- credentials
async def test_oauth_tokens_are_asked_for_as_zendesk_wants(recordings: Recordings) -> None:
    with recordings.replay("token/given", "token/create-with-it"):
        async with a_system(**OAUTH) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_a_client_that_is_refused_is_an_auth_error_and_nothing_left(recordings: Recordings) -> None:
    with recordings.replay("token/refused"), pytest.raises(AuthError, match="credentials refused") as failed:
        async with a_system(**OAUTH) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert failed.value.sent is False


@pytest.mark.parametrize(
    ("cases", "found"),
    [
        (["check/agent", "fields/page-1", "fields/page-2"], [("credentials", "ok"), ("fields", "ok")]),
        (["check/agent", "fields/others"], [("credentials", "ok"), *[("fields", "error")] * 4]),
        (["check/agent", "fields/forbidden"], [("credentials", "ok"), ("fields", "warning")]),
        (["check/nobody"], [("credentials", "error")]),
        (["check/end-user"], [("credentials", "error")]),
        (["check/unauthorized"], [("credentials", "error")]),
        (["check/down"], [("credentials", "error")]),
    ],
)
async def test_doctor_looks_at_credentials_and_at_the_field_map(
    cases: list[str], found: list[tuple[str, str]], recordings: Recordings
) -> None:
    with recordings.replay(*cases):
        async with a_system(**EVERYTHING) as system:
            findings = await system.check()
    assert [(one.check, one.status) for one in findings] == found
    if "fields/others" in cases:
        told = " ".join(one.message for one in findings)
        assert "has no value bank" in told
        assert "switched off" in told
        assert "is a text, not a integer" in told
        assert "has no field 360004" in told


@pytest.mark.feature("TK-04")
def test_nothing_of_the_secrets_is_shown() -> None:
    shown: list[Any] = [build(), build(**OAUTH), build().settings, build(**OAUTH).settings]
    for one in shown:
        assert "of-tests" not in repr(one)


def test_two_hours_are_two_hours_less_what_clocks_may_differ() -> None:
    window = build().capabilities.vendor_window
    assert window is not None
    assert timedelta(hours=1, minutes=50) < timedelta(seconds=window) < timedelta(hours=2)
