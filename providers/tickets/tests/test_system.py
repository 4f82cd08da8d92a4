"""What the base decides: when it looks, waits, makes, or leaves a ticket in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.tickets import Ticket, TicketNote
from livechat_sdk.errors import (
    AuthError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    UnsupportedFeature,
)
from livechat_sdk.hooks import Hooks
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk.provider.settings import IntegrationSettings
from livechat_sdk.relay.failures import failure_of
from livechat_sdk_tickets.capabilities import AtMostOnce, TicketCapabilities
from livechat_sdk_tickets.fields import FieldRule
from livechat_sdk_tickets.preparing import LoadedFile, Prepared
from livechat_sdk_tickets.system import LONGEST_CALL, TicketSystem
from providers.tickets.tests.bench import (
    HANDOFF,
    INVOICE,
    NOW,
    Host,
    Kept,
    a_draft,
    a_note,
    a_ticket,
    tried,
)

ABLE = TicketCapabilities(
    internal_comment=True,
    public_comment=True,
    create_at_most_once=AtMostOnce.LOOK_UP,
    find=True,
    find_lag=30.0,
    text="plain",
    subject_limit=20,
    body_limit=2000,
)
VENDOR = replace(ABLE, create_at_most_once=AtMostOnce.VENDOR)
BLIND = replace(ABLE, create_at_most_once=AtMostOnce.NO, find=False)


class Book(TicketSystem[IntegrationSettings]):
    """A ticket system on paper."""

    type = "BOOK"
    capabilities: ClassVar[TicketCapabilities] = ABLE

    def __init__(self, *, there: bool | None = False) -> None:
        settings = IntegrationSettings(type="BOOK", name="book")
        super().__init__(IntegrationContext("book", now=lambda: NOW), settings)
        self.there = there
        self.made: list[Prepared] = []
        self.looked: list[str] = []
        self.completed: list[str] = []
        self.comments: list[tuple[TicketNote, Sequence[LoadedFile]]] = []
        self.failure: Exception | None = None
        self.refused: Exception | None = None
        self.unreadable: Exception | None = None

    @property
    def field_map(self) -> Mapping[str, FieldRule]:
        return {}

    async def create(self, ticket: Prepared, handoff: Handoff) -> Ticket:
        self.made.append(ticket)
        if self.failure is not None:
            raise self.failure
        return a_ticket("book", "1")

    async def comment(self, ticket: Ticket, note: TicketNote, files: Sequence[LoadedFile]) -> None:
        self.comments.append((note, files))

    async def attach(self, ticket: Ticket, file: LoadedFile, *, key: str) -> None:
        raise AssertionError("nothing is attached here")

    async def read(self, ticket_id: str) -> Ticket | None:
        if self.unreadable is not None:
            raise self.unreadable
        return None

    async def find(self, key: str) -> Ticket | None:
        self.looked.append(key)
        return a_ticket("book", "7").model_copy(update={"key": key}) if self.there else None

    def link(self, ticket_id: str) -> str:
        return f"book:{ticket_id}"

    async def check(self) -> Sequence[Finding]:
        return ()

    async def complete(self, ticket: Ticket, prepared: Prepared) -> None:
        self.completed.append(ticket.id)
        if self.refused is not None:
            raise self.refused

    async def has_comment(self, ticket: Ticket, note: TicketNote) -> bool | None:
        self.looked.append(note.key)
        return self.there


def a_book(able: TicketCapabilities = ABLE, *, there: bool | None = False) -> Book:
    """A ticket system that can do this."""
    made: type[Book] = type("Able", (Book,), {"capabilities": able})
    return made(there=there)


async def test_a_first_create_is_not_looked_for() -> None:
    book = a_book(there=True)
    ticket = await book.livechat_create_ticket(a_draft(), HANDOFF)
    assert (ticket.id, book.looked, len(book.made), book.completed) == ("1", [], 1, ["1"])


@pytest.mark.parametrize("able", [ABLE, VENDOR], ids=["looks up", "vendor"])
async def test_what_is_there_is_found_and_completed(able: TicketCapabilities) -> None:
    book = a_book(able, there=True)
    ticket = await book.livechat_create_ticket(tried(1), HANDOFF)
    assert (ticket.id, book.made, book.completed) == ("7", [], ["7"])


@pytest.mark.parametrize(
    ("able", "age", "repeat", "what"),
    [
        (VENDOR, 1, False, "made"),
        (VENDOR, 10**6, False, "made"),
        (replace(VENDOR, vendor_window=7000.0), 6999, False, "made"),
        (replace(VENDOR, vendor_window=7000.0), 7001, False, "doubtful"),
        (replace(VENDOR, vendor_window=7000.0), 7001, True, "made"),
        (replace(VENDOR, find=False), 1, False, "made"),
        (ABLE, 1, False, "waits"),
        (ABLE, 1, True, "waits"),
        (ABLE, 30 + LONGEST_CALL - 1, False, "waits"),
        (ABLE, 30 + LONGEST_CALL + 1, False, "doubtful"),
        (ABLE, 30 + LONGEST_CALL + 1, True, "made"),
        (BLIND, 1, False, "doubtful"),
        (BLIND, 10**6, False, "doubtful"),
        (BLIND, 1, True, "made"),
    ],
)
async def test_what_is_not_there_is_made_only_where_there_cannot_be_two(
    able: TicketCapabilities, age: float, repeat: bool, what: str
) -> None:
    book = a_book(able)
    draft = tried(age, repeat=repeat)
    if what == "made":
        assert (await book.livechat_create_ticket(draft, HANDOFF)).id == "1"
    elif what == "waits":
        with pytest.raises(RetryableError) as wait:
            await book.livechat_create_ticket(draft, HANDOFF)
        assert wait.value.sent is False
        assert wait.value.retry_after == pytest.approx(max(30 + LONGEST_CALL - age, 1))
    else:
        with pytest.raises(RejectedError, match="may have made the ticket"):
            await book.livechat_create_ticket(draft, HANDOFF)
    assert len(book.made) == (what == "made")
    assert bool(book.looked) == able.find


async def test_an_answer_that_cannot_be_read_is_looked_for_by_the_next_try() -> None:
    book = a_book()
    book.failure = ProtocolError("status 201, the body is not JSON", status=201, sent=True)
    with pytest.raises(RetryableError, match="not known yet") as failed:
        await book.livechat_create_ticket(a_draft(), HANDOFF)
    assert (failed.value.sent, failed.value.status) == (True, 201)


@pytest.mark.parametrize(
    ("able", "error", "kind"),
    [
        (VENDOR, RejectedError("a note is too long", status=400), RejectedError),
        (ABLE, RejectedError("a note is too long", status=400), RetryableError),
        (ABLE, RetryableError("a note is too long", sent=False), RetryableError),
        (ABLE, RetryableError("a note is too long", status=429, sent=True, retry_after=7), RetryableError),
        (ABLE, AuthError("a note is too long", status=403, sent=True), RetryableError),
    ],
)
async def test_a_ticket_that_lacks_something_is_told_of_and_never_looks_as_if_it_had_not_been_made(
    able: TicketCapabilities, error: ProviderError, kind: type[ProviderError]
) -> None:
    book = a_book(able)
    book.refused = error
    with pytest.raises(kind, match="ticket 1 was made, and lacks something: a note is too long") as failed:
        await book.livechat_create_ticket(a_draft(), HANDOFF)
    assert (failed.value.sent, failed.value.retry_after) == (True, error.retry_after)
    assert failure_of(failed.value).certain == (kind is RejectedError)


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (RetryableError("no answer"), True),
        (ProtocolError("what?", sent=True), True),
        (RetryableError("no connection", sent=False), False),
        (RejectedError("no", sent=True), False),
        (None, True),
    ],
)
def test_a_call_of_which_nothing_is_there_is_waited_for_unless_it_surely_came_to_nothing(
    error: ProviderError | None, waits: bool
) -> None:
    book, long_ago = a_book(), tried(LONGEST_CALL + 1).first_tried_at
    with suppress(ProviderError), book.leaving("h-1.file.1", None, "attach"):
        if error is not None:
            raise error
    if waits:
        with (
            pytest.raises(RetryableError, match="on its way") as wait,
            book.leaving("h-1.file.1", long_ago, "x"),
        ):
            raise AssertionError("it is made again")
        assert (wait.value.retry_after, wait.value.sent) == (LONGEST_CALL, False)
    else:
        with book.leaving("h-1.file.1", long_ago, "x"):
            pass


async def test_a_comment_that_was_made_is_made_whether_or_not_the_ticket_can_be_read() -> None:
    book = a_book()
    book.unreadable = RetryableError("no answer")
    ticket = a_ticket("book", "1")
    assert await book.livechat_add_to_ticket(ticket, a_note()) == ticket
    assert len(book.comments) == 1


@pytest.mark.parametrize("error", [TimeoutError(), RetryableError("no answer"), AuthError("no")])
async def test_what_fails_before_a_create_has_surely_made_nothing(error: Exception) -> None:
    async def fails() -> None:
        raise error

    with pytest.raises(ProviderError) as failed:
        await a_book().beforehand(fails())
    assert failed.value.sent is False


async def test_files_go_along_and_those_that_cannot_are_named() -> None:
    book = a_book(replace(ABLE, file_limit=10))
    kept = Kept()
    await book.start(Host(kept))
    gone = Attachment(url="livechat-file:99", name="gone.txt")
    huge = Attachment(url="livechat-file:1", name="../huge\n.bin")
    kept.contents["1"] = b"x" * 11
    draft = a_draft(attachments=(INVOICE, gone, huge))
    await book.livechat_create_ticket(draft, HANDOFF)
    (made,) = book.made
    assert [(file.name, file.content) for file in made.files] == [("invoice 7.pdf", b"%PDF")]
    assert made.text.endswith(
        "Could not be carried over:\n- file gone.txt (it is not kept here any more)\n"
        "- file .._huge .bin (too large: 11 bytes)"
    )


async def test_files_that_are_too_large_together_are_named_too() -> None:
    book = a_book(replace(ABLE, files_limit=7))
    await book.start(Host(Kept({"1": b"1234", "2": b"5678", "3": b"9"})))
    files = [Attachment(url=f"livechat-file:{number}", name=f"{number}.txt") for number in (1, 2, 3)]
    await book.livechat_create_ticket(a_draft(attachments=tuple(files)), HANDOFF)
    (made,) = book.made
    assert [file.name for file in made.files] == ["1.txt", "3.txt"]
    assert made.text.endswith("Could not be carried over:\n- file 2.txt (too large: 4 bytes)")


async def test_the_lag_of_the_settings_counts() -> None:
    class Slower(Book):
        @property
        def find_lag(self) -> float:
            return 300.0

    with pytest.raises(RetryableError) as wait:
        await Slower(there=False).livechat_create_ticket(tried(100), HANDOFF)
    assert wait.value.retry_after == pytest.approx(300 + LONGEST_CALL - 100)


async def test_a_ticket_system_without_files_names_them() -> None:
    book = a_book(replace(ABLE, attachments=False))
    await book.start(Host())
    await book.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)
    assert "file invoice 7.pdf (the ticket system takes none)" in book.made[0].text


@pytest.mark.parametrize("public", [True, False])
async def test_a_kind_of_comment_that_there_is_not_is_refused(public: bool) -> None:
    able = replace(ABLE, public_comment=not public, internal_comment=public)
    with pytest.raises(UnsupportedFeature, match="no public" if public else "no internal"):
        await a_book(able).livechat_add_to_ticket(a_ticket("book", "1"), a_note(public=public))


@pytest.mark.parametrize(
    ("once", "there", "age", "what"),
    [
        (True, False, 1, "made"),
        (False, True, 1, "there"),
        (False, False, 1, "waits"),
        (False, False, LONGEST_CALL + 1, "made"),
        (False, None, 1, "doubtful"),
        (False, None, 10**6, "doubtful"),
    ],
)
async def test_a_comment_is_there_once(once: bool, there: bool | None, age: float, what: str) -> None:
    book = a_book(replace(ABLE, comments_once=once), there=there)
    note = a_note(first_tried_at=tried(age).first_tried_at)
    expected: dict[str, type[Exception]] = {"waits": RetryableError, "doubtful": RejectedError}
    if what in expected:
        with pytest.raises(expected[what]):
            await book.livechat_add_to_ticket(a_ticket("book", "1"), note)
    else:
        await book.livechat_add_to_ticket(a_ticket("book", "1"), note)
    assert len(book.comments) == (what == "made")


async def test_what_a_comment_cannot_carry_is_named_in_it() -> None:
    book = a_book()
    gone = Attachment(url="https://elsewhere.example/x", name="x")
    await book.livechat_add_to_ticket(a_ticket("book", "1"), a_note(attachments=(gone,)))
    ((note, files),) = book.comments
    assert note.body.endswith("Could not be carried over:\n- file x (it is not kept here any more)")
    assert files == []


async def test_both_tickets_of_a_handoff_are_listed() -> None:
    book = a_book(there=True)
    tickets = await book.livechat_list_tickets(HANDOFF)
    assert [one.key for one in tickets] == ["h-1.ticket.during", "h-1.ticket"]
    assert await a_book().livechat_list_tickets(HANDOFF) == ()


async def test_the_hooks_of_the_base_are_those_of_every_ticket_system() -> None:
    hooks, book = Hooks(), a_book(there=True)
    hooks.register(book, "book", selectable=True)
    ticket = await hooks.create_ticket(a_draft(), HANDOFF, plugin="book")
    assert ticket is not None
    assert await hooks.add_to_ticket(ticket, a_note(), plugin="book") == ticket
    assert len(await hooks.list_tickets(HANDOFF, plugin="book")) == 2
    hooks.close()


def test_a_system_has_a_link_and_a_name() -> None:
    book: Any = a_book()
    assert (book.name, book.link("7")) == ("book", "book:7")
