"""Every call of the adapter, as the vendor's API document describes it."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import Attachment, TranscriptEntry, UserReceipt
from livechat_sdk.domain.people import Agent, Contact, ContactField, EndUser
from livechat_sdk.errors import (
    AuthError,
    ConfigurationError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    StoreError,
)
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.files import FileOpener, OpenedFile
from livechat_sdk.provider.interface import ChatOpening, PlannedMessage
from livechat_sdk_testing.conformance.recorded import RecordedCall, check_recorded_call
from livechat_sdk_testing.recordings import Recording, Recordings
from providers.zendesk.tests.bench import (
    CHAT,
    CONVERSATION,
    LOST,
    MESSAGE,
    NOW,
    RECORDINGS,
    USER,
    a_provider,
    an_opening,
    build,
)

FILE = Attachment(url="livechat-file:7", name="invoice 7.png", media_type="image/png", size=4)
TERMS = Attachment(url="livechat-file:8", name="terms.pdf", media_type="application/pdf", size=4)
REASON = EndReason(by="user", why="abandoned")
HAVE = "status/with-agents"
NEW = ("user/absent", "user/created", "conversations/made", "page/posted", "control/passed", HAVE)


class Hurried:
    """A clock on which nobody waits."""

    def __init__(self) -> None:
        self.time = NOW
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return self.time

    async def sleep_until(self, when: datetime) -> None:
        self.pauses.append((when - self.time).total_seconds())
        self.time = max(self.time, when)


def test_recordings_agree_with_the_api_document() -> None:
    assert RECORDINGS.validate() == []


# ---- open


async def opened(
    recordings: Recordings, *cases: str, opening: ChatOpening | None = None, **settings: Any
) -> list[str]:
    """Open a chat with these answers; returns the calls that were made."""
    with recordings.replay(*cases, clock=Hurried()) as playing:
        async with a_provider(**settings) as provider:
            chat = await provider.open(opening or an_opening())
    assert (chat.ref, chat.vendor_ref, chat.state["user"]) == ("h-1.1", CONVERSATION, USER)
    return playing.calls


async def test_user_and_conversation_are_made_and_told_about_before_control_is_passed(
    recordings: Recordings,
) -> None:
    assert await opened(recordings, *NEW) == list(NEW)


async def test_everything_that_is_known_is_told(recordings: Recordings) -> None:
    opening = an_opening(
        user=EndUser(id="u-1", name="Nikos", email="nikos@shop.example", phone="+15550100001", language="el"),
        route=Route(
            integration="zendesk", bot="shop-bot", queue="360001", priority="high", skills=("greek",)
        ),
        language="el",
        reason="too hard",
        summary="Asks about an invoice.",
        transcript=(
            TranscriptEntry(author="bot", body="Hello, how can I help?"),
            TranscriptEntry(author="user", name="Nikos", body="My invoice is wrong"),
            TranscriptEntry(author="user", body="Hello?", doubtful=True),
        ),
        survey=(SurveyAnswer(id="order", question="Which order?", answer="1234"),),
        contacts=(
            Contact(
                source="crm", id="7", name="N. Pappas", fields=(ContactField(label="Segment", value="gold"),)
            ),
        ),
        tags=("vip", "two words"),
        attributes={"cart": ["shoes"]},
    )
    cases = (
        "user/absent",
        "user/created-full",
        "conversations/made",
        "page/full",
        "control/passed-full",
        HAVE,
    )
    settings = {
        "ticketFields": {"11": "survey.order", "12": "=from the bot", "13": "attributes.nothing"},
        "ticketTags": ["chat"],
        "brand": "77",
        "group": "1",
        "ticketWebhookKey": "ticket-key-of-tests",
    }
    assert await opened(recordings, *cases, opening=opening, **settings) == list(cases)


async def test_user_who_is_there_is_the_same_user(recordings: Recordings) -> None:
    cases = ("user/found", "conversations/none", "conversations/made", "page/posted", "control/passed", HAVE)
    assert await opened(recordings, *cases) == list(cases)


async def test_user_who_was_made_meanwhile_is_the_same_user(recordings: Recordings) -> None:
    rest = ("conversations/none", "conversations/made", "page/posted", "control/passed", HAVE)
    cases = ("user/absent", "user/exists", "user/found", *rest)
    assert await opened(recordings, *cases) == list(cases)


async def test_conversation_of_an_earlier_attempt_is_found_on_whatever_page_and_its_messages_are_not_repeated(
    recordings: Recordings,
) -> None:
    found = ("user/found", "conversations/page-1", "conversations/page-2")
    few = "control/passed-again"
    again = recordings.all["control/passed"].model_dump(by_alias=True, exclude_unset=True)
    again["request"]["json"]["metadata"]["first_message_id"] = "p-1"
    cases = (*found, "messages/ours", Recording.model_validate({**again, "name": few}), HAVE)
    with recordings.replay(*cases) as playing:
        async with a_provider() as provider:
            assert (await provider.open(an_opening())).vendor_ref == CONVERSATION
    assert playing.calls == [*found, "messages/ours", few, HAVE]


async def test_chat_that_agents_have_already_is_not_taken_back_from_them(recordings: Recordings) -> None:
    cases = ("user/found", "conversations/passed")
    assert await opened(recordings, *cases, botIntegration="bot") == list(cases)


async def test_conversation_whose_making_was_not_answered_is_looked_for_before_it_is_made_again(
    recordings: Recordings,
) -> None:
    found = (
        "user/absent",
        "user/created",
        "conversations/lost",
        "conversations/page-1",
        "conversations/page-2",
    )
    assert await opened(recordings, *found, "page/posted", "control/passed", HAVE) == [
        *found,
        "page/posted",
        "control/passed",
        HAVE,
    ]


async def test_page_whose_post_was_not_answered_is_looked_for_before_it_is_posted_again(
    recordings: Recordings,
) -> None:
    begin = ("user/absent", "user/created", "conversations/made")
    cases = (*begin, "page/lost", "messages/nothing", "page/posted", "control/passed", HAVE)
    assert await opened(recordings, *cases) == list(cases)


async def test_opening_is_given_up_in_the_end_and_can_be_repeated(recordings: Recordings) -> None:
    lost = recordings.all["conversations/lost"].model_copy(update={"calls": "many"})
    none = recordings.all["conversations/none"].model_copy(update={"calls": "many"})
    clock = Hurried()
    with recordings.replay("user/absent", "user/created", lost, none, clock=clock) as playing:
        async with a_provider() as provider:
            with pytest.raises(RetryableError):
                await provider.open(an_opening())
    assert playing.calls.count("conversations/lost") == 4
    for pause, longest in zip(clock.pauses, (0.5, 1.0, 2.0), strict=True):
        assert longest / 2 <= pause <= longest
    assert clock.pauses != [0.5, 1.0, 2.0], "spread, so that not all chats come back at once"


async def test_control_is_taken_first_where_agents_have_it_from_the_start_and_offered_to_hear_on(
    recordings: Recordings,
) -> None:
    begin = ("user/absent", "user/created", "conversations/made", "control/prepared", "page/posted")
    cases = (*begin, "control/passed", HAVE, "control/offered")
    assert await opened(recordings, *cases, botIntegration="bot", hearBy="offer") == list(cases)


async def test_agents_under_another_name_are_found_by_their_type_unless_the_settings_name_them(
    recordings: Recordings,
) -> None:
    cases = (*NEW[:-2], "control/renamed", "control/passed-by-type", HAVE)
    assert await opened(recordings, *cases) == list(cases)
    with recordings.replay(*NEW[:-2], "control/passed-to-humans"):
        async with a_provider(agentWorkspace="humans") as provider:
            with pytest.raises(RejectedError, match="switchboard_integration_not_found"):
                await provider.open(an_opening())


async def test_first_words_make_the_ticket_once(recordings: Recordings) -> None:
    cases = (*NEW, "words/posted")
    assert await opened(recordings, *cases, firstWords="I need help") == list(cases)
    again = ("user/found", "conversations/passed", "messages/words")
    assert await opened(recordings, *again, firstWords="I need help") == list(again)


async def test_shared_conversation_is_named_anew_for_each_handoff(recordings: Recordings) -> None:
    cases = (
        "user/found",
        "conversations/earlier",
        "conversations/renamed",
        "page/posted",
        "control/passed",
        HAVE,
    )
    calls = await opened(recordings, *cases, conversation="shared")
    assert list(dict.fromkeys(calls)) == list(cases)


# ---- send


async def test_message_is_posted_in_the_end_users_name(recordings: Recordings) -> None:
    with recordings.replay(HAVE, "send/taken"):
        async with a_provider() as provider:
            assert (await provider.send(CHAT, MESSAGE)).vendor_id == "m-1"


async def test_signed_token_instead_of_the_secret(recordings: Recordings) -> None:
    with recordings.replay("status/with-agents-by-token", "send/taken-by-token"):
        async with a_provider(auth="jwt") as provider:
            assert (await provider.send(CHAT, MESSAGE)).vendor_id == "m-1"


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ("send/locked", RejectedError),
        ("send/not-found", RejectedError),
        ("send/unauthorized", AuthError),
        ("send/internal", RetryableError),
    ],
)
async def test_message_that_is_not_taken_is_told_and_not_repeated(
    recordings: Recordings, case: str, kind: type[ProviderError]
) -> None:
    with recordings.replay(HAVE, case):
        async with a_provider() as provider:
            with pytest.raises(kind) as caught:
                await provider.send(CHAT, MESSAGE)
    assert caught.value.sent is not False


async def test_slow_down_carries_the_wish_of_the_vendor(recordings: Recordings) -> None:
    with recordings.replay(HAVE, "send/slow-down"):
        async with a_provider() as provider:
            with pytest.raises(RetryableError) as caught:
                await provider.send(CHAT, MESSAGE)
    assert (caught.value.status, caught.value.retry_after) == (429, 3.0)


async def test_message_to_a_chat_that_is_not_known_never_left(recordings: Recordings) -> None:
    with recordings.replay():
        async with a_provider() as provider:
            for chat in (LOST, CHAT.model_copy(update={"state": {}})):
                with pytest.raises(RejectedError) as caught:
                    await provider.send(chat, MESSAGE)
                assert caught.value.sent is False


async def test_message_to_a_chat_that_agents_do_not_have_any_more_is_refused(recordings: Recordings) -> None:
    for case in ("status/released", "status/with-bot", "status/of-another", "status/not-found"):
        with recordings.replay(case):
            async with a_provider() as provider:
                with pytest.raises(RejectedError) as caught:
                    await provider.send(CHAT, MESSAGE)
                assert caught.value.sent is False


async def test_whether_agents_have_a_chat_is_not_asked_for_each_message(recordings: Recordings) -> None:
    taken = recordings.all["send/taken"].model_copy(update={"calls": "many"})
    with recordings.replay(HAVE, taken) as playing:
        async with a_provider() as provider:
            for _ in range(3):
                await provider.send(CHAT, MESSAGE)
    assert playing.calls == [HAVE, "send/taken", "send/taken", "send/taken"]


async def test_message_to_a_chat_that_was_passed_just_now_is_sent_though_it_has_not_arrived(
    recordings: Recordings,
) -> None:
    with recordings.replay("status/released", "send/taken"):
        async with a_provider() as provider:
            assert (await provider.send(fresh(arrived=False), MESSAGE)).vendor_id == "m-1"
    with recordings.replay("status/released"):
        async with a_provider() as provider:
            with pytest.raises(RejectedError):
                await provider.send(fresh(arrived=True), MESSAGE)


def fresh(*, arrived: bool) -> Chat:
    """The chat, passed to the agents this moment."""
    now = datetime.now(UTC).isoformat()
    return CHAT.model_copy(update={"state": {"user": USER, "opened": now, "arrived": arrived}})


# ---- files


class Kept:
    """The host's files."""

    def __init__(self, size: int = 4) -> None:
        self.size = size

    async def open(self, attachment: Attachment) -> OpenedFile:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"\x89P"
            yield b"NG"

        if attachment.name == "broken":
            raise StoreError("the folder is not there")
        return OpenedFile(attachment.name, attachment.media_type, self.size, pieces())


