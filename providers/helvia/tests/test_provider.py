"""The provider by hand: nothing is opened, sent or told twice, and everything can be looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from livechat_sdk.domain.chats import AgentJoined, ChatEnded, MessageReceived, TypingChanged
from livechat_sdk.domain.ends import EndReason, Who, Why
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import Attachment, UserReceipt
from livechat_sdk.domain.people import Contact
from livechat_sdk.errors import RejectedError, RetryableError, WebhookRejected
from livechat_sdk.provider.interface import ChatDetails
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_helvia.records import ConversationStatus, RequestStatus
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import (
    START,
    Clock,
    World,
    conversation_id,
    make_provider,
    opening,
    planned,
    request_id,
    start,
)

ROUTE = Route(integration="desk", bot="shop-bot")


async def texts(world: World, number: int) -> list[str]:
    return [message.text for message in await world.desk.messages.page(number)]


# ------------------------------------------------------------------------------------------------- opening
@pytest.mark.feature("HO-08", "HO-10")
async def test_an_opened_chat_is_a_request_in_new_with_everything_that_is_known(world: World) -> None:
    chat = await world.chat()
    [request] = await world.desk.inbox.requests(RequestStatus.NEW)
    talk = request.conversation
    assert request.id == request_id(chat)
    assert request.type == "external"
    assert request.target_group == "billing"
    assert request.priority == "high"
    assert request.requested_at == START
    assert (talk.user_name, talk.user_email, talk.user_phone) == (
        "Maria Pappa",
        "maria@example.org",
        "+30 210 1",
    )
    assert (talk.user_language, talk.user_country) == ("el", "GR")
    assert (talk.user_channel, talk.user_origin) == ("webchat", "https://shop.example")
    assert talk.bot == "shop-bot"
    assert talk.reason == "asked for a human"
    assert [answer.answer for answer in talk.survey] == ["My order"]
    assert talk.tags == ("vip",)
    assert talk.attributes == {"page": "/orders"}
    history = await world.desk.conversations.history(talk.id)
    assert [(entry.author, entry.body) for entry in history] == [
        ("user", "Where is my order?"),
        ("bot", "I do not know."),
    ]


async def test_opening_twice_with_one_reference_is_one_request_and_one_chat(world: World) -> None:
    first = await world.chat()
    world.clock.advance(seconds=5)
    assert await world.chat() == first
    assert len(await world.desk.inbox.requests(RequestStatus.NEW)) == 1


async def test_opening_at_the_same_time_is_one_request(world: World) -> None:
    chats = await asyncio.gather(*(world.chat() for _ in range(10)))
    assert len({chat.vendor_ref for chat in chats}) == 1
    assert (await world.desk.inbox.counts()).new == 1


async def test_opening_again_after_the_accept_and_the_end_is_still_the_same_chat(world: World) -> None:
    chat = await world.chat()
    await world.desk.conversations.accept(world.ada, request_id(chat))
    assert await world.chat() == chat
    await world.desk.conversations.end(world.ada, conversation_id(chat))
    assert await world.chat() == chat
    assert (await world.desk.inbox.counts()).closed == 1


async def test_two_references_are_two_requests(world: World) -> None:
    assert (await world.chat("ref-1")).vendor_ref != (await world.chat("ref-2")).vendor_ref


async def test_a_long_history_comes_whole(world: World) -> None:
    lines = [{"author": "user", "body": f"line {number}"} for number in range(3000)]
    chat = await world.chat(transcript=lines)
    history = await world.desk.conversations.history(conversation_id(chat))
    assert [entry.body for entry in history] == [line["body"] for line in lines]


# ------------------------------------------------------------------------------------------------- sending
async def test_messages_from_before_the_accept_are_kept_in_order(world: World) -> None:
    chat = await world.chat()
    for number in range(3):
        sent = await world.provider.send(chat, planned(world.clock, f"k{number}", f"message {number}"))
        assert sent.acknowledged
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    assert (await texts(world, conversation.id))[:3] == ["message 0", "message 1", "message 2"]


async def test_the_same_key_is_the_same_message(world: World) -> None:
    chat = await world.chat()
    message = planned(world.clock, "k1", "hello")
    first = await world.provider.send(chat, message)
    assert await world.provider.send(chat, message) == first
    both = await asyncio.gather(*(world.provider.send(chat, message) for _ in range(5)))
    assert {sent.vendor_id for sent in both} == {first.vendor_id}
    assert await texts(world, conversation_id(chat)) == ["hello"]


async def test_the_end_user_and_the_agent_may_use_the_same_key(world: World) -> None:
    chat = await world.chat()
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    await world.provider.send(chat, planned(world.clock, "k1", "from the user"))
    await world.desk.messages.send(world.ada, conversation, "from the agent", key="k1")
    assert {"from the user", "from the agent"} <= set(await texts(world, conversation.id))


async def test_whether_a_message_arrived_can_always_be_looked_up(world: World) -> None:
    chat = await world.chat()
    await world.provider.send(chat, planned(world.clock, "k1", "hello"))
    assert await world.provider.was_sent(chat, "k1") is True
    assert await world.provider.was_sent(chat, "k2") is False
    assert await world.provider.was_sent(chat.model_copy(update={"ref": "elsewhere"}), "k1") is False


async def test_a_message_after_the_end_is_refused_and_provably_not_sent(world: World) -> None:
    chat = await world.chat()
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    await world.desk.conversations.end(world.ada, conversation.id)
    with pytest.raises(RejectedError) as refused:
        await world.provider.send(chat, planned(world.clock, "late", "too late"))
    assert refused.value.sent is False
    assert "too late" not in await texts(world, conversation.id)


async def test_a_message_that_arrived_before_the_end_is_still_the_same_message_after_it(world: World) -> None:
    chat = await world.chat()
    message = planned(world.clock, "k1", "hello")
    first = await world.provider.send(chat, message)
    await world.provider.close(chat, EndReason(by="user", why="abandoned"))
    assert await world.provider.send(chat, message) == first


async def test_a_message_for_a_chat_that_the_desk_does_not_have_is_refused(world: World) -> None:
    chat = (await world.chat()).model_copy(update={"ref": "elsewhere"})
    with pytest.raises(RejectedError, match="elsewhere"):
        await world.provider.send(chat, planned(world.clock, "k1", "hello"))


async def test_files_travel_as_links_beside_the_text(world: World) -> None:
    chat = await world.chat()
    file = Attachment(url="https://files.example/a.png", name="a.png", media_type="image/png", size=9)
    await world.provider.send(chat, planned(world.clock, "k1", "", (file,)))
    [message] = await world.desk.messages.page(conversation_id(chat))
    assert message.attachments == (file,)
    assert (await world.desk.conversations.get(conversation_id(chat))).last_text == "a.png"


# ------------------------------------------------------------------------------------------------- closing
@pytest.mark.parametrize(
    ("by", "why", "status"),
    [
        ("clock", "timeout", RequestStatus.MISSED),
        ("user", "abandoned", RequestStatus.CANCELLED),
        ("bot", "other", RequestStatus.CANCELLED),
        ("operator", "other", RequestStatus.CANCELLED),
    ],
)
async def test_closing_a_waiting_chat_takes_its_request_out_of_new(
    world: World, by: Who, why: Why, status: RequestStatus
) -> None:
    chat = await world.chat()
    await world.provider.close(chat, EndReason(by=by, why=why))
    request = await world.desk.conversations.request(request_id(chat))
    assert request.status is status
    assert request.accepted_by is None
    assert request.conversation.status is ConversationStatus.UNSERVED
    counts = await world.desk.inbox.counts()
    assert (counts.new, counts.open, counts.closed) == (0, 0, 0)


@pytest.mark.feature("CV-23")
async def test_closing_a_running_chat_finishes_the_conversation_and_says_why(world: World) -> None:
    chat = await world.chat()
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    world.clock.advance(minutes=2)
    await world.provider.close(chat, EndReason(by="user", why="abandoned"))
    after = await world.reload(conversation)
    assert after.status is ConversationStatus.FINISHED
    assert (after.ended_by, after.ended_why) == ("user", "abandoned")
    assert after.ended_at == START + timedelta(minutes=2)
    assert (await texts(world, conversation.id))[-1] == "The end user left the conversation."
    [participant] = await world.desk.conversations.participants(conversation.id)
    assert participant.status == "inactive"


@pytest.mark.feature("CV-24")
@pytest.mark.parametrize(
    ("by", "why", "words"),
    [
        ("clock", "inactivity", "nobody wrote"),
        ("clock", "timeout", "time was up"),
        ("operator", "other", "outside the desk"),
    ],
)
async def test_the_team_is_told_in_words_why_a_chat_was_closed(
    world: World, by: Who, why: Why, words: str
) -> None:
    chat = await world.chat()
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    await world.provider.close(chat, EndReason(by=by, why=why))
    assert words in (await texts(world, conversation.id))[-1]


async def test_closing_twice_or_after_the_agents_end_changes_nothing(world: World) -> None:
    chat = await world.chat()
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    ended = await world.desk.conversations.end(world.ada, conversation.id)
    await world.provider.close(chat, EndReason(by="user", why="abandoned"))
    await world.provider.close(chat, EndReason(by="user", why="abandoned"))
    assert await world.reload(conversation) == ended


async def test_closing_a_chat_that_was_never_opened_is_no_error(world: World) -> None:
    chat = (await world.chat()).model_copy(update={"ref": "never", "vendor_ref": None})
    await world.provider.close(chat, EndReason(by="bot", why="other"))
    assert (await world.desk.inbox.counts()).new == 1


async def test_what_we_close_ourselves_is_not_reported_back_to_us(world: World) -> None:
    chat = await world.chat()
    await world.provider.close(chat, EndReason(by="user", why="abandoned"))
    assert await world.kinds() == []


# -------------------------------------------------------------------------------------- what is true there
async def test_the_status_follows_the_conversation(world: World) -> None:
    chat = await world.chat()
    assert (await world.provider.status(chat)).state == "queued"
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    assert (await world.provider.status(chat)).state == "active"
    await world.desk.conversations.end(world.ada, conversation.id)
    status = await world.provider.status(chat)
    assert status.state == "ended"
    assert status.ended == EndReason(by="agent", why="resolved")
    assert (await world.provider.status(chat.model_copy(update={"ref": "elsewhere"}))).state == "unknown"


async def test_the_history_has_the_same_ids_as_the_events_had(world: World) -> None:
    chat = await world.chat()
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    await world.desk.messages.send(world.ada, conversation, "one", key="a1")
    world.clock.advance(minutes=1)
    later = world.clock.now()
    await world.desk.messages.send(world.ada, conversation, "two", key="a2")
    told = [event for event in await world.events() if isinstance(event, MessageReceived)]
    everything: Sequence[MessageReceived] = await world.provider.history(chat, START)
    assert [event.id for event in everything] == [event.id for event in told]
    assert [event.message.body for event in everything] == ["one", "two"]
    assert everything[0].agent == told[0].agent
    assert [event.message.key for event in await world.provider.history(chat, later)] == ["a2"]


async def test_details_that_come_later_replace_what_was_known(world: World) -> None:
    chat = await world.chat()
    details = ChatDetails(
        survey=(
            SurveyAnswer(id="topic", question="What is it about?", answer="A bill"),
            SurveyAnswer(id="number", question="Number?", answer="4711"),
        ),
        contacts=(Contact(source="crm", id="7", name="Maria P."),),
    )
    for _ in range(2):
        await world.provider.update(chat, details)
    conversation = await world.desk.conversations.get(conversation_id(chat))
    assert conversation.survey == details.survey
    assert conversation.contacts == details.contacts


async def test_receipts_of_the_end_user_are_shown_and_never_go_back(world: World) -> None:
    chat = await world.chat()
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    message, _ = await world.desk.messages.send(world.ada, conversation, "hello", key="a1")
    await world.provider.receipt(chat, UserReceipt(message_key="a1", status="read"))
    read_at = (await world.desk.messages.page(conversation.id))[-1].read_at
    world.clock.advance(minutes=1)
    await world.provider.receipt(chat, UserReceipt(message_key="a1", status="delivered"))
    [stored] = [m for m in await world.desk.messages.page(conversation.id) if m.key == "a1"]
    assert stored.read_at == read_at == START
    assert stored.delivered_at == START
    assert await world.desk.reading.receipts(conversation.id) == {
        "delivered": message.seq,
        "read": message.seq,
    }


async def test_typing_of_the_end_user_is_shown_for_a_few_seconds(world: World) -> None:
    chat = await world.chat()
    number = conversation_id(chat)
    await world.provider.typing(chat, on=True)
    assert world.desk.typing.is_user_typing(number)
    world.clock.advance(seconds=7)
    assert not world.desk.typing.is_user_typing(number)
    await world.provider.typing(chat, on=True)
    await world.provider.send(chat, planned(world.clock, "k1", "there"))
    assert not world.desk.typing.is_user_typing(number)
    await world.provider.typing(chat, on=True)
    await world.provider.typing(chat, on=False)
    assert not world.desk.typing.is_user_typing(number)


@pytest.mark.feature("HO-19")
async def test_availability_tells_how_many_wait_and_how_long_it_took(world: World) -> None:
    empty = await world.provider.availability(ROUTE)
    assert (empty.agents, empty.waiting, empty.estimate) == ("unknown", 0, None)
    first, second = await world.chat("ref-1"), await world.chat("ref-2")
    await world.chat("ref-3")
    world.clock.advance(seconds=30)
    await world.desk.conversations.accept(world.ada, request_id(first))
    world.clock.advance(seconds=60)
    await world.desk.conversations.accept(world.ada, request_id(second))
    now = await world.provider.availability(ROUTE)
    assert (now.waiting, now.estimate) == (1, 60.0)


# ------------------------------------------------------------------------------------------- what it tells
async def test_accepting_tells_first_that_it_was_accepted_then_who_joined(world: World) -> None:
    conversation = await world.accepted()
    accepted, joined = await world.events()
    assert (accepted.kind, joined.kind) == ("chat_accepted", "agent_joined")
    assert accepted.refs == joined.refs == ("ref-1", str(conversation.id))
    assert joined.integration == "desk"


async def test_the_end_user_sees_the_first_name_unless_the_settings_say_otherwise(
    clock: Clock, memory: MemoryDatabase
) -> None:
    from providers.helvia.tests.world import make_world

    world = await make_world(clock, memory, name="masked")
    conversation = await world.accepted()
    await world.desk.messages.send(world.ada, conversation, "hello")
    open_world = await make_world(clock, memory, name="open", agentNames="FULL_NAME")
    conversation = await open_world.accepted()
    await open_world.desk.messages.send(open_world.ada, conversation, "hello")
    names = {
        (event.integration, event.agent.name)
        for event in await world.events()
        if isinstance(event, AgentJoined | MessageReceived) and event.agent is not None
    }
    assert names == {("masked", "Ada"), ("open", "Ada Marsh")}
    masked = [e.model_dump_json() for e in await world.events() if e.integration == "masked"]
    assert not any("Marsh" in text for text in masked)


async def test_ending_tells_that_an_agent_resolved_it_exactly_once(world: World) -> None:
    conversation = await world.accepted()
    await asyncio.gather(*(world.desk.conversations.end(world.ada, conversation.id) for _ in range(5)))
    ended = [event for event in await world.events() if isinstance(event, ChatEnded)]
    assert [event.reason for event in ended] == [EndReason(by="agent", why="resolved")]


async def test_typing_of_the_agent_is_told_at_most_every_three_seconds(world: World) -> None:
    conversation = await world.accepted()
    typing = world.desk.typing
    await typing.agent_types(world.ada, conversation, on=False)
    for _ in range(3):
        await typing.agent_types(world.ada, conversation, on=True)
    world.clock.advance(seconds=4)
    await typing.agent_types(world.ada, conversation, on=True)
    await typing.agent_types(world.ada, conversation, on=False)
    await typing.agent_types(world.ada, conversation, on=False)
    told = [event.on for event in await world.events() if isinstance(event, TypingChanged)]
    assert told == [True, True, False]


async def test_typing_after_the_end_is_not_told(world: World) -> None:
    conversation = await world.accepted()
    ended = await world.desk.conversations.end(world.ada, conversation.id)
    before = len(await world.events())
    await world.desk.typing.agent_types(world.ada, ended, on=True)
    assert len(await world.events()) == before


async def test_reading_is_told_once_for_each_message_of_the_end_user(world: World) -> None:
    chat = await world.chat()
    for key in ("k1", "k2", "k3"):
        await world.provider.send(chat, planned(world.clock, key, key))
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    assert conversation.unread == 3
    assert await world.desk.reading.read(world.ada, conversation, 2) == 2
    assert await world.desk.reading.read(world.ada, conversation, 2) == 0
    assert await world.desk.reading.read(world.ada, conversation, 99) == 1
    told = [event for event in await world.events() if event.kind == "message_read"]
    assert [getattr(event, "message_key", None) for event in told] == ["k1", "k2", "k3"]
    assert (await world.reload(conversation)).unread == 0


# -------------------------------------------------------------------------------------- starting, stopping
async def test_the_desk_has_no_webhook(world: World) -> None:
    delivery = WebhookDelivery("POST", "/webhooks/desk", {}, b"{}", START)
    with pytest.raises(WebhookRejected) as refused:
        world.provider.read_webhook(delivery)
    assert refused.value.status == 404


async def test_before_the_start_every_call_says_that_it_may_be_repeated(clock: Clock) -> None:
    provider = make_provider(clock)
    with pytest.raises(RetryableError, match="not been started") as refused:
        await provider.open(opening(clock))
    assert refused.value.sent is False


async def test_a_restarted_desk_goes_on_where_it_was(world: World) -> None:
    chat = await world.chat()
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    await world.provider.stop()
    world.clock.advance(seconds=1)  # ids of the same millisecond might be the same, in two processes
    again = await start(make_provider(world.clock), world.database)
    assert (await again.status(chat)).state == "active"
    await again.send(chat, planned(world.clock, "k1", "still there?"))
    await again.desk.messages.send(world.ada, conversation, "yes")
    lines = [message.text for message in await again.desk.messages.page(conversation.id)]
    assert lines[-2:] == ["still there?", "yes"]


async def test_two_desks_in_one_database_do_not_see_each_other(clock: Clock, memory: MemoryDatabase) -> None:
    first = await start(make_provider(clock, name="first"), memory)
    second = await start(make_provider(clock, name="second"), memory)
    elsewhere = await start(make_provider(clock, name="first", workspace="other"), memory)
    chat = await first.open(opening(clock))
    for other in (second, elsewhere):
        assert (await other.desk.inbox.counts()).new == 0
        assert (await other.status(chat)).state == "unknown"
        assert await other.desk.inbox.requests(RequestStatus.NEW) == []


async def test_the_doctor_warns_of_demo_accounts(clock: Clock) -> None:
    assert [found.status for found in await make_provider(clock).check()] == ["ok"]
    assert "warning" in [found.status for found in await make_provider(clock, demoAccounts=True).check()]
