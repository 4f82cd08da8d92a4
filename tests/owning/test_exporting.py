from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from livechat_sdk import InvalidInput
from livechat_sdk.domain.chats import Chat
from livechat_sdk.owning import exporting
from tests.owning.world import MARIA, NIKOS, Person, World


async def exported(world: World, **subject: Any) -> dict[str, Any]:
    """The whole document."""
    document: dict[str, Any] = json.loads(
        "".join([piece async for piece in world.dispatcher.export(**subject)])
    )
    return document


async def test_the_document_holds_everything_about_a_person_and_nothing_of_others(world: World) -> None:
    maria, nikos = Person(MARIA), Person(NIKOS)
    for person in (maria, nikos):
        await world.talked(person)
        await world.missed(person)
        await world.visited(person)

    document = await exported(world, user_id=maria.user_id)

    assert list(document) == [
        *("schema_version", "exported_at", "workspace", "subject", "handoffs", "conversations", "user"),
    ]
    assert document["schema_version"] == exporting.EXPORT_VERSION
    assert NIKOS not in json.dumps(document)
    talked, missed, visited = document["handoffs"]
    assert talked["request"]["transcript"][0]["body"] == f"before {MARIA}"
    assert talked["request"]["user"]["email"] == f"{MARIA}@example.org"
    said = {entry["message"]["body"]: entry["fate"] for entry in talked["entries"]}
    assert said[f"hello {MARIA}"] == "sent"
    assert said[f"dear {MARIA}"] == "sent"
    assert talked["journal"][0]["kind"] == "requested"
    assert talked["chats"][0]["vendor_ref"] == f"toy-{maria.handoffs[0]}.1"
    (ticket,) = missed["tickets"]
    (row,) = missed["tables"]["local_tickets"]
    assert (ticket["source"], ticket["id"], row["number"]) == ("tickets", "T-000001", 1)
    desk = visited["tables"]
    assert [line["text"] for line in desk["desk_notes"]] == [f"note {MARIA}"]
    assert f"from the desk {MARIA}" in {line["text"] for line in desk["desk_messages"]}
    assert desk["desk_conversations"][0]["user_email"] == f"{MARIA}@example.org"


async def test_what_is_kept_beside_handoffs_is_listed_by_conversation(world: World) -> None:
    maria = Person(MARIA)
    await world.visited(maria)
    document = await exported(world, conversation_id=maria.conversation)
    (conversation,) = document["conversations"]
    assert (conversation["id"], conversation["owner"]) == (maria.conversation, "bot")
    (page,) = conversation["tables"]["webchat_conversations"]
    assert "token_hash" not in page
    lines = {line["text"] for line in conversation["tables"]["webchat_messages"]}
    assert f"to the bot {MARIA}" in lines


@pytest.mark.feature("CV-26")
async def test_one_handoff_is_exported_without_the_rest_of_its_conversation(world: World) -> None:
    maria = Person(MARIA)
    first, second = await world.talked(maria), await world.talked(maria)
    document = await exported(world, handoff_id=second.id)
    assert [one["id"] for one in document["handoffs"]] == [second.id]
    assert document["conversations"] == []
    assert first.id not in json.dumps(document)


async def test_no_secret_is_exported(world: World) -> None:
    maria = Person(MARIA)
    handoff = await world.request(maria)
    chat = await world.dispatcher.store.chat(handoff.id, 1)
    assert isinstance(chat, Chat)
    secret = chat.model_copy(update={"secrets": {"session": SecretStr("canary-session")}})
    assert await world.dispatcher.store.save_poll(chat, secret, [])
    document = await exported(world, user_id=maria.user_id)
    text = json.dumps(document)
    assert "canary-session" not in text
    assert document["handoffs"][0]["request"]["metadata"] == {"token": "***"}
    for inside in ("policy", "settings_revision", "secrets"):
        assert f'"{inside}"' not in text


async def test_long_conversations_come_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_PAGE", 3)
    maria = Person(MARIA)
    handoff = await world.request(maria)
    await world.event(handoff.id, "joined")
    for number in range(7):
        await world.say(handoff.id, f"line {number}")
    pieces = [piece async for piece in world.dispatcher.export(handoff_id=handoff.id)]
    (only,) = json.loads("".join(pieces))["handoffs"]
    said = [entry["message"]["body"] for entry in only["entries"] if entry["author"] == "user"]
    assert said == [f"line {number}" for number in range(7)]
    assert [line["seq"] for line in only["journal"]] == list(range(1, len(only["journal"]) + 1))
    assert max(map(len, pieces)) < 4000, "each piece is a row, not the whole"


async def test_nobody_is_an_empty_document(world: World) -> None:
    document = await exported(world, user_id="nobody")
    assert (document["handoffs"], document["conversations"], document["user"]) == ([], [], {})


async def test_after_an_erasure_nothing_is_left_to_export(world: World) -> None:
    maria = Person(MARIA)
    await world.visited(maria)
    await world.dispatcher.erase(user_id=maria.user_id)
    assert MARIA not in json.dumps((await exported(world, user_id="x"))["handoffs"])
    document = await exported(world, conversation_id=maria.conversation)
    assert document["handoffs"] == []
    assert document["conversations"][0]["tables"] == {"webchat_conversations": [], "webchat_messages": []}


async def test_exactly_one_subject_is_named(world: World) -> None:
    with pytest.raises(InvalidInput, match="exactly one"):
        world.dispatcher.export()