class Host:
    def __init__(self, files: FileOpener) -> None:
        self.files = files

    @property
    def database(self) -> EmbeddedDatabase:
        raise AssertionError("this adapter needs no database")

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        return ()


async def sent_files(
    recordings: Recordings, *cases: str, key: str, files: tuple[Attachment, ...]
) -> list[str]:
    message = PlannedMessage(key=key, body="See", attachments=files, sent_at=NOW)
    with recordings.replay(HAVE, *cases) as playing:
        async with a_provider() as provider:
            await provider.start(Host(Kept()))
            await provider.send(CHAT, message)
    return playing.calls


async def test_file_is_handed_over_for_its_conversation_and_named_in_the_message(
    recordings: Recordings,
) -> None:
    cases = ("file/taken", "send/with-image")
    assert await sent_files(recordings, *cases, key="k-2", files=(FILE,)) == [HAVE, *cases]


async def test_several_files_are_several_posts_and_a_repetition_makes_what_is_missing(
    recordings: Recordings,
) -> None:
    files = (FILE, TERMS)
    whole = await sent_files(
        recordings, "file/taken", "messages/quiet", "send/part-1", "send/part-2", key="k-3", files=files
    )
    assert whole[-3:] == ["messages/quiet", "send/part-1", "send/part-2"]
    rest = await sent_files(recordings, "file/taken", "messages/part", "send/part-2", key="k-3", files=files)
    assert rest[-2:] == ["messages/part", "send/part-2"]


