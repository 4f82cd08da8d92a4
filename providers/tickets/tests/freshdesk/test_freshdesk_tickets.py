"""Every call of the adapter, as the vendor's pages describe it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from livechat_sdk.errors import AuthError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import override_transport
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets.freshdesk.api import quoted
from livechat_sdk_tickets.preparing import LoadedFile
from providers.tickets.tests.bench import HANDOFF, INVOICE, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.freshdesk.bench import EVERYTHING, FIELDS, RECORDINGS, a_system, build, form_of

SAID = "He called back & left a <b>number</b>"
TICKET = a_ticket("fd", "4711")
KNOWN_BY_ID = {"requester_external_id": "user-4711"}
NOBODY: dict[str, Any] = {"requester_name": None, "requester_email": None}


def test_recordings_agree_with_the_api_document() -> None:
    assert RECORDINGS.validate() == []


# ---------------------------------------------------------------------------------------------------- create
async def test_a_ticket_is_made_with_its_key_in_a_field(recordings: Recordings) -> None:
    with recordings.replay("create/made"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert (ticket.source, ticket.id, ticket.number, ticket.key) == ("fd", "4711", "4711", "h-1.ticket")
    assert (ticket.status, ticket.state) == ("Open", "open")
    assert ticket.url == "https://acme.freshdesk.com/a/tickets/4711"
    assert ticket.created_at is not None


async def test_everything_that_is_known_goes_along(recordings: Recordings) -> None:
    draft = a_draft(
        priority="high",
        kind="question",
        tags=("big, spender", "livechat"),
        fields={"Product": "web SHOP", "VIP": "yes", "Orders": 3},
    )
    with recordings.replay("create/made-with-everything"):
        async with a_system(**EVERYTHING) as system:
            await system.livechat_create_ticket(draft, HANDOFF)


class Forms(httpx.AsyncBaseTransport):
    """Takes forms, and keeps what they hold."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.parts: list[tuple[str, str | None, bytes]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.paths.append(request.url.path)
            self.parts = form_of(request)
        return httpx.Response(201 if request.method == "POST" else 200, json={"id": 4711, "status": 2})

    @property
    def files(self) -> list[tuple[str | None, bytes]]:
        return [(name, content) for field, name, content in self.parts if field == "attachments[]"]

    @property
    def values(self) -> list[tuple[str, str]]:
        return [(field, content.decode()) for field, name, content in self.parts if name is None]


async def test_files_go_along_in_the_same_call(recordings: Recordings) -> None:
    with recordings.replay("create/with-files") as playing:
        async with a_system(fields=FIELDS) as system:
            draft = a_draft(attachments=(INVOICE,))
            assert (await system.livechat_create_ticket(draft, HANDOFF)).id == "4711"
    assert playing.calls == ["create/with-files"]


async def test_a_call_with_files_is_a_form_with_the_same_values() -> None:
    forms = Forms()
    draft = a_draft(
        attachments=(INVOICE,),
        tags=("vip",),
        fields={"Product": "Bank", "VIP": True, "Orders": 3},
        kind="task",
    )
    with override_transport(forms):
        async with a_system(fields=FIELDS, kinds={"task": "Wish"}) as system:
            await system.livechat_create_ticket(draft, HANDOFF)
    assert forms.files == [("invoice 7.pdf", b"%PDF")]
    assert forms.values == [
        ("email", "eleni@shop.example"),
        ("name", "Eleni"),
        ("subject", "Missed: invoice"),
        ("description", "Requester: Eleni, eleni@shop.example<br><br>Conversation:<br>User: hello"),
        ("status", "2"),
        ("priority", "1"),
        ("source", "7"),
        ("type", "Wish"),
        ("tags[]", "livechat"),
        ("tags[]", "vip"),
        ("custom_fields[cf_product]", "Bank"),
        ("custom_fields[cf_vip]", "true"),
        ("custom_fields[cf_orders]", "3"),
        ("custom_fields[cf_livechat_key]", "h-1.ticket"),
    ]


async def test_a_long_conversation_goes_along_whole_as_a_file() -> None:
    forms = Forms()
    lines = [f"User: line {number} <&>" for number in range(3000)]
    with override_transport(forms):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(body="\n".join(lines)), HANDOFF)
    ((name, content),) = forms.files
    assert name == "conversation.txt"
    assert all(line in content.decode() for line in lines)


