"""Every call of the adapter, as the vendor's guide and object reference describe it."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import override_transport
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets.preparing import LoadedFile
from providers.tickets.tests.bench import HANDOFF, INVOICE, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.salesforce.bench import EVERYTHING, FIELDS, RECORDINGS, a_system, build

CASE = "500000000000001AAA"
SAID = "He called back & left a <b>number</b>"
TICKET = a_ticket("sf", CASE)
NOBODY: dict[str, Any] = {"requester_name": None, "requester_email": None}
LONG = "Conversation:\n" + "\n".join(f"User: line {number}" for number in range(3000))


def test_recordings_agree_with_the_api_document() -> None:
    assert RECORDINGS.validate() == []


# ---------------------------------------------------------------------------------------------------- create
async def test_a_case_is_made_under_our_key_and_read_for_its_number(recordings: Recordings) -> None:
    with recordings.replay("token/given", "create/made", "read/there"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert (ticket.source, ticket.id, ticket.number, ticket.key) == ("sf", CASE, "00001026", "h-1.ticket")
    assert (ticket.status, ticket.state) == ("New", "new")
    assert ticket.url == f"https://acme.my.salesforce.com/lightning/r/Case/{CASE}/view"
    assert ticket.created_at is not None


async def test_everything_that_is_known_goes_along(recordings: Recordings) -> None:
    draft = a_draft(
        priority="high",
        kind="question",
        tags=("big spender",),
        requester_phone="+302101234567",
        fields={"Product": "web SHOP", "VIP": "yes", "Orders": 3, "Colours": ["red", "Blue"]},
    )
    with recordings.replay("token/given", "contact/one", "create/made-with-everything", "read/there"):
        async with a_system(**EVERYTHING) as system:
            await system.livechat_create_ticket(draft, HANDOFF)


async def test_the_assignment_rule_of_the_settings_runs(recordings: Recordings) -> None:
    with recordings.replay("token/given", "create/by-a-rule", "read/there"):
        async with a_system(assign="01Q000000000001AAA") as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_a_case_needs_nobody(recordings: Recordings) -> None:
    with recordings.replay("token/given", "create/for-nobody", "read/there"):
        async with a_system(findContacts=True) as system:
            await system.livechat_create_ticket(a_draft(**NOBODY), HANDOFF)


@pytest.mark.parametrize(
    ("found", "case"),
    [
        ("contact/one", "create/for-a-contact"),
        ("contact/none", "create/made"),
        ("contact/two", "create/made"),
        ("contact/hidden", "create/made"),
        ("contact/forbidden", "create/made"),
    ],
)
async def test_the_only_contact_with_the_address_is_put_on_the_case(
    found: str, case: str, recordings: Recordings
) -> None:
    with recordings.replay("token/given", found, case, "read/there"):
        async with a_system(findContacts=True) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_a_quote_in_an_address_is_part_of_the_address(recordings: Recordings) -> None:
    with recordings.replay("token/given", "contact/quoted", "create/for-ohara", "read/there"):
        async with a_system(findContacts=True) as system:
            await system.livechat_create_ticket(a_draft(requester_email="o'hara@shop.example"), HANDOFF)


async def test_what_is_refused_stops_no_case_and_is_named_in_it(
    recordings: Recordings, caplog: pytest.LogCaptureFixture
) -> None:
    draft = a_draft(kind="question", priority="high", fields={"Product": "Web shop"})
    with recordings.replay("token/given", "create/word-refused", "create/without-words", "read/there"):
        async with a_system(fields=FIELDS) as system:
            await system.livechat_create_ticket(draft, HANDOFF)
    assert "without what was refused" in caplog.text


async def test_a_requester_whom_salesforce_refuses_stays_a_line_in_the_text(recordings: Recordings) -> None:
    with recordings.replay("token/given", "create/email-refused", "create/without-requester", "read/there"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


@pytest.mark.parametrize(
    ("case", "error", "words"),
    [
        ("create/missing", RejectedError, "REQUIRED_FIELD_MISSING: Required fields are missing"),
        ("create/no-key-field", RejectedError, "external ID field does not exist"),
        ("create/unknown-field", RejectedError, "INVALID_FIELD: No such column"),
        ("create/trigger-failed", RejectedError, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
        ("create/duplicates", RejectedError, "DUPLICATES_DETECTED"),
        ("create/several", RejectedError, "make LivechatKey__c unique"),
        ("create/no-right", RejectedError, "INSUFFICIENT_ACCESS_OR_READONLY"),
        ("create/api-closed", AuthError, "API_DISABLED_FOR_ORG"),
        ("create/locked", RetryableError, "UNABLE_TO_LOCK_ROW"),
    ],
)
async def test_failures_say_what_can_be_done(
    case: str, error: type[ProviderError], words: str, recordings: Recordings
) -> None:
    with recordings.replay("token/given", case) as playing, pytest.raises(error, match=words) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls == ["token/given", case]
    assert failed.value.sent is True
    assert failed.value.operation == "create"


async def test_what_is_down_is_asked_again_because_it_cannot_be_doubled(recordings: Recordings) -> None:
    twice = recordings.all["create/unavailable"].model_copy(update={"calls": 2})
    with recordings.replay("token/given", twice, "create/made", "read/there"):
        async with a_system() as system:
            assert (await system.livechat_create_ticket(a_draft(), HANDOFF)).id == CASE


# ---------------------------------------------------------------------------------------------------- limits
async def test_when_the_calls_of_the_day_are_used_up_nothing_more_leaves(recordings: Recordings) -> None:
    with recordings.replay("token/given", "create/over-limit") as playing:
        async with a_system() as system:
            for sent in (True, False, False):
                with pytest.raises(RetryableError) as failed:
                    await system.livechat_create_ticket(a_draft(), HANDOFF)
                assert failed.value.sent is sent
                assert failed.value.retry_after == pytest.approx(900, abs=2)
            with pytest.raises(RetryableError, match="left alone"):
                await system.read(CASE)
    assert playing.calls == ["token/given", "create/over-limit"]


# -------------------------------------------------------------------------------------------------- sessions
async def test_a_session_that_is_over_is_got_anew_once(recordings: Recordings) -> None:
    cases = ("token/given", "create/session", "token/renewed", "create/with-renewed", "read/there-renewed")
    with recordings.replay(*cases) as playing:
        async with a_system() as system:
            assert (await system.livechat_create_ticket(a_draft(), HANDOFF)).id == CASE
    assert playing.calls == list(cases)


async def test_a_session_that_a_new_token_does_not_mend_is_the_end_of_it(recordings: Recordings) -> None:
    cases = ("token/given", "create/session", "token/renewed", "create/session-again")
    with recordings.replay(*cases) as playing, pytest.raises(AuthError, match="INVALID_SESSION_ID") as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls == list(cases)
    assert failed.value.status == 401


async def test_a_client_that_is_refused_is_an_auth_error_and_nothing_left(recordings: Recordings) -> None:
    with recordings.replay("token/refused"), pytest.raises(AuthError, match="invalid_client") as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert failed.value.sent is False


async def test_calls_go_where_the_answer_with_the_token_says(recordings: Recordings) -> None:
    cases = ("token/elsewhere", "contact/none-elsewhere", "create/made-elsewhere", "create/read-elsewhere")
    with recordings.replay(*cases) as playing:
        async with a_system(findContacts=True) as system:
            ticket = await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls == list(cases)
    assert ticket.url == f"https://acme.my.salesforce.com/lightning/r/Case/{CASE}/view"


@pytest.mark.parametrize(
    "given", [None, "", "http://acme.my.salesforce.com", "https://user@evil.example", "https://a.example/x?y"]
)
async def test_an_address_that_cannot_be_one_is_not_gone_to(given: str | None) -> None:
    asked: list[str] = []

    class Org(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(f"{request.url.scheme}://{request.url.host}")
            if request.url.path == "/services/oauth2/token":
                return httpx.Response(200, json={"access_token": "t", "instance_url": given})
            return httpx.Response(404, json=[{"message": "x", "errorCode": "NOT_FOUND"}])

    with override_transport(Org()):
        async with a_system() as system:
            assert await system.read(CASE) is None
    assert asked == ["https://acme.my.salesforce.com"] * 2


# ------------------------------------------------------------------------------------------------------ once
async def test_a_case_that_is_there_is_found_and_not_made_again(recordings: Recordings) -> None:
    with recordings.replay("token/given", "find/there") as playing:
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(tried(20), HANDOFF)
    assert (playing.calls, ticket.id, ticket.key) == (["token/given", "find/there"], CASE, "h-1.ticket")


@pytest.mark.parametrize("age", [1, 10**6])
async def test_one_that_is_not_there_is_made_at_any_time(age: float, recordings: Recordings) -> None:
    with recordings.replay("token/given", "find/absent", "create/made", "read/there"):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(age), HANDOFF)


@pytest.mark.parametrize(
    "answers",
    [
        ("create/changed", "read/there"),
        ("create/changed-without-body", "find/there"),
        ("create/taken", "find/there"),
    ],
)
async def test_two_at_once_are_one_case(answers: tuple[str, ...], recordings: Recordings) -> None:
    with recordings.replay("token/given", *answers):
        async with a_system() as system:
            assert (await system.livechat_create_ticket(a_draft(), HANDOFF)).id == CASE


async def test_a_case_that_somebody_made_and_nobody_sees_is_told_of(recordings: Recordings) -> None:
    with (
        recordings.replay("token/given", "create/taken", "find/absent"),
        pytest.raises(RejectedError, match="gone or hidden"),
    ):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_of_several_cases_with_the_key_the_oldest_counts(recordings: Recordings) -> None:
    with recordings.replay("token/given", "find/several", "read/second", "read/there"):
        async with a_system() as system:
            found = await system.find("h-1.ticket")
    assert found is not None
    assert (found.id, found.number) == (CASE, "00001026")


async def test_a_look_up_that_fails_makes_nothing(recordings: Recordings) -> None:
    with recordings.replay("token/given", "find/unavailable"), pytest.raises(RetryableError) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(tried(20), HANDOFF)
    assert failed.value.retry_after == 60


# ----------------------------------------------------------------------------------------------------- files
async def test_files_and_a_long_conversation_are_files_of_the_case(recordings: Recordings) -> None:
    cases = ("create/long", "read/there", "attach/none-there", "attach/conversation", "attach/file")
    with recordings.replay("token/given", *cases) as playing:
        async with a_system() as system:
            draft = a_draft(body=LONG * 3, attachments=(INVOICE,))
            await system.livechat_create_ticket(draft, HANDOFF)
    assert playing.calls == ["token/given", *cases]


async def test_files_that_are_there_are_not_added_again(recordings: Recordings) -> None:
    with recordings.replay("token/given", "find/there", "attach/there") as playing:
        async with a_system() as system:
            await system.livechat_create_ticket(tried(90, attachments=(INVOICE,)), HANDOFF)
    assert playing.calls == ["token/given", "find/there", "attach/there"]


async def test_a_file_that_may_be_on_its_way_is_waited_for(recordings: Recordings) -> None:
    with (
        recordings.replay("token/given", "find/there", "attach/none-there"),
        pytest.raises(RetryableError, match="on its way") as wait,
    ):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(20, attachments=(INVOICE,)), HANDOFF)
    assert wait.value.retry_after == pytest.approx(40)
    assert wait.value.sent is True, "the case is there"


async def test_a_file_that_is_refused_is_named_in_a_comment(recordings: Recordings) -> None:
    cases = ("create/made", "read/there", "attach/none-there", "attach/refused", "comment/file-lost")
    with recordings.replay("token/given", *cases):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)


@pytest.mark.parametrize("said", [True, False])
async def test_it_is_named_once(said: bool, recordings: Recordings) -> None:
    rest = ("comment/list-lost",) if said else ("comment/list-without", "comment/file-lost")
    with recordings.replay("token/given", "find/there", "attach/none-there", "attach/refused", *rest):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(90, attachments=(INVOICE,)), HANDOFF)


async def test_a_conversation_that_is_nowhere_whole_is_told_of(recordings: Recordings) -> None:
    cases = ("create/long", "read/there", "attach/none-there", "attach/conversation-refused")
    with (
        recordings.replay("token/given", *cases),
        pytest.raises(RejectedError, match="ticket 00001026 was made, and lacks something"),
    ):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(body=LONG * 3), HANDOFF)


async def test_a_file_is_attached_to_the_case(recordings: Recordings) -> None:
    with recordings.replay("token/given", "attach/own"):
        async with a_system() as system:
            file = LoadedFile("invoice 7.pdf", "application/pdf", b"%PDF")
            await system.attach(TICKET, file, key="h-1.file.1")


# -------------------------------------------------------------------------------------------------- comments
async def test_a_comment_is_internal_unless_it_is_wanted_otherwise(recordings: Recordings) -> None:
    with recordings.replay("token/given", "comment/internal", "read/pending"):
        async with a_system() as system:
            ticket = await system.livechat_add_to_ticket(TICKET, a_note(body=SAID))
    assert ticket is not None
    assert (ticket.status, ticket.state, ticket.key) == ("On Hold", "pending", "h-1.ticket")


async def test_a_public_comment_is_published(recordings: Recordings) -> None:
    with recordings.replay("token/given", "comment/public", "read/there"):
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, a_note(body="See the file", public=True))


@pytest.mark.parametrize("body", ["word " * 900, "Ελένη " * 400])
async def test_a_long_comment_goes_along_whole_as_a_file(body: str, recordings: Recordings) -> None:
    with recordings.replay("token/given", "attach/of-note", "comment/long", "read/there"):
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, a_note(body=body))


async def test_no_comment_and_no_file_is_cut_unseen() -> None:
    sent: list[dict[str, Any]] = []

    class Org(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/services/oauth2/token":
                return httpx.Response(200, json={"access_token": "t"})
            if request.method == "POST":
                sent.append(json.loads(request.content))
            return httpx.Response(201 if request.method == "POST" else 200, json={"Id": CASE})

    said = "Ελένη " * 4000
    with override_transport(Org()):
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, a_note(body=said))
    file, comment = sent
    assert base64.b64decode(file["VersionData"]).decode().split() == said.split()
    assert len(comment["CommentBody"].encode()) <= 4000
    assert "whole text is in the file" in comment["CommentBody"]


async def test_a_comment_that_may_be_there_is_looked_for_by_its_mark(recordings: Recordings) -> None:
    with recordings.replay("token/given", "comment/list-1", "comment/list-2", "read/there") as playing:
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, a_note(first_tried_at=tried(5).first_tried_at))
    assert playing.calls[-1] == "read/there"


@pytest.mark.parametrize("age", [10, 70])
async def test_a_comment_that_is_not_there_is_made_when_nothing_can_be_on_its_way(
    age: float, recordings: Recordings
) -> None:
    note = a_note(body=SAID, first_tried_at=tried(age).first_tried_at)
    late = ("comment/internal", "read/there") if age > 60 else ()
    with recordings.replay("token/given", "comment/list-without", *late):
        async with a_system() as system:
            if late:
                await system.livechat_add_to_ticket(TICKET, note)
                return
            with pytest.raises(RetryableError, match="on its way") as wait:
                await system.livechat_add_to_ticket(TICKET, note)
    assert (wait.value.retry_after, wait.value.sent) == (50, False)


async def test_a_comment_that_is_made_later_has_its_file_once(recordings: Recordings) -> None:
    note = a_note(body="word " * 900, first_tried_at=tried(70).first_tried_at)
    cases = ("comment/list-without", "attach/note-there", "comment/long", "read/there")
    with recordings.replay("token/given", *cases) as playing:
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, note)
    assert playing.calls == ["token/given", *cases]


async def test_the_next_page_is_on_the_same_host(recordings: Recordings) -> None:
    with recordings.replay("token/given", "comment/list-elsewhere"), pytest.raises(ProtocolError):
        async with a_system() as system:
            await system.has_comment(TICKET, a_note())


async def test_a_case_that_is_gone_takes_no_comment(recordings: Recordings) -> None:
    with (
        recordings.replay("token/given", "comment/no-case"),
        pytest.raises(RejectedError, match="CROSS_REFERENCE"),
    ):
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, a_note(body=SAID))


# --------------------------------------------------------------------------------------------------- reading
@pytest.mark.parametrize(
    ("case", "status", "state"),
    [("read/there", "New", "new"), ("read/own-status", "Done with", "solved")],
)
async def test_a_case_is_read(case: str, status: str, state: str, recordings: Recordings) -> None:
    with recordings.replay("token/given", case):
        async with a_system() as system:
            found = await system.read(CASE)
    assert found is not None
    assert (found.status, found.state) == (status, state)


@pytest.mark.parametrize("case", ["read/absent", "read/deleted"])
async def test_a_case_that_is_not_there_is_none(case: str, recordings: Recordings) -> None:
    with recordings.replay("token/given", case):
        async with a_system() as system:
            assert await system.read(CASE) is None


async def test_another_404_proves_nothing(recordings: Recordings) -> None:
    with recordings.replay("token/given", "read/elsewhere"), pytest.raises(RejectedError, match="wrong"):
        async with a_system() as system:
            await system.read(CASE)


async def test_the_tickets_of_a_handoff_are_read_as_they_are_now(recordings: Recordings) -> None:
    with recordings.replay("token/given", "find/during", "find/there"):
        async with a_system() as system:
            tickets = await system.livechat_list_tickets(HANDOFF)
    assert [(one.number, one.key, one.state) for one in tickets] == [
        ("00001020", "h-1.ticket.during", "solved"),
        ("00001026", "h-1.ticket", "new"),
    ]


@pytest.mark.parametrize("wrong", ["", "7", "../Contact", f"{CASE}?x=y", "٣" * 18, "500-00000000001AAA"])
async def test_a_case_has_an_id_and_nothing_else_is_asked_for(wrong: str) -> None:
    async with a_system() as system:
        assert await system.read(wrong) is None
        with pytest.raises(RejectedError, match="have ids"):
            await system.comment(a_ticket("sf", wrong or " "), a_note(), ())


# -------------------------------------------------------------------------------------------------- checking
@pytest.mark.parametrize(
    ("cases", "found"),
    [
        (["token/given", "fields/all"], [("credentials", "ok"), ("keyField", "ok"), ("fields", "ok")]),
        (
            ["token/given", "fields/others"],
            [
                *(("credentials", "ok"), ("keyField", "error")),
                *(("Origin", "error"), ("Priority", "warning")),
                *[("fields", "error")] * 4,
                ("limits", "warning"),
            ],
        ),
        (["token/given", "fields/forbidden"], [("credentials", "error")]),
        (["token/given", "fields/wrong-version"], [("credentials", "error")]),
        (["token/refused"], [("credentials", "error")]),
    ],
)
async def test_doctor_looks_at_credentials_the_key_choices_and_the_field_map(
    cases: list[str], found: list[tuple[str, str]], recordings: Recordings
) -> None:
    with recordings.replay(*cases):
        async with a_system(fields=FIELDS) as system:
            findings = await system.check()
    assert [(one.check, one.status) for one in findings] == found
    if "fields/others" in cases:
        told = " ".join(one.message for one in findings)
        assert "LivechatKey__c is not Unique" in told
        assert "Origin of cases has no value Web" in told
        assert "Priority of cases has no value Medium" in told
        assert "has no value bank" in told
        assert "is a string, not a flag" in told
        assert "Orders__c cannot be set" in told
        assert "no field Colours__c" in told
        assert "95% of the organisation's calls" in told


async def test_doctor_tells_a_session_that_is_not_mended_from_a_wrong_secret(recordings: Recordings) -> None:
    cases = ("token/given", "fields/session", "token/renewed", "fields/session-again")
    with recordings.replay(*cases):
        async with a_system() as system:
            (session,) = await system.check()
    with recordings.replay("token/refused"):
        async with a_system() as system:
            (secret,) = await system.check()
    assert "allowed to use the API" in session.next_step
    assert "clientSecret" in secret.next_step


async def test_doctor_tells_that_there_is_no_field_for_the_key(recordings: Recordings) -> None:
    with recordings.replay("token/given", "fields/without-key"):
        async with a_system() as system:
            findings = await system.check()
    assert [(one.check, one.status) for one in findings] == [("credentials", "ok"), ("keyField", "error")]


async def test_nothing_of_the_secrets_is_shown() -> None:
    class Echo(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/services/oauth2/token":
                return httpx.Response(200, json={"access_token": "00D!token-of-tests"})
            return httpx.Response(400, text="00D!token-of-tests salesforce-secret-of-tests")

    shown: list[Any] = [build(), build().settings]
    with override_transport(Echo()):
        async with a_system() as system:
            for call in (system.livechat_create_ticket(a_draft(), HANDOFF), system.read(CASE)):
                with pytest.raises(RejectedError) as failed:
                    await call
                shown.append(failed.value)
    for one in shown:
        assert "of-tests" not in f"{one!r} {one}"