async def test_failure_of_a_later_file_is_doubtful(recordings: Recordings) -> None:
    with pytest.raises(RetryableError) as caught:
        await sent_files(
            recordings,
            *("file/taken", "messages/quiet", "send/part-1", "send/part-2-internal"),
            key="k-3",
            files=(FILE, TERMS),
        )
    assert caught.value.sent is not False


@pytest.mark.parametrize(
    ("file", "size", "cases", "kind"),
    [
        (FILE, 50_000_001, (), RejectedError),
        (FILE.model_copy(update={"name": "broken"}), 4, (), RetryableError),
        (FILE, 4, ("file/too-large",), RejectedError),
    ],
)
async def test_message_whose_file_cannot_be_had_or_is_not_taken_was_not_sent(
    recordings: Recordings, file: Attachment, size: int, cases: tuple[str, ...], kind: type[ProviderError]
) -> None:
    message = PlannedMessage(key="k-2", body="", attachments=(file,), sent_at=NOW)
    with recordings.replay(HAVE, *cases):
        async with a_provider() as provider:
            await provider.start(Host(Kept(size)))
            with pytest.raises(kind) as caught:
                await provider.send(CHAT, message)
    assert caught.value.sent is False


def a_link(url: str, status: int = 200, headers: dict[str, str] | None = None) -> Recording:
    """The exchange in which a file is fetched."""
    return Recording.model_validate(
        {
            "name": "link/file",
            "provenance": {"kind": "synthesised", "source": "this test", "date": "2026-11-26"},
            "request": {"method": "GET", "url": url, "headers": headers or {}},
            "response": {"status": status, "headers": {"content-type": "image/png"}, "base64": "iVBORw=="},
        }
    )


