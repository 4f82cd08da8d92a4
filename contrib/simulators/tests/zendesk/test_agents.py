from __future__ import annotations

from typing import Any

import pytest

from contrib.simulators.tests.zendesk_bench import WORKSPACE, ZendeskBench, zendesk_bench
from livechat_sdk_simulators.human import NoSuchChat, NotPossible

FIELDS = {
    "ref": "h-1.1",
    "dataCapture.ticketField.27642": "gold",
    "dataCapture.systemField.tags": "vip,greek",
    "dataCapture.systemField.priority": "high",
    "dataCapture.systemField.requester.name": "Maria",
}


async def _chat(zendesk: ZendeskBench) -> Any:
    return (await zendesk.human.chats())[-1]


async def _ticket(zendesk: ZendeskBench, conversation: str) -> dict[str, Any] | None:
    answer = await zendesk.support.get(f"/tickets/messaging/conversations/{conversation}/ticket")
    return answer.json()["ticket"] if answer.status_code == 200 else None


# ------------------------------------------------------------------------------------------- the ticket
async def test_ticket_has_the_fields_of_the_handover() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over(**FIELDS)
        ticket = await _ticket(zendesk, conversation)
        assert ticket is not None
        assert ticket["custom_fields"] == [{"id": 27642, "value": "gold"}]
        assert (ticket["tags"], ticket["priority"], ticket["status"]) == (["vip", "greek"], "high", "new")
        chat = await _chat(zendesk)
        assert (chat.ref, chat.state, chat.details["visitor"]["name"]) == ("h-1.1", "queued", "Maria")
        assert chat.details["fields"] == {"priority": "high", "27642": "gold", "tags": "vip,greek"}


async def test_fields_are_frozen_once_a_message_has_made_the_ticket() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        await zendesk.send(conversation, "transcript", by="business")
        await zendesk.control(conversation, "bot")
        await zendesk.control(conversation, WORKSPACE, **FIELDS)
        ticket = await _ticket(zendesk, conversation)
        assert ticket is not None
        assert (ticket["custom_fields"], ticket["tags"]) == ([], [])


async def test_conversation_without_a_message_has_no_ticket_until_there_is_one() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        await zendesk.control(conversation, "bot")
        await zendesk.control(conversation, WORKSPACE, **FIELDS)
        assert await _ticket(zendesk, conversation) is None
        with pytest.raises(NotPossible, match="no ticket yet"):
            await zendesk.human.join("h-1.1")
        await zendesk.send(conversation, by="business")
        ticket = await _ticket(zendesk, conversation)
        assert ticket is not None
        assert ticket["priority"] == "high"


async def test_account_may_make_the_ticket_only_when_the_end_user_writes() -> None:
    async with zendesk_bench(ticket_made="user_message") as zendesk:
        conversation = await zendesk.handed_over(**FIELDS)
        await zendesk.send(conversation, by="business")
        assert await _ticket(zendesk, conversation) is None
        await zendesk.send(conversation)
        assert await _ticket(zendesk, conversation) is not None


async def test_agent_sees_what_was_said_before_from_the_message_that_was_named() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.conversation()
        await zendesk.control(conversation, "bot")
        ids = [await zendesk.send(conversation, f"line {n}", by="business") for n in range(15)]
        await zendesk.control(conversation, WORKSPACE)
        chat = await _chat(zendesk)
        assert [one["text"] for one in chat.details["transcript"]] == [f"line {n}" for n in range(5, 15)]
        await zendesk.control(conversation, "bot")
        await zendesk.control(conversation, WORKSPACE, first_message_id=ids[2])
        chat = await _chat(zendesk)
        assert [one["text"] for one in chat.details["transcript"]] == [f"line {n}" for n in range(2, 15)]
        assert await zendesk.human.texts(conversation) == []


# ---------------------------------------------------------------------------------------- what agents do
async def test_agent_takes_writes_transfers_and_leaves() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        human = zendesk.human
        await human.accept("h-1.1", "Eleni")
        await human.join("h-1.1")
        assert await zendesk.kinds() == []  # Sunshine Conversations tells nothing of that
        chat = await _chat(zendesk)
        assert (chat.state, chat.agent) == ("active", "Eleni")
        said = await human.say("h-1.1", "Hello", choices=["Yes", ("No", "no")])
        [(kind, payload)] = await zendesk.events()
        message = payload["message"]
        eleni = (await zendesk.support.get(f"/users/{message['metadata']['__zendesk_msg.agent.id']}")).json()
        assert (kind, message["id"], eleni["user"]["name"]) == ("conversation:message", said, "Eleni")
        assert message["source"]["type"] == "zd:agentWorkspace"
        assert (message["author"]["type"], message["author"]["displayName"]) == ("business", "Eleni")
        assert "subtypes" not in message["author"]
        assert message["content"]["actions"][1] == {"type": "reply", "text": "No", "payload": "no"}
        listed = (await zendesk.client.get(f"/conversations/{conversation}/messages")).json()["messages"]
        assert listed[-1]["author"]["subtypes"] == ["agent"]
        await human.transfer("h-1.1", "42")
        assert ((await _chat(zendesk)).state, (await _chat(zendesk)).agent) == ("queued", None)
        await human.join("h-1.1", "Nikos")
        await human.leave("h-1.1", "Nikos")
        assert ((await _chat(zendesk)).state, (await _chat(zendesk)).agent) == ("queued", None)