@pytest.mark.parametrize("refusal", ["create/files-refused", "create/too-large"])
async def test_files_that_freshdesk_does_not_take_stop_no_ticket(
    refusal: str, recordings: Recordings, caplog: pytest.LogCaptureFixture
) -> None:
    with recordings.replay(refusal, "create/without-files"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)
    assert "without what was refused" in caplog.text


@pytest.mark.parametrize(
    ("who", "settings", "case"),
    [
        ({"requester_phone": "+302101234567", "requester_name": "Eleni"}, {}, "create/for-a-number"),
        (KNOWN_BY_ID, {}, "create/for-an-id"),
        ({}, {}, "create/for-nobody"),
        (
            {"requester_external_id": "user-4711"},
            {"requester": "chats@acme.example"},
            "create/for-a-stand-in",
        ),
    ],
)
async def test_a_ticket_is_always_somebodys(
    who: dict[str, Any], settings: dict[str, Any], case: str, recordings: Recordings
) -> None:
    with recordings.replay(case):
        async with a_system(**settings) as system:
            await system.livechat_create_ticket(a_draft(**NOBODY | who), HANDOFF)


async def test_a_requester_whom_freshdesk_refuses_stays_a_line_in_the_text(recordings: Recordings) -> None:
    with recordings.replay("create/requester-refused", "create/anonymous"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_tickets_that_are_never_made_are_not_kept_for_ever() -> None:
    refusal = {"description": "Validation failed", "errors": [{"field": "email", "code": "invalid_value"}]}
    answers = [httpx.Response(400, json=refusal), httpx.Response(500)] * 50
    with override_transport(httpx.MockTransport(lambda _: answers.pop(0))):
        async with a_system() as system:
            for number in range(50):
                with pytest.raises(RetryableError):
                    await system.livechat_create_ticket(a_draft(key=f"h-{number}.ticket"), HANDOFF)
            assert len(vars(system)["_told"]) == 20
    assert answers == []


async def test_fields_that_are_refused_stop_no_ticket_and_are_named_in_it(recordings: Recordings) -> None:
    draft = a_draft(kind="question", fields={"Product": "Web shop", "VIP": True})
    with recordings.replay("create/fields-refused", "create/without-fields"):
        async with a_system(fields=FIELDS) as system:
            await system.livechat_create_ticket(draft, HANDOFF)


@pytest.mark.parametrize(
    ("case", "error", "words"),
    [
        ("create/missing", RejectedError, "cf_order: It should be a/an String"),
        ("create/no-key-field", RejectedError, "cf_livechat_key: Unexpected/invalid field"),
        ("create/taken", RejectedError, "It should be a unique value"),
        ("create/not-there", RejectedError, "status 404"),
        ("create/unauthorized", AuthError, "credentials refused"),
        ("create/forbidden", AuthError, "not authorized"),
        ("create/unavailable", RetryableError, "maintenance"),
        ("create/too-many", RetryableError, "limit of requests"),
    ],
)
async def test_failures_say_what_can_be_done_and_no_create_is_repeated_by_itself(
    case: str, error: type[ProviderError], words: str, recordings: Recordings
) -> None:
    with recordings.replay(case) as playing, pytest.raises(error, match=words) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls == [case]
    assert failed.value.sent is True
    assert failed.value.operation == "create"
    assert failed.value.retry_after == (37 if case == "create/too-many" else None)


# ------------------------------------------------------------------- what the requester is not to read
PRIVATE: dict[str, Any] = {"public": None}


async def test_the_conversation_is_a_private_note_unless_it_is_wanted_otherwise(
    recordings: Recordings,
) -> None:
    with recordings.replay("create/private", "conversation/noted") as playing:
        async with a_system(**PRIVATE) as system:
            assert (await system.livechat_create_ticket(a_draft(), HANDOFF)).id == "4711"
    assert playing.calls == ["create/private", "conversation/noted"]


async def test_files_are_in_the_private_note(recordings: Recordings) -> None:
    draft = a_draft(attachments=(INVOICE,))
    with recordings.replay("create/private", "conversation/with-files"):
        async with a_system(**PRIVATE) as system:
            await system.livechat_create_ticket(draft, HANDOFF)
    with recordings.replay("create/private", "conversation/files-refused", "conversation/without-files"):
        async with a_system(**PRIVATE) as system:
            await system.livechat_create_ticket(draft, HANDOFF)


async def test_a_field_that_is_refused_is_named_in_the_private_note(recordings: Recordings) -> None:
    cases = ("create/private-refused", "create/private", "conversation/noted-without-type")
    with recordings.replay(*cases):
        async with a_system(**PRIVATE) as system:
            await system.livechat_create_ticket(a_draft(kind="question"), HANDOFF)


@pytest.mark.parametrize("case", ["conversation/refused", "conversation/too-many"])
async def test_a_note_that_fails_never_looks_as_if_no_ticket_had_been_made(
    case: str, recordings: Recordings
) -> None:
    with (
        recordings.replay("create/private", case),
        pytest.raises(RetryableError, match="ticket 4711 was made, and lacks something") as failed,
    ):
        async with a_system(**PRIVATE) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert (failed.value.sent, failed.value.status) == (True, None)


@pytest.mark.parametrize(
    ("age", "cases"),
    [
        (20, ("conversation/there",)),
        (20, ("conversation/not-there",)),
        (70, ("conversation/not-there", "conversation/noted")),
    ],
)
async def test_a_note_that_may_be_there_is_looked_for(
    age: float, cases: tuple[str, ...], recordings: Recordings
) -> None:
    with recordings.replay("find/newest", *cases):
        async with a_system(**PRIVATE) as system:
            if cases == ("conversation/not-there",):
                with pytest.raises(RetryableError, match="on its way") as wait:
                    await system.livechat_create_ticket(tried(age), HANDOFF)
                assert wait.value.retry_after == pytest.approx(40)
            else:
                assert (await system.livechat_create_ticket(tried(age), HANDOFF)).id == "4711"


# ------------------------------------------------------------------------------------------------- the budget
async def test_after_a_429_nothing_is_asked_before_its_time(recordings: Recordings) -> None:
    with recordings.replay("create/too-many") as playing:
        async with a_system() as system:
            for sent in (True, False):
                with pytest.raises(RetryableError) as failed:
                    await system.livechat_create_ticket(a_draft(), HANDOFF)
                assert failed.value.sent is sent
                assert failed.value.retry_after == pytest.approx(37, abs=1)
    assert playing.calls == ["create/too-many"]


async def test_when_nothing_is_left_of_the_minute_nothing_is_asked_in_it(recordings: Recordings) -> None:
    with recordings.replay("create/nothing-left") as playing:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
            with pytest.raises(RetryableError, match="left alone") as failed:
                await system.livechat_create_ticket(a_draft(key="h-2.ticket"), HANDOFF)
    assert failed.value.sent is False
    assert failed.value.retry_after == pytest.approx(60, abs=1)
    assert playing.calls == ["create/nothing-left"]


# ----------------------------------------------------------------------------------------- once, or in doubt
async def test_a_ticket_that_is_there_is_found_among_the_newest_at_once(recordings: Recordings) -> None:
    with recordings.replay("find/newest") as playing:
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(tried(20), HANDOFF)
    assert (playing.calls, ticket.id) == (["find/newest"], "4711")


async def test_of_several_tickets_with_the_key_the_oldest_counts(recordings: Recordings) -> None:
    with recordings.replay("find/newest-two"):
        async with a_system() as system:
            found = await system.find("h-1.ticket")
    assert found is not None
    assert found.id == "4711"


async def test_an_older_one_is_searched_for_and_read_as_it_is_now(recordings: Recordings) -> None:
    cases = ("find/newest-without", "find/searched", "read/another", "read/there")
    with recordings.replay(*cases) as playing:
        async with a_system() as system:
            found = await system.find("h-1.ticket")
    assert playing.calls == list(cases)
    assert found is not None
    assert (found.id, found.key, found.state) == ("4711", "h-1.ticket", "pending")


@pytest.mark.parametrize(("age", "lag"), [(5, 600), (599, 600), (659, 600), (5, 0)])
async def test_while_the_search_lags_nothing_is_made(age: float, lag: float, recordings: Recordings) -> None:
    with (
        recordings.replay("find/newest-without", "find/not-searched"),
        pytest.raises(RetryableError, match="on its way") as wait,
    ):
        async with a_system(searchLag=lag) as system:
            await system.livechat_create_ticket(tried(age), HANDOFF)
    assert wait.value.sent is False
    assert wait.value.retry_after == pytest.approx(lag + 60 - age)


async def test_what_is_not_there_after_the_lag_is_doubtful_and_not_made(
    recordings: Recordings,
) -> None:
    with (
        recordings.replay("find/newest-without", "find/not-searched") as playing,
        pytest.raises(RejectedError, match="may have made"),
    ):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(661), HANDOFF)
    assert playing.calls == ["find/newest-without", "find/not-searched"]


