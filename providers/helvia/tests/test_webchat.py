"""The end user's side: every line once and in order, and nothing an end user wrote is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.messages import Attachment, Choice, Message
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import HandoffEnded, Outgoing, Receipt, SystemMessage, Typing, UserMessage
from livechat_sdk.errors import InvalidInput, StoreError
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.webchat import WebChat
from livechat_sdk_helvia.webchat.chat import MAX_USER_TEXT
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.stored_database import open_stored
from providers.helvia.tests.world import START, Clock


class Bot:
    """Takes what end users write; fails as often as a test wants."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str]] = []
        self.failures = 0
        self.gate: asyncio.Event | None = None

    async def user_said(self, conversation_id: str, message: Message) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the bot is not there")
        self.heard.append((conversation_id, message.key, message.body))

    @property
    def bodies(self) -> list[str]:
        return [body for _, _, body in self.heard]


@pytest.fixture(params=["memory", "stored"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EmbeddedDatabase]:
    if request.param == "stored":
        async with open_stored(tmp_path) as database:
            yield database
    else:
        with closing(MemoryDatabase()) as quick:
            yield quick


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
async def chat(database: EmbeddedDatabase, bot: Bot, clock: Clock) -> AsyncIterator[WebChat]:
    made = WebChat(database, bots=("shop", "night"), now=clock.now)
    await made.start(bot.user_said, pause=0)
    yield made
    await made.stop()


def envelope(conversation_id: str, key: str, number: int = 1) -> dict[str, Any]:
    return {"key": key, "handoff_id": "h-1", "conversation_id": conversation_id, "owner_number": number}


def agent_says(conversation_id: str, key: str, text: str, number: int = 1, **more: Any) -> UserMessage:
    message = Message(key=f"m-{key}", body=text, **more)
    return UserMessage(**envelope(conversation_id, key, number), message=message, agent_name="Ada")


def system_says(conversation_id: str, key: str, moment: Moment, **more: Any) -> SystemMessage:
    return SystemMessage(**envelope(conversation_id, key) | more, moment=moment, text=f"words for {moment}")


def ended(conversation_id: str, number: int, outcome: Outcome = Outcome.COMPLETED) -> HandoffEnded:
    end = End(outcome=outcome, reason=EndReason(by="agent", why="resolved"), at=START)
    return HandoffEnded(**envelope(conversation_id, f"end-{number}", number), end=end, ended_at=START)


async def lines(chat: WebChat, conversation_id: str) -> list[tuple[str, str]]:
    return [(line.author, line.text) for line in await chat.all_messages(conversation_id)]


async def side(chat: WebChat, conversation_id: str) -> tuple[str, str | None]:
    found = await chat.store.conversation(conversation_id)
    assert found is not None
    return found.side, found.agent_name


# ------------------------------------------------------------------------------------------- conversations
async def test_a_conversation_is_known_by_an_unguessable_token(chat: WebChat) -> None:
    first, token = await chat.new_conversation()
    second, other = await chat.new_conversation()
    assert first.id.startswith("shop:")
    assert first.id != second.id
    assert len(token) >= 43
    assert token != other
    assert await chat.store.by_token(token) == first
    assert await chat.store.by_token(first.id) is None


async def test_only_the_hash_of_the_token_is_stored(bot: Bot, clock: Clock, memory: MemoryDatabase) -> None:
    chat = WebChat(memory, now=clock.now)
    await chat.start(bot.user_said)
    _, token = await chat.new_conversation()
    assert token not in memory.dump()
    await chat.stop()


async def test_a_conversation_begins_with_a_bot_that_is_ours(chat: WebChat) -> None:
    conversation, _ = await chat.new_conversation("night")
    assert conversation.bot == "night"
    assert conversation.id.startswith("night:")
    with pytest.raises(InvalidField, match="no such bot"):
        await chat.new_conversation("somebody-elses")


def test_a_page_without_a_bot_is_refused() -> None:
    with pytest.raises(InvalidInput):
        WebChat(MemoryDatabase(), bots=())


# --------------------------------------------------------------------------------------------- handing over
async def test_what_the_end_user_writes_is_handed_over_in_order(chat: WebChat, bot: Bot) -> None:
    conversation, _ = await chat.new_conversation()
    for number in range(5):
        await chat.user_says(conversation.id, f"m{number}", f"k{number}")
    await chat.idle()
    assert bot.heard == [(conversation.id, f"k{n}", f"m{n}") for n in range(5)]


async def test_the_same_key_is_stored_and_handed_over_once(chat: WebChat, bot: Bot) -> None:
    conversation, _ = await chat.new_conversation()
    results = await asyncio.gather(*(chat.user_says(conversation.id, "once", "k1") for _ in range(5)))
    await chat.idle()
    assert sum(is_new for _, is_new in results) == 1
    assert bot.bodies == ["once"]
    assert await lines(chat, conversation.id) == [("user", "once")]


async def test_a_message_is_stored_before_it_is_handed_over(chat: WebChat, bot: Bot) -> None:
    bot.gate = asyncio.Event()
    conversation, _ = await chat.new_conversation()
    await chat.user_says(conversation.id, "hello")
    assert await lines(chat, conversation.id) == [("user", "hello")]
    assert bot.heard == []
    bot.gate.set()
    await chat.idle()
    assert bot.bodies == ["hello"]


async def test_a_bot_that_fails_gets_the_same_message_again_before_the_next(
    chat: WebChat, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    bot.failures = 3
    conversation, _ = await chat.new_conversation()
    await chat.user_says(conversation.id, "first", "k1")
    await chat.user_says(conversation.id, "second", "k2")
    await chat.idle()
    assert bot.bodies == ["first", "second"]
    assert caplog.text.count("could not be handed to the bot") == 3
    assert "first" not in "".join(record.getMessage() for record in caplog.records)


async def test_a_slow_conversation_does_not_hold_up_another(database: EmbeddedDatabase, clock: Clock) -> None:
    heard: list[str] = []
    gate, quick = asyncio.Event(), asyncio.Event()

    async def user_said(conversation_id: str, message: Message) -> None:
        if message.body == "slow":
            await gate.wait()
        heard.append(message.body)
        quick.set()

    chat = WebChat(database, now=clock.now)
    await chat.start(user_said)
    (first, _), (second, _) = await chat.new_conversation(), await chat.new_conversation()
    await chat.user_says(first.id, "slow")
    await chat.user_says(second.id, "quick")
    async with asyncio.timeout(5):
        await quick.wait()
    assert heard == ["quick"]
    gate.set()
    await chat.idle()
    assert heard == ["quick", "slow"]
    await chat.stop()


async def test_what_was_not_handed_over_is_handed_over_after_a_restart(
    database: EmbeddedDatabase, clock: Clock
) -> None:
    before, after = Bot(), Bot()
    before.gate = asyncio.Event()
    chat = WebChat(database, now=clock.now)
    await chat.start(before.user_said)
    conversation, _ = await chat.new_conversation()
    await chat.user_says(conversation.id, "one", "k1")
    await chat.user_says(conversation.id, "two", "k2")
    await chat.stop()
    assert before.heard == []
    again = WebChat(database, now=clock.now)
    await again.start(after.user_said)
    await again.idle()
    assert after.bodies == ["one", "two"]
    third = Bot()
    await again.stop()
    last = WebChat(database, now=clock.now)
    await last.start(third.user_said)
    await last.idle()
    assert third.heard == []
    await last.stop()


async def test_a_message_repeated_by_a_browser_wakes_what_was_stuck(
    chat: WebChat, bot: Bot, database: EmbeddedDatabase
) -> None:
    conversation, _ = await chat.new_conversation()
    await chat.user_says(conversation.id, "hello", "k1")
    await chat.idle()
    await chat.user_says(conversation.id, "hello", "k1")
    await chat.idle()
    assert bot.bodies == ["hello"]


@pytest.mark.parametrize("text", ["", "  \n", "x" * (MAX_USER_TEXT + 1)])
async def test_an_empty_or_endless_message_is_refused(chat: WebChat, bot: Bot, text: str) -> None:
    conversation, _ = await chat.new_conversation()
    with pytest.raises(InvalidField):
        await chat.user_says(conversation.id, text)
    with pytest.raises(InvalidField):
        await chat.user_says(conversation.id, "hello", "k" * 101)
    assert bot.heard == []


# -------------------------------------------------------------------------------------------- the channel
async def test_every_kind_of_delivery_is_taken(chat: WebChat) -> None:
    conversation, _ = await chat.new_conversation()
    line, _ = await chat.user_says(conversation.id, "a human please", "u1")
    await chat.deliver(system_says(conversation.id, "s1", Moment.WAITING))
    assert await side(chat, conversation.id) == ("waiting", None)
    await chat.deliver(system_says(conversation.id, "s2", Moment.JOINED))
    await chat.deliver(agent_says(conversation.id, "a1", "Good morning"))
    assert await side(chat, conversation.id) == ("agent", "Ada")
    await chat.deliver(Typing(**envelope(conversation.id, "t1"), on=True))
    assert chat.is_agent_typing(conversation.id)
    await chat.deliver(Typing(**envelope(conversation.id, "t2"), on=False))
    assert not chat.is_agent_typing(conversation.id)
    await chat.deliver(Receipt(**envelope(conversation.id, "r1"), message_key="u1", status="delivered"))
    assert await chat.store.receipts(conversation.id) == {"delivered": line.seq, "read": 0}
    await chat.deliver(Receipt(**envelope(conversation.id, "r2"), message_key="u1", status="read"))
    assert await chat.store.receipts(conversation.id) == {"delivered": line.seq, "read": line.seq}
    await chat.deliver(ended(conversation.id, 2))
    assert await side(chat, conversation.id) == ("bot", None)
    assert await lines(chat, conversation.id) == [
        ("user", "a human please"),
        ("system", "words for waiting"),
        ("system", "words for joined"),
        ("agent", "Good morning"),
    ]


async def test_a_repeated_delivery_shows_nothing_twice(chat: WebChat) -> None:
    conversation, _ = await chat.new_conversation()
    deliveries: list[Outgoing] = [
        system_says(conversation.id, "s1", Moment.WAITING),
        agent_says(conversation.id, "a1", "Good morning"),
        ended(conversation.id, 2),
    ]
    for _ in range(3):
        for one in deliveries:
            await chat.deliver(one)
    await asyncio.gather(*(chat.deliver(deliveries[1]) for _ in range(5)))
    assert await lines(chat, conversation.id) == [("system", "words for waiting"), ("agent", "Good morning")]


async def test_a_repetition_from_before_the_end_does_not_bring_the_agent_back(chat: WebChat) -> None:
    conversation, _ = await chat.new_conversation()
    await chat.deliver(agent_says(conversation.id, "a1", "bye", number=1))
    await chat.deliver(ended(conversation.id, 2))
    await chat.deliver(agent_says(conversation.id, "a0", "late but true", number=1))
    await chat.deliver(system_says(conversation.id, "s9", Moment.WAITING, owner_number=1))
    assert await side(chat, conversation.id) == ("bot", None)
    assert ("agent", "late but true") in await lines(chat, conversation.id)


async def test_a_second_request_that_ends_at_once_takes_nobody_away(chat: WebChat) -> None:
    conversation, _ = await chat.new_conversation()
    await chat.deliver(agent_says(conversation.id, "a1", "hello", number=3))
    await chat.deliver(ended(conversation.id, 3, Outcome.ALREADY_OPEN))
    assert await side(chat, conversation.id) == ("agent", "Ada")


async def test_a_read_message_never_becomes_merely_delivered(chat: WebChat) -> None:
    conversation, _ = await chat.new_conversation()
    line, _ = await chat.user_says(conversation.id, "hello", "u1")
    await chat.deliver(Receipt(**envelope(conversation.id, "r1"), message_key="u1", status="read"))
    await chat.deliver(Receipt(**envelope(conversation.id, "r2"), message_key="u1", status="delivered"))
    assert (await chat.store.receipts(conversation.id))["read"] == line.seq


async def test_choices_and_files_are_kept(chat: WebChat) -> None:
    conversation, _ = await chat.new_conversation()
    file = Attachment(url="https://files.example/a.pdf", name="a.pdf")
    choice = Choice(label="Yes, please", value="yes")
    await chat.deliver(agent_says(conversation.id, "a1", "this?", attachments=(file,), choices=(choice,)))
    await chat.deliver(system_says(conversation.id, "s1", Moment.SURVEY_QUESTION, choices=("A", "B")))
    first, second = await chat.all_messages(conversation.id)
    assert (first.attachments, first.choices) == ((file,), (choice,))
    assert [option.value for option in second.choices] == ["A", "B"]


async def test_a_delivery_for_a_conversation_that_is_not_here_is_refused(chat: WebChat) -> None:
    with pytest.raises(InvalidInput, match="elsewhere"):
        await chat.deliver(agent_says("elsewhere", "a1", "hello"))


async def test_a_delivery_may_come_before_the_start(database: EmbeddedDatabase, clock: Clock) -> None:
    chat = WebChat(database, now=clock.now)
    with pytest.raises(InvalidInput):
        await chat.deliver(agent_says("elsewhere", "a1", "hello"))


async def test_a_delivery_that_cannot_be_stored_is_not_lost_silently(
    bot: Bot, clock: Clock, memory: MemoryDatabase
) -> None:
    chat = WebChat(memory, now=clock.now)
    await chat.start(bot.user_said)
    conversation, _ = await chat.new_conversation()
    memory.out_of_order = True
    with pytest.raises(StoreError):
        await chat.deliver(agent_says(conversation.id, "a1", "hello"))
    memory.out_of_order = False
    await chat.deliver(agent_says(conversation.id, "a1", "hello"))
    assert await lines(chat, conversation.id) == [("agent", "hello")]
    await chat.stop()


async def test_the_bot_says_the_same_key_once(chat: WebChat) -> None:
    conversation, _ = await chat.new_conversation()
    for _ in range(2):
        await chat.bot_says(conversation.id, key="b1", text="How can I help?", choices=("Human",))
    [line] = await chat.all_messages(conversation.id)
    assert (line.author, line.text, line.name) == ("bot", "How can I help?", "shop")
    assert [choice.label for choice in line.choices] == ["Human"]


async def test_the_transcript_has_every_side_in_order(chat: WebChat, clock: Clock) -> None:
    conversation, _ = await chat.new_conversation()
    await chat.user_says(conversation.id, "hello", "u1")
    await chat.bot_says(conversation.id, key="b1", text="hi")
    await chat.deliver(system_says(conversation.id, "s1", Moment.WAITING))
    await chat.deliver(agent_says(conversation.id, "a1", "Good morning"))
    told = await chat.transcript(conversation.id)
    assert [(entry.author, entry.body) for entry in told] == [
        ("user", "hello"),
        ("bot", "hi"),
        ("system", "words for waiting"),
        ("agent", "Good morning"),
    ]
    assert told[0].at == START


async def test_a_long_conversation_is_read_whole(chat: WebChat) -> None:
    conversation, _ = await chat.new_conversation()
    for number in range(250):
        await chat.bot_says(conversation.id, key=f"b{number}", text=f"line {number}")
    assert [line.seq for line in await chat.all_messages(conversation.id)] == list(range(1, 251))


async def test_typing_of_the_agent_is_forgotten(chat: WebChat, clock: Clock) -> None:
    conversation, _ = await chat.new_conversation()
    await chat.deliver(Typing(**envelope(conversation.id, "t1"), on=True))
    clock.advance(seconds=9)
    assert not chat.is_agent_typing(conversation.id)


# -------------------------------------------------------------------------------------------- small signs
async def test_the_other_callbacks_are_told_and_may_fail(
    database: EmbeddedDatabase, bot: Bot, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[str, ...]] = []

    async def typing(conversation_id: str, *, on: bool) -> None:
        told.append(("typing", str(on)))
        raise RuntimeError("not now")

    async def end(conversation_id: str) -> None:
        told.append(("end",))

    async def read(handoff_id: str, key: str) -> None:
        told.append(("read", handoff_id, key))

    chat = WebChat(database, now=clock.now)
    await chat.start(bot.user_said, on_user_typing=typing, on_user_end=end, on_user_read=read)
    conversation, _ = await chat.new_conversation()
    await chat.deliver(agent_says(conversation.id, "a1", "one"))
    await chat.deliver(agent_says(conversation.id, "a2", "two"))
    await chat.user_types(conversation.id, on=True)
    await chat.user_has_seen(conversation.id, 1)
    await chat.user_has_seen(conversation.id, 2)
    await chat.user_has_seen(conversation.id, 2)
    await chat.user_ends(conversation.id)
    assert told == [("typing", "True"), ("read", "h-1", "m-a1"), ("read", "h-1", "m-a2"), ("end",)]
    assert "the callback for 'typing' failed" in caplog.text
    await chat.stop()


async def test_two_workspaces_in_one_database_do_not_see_each_other(
    database: EmbeddedDatabase, bot: Bot, clock: Clock
) -> None:
    first = WebChat(database, workspace="first", now=clock.now)
    second = WebChat(database, workspace="second", now=clock.now)
    await first.start(bot.user_said)
    await second.start(bot.user_said)
    conversation, token = await first.new_conversation()
    assert await second.store.by_token(token) is None
    with pytest.raises(InvalidInput):
        await second.deliver(agent_says(conversation.id, "a1", "hello"))
    await first.stop()
    await second.stop()
