"""Notes: the team's own, and with no way to the end user."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from livechat_sdk.domain import chats
from livechat_sdk_helvia import messages, notes, provider
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.notes import MAX_NOTE_TEXT, Notes
from livechat_sdk_helvia.records import Note
from providers.helvia.tests.world import START, World, planned, request_id

CANARY = "canary-of-a-note"


@pytest.mark.feature("CV-07")
async def test_a_note_has_an_author_and_times(world: World) -> None:
    conversation = await world.accepted()
    note = await world.desk.notes.add(world.ada, conversation.id, "  call back  ")
    assert (note.text, note.author_id, note.author_name) == ("call back", world.ada.id, "Ada Marsh")
    assert note.created_at == note.updated_at == START
    world.clock.advance(minutes=1)
    changed = await world.desk.notes.change(world.ada, conversation.id, note.id, "call back at nine")
    assert changed.created_at == START
    assert changed.updated_at == world.clock.now()
    assert await world.desk.notes.of(world.ben, conversation.id) == [changed]


@pytest.mark.feature("CV-04")
async def test_every_member_of_the_team_writes_notes_during_and_after_a_conversation(world: World) -> None:
    conversation = await world.accepted(by="ada")
    await world.desk.notes.add(world.ben, conversation.id, "during")
    await world.desk.conversations.end(world.ada, conversation.id)
    await world.desk.notes.add(world.ines, conversation.id, "after")
    assert [note.text for note in await world.desk.notes.of(world.ada, conversation.id)] == [
        "during",
        "after",
    ]


async def test_only_the_author_changes_or_deletes_a_note(world: World) -> None:
    conversation = await world.accepted()
    note = await world.desk.notes.add(world.ada, conversation.id, "mine")
    for other in (world.ben, world.ines):
        with pytest.raises(Forbidden, match="Ada Marsh"):
            await world.desk.notes.change(other, conversation.id, note.id, "yours")
        with pytest.raises(Forbidden, match="Ada Marsh"):
            await world.desk.notes.delete(other, conversation.id, note.id)
    await world.desk.notes.delete(world.ada, conversation.id, note.id)
    assert await world.desk.notes.of(world.ada, conversation.id) == []


@pytest.mark.feature("CV-06")
async def test_the_published_limit_of_2000_characters_holds(world: World) -> None:
    conversation = await world.accepted()
    longest = "ä" * MAX_NOTE_TEXT
    assert (await world.desk.notes.add(world.ada, conversation.id, longest)).text == longest
    for wrong in (longest + "x", "", "  \n "):
        with pytest.raises(InvalidField):
            await world.desk.notes.add(world.ada, conversation.id, wrong)


async def test_a_note_belongs_to_its_conversation(world: World) -> None:
    first, second = await world.accepted("ref-1"), await world.accepted("ref-2")
    note = await world.desk.notes.add(world.ada, first.id, "here")
    assert await world.desk.notes.of(world.ada, second.id) == []
    with pytest.raises(NotFound):
        await world.desk.notes.change(world.ada, second.id, note.id, "there")
    with pytest.raises(NotFound):
        await world.desk.notes.add(world.ada, 12345, "nowhere")


async def test_without_a_role_no_note_is_read_or_written(world: World) -> None:
    conversation = await world.accepted()
    with pytest.raises(Forbidden):
        await world.desk.notes.of(world.olga, conversation.id)
    with pytest.raises(Forbidden):
        await world.desk.notes.add(world.olga, conversation.id, "hello")


@pytest.mark.feature("CV-05")
async def test_no_event_and_no_answer_of_the_provider_holds_a_note(world: World) -> None:
    chat = await world.chat()
    await world.desk.notes.add(world.ada, int(chat.state["conversation_id"]), f"{CANARY} before")
    conversation = await world.desk.conversations.accept(world.ada, request_id(chat))
    note = await world.desk.notes.add(world.ada, conversation.id, f"{CANARY} during")
    await world.desk.notes.change(world.ada, conversation.id, note.id, f"{CANARY} changed")
    await world.provider.send(chat, planned(world.clock, "k1", "hello"))
    await world.desk.messages.send(world.ada, conversation, "good morning")
    await world.desk.reading.read(world.ada, conversation, 99)
    await world.desk.typing.agent_types(world.ada, conversation, on=True)
    await world.desk.notes.delete(world.ada, conversation.id, note.id)
    await world.desk.conversations.end(world.ada, conversation.id)
    await world.desk.notes.add(world.ada, conversation.id, f"{CANARY} after")
    told = [event.model_dump_json() for event in await world.events()]
    answers = [
        repr(await world.provider.history(chat, START)),
        repr(await world.provider.status(chat)),
        repr(await world.provider.open(_same_opening(world))),
        repr(await world.provider.check()),
    ]
    assert len(told) >= 6
    assert not any(CANARY in text for text in told + answers)


def test_the_code_of_notes_knows_no_message_and_no_event() -> None:
    """By types: nothing that notes import, take or return can travel to the end user."""
    travelling = {name for name in vars(chats) if inspect.isclass(getattr(chats, name))}
    travelling |= {"Message", "MessageReceived", "Outgoing", "UserMessage", "PlannedMessage", "Chat"}
    assert not travelling & set(vars(notes))
    for name, method in inspect.getmembers(Notes, inspect.isfunction):
        for mentioned in _classes(typing.get_type_hints(method)):
            assert mentioned.__name__ not in travelling, f"Notes.{name} mentions {mentioned.__name__}"


def test_the_code_that_speaks_to_the_end_user_knows_no_note() -> None:
    for module in (messages, provider):
        assert Note not in vars(module).values()
        assert Notes not in vars(module).values()
        assert "desk_notes" not in inspect.getsource(module)


def _classes(hints: Any) -> Iterator[type]:
    for hint in hints.values() if isinstance(hints, dict) else [hints]:
        if inspect.isclass(hint):
            yield hint
        for part in typing.get_args(hint):
            yield from _classes(part)


def _same_opening(world: World) -> Any:
    from providers.helvia.tests.world import opening

    return opening(world.clock, "ref-1")
