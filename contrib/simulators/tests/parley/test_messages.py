from __future__ import annotations

from typing import Any

import pytest

from contrib.simulators.tests.bench import Bench, bench, code


async def _history(parley: Bench, chat: str, **query: str) -> Any:
    answer = await parley.client.get(f"/v1/chats/{chat}/messages", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_message_is_taken_and_told_with_its_key() -> None:
    async with bench() as parley:
        chat = await parley.open()
        answer = await parley.send(chat, "Γειά σου 👋")
        assert answer.status_code == 201
        message = answer.json()
        assert message == {
            "id": message["id"],
            "client_key": "k-1",
            "from": "visitor",
            "text": "Γειά σου 👋",
            "files": [],
            "at": "2026-11-24T09:00:00.000Z",
        }
        [_, created] = await parley.events()
        assert (created["type"], created["data"]) == ("message.created", message)


async def test_same_key_twice_is_two_messages() -> None:
    async with bench() as parley:
        chat = await parley.open()
        first, second = (await parley.send(chat)).json(), (await parley.send(chat)).json()
        assert first["id"] != second["id"]
        assert await parley.parley.human.texts(chat) == ["hello", "hello"]
        parley.clock.advance(2)
        found = (await _history(parley, chat, client_key="k-1"))["messages"]
        assert [one["id"] for one in found] == [first["id"], second["id"]]


async def test_look_up_is_exact_from_two_seconds_on_and_not_before() -> None:
    async with bench() as parley:
        chat = await parley.open()
        await parley.send(chat)
        assert (await _history(parley, chat, client_key="k-1"))["messages"] == []
        parley.clock.advance(1.9)
        assert (await _history(parley, chat, client_key="k-1"))["messages"] == []
        parley.clock.advance(0.1)
        assert [one["text"] for one in (await _history(parley, chat, client_key="k-1"))["messages"]] == [
            "hello"
        ]
        assert await _history(parley, chat, client_key="k-2") == {"messages": [], "next": None}


@pytest.mark.parametrize(
    "change",
    [
        {"text": None},
        {"text": ""},
        {"client_key": ""},
        {"client_key": 7},
        {"files": None},
        {"files": ["file_made_up"]},
        {"files": [{"id": "x"}]},
        {"quick_reply": 1},
        {"bold": True},
    ],
)
async def test_messages_that_do_not_fit_are_refused(change: dict[str, Any]) -> None:
    async with bench() as parley:
        chat = await parley.open()
        message = {"client_key": "k-1", "text": "hello", "files": [], **change}
        answer = await parley.client.post(f"/v1/chats/{chat}/messages", json=message)
        assert code(answer) == (400, "invalid")
        assert await parley.parley.human.texts(chat) == []


async def test_text_has_four_thousand_characters_and_no_more() -> None:
    async with bench() as parley:
        chat = await parley.open()
        assert (await parley.send(chat, "😀" * 4000)).status_code == 201
        assert code(await parley.send(chat, "x" * 4001)) == (422, "text_too_long")


@pytest.mark.parametrize("count", [0, 1, 100, 101, 1000])
async def test_history_comes_in_pages_oldest_first(count: int) -> None:
    async with bench() as parley:
        chat = await parley.open()
        for number in range(count):
            await parley.parley.human.say(chat, f"{number}")
        texts: list[str] = []
        query: dict[str, str] = {}
        pages = 0
        while True:
            page = await _history(parley, chat, **query)
            pages += 1
            assert len(page["messages"]) <= 100
            texts += [one["text"] for one in page["messages"]]
            if page["next"] is None:
                break
            query = {"cursor": page["next"]}
        assert texts == [f"{number}" for number in range(count)]
        assert pages == max(1, -(-count // 100))


async def test_history_of_both_sides_since_a_time() -> None:
    async with bench() as parley:
        chat = await parley.open()
        human = parley.parley.human
        await parley.send(chat, "old")
        parley.clock.advance(10)
        await human.say(chat, "Hello", agent="Eleni", choices=["yes", ("no", "n")])
        await human.announce(chat, "Please wait.")
        await parley.send(chat, "new", "k-2", quick_reply="yes")
        page = await _history(parley, chat, since="2026-11-24T09:00:10.000Z")
        agent, system, visitor = page["messages"]
        assert (agent["from"], agent["agent"]["name"]) == ("agent", "Eleni")
        assert agent["choices"] == [{"label": "yes", "value": "yes"}, {"label": "no", "value": "n"}]
        assert "client_key" not in agent
        assert (system["from"], system["text"]) == ("system", "Please wait.")
        assert (visitor["from"], visitor["client_key"]) == ("visitor", "k-2")
        assert (await _history(parley, chat, since="2026-11-24T09:00:10.001Z"))["messages"] == []


@pytest.mark.parametrize(
    "query", ["since=yesterday", "cursor=x", "cursor=after-99", "page=2", "client_key=a&since=b"]
)
async def test_queries_that_do_not_fit_are_refused(query: str) -> None:
    async with bench() as parley:
        chat = await parley.open()
        assert code(await parley.client.get(f"/v1/chats/{chat}/messages?{query}")) == (400, "invalid")


async def test_typing_is_shown_to_the_agent_until_it_stops() -> None:
    async with bench() as parley:
        chat = await parley.open()

        async def shown() -> Any:
            return (await parley.parley.human.chats())[0].details["visitor_types"]

        for on in (True, False, True):
            answer = await parley.client.post(f"/v1/chats/{chat}/typing", json={"on": on})
            assert (answer.status_code, answer.content) == (204, b"")
            assert await shown() is on
        await parley.send(chat)
        assert await shown() is False
        assert code(await parley.client.post(f"/v1/chats/{chat}/typing", json={"on": 1})) == (400, "invalid")
        await parley.parley.human.end(chat)
        late = await parley.client.post(f"/v1/chats/{chat}/typing", json={"on": True})
        assert code(late) == (409, "chat_ended")


async def test_receipts_are_taken_for_messages_of_agents_only() -> None:
    async with bench() as parley:
        chat = await parley.open()
        said = await parley.parley.human.say(chat, "Hello")
        ours = (await parley.send(chat)).json()["id"]
        path = f"/v1/chats/{chat}/receipts"
        for status in ("delivered", "read"):
            answer = await parley.client.post(path, json={"message_id": said, "status": status})
            assert answer.status_code == 204
        [shown] = await parley.parley.human.chats()
        assert shown.details["receipts"] == [f"delivered {said}", f"read {said}"]
        for wrong in (ours, "msg_x"):
            answer = await parley.client.post(path, json={"message_id": wrong, "status": "read"})
            assert code(answer) == (404, "not_found")
        answer = await parley.client.post(path, json={"message_id": said, "status": "seen"})
        assert code(answer) == (400, "invalid")


async def test_unknown_addresses_methods_and_chats_are_answered_as_errors() -> None:
    async with bench() as parley:
        assert code(await parley.client.get("/v2/chats")) == (404, "not_found")
        assert (await parley.client.delete("/v1/chats")).status_code == 405
        assert code(await parley.send("chat_x")) == (404, "not_found")
        answer = await parley.client.get("/v1/availability", headers={"x-request-id": "mine-1"})
        assert answer.headers["x-request-id"] == "mine-1"
