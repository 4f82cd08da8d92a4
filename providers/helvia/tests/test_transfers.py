"""Transfers and invitations: one owner at any time, one winner, and a clear outcome for whoever asked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from livechat_sdk.domain.chats import AgentJoined, AgentLeft, ChatTransferred
from livechat_sdk.domain.ends import EndReason
from livechat_sdk_helvia.faults import (
    AlreadyTaken,
    AtCapacity,
    ConversationOver,
    DeskFault,
    Forbidden,
    InvalidField,
    NotFound,
    RequestGone,
    TargetUnavailable,
)
from livechat_sdk_helvia.handing import Handing
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskUser, RequestStatus, Role
from providers.helvia.tests.world import World


async def come(world: World, *names: str) -> None:
    """Be at the desk."""
    for name in names:
        await world.desk.presence.seen(world.people[name])


@pytest.fixture
async def talk(world: World) -> Conversation:
    """Ada's conversation. Everybody is at the desk, and Ben and Ines are the team Billing."""
    await come(world, "ada", "ben", "ines")
    members = [world.ben.id, world.ines.id]
    await world.desk.groups.create(world.ines, "invoices", "Billing", [Role.AGENT], members)
    return await world.accepted()


async def waiting(world: World, user: DeskUser) -> list[Handing]:
    """What is asked of somebody, as their New shows it."""
    rows = await world.desk.inbox.requests(RequestStatus.NEW, seen_by=user)
    asked = await world.desk.transfers.about(rows)
    assert (await world.desk.inbox.counts(user)).new == len(rows)
    return [asked[row.id] for row in rows if row.id in asked]


async def owners(world: World, talk: Conversation) -> list[str]:
    people = await world.desk.conversations.participants(talk.id)
    return [person.name for person in people if person.is_owner]


async def lines(world: World, talk: Conversation) -> list[str]:
    return [message.text for message in await world.desk.messages.page(talk.id) if message.author == "system"]


@pytest.mark.feature("CV-08", "CV-10")
async def test_a_member_takes_over_and_the_first_leaves(world: World, talk: Conversation) -> None:
    transfers = world.desk.transfers
    asked = await transfers.transfer(world.ada, talk.id, agent=world.ben.id, note="wants a refund")
    assert (asked.type, asked.target_name, asked.from_name, asked.note, asked.outcome) == (
        "transfer",
        "Ben Okoro",
        "Ada Marsh",
        "wants a refund",
        None,
    )
    assert await waiting(world, world.ben) == [asked]
    assert await waiting(world, world.ines) == [asked], "an admin sees everything"
    assert await waiting(world, world.ada) == []
    before = await world.kinds()
    await world.desk.messages.send(world.ada, talk, "One moment, please.")  # she goes on answering
    taken = await world.desk.accept(world.ben, asked.request_id)
    assert (taken.owner_id, taken.status) == (world.ben.id, ConversationStatus.STARTED)
    assert await owners(world, talk) == ["Ben Okoro"]
    people = {person.name: person for person in await world.desk.conversations.participants(talk.id)}
    assert (people["Ada Marsh"].status, people["Ada Marsh"].left_at) == ("transferred", world.clock.now())
    assert people["Ben Okoro"].status == "active"
    [_, moved, left, joined] = (await world.events())[len(before) :]
    assert isinstance(moved, ChatTransferred)
    assert isinstance(left, AgentLeft)
    assert isinstance(joined, AgentJoined)
    assert (moved.to, moved.is_team, moved.agent) == (None, False, joined.agent)
    assert (left.agent.name, joined.agent.name) == ("Ada", "Ben")
    assert moved.refs == talk.refs
    settled = await transfers.get(world.ada, asked.request_id)
    assert (settled.outcome, settled.settled_name) == ("accepted", "Ben Okoro")
    assert (await lines(world, talk))[-2:] == [
        "Ada Marsh asked Ben Okoro to take over.",
        "Ben Okoro took over from Ada Marsh.",
    ]
    await world.desk.messages.send(world.ben, taken, "Hello, this is Ben.")
    for old in (talk, taken):  # also with what she had read before
        with pytest.raises(Forbidden):
            await world.desk.messages.send(world.ada, old, "me again")
    assert await world.desk.accept(world.ben, asked.request_id) == await world.reload(talk)


