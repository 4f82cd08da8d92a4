"""Scripted faults of calls, in process: what the caller gets, and what the vendor has."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from contrib.simulators.tests.bench import OPENING, Bench, bench, code


async def _texts(parley: Bench) -> list[str]:
    return await parley.parley.human.texts("h-1.1")


@pytest.mark.parametrize(
    ("fault", "details", "error", "applied"),
    [
        ("drop_before", {}, httpx.ConnectError, False),
        ("drop_before", {"left": True}, httpx.ReadError, False),
        ("drop_after", {}, httpx.ReadError, True),
        ("time_out_before", {}, httpx.ReadTimeout, False),
        ("time_out_before", {"left": False}, httpx.ConnectTimeout, False),
        ("time_out_after", {}, httpx.ReadTimeout, True),
        ("truncated", {}, httpx.RemoteProtocolError, True),
        ("slow", {"seconds": 10}, httpx.ReadTimeout, True),
    ],
)
async def test_broken_connection_is_the_error_of_httpx_and_applied_or_not(
    fault: str, details: dict[str, Any], error: type[httpx.TransportError], applied: bool
) -> None:
    async with bench() as parley:
        chat = await parley.open()
        parley.parley.faults.script("send", fault, **details)
        with pytest.raises(error) as raised:
            await parley.send(chat)
        assert type(raised.value) is error
        assert await _texts(parley) == (["hello"] if applied else [])
        [logged] = parley.parley.requests.of("send")
        assert logged.fault.startswith(fault)
        assert bool(logged.applied) is applied
        assert (await parley.send(chat)).status_code == 201


async def test_slow_answer_within_the_time_limit_comes_at_once() -> None:
    async with bench() as parley:
        chat = await parley.open()
        parley.parley.faults.script("send", "slow", seconds=9.9)
        assert (await parley.send(chat)).status_code == 201


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (400, "invalid"),
        (403, "forbidden"),
        (404, "not_found"),
        (409, "chat_ended"),
        (429, "slow_down"),
        (500, "internal"),
        (502, "internal"),
        (503, "maintenance"),
    ],
)
async def test_scripted_status_has_the_vendors_own_body_and_applies_nothing(status: int, wanted: str) -> None:
    async with bench() as parley:
        chat = await parley.open()
        parley.parley.faults.script("send", "status", status=status)
        answer = await parley.send(chat)
        assert code(answer) == (status, wanted)
        assert "retry-after" not in answer.headers
        assert answer.headers["x-request-id"]
        assert await _texts(parley) == []


async def test_scripted_status_takes_a_body_a_pause_and_may_be_applied() -> None:
    async with bench() as parley:
        chat = await parley.open()
        faults = parley.parley.faults
        faults.script("send", "status", status=429, retry_after=7, body={"why": "because"})
        faults.script(
            "send", "status", status=503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT", body="<html>"
        )
        faults.script("send", "status", status=500, applied=True)
        first, second, third = [await parley.send(chat) for _ in range(3)]
        assert (first.headers["retry-after"], first.json()) == ("7", {"why": "because"})
        assert second.headers["retry-after"].endswith("GMT")
        assert (second.text, second.headers["content-type"]) == ("<html>", "text/html; charset=utf-8")
        assert third.status_code == 500
        assert await _texts(parley) == ["hello"]


async def test_malformed_answer_is_no_json_and_was_applied() -> None:
    async with bench() as parley:
        chat = await parley.open()
        for operation, call in (
            ("send", parley.send(chat)),
            ("status", parley.client.get(f"/v1/chats/{chat}")),
        ):
            parley.parley.faults.script(operation, "malformed")
            answer = await call
            assert answer.status_code in {200, 201}
            with pytest.raises(json.JSONDecodeError):
                answer.json()
        parley.parley.faults.script("typing", "malformed")
        answer = await parley.client.post(f"/v1/chats/{chat}/typing", json={"on": True})
        with pytest.raises(json.JSONDecodeError):
            answer.json()
        assert await _texts(parley) == ["hello"]


async def test_half_of_a_truncated_body_can_be_read() -> None:
    async with bench() as parley:
        parley.parley.faults.script("open", "truncated")
        async with parley.client.stream("POST", "/v1/chats", json=OPENING) as answer:
            assert answer.status_code == 201
            chunks = answer.aiter_bytes()
            half = await anext(chunks)
            with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
                await anext(chunks)
        assert 0 < len(half) < int(answer.headers["content-length"])
        assert len(await parley.parley.human.chats()) == 1


async def test_truncated_answer_without_a_body_is_a_broken_connection() -> None:
    async with bench() as parley:
        chat = await parley.open()
        parley.parley.faults.script("typing", "truncated")
        with pytest.raises(httpx.ReadError):
            await parley.client.post(f"/v1/chats/{chat}/typing", json={"on": True})


async def test_faults_belong_to_operations_of_one_address_by_what_is_asked() -> None:
    async with bench() as parley:
        chat = await parley.open()
        parley.parley.faults.script("look_up", "status", status=500)
        path = f"/v1/chats/{chat}/messages"
        assert (await parley.client.get(path)).status_code == 200
        assert (await parley.client.get(path, params={"client_key": "k"})).status_code == 500


async def test_bug_of_a_simulator_comes_out_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench() as parley:
        chat = await parley.open()
        monkeypatch.setattr(parley.parley, "emit", None)
        with pytest.raises(TypeError):
            await parley.send(chat)


async def test_log_names_what_was_asked_answered_and_applied_and_keeps_no_secret() -> None:
    async with bench() as parley:
        chat = await parley.open()
        await parley.send(chat)
        await parley.client.get("/v1/chats?ref=h-1.1&token=hush-hush")
        log = parley.parley.requests
        assert [(one.operation, one.status) for one in log] == [
            ("token", 200),
            ("open", 201),
            ("send", 201),
            ("status", 400),
        ]
        assert log[1].applied == f"chat {chat} was opened"
        assert (log[2].chat, log[2].method, log[2].path) == (chat, "POST", f"/v1/chats/{chat}/messages")
        assert '"hello"' in log[2].request
        assert '"visitor"' in log[2].answer
        settings = parley.parley.settings
        token = parley.client.headers["authorization"].removeprefix("Bearer ")
        await parley.client.get(f"/v1/chats/{token}")
        shown = repr(list(log))
        for secret in (token, settings.client_secret, "hush-hush"):
            assert secret not in shown


async def test_log_forgets_the_oldest_and_counts_on() -> None:
    async with bench() as parley:
        for _ in range(1005):
            await parley.client.get("/nowhere")
        log = parley.parley.requests
        assert len(log) == 1000
        assert (log.counted, log[-1].number, log[0].number) == (1006, 1006, 7)