async def test_file_of_the_end_user_is_fetched_from_its_link(recordings: Recordings) -> None:
    url = "https://files.shop.example/7"
    message = PlannedMessage(
        key="k-2", body="See", attachments=(FILE.model_copy(update={"url": url}),), sent_at=NOW
    )
    with recordings.replay(HAVE, a_link(url), "file/taken", "send/with-image"):
        async with a_provider() as provider:
            assert (await provider.send(CHAT, message)).vendor_id == "m-2"
    with recordings.replay(HAVE, a_link(url, status=403)):
        async with a_provider() as provider:
            with pytest.raises(RejectedError, match="not open to us") as caught:
                await provider.send(CHAT, message)
    assert caught.value.sent is False


async def test_file_of_an_agent_is_asked_for_with_credentials_at_zendesk_alone(
    recordings: Recordings,
) -> None:
    own = "https://acme.zendesk.com/sc/attachments/v2/02/copy.pdf"
    basic = recordings.all["send/taken"].request.headers["authorization"]
    with recordings.replay(a_link(own, headers={"authorization": basic})):
        async with a_provider() as provider:
            found = await provider.fetch(CHAT, FILE.model_copy(update={"url": own}))
            assert found is not None
            assert found.content == b"\x89PNG"
            for other in (
                "https://acme.zendesk.com.evil.example/x",
                "https://cdn.example/x",
                "https://acme.zendesk.com:8443/x",
                "https://acme.zendesk.com:x/x",
                "http://acme.zendesk.com/x",
                "https://acme.zendesk.com@cdn.example/x",
                "https://ann:secret@acme.zendesk.com/x",
                "https://[acme.zendesk.com/x",
            ):
                assert await provider.fetch(CHAT, FILE.model_copy(update={"url": other})) is None