async def test_a_message_on_its_way_is_refused_when_the_conversation_has_moved(
    world: World, talk: Conversation
) -> None:
    asked = await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    await world.desk.accept(world.ben, asked.request_id)
    with pytest.raises(Forbidden, match="somebody else by now"):
        await world.desk.messages.send(world.ada, talk, "sent a moment too late")
    assert "sent a moment too late" not in [m.text for m in await world.desk.messages.page(talk.id)]


@pytest.mark.feature("CV-09", "CV-10")
async def test_a_team_is_asked_and_the_first_of_it_takes_over(world: World, talk: Conversation) -> None:
    transfers = world.desk.transfers
    asked = await transfers.transfer(world.ada, talk.id, group="invoices", leave_on_accept=False)
    assert (asked.target_group, asked.target_name) == ("invoices", "Billing")
    assert await waiting(world, world.ben) == await waiting(world, world.ines) == [asked]
    results = await asyncio.gather(
        *(world.desk.accept(user, asked.request_id) for user in (world.ben, world.ines) * 10),
        return_exceptions=True,
    )
    won = {result.owner_id for result in results if isinstance(result, Conversation)}
    assert len(won) == 1
    lost = [result for result in results if not isinstance(result, Conversation)]
    assert len(lost) == 10
    assert all(isinstance(result, AlreadyTaken) for result in lost)
    assert len(await owners(world, talk)) == 1
    people = {person.name: person for person in await world.desk.conversations.participants(talk.id)}
    assert (people["Ada Marsh"].status, people["Ada Marsh"].left_at) == ("active", None)
    kinds = await world.kinds()
    assert kinds.count("chat_transferred") == 1
    assert "agent_left" not in kinds
    moved = next(event for event in await world.events() if isinstance(event, ChatTransferred))
    assert (moved.to, moved.is_team) == ("Billing", True)
    await world.desk.messages.send(world.ada, await world.reload(talk), "I am still here.")


@pytest.mark.feature("CV-11")
async def test_the_next_agent_has_the_notes_the_history_and_every_message(
    world: World, talk: Conversation
) -> None:
    await world.desk.notes.add(world.ada, talk.id, "prefers the phone")
    await world.desk.messages.send(world.ada, talk, "I ask a colleague.")
    asked = await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id, note="be kind")
    await world.desk.accept(world.ben, asked.request_id)
    notes = await world.desk.notes.of(world.ben, talk.id)
    assert [(note.text, note.author_name) for note in notes] == [
        ("prefers the phone", "Ada Marsh"),
        ("be kind", "Ada Marsh"),
    ]
    assert len(await world.desk.conversations.history(talk.id)) == 2
    assert "I ask a colleague." in [message.text for message in await world.desk.messages.page(talk.id)]
    told = [event.model_dump_json() for event in await world.events()]
    assert not any("be kind" in text or "prefers" in text for text in told)


# --------------------------------------------------------------------------------------------- no as answer
async def nothing_changed(world: World, talk: Conversation, asked: Handing, outcome: str) -> None:
    now = await world.desk.transfers.get(world.ada, asked.request_id)
    assert now.outcome == outcome
    assert (await world.reload(talk)).owner_id == world.ada.id
    assert await owners(world, talk) == ["Ada Marsh"]
    assert await waiting(world, world.ben) == []
    assert "chat_transferred" not in await world.kinds()
    with pytest.raises(RequestGone):
        await world.desk.accept(world.ben, asked.request_id)
    await come(world, "ines")
    again = await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ines.id)
    assert again.waits, "another one can be asked"