@pytest.mark.parametrize("where", ["nowhere", "answers", "everywhere"])
async def test_subtypes_of_authors_are_where_the_account_has_them(where: str) -> None:
    async with zendesk_bench(author_subtypes=where) as zendesk:
        conversation = await zendesk.handed_over()
        await zendesk.human.say("h-1.1", "Hello")
        [(_, payload)] = await zendesk.events()
        listed = (await zendesk.client.get(f"/conversations/{conversation}/messages")).json()["messages"]
        assert ("subtypes" in payload["message"]["author"]) == (where == "everywhere")
        assert ("subtypes" in listed[-1]["author"]) == (where != "nowhere")


async def test_whoever_answers_first_has_the_ticket() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        await zendesk.human.say(conversation, "Hello", agent="Eleni")
        ticket = await _ticket(zendesk, conversation)
        assert ticket is not None
        assert ticket["status"] == "open"
        assert ((await _chat(zendesk)).state, (await _chat(zendesk)).agent) == ("active", "Eleni")


async def test_agents_type_and_read_unless_the_account_does_not_tell() -> None:
    for told in (True, False):
        async with zendesk_bench(agent_activities=told) as zendesk:
            await zendesk.handed_over()
            await zendesk.human.typing("h-1.1", on=True)
            await zendesk.human.read("h-1.1")
            kinds = ["conversation:typing", "conversation:read"] if told else []
            assert await zendesk.kinds() == kinds


async def test_trigger_writes_and_is_no_agent() -> None:
    async with zendesk_bench() as zendesk:
        await zendesk.handed_over()
        await zendesk.human.announce("h-1.1", "You are next")
        [(_, payload)] = await zendesk.events()
        assert payload["message"]["metadata"] == {"__zendesk_msg.agent.id": "__trigger"}
        assert [one.author for one in await zendesk.human.messages("h-1.1")] == ["system"]


async def test_message_that_cannot_be_delivered_is_told_by_its_id() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        sent = await zendesk.send(conversation, metadata={"key": "m-1"})
        await zendesk.events()
        await zendesk.human.fail_message("h-1.1", "m-1", "blocked")
        [(kind, payload)] = await zendesk.events()
        assert (kind, payload["message"]) == ("conversation:message:delivery:failure", {"id": sent})
        assert payload["error"] == {"code": "uncategorized_error", "message": "blocked"}
        assert await zendesk.human.texts("h-1.1") == []
        with pytest.raises(NotPossible, match="no message 'm-2'"):
            await zendesk.human.fail_message("h-1.1", "m-2", "blocked")


# ------------------------------------------------------------------------------------------------- ends
@pytest.mark.parametrize(
    ("why", "settings", "expected"),
    [
        (None, {}, [("switchboard:releaseControl", None)]),
        (None, {"end_reason": "ticketClosed"}, [("switchboard:releaseControl", "ticketClosed")]),
        ("trigger", {}, [("switchboard:releaseControl", None)]),
        ("closed", {}, [("ticket:closed", None), ("switchboard:releaseControl", "ticketClosed")]),
        (
            "closed",
            {"closing_gives": "next"},
            [("ticket:closed", None), ("switchboard:passControl", "ticketClosed")],
        ),
        (
            "email",
            {},
            [("ticket:transfer:email", None), ("switchboard:releaseControl", "transferToEmail")],
        ),
        ("user", {}, [("conversation:endedByUser", None)]),
        (
            "user",
            {"user_end_releases": True},
            [("conversation:endedByUser", None), ("switchboard:releaseControl", None)],
        ),
        ("handback", {}, [("switchboard:passControl", None)]),
    ],
)
@pytest.mark.parametrize("together", [True, False])
async def test_every_way_to_end_is_told_in_its_own_way(
    why: str | None, settings: dict[str, Any], expected: list[tuple[str, str | None]], together: bool
) -> None:
    async with zendesk_bench(events_together=together, **settings) as zendesk:
        await zendesk.handed_over()
        await zendesk.human.join("h-1.1")
        await zendesk.human.end("h-1.1", why)
        envelopes = await zendesk.envelopes()
        assert len(envelopes) == (1 if together else len(expected))
        events = [one for body in envelopes for one in body["events"]]
        told = [
            (one["payload"].get("message", {}).get("activity", one)["type"], one["payload"].get("reason"))
            for one in events
        ]
        assert told == expected
        assert (await _chat(zendesk)).state == "ended"
        with pytest.raises(NotPossible, match="has ended"):
            await zendesk.human.say("h-1.1", "too late")