async def test_a_person_may_want_it_all_the_same(recordings: Recordings) -> None:
    with recordings.replay("find/newest-without", "find/not-searched", "create/made"):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(661, repeat=True), HANDOFF)


async def test_a_look_up_that_fails_makes_nothing(recordings: Recordings) -> None:
    with recordings.replay("find/newest-unavailable"), pytest.raises(RetryableError) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(tried(661), HANDOFF)
    assert failed.value.retry_after == 60


async def test_both_tickets_of_a_handoff_take_one_look_at_the_newest(recordings: Recordings) -> None:
    with recordings.replay("find/newest", "find/during-not-searched") as playing:
        async with a_system() as system:
            tickets = await system.livechat_list_tickets(HANDOFF)
    assert [(one.id, one.key) for one in tickets] == [("4711", "h-1.ticket")]
    assert playing.calls == ["find/newest", "find/during-not-searched"]


def test_a_search_asks_for_nothing_that_would_need_an_escape() -> None:
    assert quoted("h-1.ticket") == "'h-1.ticket'"
    for hostile in ("a'b", 'a"b', "a\\b", "é", "a\nb"):
        with pytest.raises(ValueError, match="cannot be searched for"):
            quoted(hostile)


# ---------------------------------------------------------------------------------------------------- others
async def test_a_comment_is_a_private_note_unless_it_is_wanted_otherwise(recordings: Recordings) -> None:
    with recordings.replay("comment/internal", "read/there"):
        async with a_system() as system:
            ticket = await system.livechat_add_to_ticket(TICKET, a_note(body=SAID))
    assert ticket is not None
    assert (ticket.status, ticket.state, ticket.key) == ("Pending", "pending", "h-1.ticket")