@pytest.mark.feature("CV-08")
async def test_a_member_declines(world: World, talk: Conversation) -> None:
    asked = await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    with pytest.raises(Forbidden):
        await world.desk.transfers.decline(world.ada, asked.request_id)
    declined = await world.desk.transfers.decline(world.ben, asked.request_id)
    assert declined.settled_name == "Ben Okoro"
    assert (await lines(world, talk))[-1] == "Ben Okoro declined to take over."
    await nothing_changed(world, talk, asked, "declined")


async def test_whoever_asked_takes_it_back(world: World, talk: Conversation) -> None:
    asked = await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    with pytest.raises(Forbidden):
        await world.desk.transfers.cancel(world.ben, asked.request_id)
    await world.desk.transfers.cancel(world.ada, asked.request_id)
    assert (await lines(world, talk))[-1] == "Ada Marsh no longer asks Ben Okoro."
    await nothing_changed(world, talk, asked, "cancelled")
    await world.desk.transfers.cancel(world.ada, asked.request_id)  # once is enough


@pytest.mark.parametrize("group", [None, "invoices"])
async def test_nobody_answers_in_time(world: World, talk: Conversation, group: str | None) -> None:
    agent = None if group else world.ben.id
    asked = await world.desk.transfers.transfer(world.ada, talk.id, agent=agent, group=group)
    world.clock.advance(seconds=119)
    await world.desk.transfers.settle_overdue()
    assert (await world.desk.transfers.get(world.ada, asked.request_id)).waits
    world.clock.advance(seconds=1)
    await world.desk.transfers.settle_overdue()
    who = "Nobody of Billing answered in time." if group else "Ben Okoro did not answer in time."
    assert (await lines(world, talk))[-1] == who
    await come(world, "ben", "ines")
    await nothing_changed(world, talk, asked, "unanswered")


async def test_a_late_answer_finds_that_it_is_too_late_even_if_nobody_looked_before(
    world: World, talk: Conversation
) -> None:
    asked = await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    world.clock.advance(seconds=120)
    with pytest.raises(RequestGone, match="not answered in time"):
        await world.desk.accept(world.ben, asked.request_id)


@pytest.mark.parametrize("by_user", [True, False])
async def test_the_end_of_the_conversation_ends_the_asking(
    world: World, talk: Conversation, *, by_user: bool
) -> None:
    asked = await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    if by_user:
        await world.desk.conversations.close(talk.id, EndReason(by="user", why="abandoned"))
    else:
        await world.desk.conversations.end(world.ada, talk.id)
    assert (await world.desk.transfers.get(world.ada, asked.request_id)).outcome == "ended"
    assert await waiting(world, world.ben) == []
    with pytest.raises(RequestGone, match="has ended"):
        await world.desk.accept(world.ben, asked.request_id)
    with pytest.raises(ConversationOver):
        await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    assert "chat_transferred" not in await world.kinds()


async def test_accepting_and_ending_at_once_leave_no_half_state(world: World, talk: Conversation) -> None:
    for number in range(5):
        conversation = talk if number == 0 else await world.accepted(f"ref-again-{number}")
        asked = await world.desk.transfers.transfer(world.ada, conversation.id, agent=world.ben.id)
        await asyncio.gather(
            world.desk.accept(world.ben, asked.request_id),
            world.desk.conversations.close(conversation.id, EndReason(by="user", why="abandoned")),
            return_exceptions=True,
        )
        now = await world.reload(conversation)
        settled = await world.desk.transfers.get(world.ada, asked.request_id)
        moved = any(
            e.kind == "chat_transferred" and e.refs == conversation.refs for e in await world.events()
        )
        assert now.status is ConversationStatus.FINISHED
        assert settled.outcome == ("accepted" if moved else "ended")
        assert now.owner_id == (world.ben.id if moved else world.ada.id)