# ---- close, receipts


@pytest.mark.parametrize("case", ["close/released", "close/not-found"])
async def test_control_is_released_and_a_chat_that_is_gone_is_closed(
    recordings: Recordings, case: str
) -> None:
    with recordings.replay(case):
        async with a_provider() as provider:
            await provider.close(CHAT, REASON)


async def test_chat_whose_conversation_is_not_known_is_not_said_to_be_closed() -> None:
    async with a_provider() as provider:
        with pytest.raises(RejectedError, match="the conversation is not known") as failure:
            await provider.close(LOST, REASON)
    assert failure.value.sent is False


async def test_key_of_an_integration_passes_control_where_it_may_not_release_it(
    recordings: Recordings,
) -> None:
    with recordings.replay("close/forbidden", "close/passed-back"):
        async with a_provider(botIntegration="bot") as provider:
            await provider.close(CHAT, REASON)
    with recordings.replay("close/forbidden"):
        async with a_provider() as provider:
            with pytest.raises(RejectedError, match="botIntegration"):
                await provider.close(CHAT, REASON)


async def test_shared_conversation_of_a_later_handoff_is_left_alone(recordings: Recordings) -> None:
    for cases in (("status/of-another",), ("status/not-found",), ("status/with-agents", "close/released")):
        with recordings.replay(*cases):
            async with a_provider(conversation="shared") as provider:
                await provider.close(CHAT, REASON)


async def test_read_is_told_and_delivered_has_no_word(recordings: Recordings) -> None:
    with recordings.replay("receipt/read") as playing:
        async with a_provider() as provider:
            await provider.receipt(CHAT, UserReceipt(message_key="a-2", status="delivered"))
            await provider.receipt(CHAT, UserReceipt(message_key="a-2", status="read"))
    assert playing.calls == ["receipt/read"]


# ---- what is true there


async def status_of(recordings: Recordings, *cases: str, chat: Chat = CHAT) -> Any:
    with recordings.replay(*cases):
        async with a_provider() as provider:
            return await provider.status(chat)


async def test_status_tells_who_of_the_agents_has_written_in_this_chat(recordings: Recordings) -> None:
    active = await status_of(recordings, "status/with-agents", "messages/page-1")
    assert (active.state, active.agent) == ("active", Agent(id="8447388090496", name="Maria"))
    silent = await status_of(recordings, "status/with-agents", "messages/quiet")
    assert (silent.state, silent.agent, silent.vendor_ref) == ("unknown", None, CONVERSATION)


