"""Jira's tickets over recordings of Jira Service Management's API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets.preparing import LoadedFile
from providers.tickets.tests.bench import HANDOFF, INVOICE, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.jira.bench import EVERYTHING, KEY, RECORDINGS, SCOPED, a_system, build

SECOND = INVOICE.model_copy(update={"url": "livechat-file:8", "name": "b.png", "media_type": "image/png"})
TEXT = "He called back & left a <b>number</b>"
LONG = "Conversation:\n" + "\n".join(f"User: line {number} *bold* {{code}}" for number in range(1500))
BEFORE = ("form/full", "contact/one")


def the_ticket() -> Ticket:
    return a_ticket("jira", KEY)


def test_recordings_agree_with_the_api_document() -> None:
    assert RECORDINGS.validate() == []


# ---------------------------------------------------------------------------------------------------- create
async def test_a_request_is_made_for_the_customer_and_the_conversation_is_an_internal_comment(
    recordings: Recordings,
) -> None:
    cases = [*BEFORE, "create/made", "comment/conversation"]
    with recordings.replay(*cases) as playing:
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls == cases
    assert (ticket.source, ticket.id, ticket.number, ticket.key) == ("jira", KEY, KEY, "h-1.ticket")
    assert (ticket.status, ticket.state, ticket.subject) == ("Waiting for support", "open", "Missed: invoice")
    assert ticket.url == "https://acme.atlassian.net/browse/ITH-42"
    assert ticket.created_at == datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


async def test_the_form_is_read_once_in_a_while_and_not_for_each_request(recordings: Recordings) -> None:
    twice = [recordings.all[name].model_copy(update={"calls": 2}) for name in ("contact/one", "create/made")]
    said = recordings.all["comment/conversation"].model_copy(update={"calls": 2})
    with recordings.replay("form/full", *twice, said):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_a_public_conversation_is_the_description_and_no_comment(recordings: Recordings) -> None:
    with recordings.replay(*BEFORE, "create/public"):
        async with a_system(public=True) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_the_files_of_a_public_conversation_are_internal_all_the_same(recordings: Recordings) -> None:
    with recordings.replay(*BEFORE, "create/public", "attach/uploaded", "attach/only-files"):
        async with a_system(public=True) as system:
            await system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)


async def test_files_are_in_the_comment_with_the_conversation(recordings: Recordings) -> None:
    with recordings.replay(*BEFORE, "create/made", "attach/uploaded", "attach/conversation"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)


async def test_everything_that_is_known_goes_along_in_one_comment(recordings: Recordings) -> None:
    draft = a_draft(
        priority="high",
        kind="incident",
        tags=("big spender", "livechat"),
        attachments=(INVOICE, SECOND),
        fields={
            "Product": "web SHOP",
            "Orders": 3,
            "Colours": ["red", "Blue"],
            "Story": "*big*\nstory",
            "Line": "*one*\nline",
        },
    )
    files = ("attach/uploaded", "attach/uploaded-second", "attach/both")
    cases = ["form/incident", "contact/one", "create/made-with-everything", *files]
    with recordings.replay(*cases) as playing:
        async with a_system(**EVERYTHING) as system:
            await system.livechat_create_ticket(draft, HANDOFF)
    assert playing.calls == cases


async def test_what_the_form_has_no_place_for_is_not_sent(recordings: Recordings) -> None:
    draft = a_draft(priority="high", fields={"Line": "x"})
    with recordings.replay("form/small", "create/small", "comment/conversation"):
        async with a_system(fields={"Line": EVERYTHING["fields"]["Line"]}) as system:
            await system.livechat_create_ticket(draft, HANDOFF)


async def test_a_priority_that_the_form_does_not_know_is_a_line_in_the_description(
    recordings: Recordings,
) -> None:
    with recordings.replay(*BEFORE, "create/lined", "comment/conversation"):
        async with a_system(priorities={"high": "Blocker"}) as system:
            await system.livechat_create_ticket(a_draft(priority="high"), HANDOFF)


async def test_a_form_without_a_place_for_our_key_makes_no_request(recordings: Recordings) -> None:
    with (
        recordings.replay("form/without-labels"),
        pytest.raises(RejectedError, match="no field labels") as no,
    ):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert no.value.sent is False


async def test_our_key_may_be_in_a_text_field(recordings: Recordings) -> None:
    with recordings.replay(
        "form/without-labels", "contact/one", "create/keyed-by-text", "comment/conversation", "find/by-text",
        "read/now",
    ):  # fmt: skip
        async with a_system(keyField="customfield_10056") as system:
            await system.livechat_create_ticket(a_draft(tags=("vip",)), HANDOFF)
            found = await system.find("h-1.ticket")
    assert found is not None
    assert (found.id, found.status, found.state) == (KEY, "Custom step", "solved"), "as it is now"


@pytest.mark.parametrize("found", ["none", "two", "others"])
async def test_who_is_not_exactly_one_active_customer_is_nobody(found: str, recordings: Recordings) -> None:
    with recordings.replay(
        "form/full", f"contact/{found}", "create/for-nobody-known", "comment/conversation"
    ):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_nobody_is_looked_for_where_that_is_not_wanted(recordings: Recordings) -> None:
    with recordings.replay("form/full", "create/for-nobody-known", "comment/conversation"):
        async with a_system(onBehalf=False) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


@pytest.mark.parametrize(
    ("cases", "created"),
    [(["contact/made", "contact/added"], "made"), (["contact/taken"], "for-nobody-known")],
)
async def test_a_customer_is_made_where_that_is_wanted(
    cases: list[str], created: str, recordings: Recordings
) -> None:
    with recordings.replay("form/full", "contact/none", *cases, f"create/{created}", "comment/conversation"):
        async with a_system(createCustomers=True) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


@pytest.mark.parametrize("case", ["form/forbidden", "contact/forbidden"])
async def test_what_fails_before_a_create_has_made_nothing(case: str, recordings: Recordings) -> None:
    before = [] if case.startswith("form") else ["form/full"]
    with recordings.replay(*before, case), pytest.raises(AuthError) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert failed.value.sent is False


async def test_a_customer_whom_jira_refuses_stays_a_line_in_the_description(
    recordings: Recordings, caplog: pytest.LogCaptureFixture
) -> None:
    with recordings.replay(*BEFORE, "create/inactive", "create/for-nobody-known", "comment/conversation"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert "customer is inactive" in caplog.text


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("create/refused", "Request invalid; summary: You must specify"),
        ("create/refused-native", "could not be created. Please check"),
        ("create/refused-in-part", "labels: Field 'labels' cannot be set"),
    ],
)
async def test_both_shapes_of_errors_are_read_and_a_refusal_is_final(
    case: str, words: str, recordings: Recordings
) -> None:
    with recordings.replay("form/full", case), pytest.raises(RejectedError, match=words) as failed:
        async with a_system(onBehalf=False) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert (failed.value.sent, failed.value.status) == (True, 400)


@pytest.mark.parametrize(
    ("case", "error", "words"),
    [
        ("create/unauthorized", AuthError, "credentials refused"),
        ("create/forbidden", AuthError, "permission to create"),
        ("create/xsrf", RejectedError, "XSRF"),
        ("create/no-desk", RejectedError, "does not exist"),
        ("create/too-many", RetryableError, "Rate limit"),
        ("create/too-many-without-a-wish", RetryableError, "Rate limit"),
        ("create/unavailable", RetryableError, "Unavailable"),
        ("create/not-json", RetryableError, "not JSON"),
    ],
)
async def test_failures_say_what_can_be_done_and_no_create_is_repeated_by_itself(
    case: str, error: type[ProviderError], words: str, recordings: Recordings
) -> None:
    with recordings.replay(*BEFORE, case) as playing, pytest.raises(error, match=words) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls == [*BEFORE, case]
    assert failed.value.sent is True
    assert failed.value.retry_after == {"create/unavailable": 5, "create/too-many": 27}.get(case)


async def test_a_long_conversation_goes_along_whole_as_a_file(recordings: Recordings) -> None:
    with recordings.replay(*BEFORE, "create/made", "attach/uploaded", "attach/long") as playing:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(body=LONG), HANDOFF)
    assert playing.calls[-1] == "attach/long", "one comment, and not many"


# ----------------------------------------------------------------------------------------- once, or in doubt
async def test_a_request_that_is_there_is_found_and_not_made_again(recordings: Recordings) -> None:
    cases = ["find/there", "read/there", "form/full", "comments/with-conversation"]
    with recordings.replay(*cases) as playing:
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(tried(20), HANDOFF)
    assert (playing.calls, ticket.id, ticket.state) == (cases, KEY, "pending")


async def test_what_a_request_lacks_is_added_when_nothing_can_be_on_its_way(recordings: Recordings) -> None:
    found = [recordings.all[name].model_copy(update={"calls": 2}) for name in ("find/there", "read/there")]
    without = recordings.all["comments/without"].model_copy(update={"calls": 2})
    with recordings.replay(*found, "form/full", without, "comment/conversation"):
        async with a_system() as system:
            with pytest.raises(RetryableError, match="on its way") as wait:
                await system.livechat_create_ticket(tried(20), HANDOFF)
            assert (wait.value.retry_after, wait.value.sent) == (40, True)
            await system.livechat_create_ticket(tried(61), HANDOFF)


async def test_of_several_requests_the_oldest_counts(recordings: Recordings) -> None:
    with recordings.replay("find/two", "read/there"):
        async with a_system() as system:
            found = await system.find("h-1.ticket")
    assert found is not None
    assert found.id == KEY


async def test_all_pages_of_a_search_are_read(recordings: Recordings) -> None:
    with recordings.replay("find/page-1", "find/page-2", "read/there"):
        async with a_system() as system:
            assert await system.find("h-1.ticket") is not None


async def test_what_only_looks_like_our_key_is_not_ours(recordings: Recordings) -> None:
    with recordings.replay("find/others"):
        async with a_system() as system:
            assert await system.find("h-1.ticket") is None


@pytest.mark.parametrize("absent", ["read/absent", "read/absent-in-the-other-shape"])
async def test_a_request_that_the_search_knows_and_that_is_gone_is_none(
    absent: str, recordings: Recordings
) -> None:
    with recordings.replay("find/there", absent):
        async with a_system() as system:
            assert await system.find("h-1.ticket") is None


async def test_what_is_not_found_is_looked_for_until_the_lag_has_passed_and_then_in_doubt(
    recordings: Recordings,
) -> None:
    absent = recordings.all["find/absent"].model_copy(update={"calls": 3})
    with recordings.replay(absent):
        async with a_system(searchLag=30) as system:
            for age, rest in ((20, 70), (70, 20)):
                with pytest.raises(RetryableError, match="on its way") as wait:
                    await system.livechat_create_ticket(tried(age), HANDOFF)
                assert (wait.value.retry_after, wait.value.sent) == (rest, False)
            with pytest.raises(RejectedError, match="may have made"):
                await system.livechat_create_ticket(tried(91), HANDOFF)


@pytest.mark.parametrize(("case", "error"), [("unavailable", RetryableError), ("bad", RejectedError)])
async def test_a_look_up_that_fails_makes_nothing(
    case: str, error: type[ProviderError], recordings: Recordings
) -> None:
    with recordings.replay(f"find/{case}"), pytest.raises(error) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(tried(200), HANDOFF)
    assert failed.value.operation == "find"


# -------------------------------------------------------------------------------------------------- comments
async def test_a_comment_is_internal_unless_it_is_wanted_otherwise(recordings: Recordings) -> None:
    with recordings.replay("comment/internal", "read/there"):
        async with a_system() as system:
            ticket = await system.livechat_add_to_ticket(the_ticket(), a_note(body=TEXT))
    assert ticket is not None
    assert (ticket.state, ticket.key) == ("pending", "h-1.ticket")


async def test_a_public_comment_may_have_files(recordings: Recordings) -> None:
    with recordings.replay("attach/uploaded", "attach/public-note", "read/there"):
        async with a_system() as system:
            note = a_note(body="See the file", public=True, attachments=(INVOICE,))
            await system.livechat_add_to_ticket(the_ticket(), note)


async def test_a_public_comment_without_files_is_one_call(recordings: Recordings) -> None:
    with recordings.replay("comment/public", "read/there"):
        async with a_system() as system:
            await system.livechat_add_to_ticket(the_ticket(), a_note(body="See the file", public=True))


async def test_a_long_comment_goes_along_whole_as_a_file(recordings: Recordings) -> None:
    with recordings.replay("attach/uploaded", "attach/uploaded-second", "attach/both-tagged", "read/there"):
        async with a_system() as system:
            note = a_note(body=LONG, attachments=(INVOICE,))
            await system.livechat_add_to_ticket(the_ticket(), note)


async def test_a_file_of_a_comment_that_is_refused_is_named_in_it(recordings: Recordings) -> None:
    with recordings.replay("attach/too-large", "comment/file-lost", "read/there"):
        async with a_system() as system:
            note = a_note(body="See the file", attachments=(INVOICE,))
            await system.livechat_add_to_ticket(the_ticket(), note)


@pytest.mark.parametrize("pages", [["comments/with-note"], ["comments/page-1", "comments/page-2"]])
async def test_a_comment_that_is_there_is_seen_among_the_comments(
    pages: list[str], recordings: Recordings
) -> None:
    with recordings.replay(*pages, "read/there"):
        async with a_system() as system:
            note = a_note(body=TEXT, first_tried_at=tried(5).first_tried_at)
            await system.livechat_add_to_ticket(the_ticket(), note)


@pytest.mark.parametrize("age", [10, 70])
async def test_a_comment_that_is_not_there_is_made_when_nothing_can_be_on_its_way(
    age: float, recordings: Recordings
) -> None:
    note = a_note(body=TEXT, first_tried_at=tried(age).first_tried_at)
    late = ("comment/internal", "read/there") if age > 60 else ()
    with recordings.replay("comments/without", *late):
        async with a_system() as system:
            if late:
                await system.livechat_add_to_ticket(the_ticket(), note)
                return
            with pytest.raises(RetryableError, match="on its way"):
                await system.livechat_add_to_ticket(the_ticket(), note)


@pytest.mark.parametrize(("reason", "others"), [("too-fast", True), ("too-many", False)])
async def test_a_limit_of_one_issue_stops_no_other_issue(
    reason: str, others: bool, recordings: Recordings
) -> None:
    with recordings.replay(f"comment/{reason}", *(["comment/internal"] if others else [])):
        async with a_system() as system:
            with pytest.raises(RetryableError, match="Rate limit") as limited:
                await system.comment(the_ticket(), a_note(body=TEXT), ())
            assert limited.value.status == 429
            if others:
                await system.comment(the_ticket(), a_note(body=TEXT), ())
            else:
                with pytest.raises(RetryableError, match="left alone for 30 s"):
                    await system.comment(the_ticket(), a_note(body=TEXT), ())


@pytest.mark.parametrize(("case", "error"), [("absent", RejectedError), ("not-json", ProtocolError)])
async def test_a_comment_that_was_not_taken_is_no_success(
    case: str, error: type[ProviderError], recordings: Recordings
) -> None:
    with recordings.replay(f"comment/{case}"), pytest.raises(error):
        async with a_system() as system:
            await system.livechat_add_to_ticket(the_ticket(), a_note(body=TEXT))


# ---------------------------------------------------------------------------------------------------- others
async def test_a_file_is_attached_where_only_the_team_sees_it(recordings: Recordings) -> None:
    file = LoadedFile("invoice 7.pdf", "application/pdf", b"%PDF")
    with recordings.replay("attach/uploaded", "attach/file"):
        async with a_system() as system:
            await system.attach(the_ticket(), file, key="h-1.file.1")


async def test_a_desk_without_attachments_is_an_error_of_the_credentials(recordings: Recordings) -> None:
    file = LoadedFile("invoice 7.pdf", "application/pdf", b"%PDF")
    with recordings.replay("attach/disabled"), pytest.raises(AuthError):
        async with a_system() as system:
            await system.attach(the_ticket(), file, key="h-1.file.1")


async def test_the_tickets_of_a_handoff_are_read_as_they_are_now(recordings: Recordings) -> None:
    with recordings.replay("find/during", "read/during", "find/there", "read/there"):
        async with a_system() as system:
            tickets = await system.livechat_list_tickets(HANDOFF)
    assert [(one.id, one.key, one.state) for one in tickets] == [
        ("ITH-40", "h-1.ticket.during", "open"),
        (KEY, "h-1.ticket", "pending"),
    ]


async def test_an_address_that_is_wrong_is_no_missing_request(recordings: Recordings) -> None:
    with recordings.replay("read/wrong-address"), pytest.raises(RejectedError, match="baseUrl"):
        async with a_system() as system:
            await system.read(KEY)


@pytest.mark.parametrize("wrong", ["", "42", "ITH-42/comment", "ITH-42?x=1", "ith-42", "ITH-٣", "../x-1"])
async def test_a_request_has_a_key_and_nothing_else_is_asked_for(wrong: str) -> None:
    async with a_system() as system:
        assert await system.read(wrong) is None
        with pytest.raises(RejectedError, match="keys"):
            await system.comment(a_ticket("jira", wrong or " "), a_note(), ())


@pytest.mark.parametrize(
    ("more", "cases", "found", "words"),
    [
        (
            EVERYTHING,
            ["check/desk", "form/full", "form/incident"],
            [("credentials", "ok"), ("fields", "ok"), ("fields", "ok")],
            "IT Help Desk",
        ),
        (
            {**EVERYTHING, "kinds": None},
            ["check/desk", "form/demanding"],
            [("credentials", "ok"), *[("fields", "error")] * 7, ("customers", "warning")],
            "customfield_10051 has no value Bank|customfield_10053 is a string, not a number|demands Nominee",
        ),
        (
            {},
            ["check/desk", "form/forbidden"],
            [("credentials", "ok"), ("fields", "warning")],
            "permission",
        ),
        ({}, ["check/unauthorized"], [("credentials", "error")], "scope does not match"),
        ({}, ["check/absent"], [("credentials", "error")], "does not exist"),
        (
            SCOPED,
            ["check/scoped-desk", "check/scoped-form"],
            [("credentials", "ok"), ("fields", "ok")],
            "fits",
        ),
        (SCOPED, ["check/scoped-unauthorized"], [("credentials", "error")], "401"),
    ],
)
async def test_doctor_looks_at_credentials_and_at_each_form(
    more: dict[str, Any],
    cases: list[str],
    found: list[tuple[str, str]],
    words: str,
    recordings: Recordings,
) -> None:
    with recordings.replay(*cases):
        async with a_system(**more) as system:
            findings = await system.check()
    told = " ".join(one.message for one in findings)
    assert [(one.check, one.status) for one in findings] == found, told
    assert all(one in told for one in words.split("|")), told
    if "unauthorized" in cases[0]:
        at = (
            "baseUrl must be the site"
            if more
            else "baseUrl must be https://api.atlassian.com/ex/jira/CLOUDID"
        )
        assert at in (findings[0].next_step)


def test_nothing_of_the_secrets_is_shown() -> None:
    system = build()
    for shown in (system, system.settings):
        assert "of-tests" not in repr(shown)