async def test_nobody_is_asked_twice_at_once(world: World, talk: Conversation) -> None:
    results = await asyncio.gather(
        *(
            world.desk.transfers.transfer(world.ada, talk.id, agent=user.id)
            for user in (world.ben, world.ines)
        ),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Handing", "RequestGone"]


# ------------------------------------------------------------------------------------------------- targets
@pytest.mark.feature("CV-08", "CV-09")
async def test_whoever_is_not_there_is_not_asked(world: World) -> None:
    await come(world, "ada")
    await world.desk.groups.create(world.ines, "invoices", "Billing", [Role.AGENT], [world.ben.id])
    await world.desk.groups.create(world.ines, "empty", "Nights", [Role.AGENT], [])
    await world.desk.groups.create(world.ines, "alone", "Ada's team", [], [world.ada.id, world.olga.id])
    talk = await world.accepted()
    refused: list[tuple[dict[str, Any], type[DeskFault], str]] = [
        ({"agent": world.ben.id}, TargetUnavailable, "Ben Okoro is not online"),
        ({"group": "invoices"}, TargetUnavailable, "Nobody of Billing is available"),
        ({"group": "empty"}, TargetUnavailable, "Nights has nobody who could answer"),
        ({"group": "alone"}, TargetUnavailable, "Ada's team has nobody who could answer"),
        ({"agent": world.ada.id}, NotFound, "no such member"),
        ({"agent": world.olga.id}, NotFound, "no such member"),
        ({"agent": 12345}, NotFound, "no such member"),
        ({"group": "nowhere"}, NotFound, "no such group"),
        ({}, NotFound, "one member or one team"),
        ({"agent": world.ben.id, "group": "invoices"}, NotFound, "one member or one team"),
    ]
    for target, fault, words in refused:
        with pytest.raises(fault, match=words):
            await world.desk.transfers.transfer(world.ada, talk.id, **target)
    assert await world.desk.transfers.of(world.ada, talk.id) == []
    await come(world, "ben")
    listed = await world.desk.targets.listed(world.ada, talk, to_own=True)
    assert [(target.name, target.value, target.present, target.size) for target in listed] == [
        ("Ben Okoro", f"member:{world.ben.id}", 1, 1),
        ("Ines Vidal", f"member:{world.ines.id}", 0, 1),
        ("Ada's team", "team:alone", 0, 0),
        ("Billing", "team:invoices", 1, 1),
        ("Nights", "team:empty", 0, 0),
    ]
    assert (await world.desk.transfers.transfer(world.ada, talk.id, group="invoices")).waits


@pytest.mark.feature("CV-08")
async def test_whoever_is_away_or_has_no_room_is_not_asked_to_take_over(
    world: World, talk: Conversation
) -> None:
    transfers = world.desk.transfers
    await world.desk.presence.switch_away(world.ben, away=True)
    with pytest.raises(TargetUnavailable, match="Ben Okoro is away"):
        await transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    await world.desk.presence.switch_away(world.ben, away=False)
    asked = await transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    full = world.desk.context.statement(
        """
        UPDATE desk_members SET capacity = 1
        WHERE workspace = :workspace AND integration = :integration AND user_id = :id
        """,
        id=world.ben.id,
    )
    await world.desk.context.database.commit([full])
    await world.accepted("ref-2", by="ben")
    with pytest.raises(AtCapacity):
        await world.desk.accept(world.ben, asked.request_id)
    assert (await transfers.get(world.ada, asked.request_id)).waits
    assert (await world.reload(talk)).owner_id == world.ada.id
    await transfers.cancel(world.ada, asked.request_id)
    with pytest.raises(TargetUnavailable, match="no room"):
        await transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    invited = await transfers.invite(world.ada, talk.id, agent=world.ben.id)
    assert (await world.desk.accept(world.ben, invited.request_id)).owner_id == world.ada.id


async def test_only_the_owner_or_an_admin_hands_a_conversation_over(world: World, talk: Conversation) -> None:
    with pytest.raises(Forbidden, match="Ada Marsh"):
        await world.desk.transfers.transfer(world.ben, talk.id, agent=world.ines.id)
    for user in (world.olga,):
        with pytest.raises(Forbidden):
            await world.desk.transfers.transfer(user, talk.id, agent=world.ben.id)
    asked = await world.desk.transfers.transfer(world.ines, talk.id, agent=world.ines.id)
    taken = await world.desk.accept(world.ines, asked.request_id)
    assert taken.owner_id == world.ines.id, "an admin takes over with the owner's knowledge"
    waiting = await world.chat("ref-2")
    with pytest.raises(RequestGone, match="Nobody has accepted"):
        await world.desk.transfers.transfer(
            world.ines, int(waiting.state["conversation_id"]), group="invoices"
        )


async def test_only_whoever_was_asked_answers(world: World, talk: Conversation) -> None:
    asked = await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    for user in (world.ada, world.olga):
        with pytest.raises(Forbidden):
            await world.desk.accept(user, asked.request_id)
    await world.desk.transfers.cancel(world.ada, asked.request_id)
    of_team = await world.desk.transfers.transfer(world.ada, talk.id, group="invoices")
    with pytest.raises(Forbidden, match="not of you alone"):
        await world.desk.transfers.decline(world.ben, of_team.request_id)
    with pytest.raises(NotFound):
        await world.desk.transfers.decline(world.ben, 12345)


async def test_a_note_that_is_too_long_asks_nobody(world: World, talk: Conversation) -> None:
    with pytest.raises(InvalidField):
        await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id, note="x" * 2001)
    assert await world.desk.transfers.of(world.ada, talk.id) == []
    assert await world.desk.notes.of(world.ada, talk.id) == []


