from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from contrib.testing.tests.recordings.samples import BASE, a_recording
from livechat_sdk.errors import RetryableError
from livechat_sdk.http import Repeat, VendorClient
from livechat_sdk_testing.recordings import (
    HastyClock,
    Recording,
    RecordingError,
    Replay,
    Unmatched,
    Unused,
    replay,
    write_recording,
)


async def ask(playing: Replay, method: str, path: str, **request: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=playing, base_url=BASE) as client:
        return await client.request(method, path, **request)


async def test_vendor_client_is_answered_from_recordings() -> None:
    recording = a_recording(
        method="POST",
        path="/v1/things?kind=a",
        asked={"headers": {"content-type": "application/json"}, "json": {"name": "one"}},
        status=201,
        answered={"headers": {"x-request-id": "r-1"}, "json": {"id": "t-1"}},
    )
    client = VendorClient(provider="ACME", base_url=BASE)
    with replay(recording) as playing:
        answer = await client.request("make", "POST", "v1/things", params={"kind": "a"}, json={"name": "one"})
    await client.close()
    assert (answer.status, answer.json(), answer.request_id) == (201, {"id": "t-1"}, "r-1")
    assert playing.calls == ["open/created"]


async def test_it_works_from_other_tasks_too() -> None:
    client = VendorClient(provider="ACME", base_url=BASE)
    started = asyncio.Event()

    async def later() -> int:
        await started.wait()
        return (await client.request("look", "GET", "v1/things")).status

    task = asyncio.create_task(later())
    with replay(a_recording(answered={"json": {}})):
        started.set()
        assert await task == 200
    await client.close()


DIFFERENT: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"json": {"a": 1}}, {"json": {"a": 2}}, "body.a: recorded 1, asked 2"),
    ({"json": {"a": 1}}, {"json": {}}, "body.a: recorded 1, not sent"),
    ({"json": {}}, {"json": {"b": None}}, "body.b: not recorded, sent null"),
    ({"json": {"a": [1]}}, {"json": {"a": [1, 2]}}, "body.a: recorded 1 items, asked 2"),
    ({"json": [{"a": 1}]}, {"json": [{"a": "1"}]}, 'body[0].a: recorded 1, asked "1"'),
    ({"json": True}, {"json": 1}, "body: recorded true, asked 1"),
    ({"json": {"a": 1}}, {}, "body: JSON recorded, asked with no body"),
    ({"json": {"a": 1}}, {"data": {"a": "1"}}, "body: JSON recorded, asked with form"),
    ({}, {"json": {"a": 1}}, "body: none recorded, asked with"),
    ({"form": [("a", "1")]}, {"data": {"a": "2"}}, 'form a: recorded "1", asked "2"'),
    ({"form": {"a": ["1", "2"]}}, {"data": {"a": ["1", "3"]}}, 'form a: recorded "2", asked "3"'),
    ({"form": [("a", "1")]}, {"json": {"a": "1"}}, "body: a form recorded, asked with json"),
    ({"text": "one"}, {"content": b"two"}, "body: recorded b'one', asked b'two'"),
    ({"base64": "AAE="}, {"content": b"\x00\x02"}, "body: recorded"),
    ({"headers": {"X-A": "1"}}, {}, 'header x-a: recorded "1", not sent'),
    ({"headers": {"X-A": "1"}}, {"headers": {"x-a": "2"}}, 'header x-a: recorded "1", asked "2"'),
    ({"headers": {"X-A": "[1]?"}}, {"headers": {"x-a": "1a"}}, "header x-a: recorded"),
]


@pytest.mark.parametrize(("recorded", "asked", "difference"), DIFFERENT)
async def test_call_that_differs_fails_with_the_difference(
    recorded: dict[str, Any], asked: dict[str, Any], difference: str
) -> None:
    playing = Replay([a_recording(method="POST", asked=recorded)])
    with pytest.raises(Unmatched) as caught:
        await ask(playing, "POST", "/v1/things", **asked)
    assert "POST https://acme.example/v1/things is not recorded. The nearest is open/created" in str(
        caught.value
    )
    assert difference in str(caught.value)


