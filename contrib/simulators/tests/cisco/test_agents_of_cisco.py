from __future__ import annotations

import pytest

from contrib.simulators.tests.cisco_bench import cisco_bench
from livechat_sdk_simulators.human import NoSuchChat, NotPossible


def _presence(agent: str, status: str) -> tuple[str, str, str]:
    return ("PresenceEvent", agent, status)


async def test_chat_goes_on_while_one_of_several_agents_is_there() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking("Eleni")
        await ccp.human.join("h-1.1", "Nikos")
        await ccp.human.leave("h-1.1", "Eleni")
        assert await customer.events() == [_presence("Nikos", "joined"), _presence("Eleni", "left")]
        [chat] = await ccp.human.chats()
        assert (chat.state, chat.agent) == ("active", "Nikos")
        await ccp.human.say("h-1.1", "bye")
        await ccp.human.leave("h-1.1")
        assert await customer.events() == [("MessageEvent", "Nikos", "bye"), _presence("Nikos", "left")]
        [chat] = await ccp.human.chats()
        assert (chat.state, chat.details["ended"]) == ("ended", "agents left")
        with pytest.raises(NotPossible, match="has ended"):
            await ccp.human.join("h-1.1")


@pytest.mark.parametrize("order", ["join_first", "leave_first"])
async def test_transfer_is_told_in_the_order_that_is_set(order: str) -> None:
    async with cisco_bench(transfer=order) as ccp:
        customer = await ccp.talking("Eleni")
        await ccp.human.transfer("h-1.1", "Nikos")
        told = [_presence("Nikos", "joined"), _presence("Eleni", "left")]
        assert await customer.events() == (told if order == "join_first" else told[::-1])
        await customer.send("hello")
        assert await ccp.human.texts("h-1.1") == ["hello"]
        assert (await ccp.human.chats())[0].state == "active"


async def test_every_agent_leaves_at_the_end() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking("Eleni")
        await ccp.human.join("h-1.1", "Nikos")
        await customer.events()
        await ccp.human.end("h-1.1")
        assert await customer.events() == [_presence("Eleni", "left"), _presence("Nikos", "left")]


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("finished", [("StatusEvent", "chat_finished", "")]),
        ("error", [("StatusEvent", "chat_finished_error", "")]),
        ("silent", []),
    ],
)
async def test_chat_ends_in_ways_that_are_rare(why: str, told: list[tuple[str, ...]]) -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        await ccp.human.end("h-1.1", why)
        assert await customer.events() == told
        assert (await customer.send("hello?")).status_code == 200
        assert await ccp.human.texts("h-1.1") == []
        assert (await ccp.human.chats())[0].details["ended"] == why


async def test_chat_is_taken_down_by_hand() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        await ccp.human.end("h-1.1", "inactive")
        assert (await customer.poll()).status_code == 404


async def test_request_is_rejected_by_hand_or_because_nobody_is_logged_in() -> None:
    async with cisco_bench(agents=0) as ccp:
        customer = await ccp.open()
        ok = ("StatusEvent", "chat_ok", "")
        rejected = ("StatusEvent", "chat_request_rejected_by_agent", "No chat agent is logged in.")
        assert await customer.events() == [ok, rejected]
        await ccp.human.duty(1)
        customer = await ccp.open("")
        chat = (await ccp.human.chats())[-1].id
        assert (await ccp.client.post(f"/_sim/chats/{chat}/reject", json={"detail": "no"})).is_success
        assert await customer.events() == [ok, ("StatusEvent", "chat_request_rejected_by_agent", "no")]
        with pytest.raises(NotPossible, match="rejected"):
            await ccp.human.join(chat)
        customer = await ccp.open("")
        await ccp.human.end((await ccp.human.chats())[-1].id)
        assert (await customer.events())[-1][1] == "chat_request_rejected_by_agent"