async def test_a_transfer_is_no_waiting_end_user(world: World, talk: Conversation) -> None:
    before = await world.desk.inbox.counts()
    await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    assert await world.desk.inbox.counts() == before


# --------------------------------------------------------------------------------------------- invitations
@pytest.mark.feature("CV-12")
async def test_an_invited_member_joins_and_writes_without_owning(world: World, talk: Conversation) -> None:
    transfers = world.desk.transfers
    with pytest.raises(Forbidden):
        await transfers.invite(world.ben, talk.id, agent=world.ines.id)
    asked = await transfers.invite(world.ada, talk.id, agent=world.ben.id, note="knows the prices")
    assert (asked.type, asked.note) == ("invitation", "knows the prices")
    told = await world.kinds()
    joined = await world.desk.accept(world.ben, asked.request_id)
    assert joined.owner_id == world.ada.id
    assert await owners(world, talk) == ["Ada Marsh"]
    assert await world.kinds() == told, "the end user learns of a guest when the guest writes"
    message, _ = await world.desk.messages.send(world.ben, joined, "It costs 12 euros.")
    assert message.author_name == "Ben Okoro"
    await world.desk.messages.send(world.ada, joined, "There you are.")
    with pytest.raises(Forbidden):
        await world.desk.conversations.end(world.ben, talk.id)
    with pytest.raises(Forbidden):
        await transfers.transfer(world.ben, talk.id, agent=world.ines.id)
    assert (await transfers.invite(world.ben, talk.id, agent=world.ines.id)).waits, "guests may invite"
    with pytest.raises(TargetUnavailable, match="already"):
        await transfers.invite(world.ada, talk.id, agent=world.ben.id)
    assert "Ben Okoro joined." in await lines(world, talk)


