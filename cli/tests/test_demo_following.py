from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from livechat_sdk_cli.demo.people import until
from livechat_sdk_cli.demo.vendor.following import Followed, following

URL = "http://gateway/v1/handoffs/h-1/events"


class Broken(httpx.AsyncByteStream):
    """A body that breaks off."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._text.encode()
        raise httpx.ReadError("the worker was killed")


def change(number: int) -> str:
    return f'id: {number}\nevent: change\ndata: {{"seq":{number},"kind":"kind-{number}"}}\n\n'


async def follow(*answers: httpx.Response) -> tuple[Followed, list[str]]:
    """What was followed until the answers were used up, and what was asked for each of them."""
    resumed: list[str] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if not left:
            raise httpx.ConnectError("nobody is there")
        resumed.append(request.headers["last-event-id"])
        return left.pop(0)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:

        async def used_up() -> bool:
            return not left and bool(followed.ended or followed.kinds)

        async with following(client, URL, {}) as followed:
            await until(used_up, "the answers are used up")
        return followed, resumed


async def test_a_lost_stream_goes_on_after_its_newest_event_until_the_end() -> None:
    first = httpx.Response(200, stream=Broken("retry: 2000\n\n" + change(1) + ": still here\n\n" + change(2)))
    last = httpx.Response(200, text=change(3) + 'event: ended\ndata: {"id":"h-1"}\n\n')
    followed, resumed = await follow(first, last)
    assert (followed.kinds, followed.ended) == (["kind-1", "kind-2", "kind-3"], True)
    assert resumed == ["0", "2"]
    assert (followed.connections, followed.problems) == (2, [])


async def test_half_an_event_is_none() -> None:
    cut = httpx.Response(200, stream=Broken(change(1) + 'id: 2\nevent: change\ndata: {"seq"'))
    followed, _ = await follow(cut)
    assert followed.kinds == ["kind-1"]
    assert not followed.ended


async def test_an_event_that_comes_again_or_too_late_is_a_problem() -> None:
    followed, _ = await follow(httpx.Response(200, text=change(1) + change(3) + change(3) + change(2)))
    assert followed.problems == [
        "event 3 of the stream came after event 3",
        "event 2 of the stream came after event 3",
    ]
