"""Server-sent events: live, resumable, with a heartbeat, and ending with the handoff or the server."""

from __future__ import annotations

import asyncio
import gc
import json
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk.errors import StoreError
from tests.gateway.wire import Listening, a_scope
from tests.gateway.world import BEARER, World, a_world, error_of


def _events(world: World, identity: str, *, after: int | None = None, query: str = "") -> Listening:
    headers = dict(BEARER) if after is None else {**BEARER, "last-event-id": str(after)}
    return Listening(world.app, a_scope("GET", f"/v1/handoffs/{identity}/events{query}", headers))


def _parse(block: str) -> tuple[str, int | None, dict[str, Any]]:
    """Event name, id and data of a block."""
    assert block.endswith("\n\n")
    fields = dict(line.split(": ", 1) for line in block.strip().splitlines())
    number = fields.get("id")
    return fields["event"], int(number) if number else None, json.loads(fields["data"])


async def test_stream_tells_the_past_then_the_present_then_the_end(world: World) -> None:
    identity = await world.a_handoff()
    async with _events(world, identity) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        assert "content-length" not in stream.headers
        assert (await stream.block()).startswith("retry: ")
        kind, first, data = _parse(await stream.block())
        assert (kind, data["kind"], data["seq"]) == ("change", "requested", first)
        await world.vendor("joined")
        await world.vendor("ended")
        blocks = [_parse(block) for block in await stream.rest()]
    *changes, (last, number, view) = blocks
    assert {kind for kind, _, _ in changes} == {"change"}
    numbers = [number for _, number, _ in changes if number is not None]
    assert numbers == sorted(set(numbers))
    kinds = [data["kind"] for _, _, data in changes]
    assert kinds.index("event.agent_joined") < kinds.index("event.chat_ended")
    assert (last, number) == ("ended", None)
    assert (view["id"], view["outcome"]) == (identity, "completed")


@pytest.mark.parametrize("how", ["header", "query"])
async def test_stream_resumes_after_the_last_event(world: World, how: str) -> None:
    identity = await world.an_active_handoff()
    await world.vendor("ended")
    journal = await world.dispatcher.journal(identity)
    seen = journal[2].seq
    after, query = (seen, "") if how == "header" else (None, f"?after={seen}")
    async with _events(world, identity, after=after, query=query) as stream:
        blocks = (await stream.rest())[1:]
    numbers = [_parse(block)[1] for block in blocks]
    assert numbers == [*(entry.seq for entry in journal[3:]), None]


async def test_header_wins_over_the_query_when_a_client_reconnects(world: World) -> None:
    identity = await world.an_active_handoff()
    await world.vendor("ended")
    journal = await world.dispatcher.journal(identity)
    async with _events(world, identity, after=journal[-2].seq, query="?after=0") as stream:
        blocks = (await stream.rest())[1:]
    assert [_parse(block)[1] for block in blocks] == [journal[-1].seq, None]


async def test_stream_of_an_ended_handoff_that_was_read_to_its_end_is_a_204(world: World) -> None:
    identity = await world.an_active_handoff()
    await world.vendor("ended")
    last = (await world.dispatcher.journal(identity))[-1].seq
    answer = await world.client.get(f"/v1/handoffs/{identity}/events", headers={"last-event-id": str(last)})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("after", ["x", "-1", "1.5", str(2**63)])
async def test_last_event_id_that_is_no_number_is_refused(world: World, after: str) -> None:
    identity = await world.a_handoff()
    answer = await world.client.get(f"/v1/handoffs/{identity}/events", headers={"last-event-id": after})
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_parameter")


async def test_two_followers_see_the_same(world: World) -> None:
    identity = await world.a_handoff()
    async with _events(world, identity) as one, _events(world, identity) as other:
        await world.vendor("joined")
        await world.vendor("ended")
        assert await one.rest() == await other.rest()


async def test_silence_is_filled_with_comments(tmp_path: Path) -> None:
    async with a_world(tmp_path, heartbeat=0.01) as world:
        identity = await world.a_handoff()
        async with _events(world, identity) as stream:
            while not (await stream.block()).startswith(":"):
                pass
            assert (await stream.block()).startswith(":")
            await world.vendor("joined")
            while True:
                block = await stream.block()
                if "event.agent_joined" in block:
                    break
                assert block.startswith((":", "id:"))


async def test_client_that_leaves_leaves_nothing_behind(world: World) -> None:
    identity = await world.a_handoff()
    before = asyncio.all_tasks()
    for _ in range(5):
        async with _events(world, identity) as stream:
            await stream.block()
            await stream.block()
    gc.collect()
    await world.dispatcher.wait_idle()
    assert not {task for task in asyncio.all_tasks() - before if not task.done()}


async def test_stopping_server_ends_the_streams_and_the_client_can_resume(world: World) -> None:
    identity = await world.a_handoff()
    async with _events(world, identity) as stream:
        await stream.block()
        _, seen, _ = _parse(await stream.block())
        world.app.state.stopping.set()
        blocks = await stream.rest()
    assert blocks[-1].startswith(": the server is stopping")
    assert not [block for block in blocks if "event: ended" in block]
    world.app.state.stopping.clear()
    assert seen is not None
    async with _events(world, identity, after=seen) as stream:
        await stream.block()
        await world.vendor("joined")
        await world.vendor("ended")
        assert _parse((await stream.rest())[-1])[0] == "ended"


async def test_store_that_fails_in_the_middle_ends_the_stream_without_an_end_of_the_handoff(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = await world.a_handoff()
    async with _events(world, identity) as stream:
        await stream.block()
        first = _parse(await stream.block())

        async def broken(handoff_id: str) -> Any:
            raise StoreError("canary")

        with monkeypatch.context() as patch:
            patch.setattr(world.dispatcher.store, "load", broken)
            world.dispatcher._watchers.changed(identity)
            blocks = await stream.rest()
    assert first[0] == "change"
    assert blocks[-1].startswith(": store_unavailable")
    assert not [block for block in blocks if "event: ended" in block or "canary" in block]


async def test_bug_in_the_middle_ends_the_stream_without_a_stack_trace(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = await world.a_handoff()

    async def buggy(handoff_id: str, *, after: int = 0) -> Any:
        raise KeyError("canary")

    monkeypatch.setattr(world.dispatcher.store, "journal", buggy)
    async with _events(world, identity) as stream:
        blocks = await stream.rest()
    assert blocks[-1].startswith(": internal_error")
    assert "canary" not in "".join(blocks)


async def test_head_answers_at_once_without_a_stream(world: World) -> None:
    identity = await world.a_handoff()
    async with asyncio.timeout(5):
        answer = await world.client.head(f"/v1/handoffs/{identity}/events")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_stream_needs_a_token(world: World) -> None:
    identity = await world.a_handoff()
    answer = await world.stranger.get(f"/v1/handoffs/{identity}/events")
    assert answer.status_code == 401


async def test_journal_carries_no_words_of_a_message(world: World) -> None:
    identity = await world.an_active_handoff()
    body = {"body": "canary of the user"}
    assert (await world.client.post(f"/v1/handoffs/{identity}/messages", json=body)).status_code == 201
    await world.vendor("message", text="canary of the agent")
    await world.vendor("ended")
    async with _events(world, identity) as stream:
        assert "canary" not in "".join(await stream.rest())