async def test_server_tells_of_trouble_that_passes_and_of_what_nobody_knows() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        for fields in (
            {"status": "chat_issue", "detail": "XMPP Server is down"},
            {"status": "chat_ok"},
            {"status": "chat_paused"},
        ):
            assert (await ccp.client.post("/_sim/chats/h-1.1/status", json=fields)).is_success
        await ccp.human.unknown_event("h-1.1")
        assert await customer.events() == [
            ("StatusEvent", "chat_issue", "XMPP Server is down"),
            ("StatusEvent", "chat_ok"),
            ("StatusEvent", "chat_paused"),
            ("SurveyEvent", "Agent 1", "How was it?"),
        ]
        assert (await ccp.human.chats())[0].state == "active"


async def test_what_agents_cannot_do_is_refused() -> None:
    async with cisco_bench() as ccp:
        await ccp.open()
        human = ccp.human
        for act in (
            human.say("h-1.1", "x"),
            human.typing("h-1.1", on=True),
            human.leave("h-1.1"),
            human.transfer("h-1.1", "Nikos"),
            human.end("h-1.1", "left"),
        ):
            with pytest.raises(NotPossible, match="no agent is in the chat"):
                await act
        await human.join("h-1.1", "Eleni")
        with pytest.raises(NotPossible, match="already"):
            await human.join("h-1.1", "Eleni")
        with pytest.raises(NotPossible, match="already"):
            await human.transfer("h-1.1", "Eleni")
        with pytest.raises(NotPossible, match="Nikos is not in the chat"):
            await human.say("h-1.1", "x", agent="Nikos")
        with pytest.raises(NotPossible, match="plain text"):
            await human.say("h-1.1", "x", choices=["a"])
        with pytest.raises(NotPossible, match="plain text"):
            await human.say("h-1.1", "x", file=("a.txt", "text/plain", b"a"))
        with pytest.raises(NotPossible, match="needs a text"):
            await human.say("h-1.1", "")
        with pytest.raises(NotPossible, match="no reason 'tired'"):
            await human.end("h-1.1", "tired")
        with pytest.raises(NotPossible, match="taken already"):
            await human.reject("h-1.1")
        with pytest.raises(NotPossible, match="how many wait"):
            await human.duty(1, waiting=3)
        with pytest.raises(NoSuchChat):
            await human.messages("nobody")
        for act_name in ("accept", "read", "fail_message", "announce"):
            assert not human.can(act_name)
            answer = await ccp.client.post(f"/_sim/chats/h-1.1/{act_name}", json={})
            assert answer.status_code == 404
            assert (
                "there are: join, say, typing, transfer, leave, end, unknown_event, reject, status"
                in (answer.json()["error"])
            )


async def test_page_offers_what_only_these_agents_can_do() -> None:
    async with cisco_bench() as ccp:
        html = (await ccp.client.get("/_sim/")).text
        assert 'data-form="reject"' in html
        assert '<input name="status" required>' in html
        assert '<input name="detail">' in html
        assert "Restart the server" in html
        assert "Webhooks" not in html
        assert 'data-act="accept"' not in html


async def test_messages_of_both_sides_are_shown_in_order() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.open()
        await customer.send("early")
        await ccp.human.join("h-1.1", "Eleni")
        await customer.send("a")
        await ccp.human.say("h-1.1", "b")
        shown = [(one.author, one.name, one.text, one.status) for one in await ccp.human.messages("h-1.1")]
        assert shown == [
            ("visitor", "Maria", "early", "failed: no agent was in the room"),
            ("visitor", "Maria", "a", "delivered"),
            ("agent", "Eleni", "b", "sent"),
        ]


async def test_reference_is_the_field_that_is_set_else_the_first_that_ends_with_ref() -> None:
    fields = "".join(
        f"<extensionField><name>{name}</name><value>{value}</value></extensionField>"
        for name, value in (("Handoff", "h-2"), ("botRef", "h-3"))
    )
    for field, ref in ((None, "h-3"), ("Handoff", "h-2"), ("nothing", None)):
        async with cisco_bench(ref_field=field) as ccp:
            await ccp.open(fields)
            [chat] = await ccp.human.chats()
            assert chat.ref == (ref or chat.id)