SUPPORT = {"supportUser": "ann@shop.example", "supportToken": "support-token-of-tests"}


@pytest.mark.parametrize(
    ("cases", "state", "agent"),
    [
        (("ticket/new",), "queued", None),
        (("ticket/taken",), "active", Agent(id="8447388090496")),
        (("ticket/solved",), "active", Agent(id="8447388090496")),
        (("ticket/none", "messages/quiet"), "queued", None),
        (("ticket/none", "messages/page-1"), "active", Agent(id="8447388090496", name="Maria")),
    ],
)
async def test_ticket_tells_who_has_taken_the_chat_before_they_write(
    recordings: Recordings, cases: tuple[str, ...], state: str, agent: Agent | None
) -> None:
    with recordings.replay(HAVE, *cases):
        async with a_provider(**SUPPORT) as provider:
            found = await provider.status(CHAT)
    assert (found.state, found.agent) == (state, agent)


async def test_solved_ticket_is_an_end_where_the_settings_say_so(recordings: Recordings) -> None:
    with recordings.replay(HAVE, "ticket/solved"):
        async with a_provider(**SUPPORT, endOn="solved", ticketWebhookKey="ticket-key-of-tests") as provider:
            found = await provider.status(CHAT)
    assert (found.state, found.ended) == ("ended", EndReason(by="agent", why="resolved", raw="solved"))


@pytest.mark.parametrize(
    ("case", "wanted"),
    [("availability/somebody", "yes"), ("availability/nobody", "no"), ("availability/none", "unknown")],
)
async def test_availability_tells_nobody_from_not_known(
    recordings: Recordings, case: str, wanted: str
) -> None:
    route = Route(integration="zendesk", bot="shop-bot")
    with recordings.replay(case):
        async with a_provider(**SUPPORT) as provider:
            assert (await provider.availability(route)).agents == wanted
    async with a_provider() as provider:
        assert (await provider.availability(route)).agents == "unknown"


async def test_wrong_credentials_of_support_are_told(recordings: Recordings) -> None:
    with recordings.replay("availability/unauthorized"):
        async with a_provider(**SUPPORT) as provider:
            with pytest.raises(AuthError):
                await provider.availability(Route(integration="zendesk", bot="shop-bot"))


@pytest.mark.parametrize("case", ["status/released", "status/with-bot", "status/of-another"])
async def test_chat_that_agents_do_not_have_any_more_is_over(recordings: Recordings, case: str) -> None:
    found = await status_of(recordings, case)
    assert (found.state, found.ended.by) == ("ended", "agent")


async def test_control_that_was_passed_just_now_may_not_have_arrived(recordings: Recordings) -> None:
    found = await status_of(recordings, "status/released", chat=fresh(arrived=False))
    assert found.state == "unknown"
    found = await status_of(recordings, "status/released", chat=fresh(arrived=True))
    assert found.state == "ended"


async def test_chat_that_zendesk_does_not_know_and_one_that_we_do_not_know(recordings: Recordings) -> None:
    with pytest.raises(RejectedError) as caught:
        await status_of(recordings, "status/not-found")
    assert caught.value.status == 404
    assert (await status_of(recordings, chat=LOST)).state == "unknown"


async def test_history_is_read_page_by_page_and_holds_what_the_end_user_should_see(
    recordings: Recordings,
) -> None:
    with recordings.replay("messages/page-1", "messages/page-2") as playing:
        async with a_provider() as provider:
            found = await provider.history(CHAT, NOW)
    assert playing.calls == ["messages/page-1", "messages/page-2"]
    assert [(one.author, one.message.key, one.message.body) for one in found] == [
        ("system", "a-1", "Maria is with you"),
        ("agent", "a-2", "Good morning! Which one?"),
        ("agent", "a-3", "Here is a copy"),
    ]
    assert {one.refs for one in found} == {("h-1.1", CONVERSATION)}
    [attachment] = found[2].message.attachments
    assert (attachment.name, attachment.size) == ("copy.pdf", 2048)


