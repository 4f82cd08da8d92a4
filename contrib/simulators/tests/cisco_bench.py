"""CCP on the bench: a simulator by a virtual clock, and customers with a cookie each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element, fromstring

import httpx

from livechat_sdk_simulators.cisco.human import CiscoHuman
from livechat_sdk_simulators.cisco.settings import CiscoSettings
from livechat_sdk_simulators.cisco.simulator import CiscoSimulator
from livechat_sdk_simulators.clock import VirtualClock

XML = {"content-type": "application/xml"}
OPENING = (
    "<SocialContact><feedRefURL>http://ccp/ccp-webapp/ccp/feed/100053</feedRefURL><author>Maria</author>"
    "<title>Help</title><extensionFields><extensionField><name>ccxqueuetag</name><value>Chat_Csq1</value>"
    "</extensionField>{more}</extensionFields></SocialContact>"
)
REF = "<extensionField><name>h_ref</name><value>h-1.1</value></extensionField>"


class Customer:
    """One chat, seen from the customer's side, with the cursor of its poll."""

    def __init__(self, bench: CiscoBench, cookie: str, prefix: str) -> None:
        self._client = bench.client
        self.cookie = cookie
        self.prefix = prefix
        self.cursor = 0

    async def call(self, method: str, path: str = "", body: str | None = None, **more: Any) -> httpx.Response:
        """One call with the cookie; a body is XML."""
        headers = {"cookie": f"JSESSIONID={self.cookie}", **(XML if body is not None else {})}
        return await self._client.request(
            method, f"{self.prefix}{path}", content=body, headers=headers, **more
        )

    async def poll(self, cursor: int | None = None, **params: Any) -> httpx.Response:
        """One poll."""
        asked = self.cursor if cursor is None else cursor
        return await self.call("GET", params={"eventid": asked, **params})

    async def raw(self, cursor: int | None = None, **params: Any) -> list[Element]:
        """The events of one poll."""
        answer = await self.poll(cursor, **params)
        assert answer.status_code == 200, answer.text
        return elements(answer)

    async def events(self) -> list[tuple[str, ...]]:
        """The events since the last time: element, and what is in it; the cursor moves to the greatest id."""
        shown = await self.raw()
        self.cursor = max([self.cursor, *[int(one.findtext("id", "0")) for one in shown]])
        return [_plain(one) for one in shown]

    async def send(self, text: str) -> httpx.Response:
        """A message."""
        return await self.call("PUT", body=f"<Message><body>{text}</body></Message>")

    async def types(self, status: str) -> httpx.Response:
        """Typing."""
        return await self.call(
            "PUT", "/event", f"<TypingEvent><from>Maria</from><status>{status}</status></TypingEvent>"
        )


class CiscoBench:
    """Calls CCP in process."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.cisco = CiscoSimulator(CiscoSettings.read(settings), self.clock)
        assert isinstance(self.cisco.human, CiscoHuman)
        self.human = self.cisco.human
        mine = self.cisco.settings
        self.client = httpx.AsyncClient(
            transport=self.cisco.transport(), base_url=mine.base_url + mine.proxy_path, timeout=10
        )

    async def post(self, body: str, prefix: str = "/ccp/chat", **headers: str) -> httpx.Response:
        """Ask for a chat, without any cookie."""
        self.client.cookies.clear()
        answer = await self.client.post(prefix, content=body, headers={**XML, **headers})
        self.client.cookies.clear()
        return answer

    async def open(self, more: str = REF, prefix: str = "/ccp/chat") -> Customer:
        """Open a chat."""
        answer = await self.post(OPENING.format(more=more), prefix)
        assert answer.is_success, answer.text
        return Customer(self, answer.cookies["JSESSIONID"], prefix)

    async def talking(self, agent: str = "Eleni", more: str = REF) -> Customer:
        """Open a chat in which an agent is; the customer has heard it."""
        customer = await self.open(more)
        await self.human.join((await self.human.chats())[-1].id, agent)
        await customer.events()
        return customer


@asynccontextmanager
async def cisco_bench(**settings: Any) -> AsyncIterator[CiscoBench]:
    """A bench, closed in the end."""
    made = CiscoBench(**settings)
    async with made.client:
        yield made


def document(answer: httpx.Response) -> Element:
    """The outermost element of an answer."""
    return fromstring(answer.text)  # noqa: S314 - of our own simulator


def elements(answer: httpx.Response) -> list[Element]:
    """What is in it."""
    return list(document(answer))


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, type and message of an answer with one error."""
    [error] = elements(answer)
    return answer.status_code, error.findtext("errorType", ""), error.findtext("errorMessage", "")


def _plain(event: Element) -> tuple[str, ...]:
    body = [unquote_plus(one.text or "") if one.tag == "body" else one.text or "" for one in event]
    return (event.tag, *[text for one, text in zip(event, body, strict=True) if one.tag != "id"])