@pytest.mark.parametrize(
    ("path", "difference"),
    [
        ("/v1/things?a=1", 'query a: recorded "2", asked "1"'),
        ("/v1/things", 'query a: recorded ["2"], not sent'),
        ("/v1/things?a=2&b=", 'query b: not recorded, sent [""]'),
        ("/v1/things?a=2&a=2", 'query a: recorded ["2"], sent ["2", "2"]'),
        ("/v1/other?a=2", 'address: recorded "https://acme.example/v1/things"'),
    ],
)
async def test_address_and_query_are_compared(path: str, difference: str) -> None:
    playing = Replay([a_recording(path="/v1/things?a=2")])
    with pytest.raises(Unmatched) as caught:
        await ask(playing, "GET", path)
    assert difference in str(caught.value)


async def test_nearest_recording_is_the_one_that_is_told() -> None:
    far = a_recording("close/done", method="POST", path="/v1/other", asked={"json": {"a": 1}})
    near = a_recording("open/created", method="POST", asked={"json": {"a": 1, "b": 2, "c": 3}})
    playing = Replay([far, near])
    with pytest.raises(Unmatched, match=r"The nearest is open/created"):
        await ask(playing, "POST", "/v1/things", json={"a": 1})


async def test_order_of_fields_and_of_the_query_is_nothing() -> None:
    playing = Replay([a_recording(method="PUT", path="/x?a=1&b=2", asked={"json": {"a": 1, "b": 2}})])
    await ask(
        playing,
        "PUT",
        "/x?b=2&a=1",
        content=b'{"b": 2, "a": 1}',
        headers={"content-type": "application/json"},
    )
    playing.finish()


async def test_wildcards_fit_what_is_made_anew_each_time() -> None:
    recording = a_recording(
        method="POST",
        path="/v1/things/*?at=*",
        asked={"headers": {"authorization": "Bearer *"}, "json": {"key": "*", "list": ["*", 1]}},
    )
    playing = Replay([recording])
    await ask(
        playing,
        "POST",
        "/v1/things/t-1?at=12:30",
        headers={"authorization": "Bearer abc"},
        json={"key": {"any": "thing"}, "list": [None, 1]},
    )
    playing.finish()


async def test_named_values_come_back_and_stay_the_same() -> None:
    first = a_recording(
        "send/sent",
        method="POST",
        asked={"json": {"client_key": "${key}"}},
        answered={"json": {"client_key": "${key}", "text": "re: ${key}"}},
    )
    second = a_recording("look_up/found", path="/v1/things?key=${key}", answered={"json": ["${key}"]})
    playing = Replay([first, second])
    made = await ask(playing, "POST", "/v1/things", json={"client_key": "k-17"})
    assert made.json() == {"client_key": "k-17", "text": "re: k-17"}
    with pytest.raises(Unmatched, match='query key: recorded "k-17", asked "k-18"'):
        await ask(playing, "GET", "/v1/things?key=k-18")
    assert (await ask(playing, "GET", "/v1/things?key=k-17")).json() == ["k-17"]


async def test_named_value_of_a_call_that_did_not_fit_is_forgotten() -> None:
    recording = a_recording(method="POST", asked={"json": {"key": "${key}", "a": 1}})
    playing = Replay([recording])
    with pytest.raises(Unmatched):
        await ask(playing, "POST", "/v1/things", json={"key": "wrong", "a": 2})
    await ask(playing, "POST", "/v1/things", json={"key": "right", "a": 1})
    assert playing.captured == {"key": "right"}


async def test_same_request_is_answered_differently_the_second_time() -> None:
    first = a_recording("status/1-queued", answered={"json": {"state": "queued"}})
    second = a_recording("status/2-active", answered={"json": {"state": "active"}})
    playing = Replay([first, second])
    assert [(await ask(playing, "GET", "/v1/things")).json()["state"] for _ in range(2)] == [
        "queued",
        "active",
    ]
    with pytest.raises(Unmatched, match=r"asked more often than recorded: status/\S+ has calls: 1"):
        await ask(playing, "GET", "/v1/things")