@pytest.mark.parametrize("way", ["public", "reply"])
async def test_a_public_comment_is_a_note_or_an_email(way: str, recordings: Recordings) -> None:
    with recordings.replay(f"comment/{way}", "read/there"):
        async with a_system(publicComments="reply" if way == "reply" else None) as system:
            await system.livechat_add_to_ticket(TICKET, a_note(body="See the file", public=True))


async def test_a_comment_may_have_files(recordings: Recordings) -> None:
    forms = Forms()
    note = a_note(body="See the file", public=True, attachments=(INVOICE,))
    with override_transport(forms):
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, note)
    assert forms.files == [("invoice 7.pdf", b"%PDF")]
    assert dict(forms.values)["private"] == "false"
    with recordings.replay("comment/with-file", "read/there"):
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, note)


async def test_a_long_comment_goes_along_whole_as_a_file() -> None:
    forms = Forms()
    with override_transport(forms):
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, a_note(body="word " * 10_000))
    ((name, content),) = forms.files
    assert (name, content.decode().split()) == ("conversation.txt", ["word"] * 10_000)
    assert "whole text is in the file" in dict(forms.values)["body"]


async def test_a_comment_that_may_be_there_is_looked_for_by_its_mark(recordings: Recordings) -> None:
    with recordings.replay("read/notes-1", "read/notes-2", "read/there") as playing:
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, a_note(first_tried_at=tried(5).first_tried_at))
    assert playing.calls == ["read/notes-1", "read/notes-2", "read/there"]


@pytest.mark.parametrize("age", [10, 70])
async def test_a_comment_that_is_not_there_is_made_when_nothing_can_be_on_its_way(
    age: float, recordings: Recordings
) -> None:
    note = a_note(body=SAID, first_tried_at=tried(age).first_tried_at)
    late = ("comment/internal", "read/there") if age > 60 else ()
    with recordings.replay("read/notes-without", *late):
        async with a_system() as system:
            if late:
                await system.livechat_add_to_ticket(TICKET, note)
                return
            with pytest.raises(RetryableError, match="on its way") as wait:
                await system.livechat_add_to_ticket(TICKET, note)
    assert (wait.value.retry_after, wait.value.sent) == (50, False)


