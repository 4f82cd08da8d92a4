"""ServiceNow's tickets over recordings of the Table API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import override_transport
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets.capabilities import AtMostOnce
from livechat_sdk_tickets.preparing import LoadedFile
from providers.tickets.tests.bench import HANDOFF, INVOICE, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.servicenow.bench import (
    EVERYTHING,
    KEY,
    OAUTH,
    RECORD,
    RECORDINGS,
    a_system,
    build,
)

SECOND = INVOICE.model_copy(update={"url": "livechat-file:8", "name": "b.png", "media_type": "image/png"})
TEXT = "He called back & left a <b>number</b>"
LONG = "Conversation:\n" + "\n".join(f"User: line {number} [code]<b>x</b>[/code]" for number in range(300))


def the_ticket() -> Ticket:
    return a_ticket("sn", RECORD)


def test_recordings_agree_with_the_api_document() -> None:
    assert RECORDINGS.validate() == []


# ---------------------------------------------------------------------------------------------------- create
async def test_a_record_is_made_for_the_caller_with_the_conversation_as_a_work_note(
    recordings: Recordings,
) -> None:
    with recordings.replay("contact/one", "create/made"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert (ticket.source, ticket.id, ticket.number, ticket.key) == ("sn", RECORD, "INC0010042", "h-1.ticket")
    assert (ticket.status, ticket.state) == ("New", "new")
    assert ticket.url == f"https://acme.service-now.com/nav_to.do?uri=incident.do%3Fsys_id%3D{RECORD}"
    assert ticket.created_at == datetime(2026, 11, 26, 9, 30, tzinfo=UTC), "the value, not what people see"


async def test_a_public_conversation_is_the_description(recordings: Recordings) -> None:
    with recordings.replay("contact/one", "create/public"):
        async with a_system(public=True) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_everything_that_is_known_goes_along(recordings: Recordings) -> None:
    draft = a_draft(
        priority="high",
        kind="question",
        tags=("big spender",),
        attachments=(INVOICE, SECOND),
        fields={"Product": "web SHOP", "VIP": "yes", "Orders": 3, "Colours": ["red", "Blue"]},
    )
    cases = ["contact/one", "create/made-with-everything", "attach/invoice", "attach/second"]
    with recordings.replay(*cases) as playing:
        async with a_system(**EVERYTHING) as system:
            await system.livechat_create_ticket(draft, HANDOFF)
    assert playing.calls == cases


@pytest.mark.parametrize("found", ["none", "two", "everybody"])
async def test_who_is_not_exactly_one_user_is_nobody(found: str, recordings: Recordings) -> None:
    with recordings.replay(f"contact/{found}", "create/for-nobody-known"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_nobodys_ticket_is_that_of_the_settings(recordings: Recordings) -> None:
    with recordings.replay("contact/none", "create/for-the-caller-of-the-settings"):
        async with a_system(caller="681b365ec0a80164000fb0b05854a0cd") as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_nobody_is_looked_for_where_there_is_no_column_for_callers(recordings: Recordings) -> None:
    document = {"type": "SERVICENOW_TICKETING", "name": "sn", "baseUrl": "https://acme.service-now.com"}
    made = recordings.all["create/for-nobody-known"]
    from livechat_sdk.registry import Registry
    from livechat_sdk_tickets import plugin

    credentials = {"userName": "livechat", "password": "servicenow-password-of-tests", "callerColumn": None}
    system: Any = Registry({"tickets": plugin}).build({**document, **credentials})
    with recordings.replay(made):
        await system.livechat_create_ticket(a_draft(), HANDOFF)
    await system.stop()


async def test_users_who_cannot_be_looked_for_stop_a_ticket_of_which_nothing_left(
    recordings: Recordings,
) -> None:
    with recordings.replay("contact/forbidden"), pytest.raises(AuthError) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert failed.value.sent is False


async def test_a_long_conversation_goes_along_whole_as_a_file(recordings: Recordings) -> None:
    cases = ["contact/one", "create/long", "attach/conversation"]
    with recordings.replay(*cases) as playing:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(body=LONG), HANDOFF)
    assert playing.calls == cases


@pytest.mark.parametrize("how", ["attach/too-large", "attach/type-refused"])
async def test_a_file_that_is_refused_stops_no_ticket_and_is_named(how: str, recordings: Recordings) -> None:
    with recordings.replay("contact/one", "create/made", how, "comment/lost"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)


@pytest.mark.parametrize(
    ("case", "error", "words"),
    [
        ("create/refused", RejectedError, "mandatory: Category"),
        ("create/aborted", RejectedError, "Business Rule"),
        ("create/forbidden", AuthError, "credentials refused"),
        ("create/bad", RejectedError, "Unexpected end"),
        ("create/wrong-table", RejectedError, "Invalid table"),
        ("create/unauthorized", AuthError, "credentials refused"),
        ("create/too-many", RetryableError, "Rate limit of 100"),
        ("create/unavailable", RetryableError, "hibernating"),
        ("create/asleep", RetryableError, "not JSON"),
    ],
)
async def test_failures_say_what_can_be_done_and_no_create_is_repeated_by_itself(
    case: str, error: type[ProviderError], words: str, recordings: Recordings
) -> None:
    with recordings.replay("contact/one", case) as playing, pytest.raises(error, match=words) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls == ["contact/one", case]
    assert failed.value.sent is True
    assert failed.value.retry_after == {"create/too-many": 1800}.get(case)


# ----------------------------------------------------------------------------------------- once, or in doubt
async def test_a_ticket_that_is_there_is_found_and_not_made_again(recordings: Recordings) -> None:
    with recordings.replay("find/there") as playing:
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(tried(20), HANDOFF)
    assert (playing.calls, ticket.id) == (["find/there"], RECORD)


async def test_of_several_records_with_the_key_the_oldest_counts(recordings: Recordings) -> None:
    with recordings.replay("find/two"):
        async with a_system() as system:
            found = await system.find("h-1.ticket")
    assert found is not None
    assert found.number == "INC0010042"


async def test_what_is_not_there_is_waited_for_and_then_in_doubt(recordings: Recordings) -> None:
    absent = recordings.all["find/absent"].model_copy(update={"calls": 2})
    with recordings.replay(absent):
        async with a_system() as system:
            with pytest.raises(RetryableError, match="on its way") as wait:
                await system.livechat_create_ticket(tried(20), HANDOFF)
            assert (wait.value.retry_after, wait.value.sent) == (40, False)
            with pytest.raises(RejectedError, match="may have made"):
                await system.livechat_create_ticket(tried(70), HANDOFF)


async def test_a_person_may_want_it_all_the_same(recordings: Recordings) -> None:
    with recordings.replay("find/absent", "contact/one", "create/made"):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(7200, repeat=True), HANDOFF)


async def test_a_query_that_was_not_understood_finds_nothing_and_makes_nothing(
    recordings: Recordings,
) -> None:
    with recordings.replay("find/everything"), pytest.raises(ProtocolError, match="not searched by"):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(70), HANDOFF)


async def test_a_look_up_that_fails_makes_nothing(recordings: Recordings) -> None:
    with recordings.replay("find/unavailable"), pytest.raises(RetryableError) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(tried(70), HANDOFF)
    assert failed.value.retry_after == 60


async def test_a_unique_index_makes_a_second_one_impossible(recordings: Recordings) -> None:
    there = recordings.all["find/there"]
    with recordings.replay("find/absent", "contact/one", "create/taken", there) as playing:
        async with a_system(uniqueKey=True) as system:
            assert system.at_most_once is AtMostOnce.VENDOR
            ticket = await system.livechat_create_ticket(tried(1), HANDOFF)
    assert (ticket.id, playing.calls[-1]) == (RECORD, "find/there")


async def test_a_refusal_of_something_else_is_one_with_a_unique_index_too(recordings: Recordings) -> None:
    with recordings.replay("contact/one", "create/refused", "find/absent"):
        async with a_system(uniqueKey=True) as system:
            with pytest.raises(RejectedError, match="mandatory"):
                await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_files_that_are_there_already_are_not_added_again(recordings: Recordings) -> None:
    draft = tried(70, attachments=(INVOICE, SECOND))
    with recordings.replay("find/there", "attach/list-one", "attach/second") as playing:
        async with a_system() as system:
            await system.livechat_create_ticket(draft, HANDOFF)
    assert playing.calls[-1] == "attach/second"


async def test_where_all_files_are_there_none_is_added(recordings: Recordings) -> None:
    with recordings.replay("find/there", "attach/list-both"):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(1, attachments=(INVOICE, SECOND)), HANDOFF)


async def test_a_file_that_may_be_on_its_way_is_waited_for(recordings: Recordings) -> None:
    with recordings.replay("find/there", "attach/list-empty"):
        async with a_system() as system:
            with pytest.raises(RetryableError, match="on its way") as wait:
                await system.livechat_create_ticket(tried(20, attachments=(INVOICE,)), HANDOFF)
    assert (wait.value.retry_after, wait.value.sent) == (40, True), "the ticket itself is there"


@pytest.mark.parametrize("journal", ["journal/lost-there", "journal/without"])
async def test_the_word_about_a_lost_file_is_said_once(journal: str, recordings: Recordings) -> None:
    said = () if journal == "journal/lost-there" else ("comment/lost",)
    cases = ["find/there", "attach/list-empty", "attach/too-large", journal, *said]
    with recordings.replay(*cases) as playing:
        async with a_system() as system:
            await system.livechat_create_ticket(tried(70, attachments=(INVOICE,)), HANDOFF)
    assert playing.calls == cases


# -------------------------------------------------------------------------------------------------- comments
async def test_a_comment_is_a_work_note_unless_it_is_wanted_public(recordings: Recordings) -> None:
    with recordings.replay("comment/internal", "read/there"):
        async with a_system() as system:
            ticket = await system.livechat_add_to_ticket(the_ticket(), a_note(body=TEXT))
    assert ticket is not None
    assert (ticket.status, ticket.state, ticket.key) == ("In Progress", "open", "h-1.ticket")


async def test_a_public_comment_may_have_files(recordings: Recordings) -> None:
    with recordings.replay("attach/invoice", "comment/public", "read/there"):
        async with a_system() as system:
            note = a_note(body="See the file", public=True, attachments=(INVOICE,))
            await system.livechat_add_to_ticket(the_ticket(), note)


async def test_a_long_comment_goes_along_whole_as_a_file(recordings: Recordings) -> None:
    with recordings.replay("attach/conversation", "comment/long", "read/there") as playing:
        async with a_system() as system:
            await system.livechat_add_to_ticket(the_ticket(), a_note(body=LONG))
    assert playing.calls[0] == "attach/conversation"


async def test_a_file_of_a_comment_that_is_refused_is_named_in_it(recordings: Recordings) -> None:
    with recordings.replay("attach/too-large", "comment/file-lost", "read/there"):
        async with a_system() as system:
            note = a_note(body="See the file", attachments=(INVOICE,))
            await system.livechat_add_to_ticket(the_ticket(), note)


async def test_a_comment_that_is_there_is_seen_in_the_journal(recordings: Recordings) -> None:
    with recordings.replay("journal/with-it", "read/there"):
        async with a_system() as system:
            note = a_note(body=TEXT, first_tried_at=tried(5).first_tried_at)
            await system.livechat_add_to_ticket(the_ticket(), note)


@pytest.mark.parametrize(
    ("journals", "age", "error"),
    [
        (["journal/without"], 10, RetryableError),
        (["journal/without"], 70, None),
        (["journal/none", "journal/comments"], 70, None),
        (["journal/none", "journal/no-comments"], 70, RejectedError),
        (["journal/forbidden"], 70, RejectedError),
    ],
)
async def test_a_comment_is_made_again_only_when_the_journal_shows_that_it_is_not_there(
    journals: list[str], age: float, error: type[ProviderError] | None, recordings: Recordings
) -> None:
    note = a_note(body=TEXT, first_tried_at=tried(age).first_tried_at)
    made = ("comment/internal", "read/there") if error is None else ()
    with recordings.replay(*journals, *made):
        async with a_system() as system:
            if error is None:
                await system.livechat_add_to_ticket(the_ticket(), note)
            else:
                with pytest.raises(error):
                    await system.livechat_add_to_ticket(the_ticket(), note)


@pytest.mark.parametrize(
    ("case", "error"), [("comment/closed", RejectedError), ("comment/asleep", ProtocolError)]
)
async def test_a_comment_that_was_not_taken_is_no_success(
    case: str, error: type[ProviderError], recordings: Recordings
) -> None:
    with recordings.replay(case), pytest.raises(error):
        async with a_system() as system:
            await system.livechat_add_to_ticket(the_ticket(), a_note(body=TEXT))


# ---------------------------------------------------------------------------------------------------- others
async def test_a_file_is_attached(recordings: Recordings) -> None:
    with recordings.replay("attach/invoice"):
        async with a_system() as system:
            file = LoadedFile("invoice 7.pdf", "application/pdf", b"%PDF")
            await system.attach(the_ticket(), file, key="h-1.file.1")


async def test_an_instance_that_sleeps_has_taken_no_file() -> None:
    asleep = httpx.Response(200, html="<p>Your instance is hibernating</p>")
    with override_transport(httpx.MockTransport(lambda _: asleep)), pytest.raises(ProtocolError):
        async with a_system() as system:
            await system.attach(the_ticket(), LoadedFile("a.txt", "text/plain", b"a"), key="h-1.file.1")


async def test_the_tickets_of_a_handoff_are_read_as_they_are_now(recordings: Recordings) -> None:
    with recordings.replay("find/during", "find/there"):
        async with a_system() as system:
            tickets = await system.livechat_list_tickets(HANDOFF)
    assert [(one.number, one.key, one.state) for one in tickets] == [
        ("INC0010040", "h-1.ticket.during", "pending"),
        ("INC0010042", "h-1.ticket", "new"),
    ]


async def test_a_record_that_is_hidden_or_gone_is_none(recordings: Recordings) -> None:
    with recordings.replay("read/absent"):
        async with a_system() as system:
            assert await system.read(RECORD) is None


async def test_an_address_that_is_wrong_is_no_missing_record(recordings: Recordings) -> None:
    with recordings.replay("read/wrong-address"), pytest.raises(RejectedError, match="address is wrong"):
        async with a_system() as system:
            await system.read(RECORD)


@pytest.mark.parametrize("wrong", ["", "INC0010042", "../sys_user", f"{RECORD}?x=1", RECORD.upper()])
async def test_a_record_has_a_sys_id_and_nothing_else_is_asked_for(wrong: str) -> None:
    async with a_system() as system:
        assert await system.read(wrong) is None
        with pytest.raises(RejectedError, match="sys_id"):
            await system.comment(a_ticket("sn", wrong or " "), a_note(), ())


# ----------------------------------------------------------------------------------------------- credentials
async def test_oauth_tokens_are_asked_for_as_servicenow_wants(recordings: Recordings) -> None:
    with recordings.replay("token/given", "token/find-with-it"):
        async with a_system(**OAUTH) as system:
            assert await system.find("h-1.ticket") is not None


async def test_an_api_key_goes_into_its_own_header(recordings: Recordings) -> None:
    with recordings.replay("token/find-with-a-key"):
        async with a_system(**KEY) as system:
            assert await system.find("h-1.ticket") is not None


async def test_a_client_that_is_refused_is_an_auth_error_and_nothing_left(recordings: Recordings) -> None:
    with recordings.replay("token/refused"), pytest.raises(AuthError) as failed:
        async with a_system(**OAUTH) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert failed.value.sent is False


@pytest.mark.parametrize(
    ("cases", "found", "words"),
    [
        (
            ["incidents", "users", "fields/columns", "fields/products", "fields/colours"],
            [("credentials", "ok"), ("fields", "ok")],
            "columns of incident",
        ),
        (
            ["no-incidents", "users", "fields/others", "fields/products-lacking", "fields/colours"],
            [("credentials", "ok"), *[("fields", "error")] * 4],
            "there is no column assignment_group|u_vip is a string, not a flag|u_product has no value bank",
        ),
        (
            ["incidents", "no-users", "fields/hidden"],
            [("credentials", "ok"), ("users", "warning"), ("fields", "warning")],
            "can read no columns",
        ),
        (
            ["incidents", "users-forbidden", "fields/forbidden"],
            [("credentials", "ok"), ("users", "warning"), ("fields", "warning")],
            "User Not Authorized",
        ),
        (["unauthorized"], [("credentials", "error")], "Required to provide Auth"),
        (["forbidden"], [("credentials", "error")], "ACL"),
        (["invalid-table"], [("credentials", "error")], "Invalid table"),
        (["asleep"], [("credentials", "error")], "not JSON"),
    ],
)
async def test_doctor_looks_at_credentials_users_and_every_column_that_is_named(
    cases: list[str], found: list[tuple[str, str]], words: str, recordings: Recordings
) -> None:
    with recordings.replay(*(one if "/" in one else f"check/{one}" for one in cases)):
        async with a_system(**EVERYTHING) as system:
            findings = await system.check()
    told = " ".join(one.message for one in findings)
    assert [(one.check, one.status) for one in findings] == found, told
    assert all(one in told for one in words.split("|"))


def test_nothing_of_the_secrets_is_shown() -> None:
    for more in ({}, OAUTH, KEY):
        system = build(**more)
        for shown in (system, system.settings):
            assert "of-tests" not in repr(shown)