async def test_number_of_calls_is_held_to() -> None:
    playing = Replay([a_recording(calls=2)])
    await ask(playing, "GET", "/v1/things")
    with pytest.raises(Unused, match="not as often as recorded: open/created; asked for: open/created"):
        playing.finish()
    await ask(playing, "GET", "/v1/things")
    playing.finish()


async def test_many_calls_are_one_or_more() -> None:
    playing = Replay([a_recording(calls="many")])
    with pytest.raises(Unused):
        playing.finish()
    for _ in range(3):
        await ask(playing, "GET", "/v1/things")
    playing.finish()


async def test_recording_that_nobody_asked_for_fails_the_block() -> None:
    with pytest.raises(Unused, match="open/created"), replay(a_recording()):
        pass


async def test_call_that_the_code_under_test_swallowed_fails_the_block_all_the_same() -> None:
    client = VendorClient(provider="ACME", base_url=BASE)

    async def careless() -> None:
        try:
            await client.request("look", "GET", "v1/other")
        except Exception:  # noqa: BLE001 - that is what is tested
            return

    with pytest.raises(Unmatched, match="v1/other is not recorded"), replay(a_recording()):
        await careless()
    await client.close()


async def test_error_that_follows_from_a_call_that_is_not_recorded_says_so() -> None:
    playing = Replay([a_recording()])
    with pytest.raises(Unmatched):
        await ask(playing, "GET", "/v1/other")
    error = KeyError("id")
    playing.explain(error)
    assert "v1/other is not recorded" in error.__notes__[0]


async def test_error_inside_of_the_block_comes_before_what_is_unused() -> None:
    with pytest.raises(KeyError), replay(a_recording()):
        raise KeyError("mine")


async def test_errors_of_the_vendor_are_replayed_with_their_headers() -> None:
    client = VendorClient(provider="ACME", base_url=BASE)
    recording = a_recording(
        status=429, answered={"headers": {"retry-after": "7"}, "json": {"error": "slow down"}}
    )
    with replay(recording), pytest.raises(RetryableError) as caught:
        await client.request("look", "GET", "v1/things", repeat=Repeat.NO)
    await client.close()
    assert (caught.value.status, caught.value.retry_after) == (429, 7.0)


async def test_pauses_of_the_client_take_no_time_and_are_kept_all_the_same() -> None:
    busy = a_recording(status=503, answered={"headers": {"retry-after": "9"}})
    client = VendorClient(provider="ACME", base_url=BASE, budget=20)
    clock = HastyClock()
    started = clock.now()
    with replay([busy, a_recording("look/done")], clock=clock):
        await client.request("look", "GET", "v1/things", repeat=Repeat.SAFE)
    await client.close()
    assert (clock.now() - started).total_seconds() == 9


async def test_header_may_come_several_times() -> None:
    playing = Replay([a_recording(answered={"headers": {"Set-Cookie": ["a=1", "b=2"]}})])
    answer = await ask(playing, "GET", "/v1/things")
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


async def test_source_is_a_folder_a_file_or_both_in_order(tmp_path: Path) -> None:
    paths = [write_recording(a_recording(name, path=f"/{name}"), tmp_path) for name in ("a/one", "b/two")]
    extra = a_recording("c/three", path="/c/three")
    sources: list[tuple[Path | list[Path | Recording], list[str]]] = [
        (tmp_path, ["a/one", "b/two"]),
        (paths[0], ["a/one"]),
        ([paths[1], extra], ["b/two", "c/three"]),
    ]
    for source, wanted in sources:
        with replay(source) as playing:
            for name in wanted:
                await ask(playing, "GET", f"/{name}")
        assert playing.calls == wanted


def test_no_recordings_at_all_is_said() -> None:
    playing = Replay([])
    with pytest.raises(Unmatched, match="there are no recordings"):
        asyncio.run(ask(playing, "GET", "/v1/things"))


def test_failures_are_failures_of_the_test() -> None:
    assert issubclass(Unmatched, AssertionError)
    assert issubclass(Unused, RecordingError)
    assert isinstance(a_recording(), Recording)