async def test_history_stops_where_it_is_older_than_asked_for(recordings: Recordings) -> None:
    with recordings.replay("messages/page-1"):
        async with a_provider() as provider:
            found = await provider.history(CHAT, NOW + timedelta(minutes=1, seconds=30))
    assert [one.message.key for one in found] == ["a-3"]
    with recordings.replay("messages/nothing"):
        async with a_provider() as provider:
            assert await provider.history(CHAT, NOW) == []


async def test_history_without_an_end_is_given_up(recordings: Recordings) -> None:
    with recordings.replay("messages/page-1", "messages/page-that-repeats"):
        async with a_provider() as provider:
            with pytest.raises(ProtocolError, match="cursor of the next page"):
                await provider.history(CHAT, NOW - timedelta(days=30))


@pytest.mark.parametrize(
    ("cases", "key", "wanted"),
    [
        (("messages/page-1",), "k-1", True),
        (("messages/quiet",), "k-1", False),
        (("messages/part",), "k-3", None),
        (("messages/parts",), "k-3", True),
    ],
)
async def test_message_is_looked_up_by_our_key(
    recordings: Recordings, cases: tuple[str, ...], key: str, wanted: bool | None
) -> None:
    with recordings.replay(*cases):
        async with a_provider() as provider:
            assert await provider.was_sent(CHAT, key) is wanted
            assert await provider.was_sent(LOST, key) is None


# ---- whatever is answered

CALLS = [
    RecordedCall("send", (HAVE, "send/taken"), lambda one: one.send(CHAT, MESSAGE)),
    RecordedCall(
        "close",
        ("close/released",),
        lambda one: one.close(CHAT, REASON),
        fine=frozenset({403, 404}),
        reads=False,
    ),
    RecordedCall(
        "receipt",
        ("receipt/read",),
        lambda one: one.receipt(CHAT, UserReceipt(message_key="a-2", status="read")),
        reads=False,
    ),
    RecordedCall("status", ("status/released",), lambda one: one.status(CHAT)),
    RecordedCall("history", ("messages/quiet",), lambda one: one.history(CHAT, NOW)),
    RecordedCall("look_up", ("messages/quiet",), lambda one: one.was_sent(CHAT, "k-1")),
]


@pytest.mark.parametrize("one", CALLS, ids=lambda one: one.name)
async def test_whatever_is_answered_it_is_an_answer_or_a_failure_of_the_right_kind(one: RecordedCall) -> None:
    assert await check_recorded_call(one, RECORDINGS, build) >= 12


# ---- doctor, settings, secrets

GOOD = ("check/app", "check/switchboards", "check/responders", "check/integrations", "check/webhooks")