async def test_a_ticket_that_is_gone_takes_no_comment(recordings: Recordings) -> None:
    with recordings.replay("comment/no-ticket"), pytest.raises(RejectedError, match="status 404"):
        async with a_system() as system:
            await system.livechat_add_to_ticket(TICKET, a_note(body=SAID))


async def test_a_file_is_attached_where_only_the_team_sees_it(recordings: Recordings) -> None:
    file = LoadedFile("invoice 7.pdf", "application/pdf", b"%PDF")
    with recordings.replay("attach/internal"):
        async with a_system() as system:
            await system.attach(TICKET, file, key="h-1.file.1")
    forms = Forms()
    with override_transport(forms):
        async with a_system() as system:
            await system.attach(TICKET, file, key="h-1.file.1")
    assert (forms.files, dict(forms.values)["private"]) == ([("invoice 7.pdf", b"%PDF")], "true")


async def test_a_ticket_is_read_and_one_that_is_not_there_is_none(recordings: Recordings) -> None:
    with recordings.replay("read/own-status"):
        async with a_system(states={7: "pending"}) as system:
            found = await system.read("4711")
    assert found is not None
    assert (found.status, found.state) == ("7", "pending")
    with recordings.replay("read/absent"):
        async with a_system() as system:
            assert await system.read("4711") is None


async def test_a_404_with_a_body_is_another_host_and_proves_nothing(recordings: Recordings) -> None:
    with recordings.replay("read/elsewhere"), pytest.raises(RejectedError, match="address is wrong"):
        async with a_system() as system:
            await system.read("4711")


@pytest.mark.parametrize("wrong", ["", "7/../agents", "1?x=y", "٣", "-1"])
async def test_a_ticket_has_a_number_and_nothing_else_is_asked_for(wrong: str) -> None:
    async with a_system() as system:
        assert await system.read(wrong) is None
        with pytest.raises(RejectedError, match="numbers"):
            await system.comment(a_ticket("fd", wrong or " "), a_note(), ())


@pytest.mark.parametrize(
    ("cases", "found"),
    [
        (["check/known", "fields/all"], [("credentials", "ok"), ("keyField", "ok"), ("fields", "ok")]),
        (
            ["check/known", "fields/others"],
            [
                *(("credentials", "ok"), ("keyField", "error")),
                *[("fields", "error")] * 3,
                *(("kinds", "error"), ("fields", "warning")),
            ],
        ),
        (["check/known", "fields/forbidden"], [("credentials", "ok"), ("fields", "warning")]),
        (["check/unauthorized"], [("credentials", "error")]),
        (["check/down"], [("credentials", "error")]),
    ],
)
async def test_doctor_looks_at_credentials_the_key_and_the_field_map(
    cases: list[str], found: list[tuple[str, str]], recordings: Recordings
) -> None:
    kinds = {"task": "Wish"} if "fields/others" in cases else None
    with recordings.replay(*cases):
        async with a_system(fields=FIELDS, kinds=kinds) as system:
            findings = await system.check()
    assert [(one.check, one.status) for one in findings] == found
    if "fields/others" in cases:
        told = " ".join(one.message for one in findings)
        assert "cf_livechat_key is a custom_paragraph" in told
        assert "has no value Bank" in told
        assert "is a custom_text, not a flag" in told
        assert "has no field cf_orders" in told
        assert "tickets have no type Wish" in told
        assert "fields that tickets do not have: Product, Cause" in told


async def test_doctor_tells_that_there_is_no_field_for_the_key(recordings: Recordings) -> None:
    with recordings.replay("check/known", "fields/without-key"):
        async with a_system() as system:
            findings = await system.check()
    (key,) = [one for one in findings if one.check == "keyField"]
    assert (key.status, key.message) == ("error", "the account has no field cf_livechat_key")


async def test_nothing_of_the_key_is_shown() -> None:
    class Echo(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(500, text=f"freshdesk-key-of-tests {request.headers['authorization']}")

    shown: list[Any] = [build(), build().settings]
    with override_transport(Echo()), pytest.raises(RetryableError) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    for one in (*shown, failed.value):
        assert "of-tests" not in f"{one!r} {one}"
        assert "ZnJlc2hkZXNr" not in f"{one!r} {one}"