async def test_an_invitation_is_declined_taken_back_or_not_answered(world: World, talk: Conversation) -> None:
    transfers = world.desk.transfers
    first = await transfers.invite(world.ada, talk.id, agent=world.ben.id)
    with pytest.raises(RequestGone, match="asked already"):
        await transfers.invite(world.ada, talk.id, agent=world.ben.id)
    second = await transfers.invite(world.ada, talk.id, agent=world.ines.id)
    await transfers.decline(world.ben, first.request_id)
    await transfers.cancel(world.ada, second.request_id)
    third = await transfers.invite(world.ada, talk.id, group="invoices")
    world.clock.advance(minutes=2)
    outcomes = [asked.outcome for asked in await transfers.of(world.ada, talk.id)]
    assert outcomes == ["declined", "cancelled", "unanswered"]
    with pytest.raises(RequestGone):
        await world.desk.accept(world.ben, third.request_id)
    assert [person.name for person in await world.desk.conversations.participants(talk.id)] == ["Ada Marsh"]


async def test_a_guest_can_become_the_owner_and_the_first_owner_a_guest(
    world: World, talk: Conversation
) -> None:
    invited = await world.desk.transfers.invite(world.ada, talk.id, agent=world.ben.id)
    await world.desk.accept(world.ben, invited.request_id)
    asked = await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id, leave_on_accept=False)
    await world.desk.accept(world.ben, asked.request_id)
    assert await owners(world, talk) == ["Ben Okoro"]
    back = await world.desk.transfers.transfer(world.ben, talk.id, agent=world.ada.id)
    await world.desk.accept(world.ada, back.request_id)
    people = {person.name: person.status for person in await world.desk.conversations.participants(talk.id)}
    assert people == {"Ada Marsh": "active", "Ben Okoro": "transferred"}
    assert await owners(world, talk) == ["Ada Marsh"]


@pytest.mark.feature("CV-12")
async def test_a_guest_leaves_and_the_owner_cannot(world: World, talk: Conversation) -> None:
    invited = await world.desk.transfers.invite(world.ada, talk.id, agent=world.ben.id)
    joined = await world.desk.accept(world.ben, invited.request_id)
    with pytest.raises(Forbidden, match="owner"):
        await world.desk.transfers.leave(world.ada, talk.id)
    with pytest.raises(Forbidden):
        await world.desk.transfers.leave(world.ines, talk.id)
    await world.desk.transfers.leave(world.ben, talk.id)
    with pytest.raises(Forbidden):
        await world.desk.messages.send(world.ben, joined, "one more thing")
    assert (await lines(world, talk))[-1] == "Ben Okoro left."
    people = {person.name: person.status for person in await world.desk.conversations.participants(talk.id)}
    assert people == {"Ada Marsh": "active", "Ben Okoro": "inactive"}


# -------------------------------------------------------------------------------- what the others may see
async def test_the_end_user_sees_one_typing_whoever_types(quick_world: World) -> None:
    world = quick_world
    await come(world, "ada", "ben")
    talk = await world.accepted()
    invited = await world.desk.transfers.invite(world.ada, talk.id, agent=world.ben.id)
    await world.desk.accept(world.ben, invited.request_id)
    typing = world.desk.typing

    async def told() -> list[bool]:
        return [event.on for event in await world.events() if event.kind == "typing_changed"]

    await typing.agent_types(world.ada, talk, on=True)
    await typing.agent_types(world.ben, talk, on=True)
    assert await told() == [True]
    assert typing.agents_typing(talk.id, but=world.ada.id) == ["Ben Okoro"]
    await typing.agent_types(world.ada, talk, on=False)
    assert await told() == [True], "Ben still types"
    await typing.agent_types(world.ben, talk, on=False)
    assert await told() == [True, False]
    assert typing.agents_typing(talk.id) == []


async def test_erased_with_the_end_user(world: World, talk: Conversation) -> None:
    """Every table that knows a conversation names the handoff by itself."""
    from livechat_sdk_helvia import tables_tools

    await world.desk.transfers.transfer(world.ada, talk.id, agent=world.ben.id)
    await world.desk.reading.read(world.ada, talk, 1)
    for table in tables_tools.PERSONAL:
        rows = await world.desk.context.fetch(
            f"SELECT * FROM {table.table} WHERE {table.condition}",  # noqa: S608
            **table.params("default", talk.handoff_id),
        )
        assert rows, table.table