@pytest.mark.parametrize(
    ("cases", "settings", "wanted"),
    [
        (GOOD, {}, {"app": "ok", "agentWorkspace": "ok", "webhook": "ok"}),
        (
            GOOD,
            {"botIntegration": "bot"},
            {"app": "ok", "agentWorkspace": "ok", "botIntegration": "ok", "webhook": "ok"},
        ),
        (
            GOOD,
            {"botIntegration": "deaf"},
            {"app": "ok", "agentWorkspace": "ok", "botIntegration": "error", "webhook": "ok"},
        ),
        (
            GOOD,
            {"botIntegration": "nobody", "agentWorkspace": "humans"},
            {"app": "ok", "agentWorkspace": "error", "botIntegration": "error", "webhook": "ok"},
        ),
        (
            (*GOOD, "availability/nobody"),
            SUPPORT,
            {"app": "ok", "agentWorkspace": "ok", "webhook": "ok", "support": "ok"},
        ),
        (
            (*GOOD, "availability/unauthorized"),
            SUPPORT,
            {"app": "ok", "agentWorkspace": "ok", "webhook": "ok", "support": "error"},
        ),
        (
            ("check/app-of-one-thread", *GOOD[1:]),
            {},
            {"app": "warning", "agentWorkspace": "ok", "webhook": "ok"},
        ),
        (
            ("check/app-of-one-thread", *GOOD[1:]),
            {"conversation": "shared"},
            {"app": "ok", "agentWorkspace": "ok", "webhook": "ok"},
        ),
        (("check/unauthorized",), {}, {"app": "error"}),
        (("check/internal",), {}, {"app": "error"}),
        (("check/forbidden", *GOOD[1:]), {}, {"app": "warning", "agentWorkspace": "ok", "webhook": "ok"}),
        (
            ("check/app", "check/switchboard-off", "check/no-integrations"),
            {},
            {"app": "ok", "switchboard": "error", "webhook": "error"},
        ),
        (
            (*GOOD[:4], "check/webhooks-lacking"),
            {},
            {"app": "ok", "agentWorkspace": "ok", "webhook": "error"},
        ),
    ],
)
async def test_check_tells_what_is_in_order(
    recordings: Recordings, cases: tuple[str, ...], settings: dict[str, Any], wanted: dict[str, str]
) -> None:
    with recordings.replay(*cases, clock=Hurried()):
        async with a_provider(**settings) as provider:
            found = await provider.check()
    assert {one.check: one.status for one in found} == wanted
    assert all(one.next_step for one in found if one.status == "error")


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"baseUrl": "ftp://acme.zendesk.com"}, "baseUrl"),
        ({"baseUrl": "https://me:pass@acme.zendesk.com"}, "baseUrl"),
        ({"appId": "a/b"}, "appId"),
        ({"keyId": "a:b"}, "keyId"),
        ({"secret": None}, "secret"),
        ({"webhookKey": []}, "webhookKey"),
        ({"supportUser": "ann@shop.example"}, "supportToken"),
        ({"hearBy": "offer"}, "botIntegration"),
        ({"endOn": "solved"}, "ticketWebhookKey"),
        ({"ticketFields": {"11": "weather"}}, "ticketFields"),
        ({"ticketFields": {"name": "bot"}}, "ticketFields"),
        ({"ticketTags": ["two words"]}, "ticketTags"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_settings_are_checked_when_the_provider_is_built(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build(**settings)
    assert path in str(caught.value)


@pytest.mark.parametrize(
    ("base_url", "wanted"),
    [
        ("https://acme.zendesk.com", "https://acme.zendesk.com/sc/v2/apps/"),
        ("https://acme.zendesk.com/", "https://acme.zendesk.com/sc/v2/apps/"),
        ("https://acme.zendesk.com/sc", "https://acme.zendesk.com/sc/v2/apps/"),
        ("https://api.smooch.io", "https://api.smooch.io/v2/apps/"),
        ("https://api.eu-1.smooch.io/", "https://api.eu-1.smooch.io/v2/apps/"),
    ],
)
def test_api_is_where_the_account_has_it(base_url: str, wanted: str) -> None:
    assert build(baseUrl=base_url).settings.api_url.startswith(wanted)


async def test_secrets_are_in_no_error_and_no_log(
    recordings: Recordings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    for case in ("send/unauthorized", "send/internal"):
        with recordings.replay(HAVE, case):
            async with a_provider() as provider:
                with pytest.raises(ProviderError) as caught:
                    await provider.send(CHAT, MESSAGE)
                told += [str(caught.value), repr(caught.value), repr(provider.settings), repr(provider)]
    everything = json.dumps([*told, caplog.text])
    basic = recordings.all["send/taken"].request.headers["authorization"].removeprefix("Basic ")
    for secret in ("zendesk-secret-of-tests", "zendesk-webhook-key-of-tests", basic):
        assert secret not in everything