async def test_solved_is_told_to_nobody_and_a_message_opens_the_ticket_again() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        await zendesk.human.join("h-1.1")
        await zendesk.human.end("h-1.1", "solved")
        assert await zendesk.kinds() == []
        solved = await _ticket(zendesk, conversation)
        await zendesk.send(conversation)
        reopened = await _ticket(zendesk, conversation)
        assert solved is not None
        assert reopened is not None
        assert (solved["status"], reopened["status"], reopened["id"]) == ("solved", "open", solved["id"])
        await zendesk.human.end("h-1.1", "closed")
        assert await _ticket(zendesk, conversation) is None


async def test_removed_conversation_is_told_and_gone() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over()
        await zendesk.human.end("h-1.1", "removed")
        assert await zendesk.kinds() == ["conversation:remove"]
        assert (await zendesk.client.get(f"/conversations/{conversation}")).status_code == 404


async def test_conversation_that_is_handed_over_again_is_another_chat_with_another_ticket() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over(ref="h-1.1")
        first = await _ticket(zendesk, conversation)
        await zendesk.send(conversation, "first time")
        await zendesk.human.end("h-1.1")
        await zendesk.control(conversation, WORKSPACE, ref="h-2.1")
        second = await _ticket(zendesk, conversation)
        await zendesk.send(conversation, "second time")
        assert first is not None
        assert second is not None
        assert first["id"] != second["id"]
        states = [(one.ref, one.state) for one in await zendesk.human.chats()]
        assert states == [("h-1.1", "ended"), ("h-2.1", "queued")]
        assert await zendesk.human.texts("h-1.1") == ["first time"]
        assert await zendesk.human.texts("h-2.1") == ["second time"]
        shown = (await zendesk.client.get(f"https://acme.zendesk.example/_sim/chats/{conversation}")).json()
        assert (shown["ref"], [one["text"] for one in shown["messages"]]) == ("h-2.1", ["second time"])


async def test_message_after_the_end_is_another_chat_without_what_was_handed_over() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over(**FIELDS)
        await zendesk.human.end("h-1.1")
        await zendesk.send(conversation, "still here?")
        first, second = await zendesk.human.chats()
        assert (first.state, second.state, second.ref) == ("ended", "queued", "h-1.1")
        assert (first.details["fields"]["priority"], second.details["fields"]) == ("high", {})


async def test_old_ticket_closes_without_a_word_while_the_conversation_goes_on_in_another() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over(ref="h-1.1")
        await zendesk.human.end("h-1.1")
        await zendesk.control(conversation, WORKSPACE, ref="h-2.1")
        await zendesk.events()
        await zendesk.human.end("h-1.1", "closed")
        assert await zendesk.kinds() == []
        states = [(one.state, one.details["ticket"]["status"]) for one in await zendesk.human.chats()]
        assert states == [("ended", "closed"), ("queued", "new")]
        with pytest.raises(NotPossible, match="has ended"):
            await zendesk.human.end("h-1.1", "closed")


async def test_ticket_may_be_handed_over_to_one_agent() -> None:
    async with zendesk_bench() as zendesk:
        await zendesk.handed_over(**{"dataCapture.systemField.assignee_id": "8447388090496"})
        chat = await _chat(zendesk)
        assert (chat.state, chat.agent) == ("active", "Agent 8447388090496")
        answer = await zendesk.support.get("/users/8447388090496")
        assert answer.json()["user"]["name"] == "Agent 8447388090496"


async def test_conversation_that_the_bot_released_goes_on_in_the_same_ticket_with_its_agent() -> None:
    async with zendesk_bench() as zendesk:
        conversation = await zendesk.handed_over(ref="h-1.1")
        await zendesk.human.join("h-1.1", "Eleni")
        await zendesk.post(f"/conversations/{conversation}/releaseControl")
        await zendesk.control(conversation, WORKSPACE, **{**FIELDS, "ref": "h-2.1"})
        chat = await _chat(zendesk)
        assert (chat.ref, chat.state, chat.agent) == ("h-2.1", "active", "Eleni")
        ticket = await _ticket(zendesk, conversation)
        assert ticket is not None
        assert ticket["custom_fields"] == []


async def test_reference_and_key_may_have_any_name() -> None:
    async with zendesk_bench(ref_key="handoff", message_key="id") as zendesk:
        conversation = await zendesk.conversation(metadata={"ref": "other", "handoff": "h-9"})
        await zendesk.send(conversation, metadata={"key": "other", "id": "m-9"})
        assert [one.ref for one in await zendesk.human.chats()] == ["h-9"]
        for ref in ("h-9", conversation, "other"):
            assert [one.key for one in await zendesk.human.messages(ref)] == ["m-9"]
        with pytest.raises(NoSuchChat):
            await zendesk.human.messages("h-10")


async def test_what_nobody_can_do_is_refused() -> None:
    async with zendesk_bench() as zendesk:
        await zendesk.handed_over()
        human = zendesk.human
        for act in (
            human.leave("h-1.1"),
            human.transfer("h-1.1", "42"),
            human.say("h-1.1", ""),
            human.end("h-1.1", "boredom"),
            human.duty(1, waiting=3),
        ):
            with pytest.raises(NotPossible):
                await act
        await human.join("h-1.1")
        for act in (human.accept("h-1.1"), human.join("h-1.1")):
            with pytest.raises(NotPossible):
                await act
