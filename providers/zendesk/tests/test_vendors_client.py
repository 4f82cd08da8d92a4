"""The vendor's own (retired) client in Python works against the simulator as it did against the vendor.

It is generated from the vendor's API document and validates every answer, so it says where the simulator is
not as the document has it. It is a client of threads; the simulator is served over a real socket.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from livechat_sdk_simulators.serving import SimulatorServer, address_of, listen
from livechat_sdk_simulators.zendesk.settings import ZendeskSettings
from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

sunco = pytest.importorskip(
    "sunshine_conversations_client", reason="sunshine-conversations-client is not installed: make setup"
)

_T = TypeVar("_T")

# What agents and bots are called by the workspace today is not in the document that the client was made from.
AS_IN_THE_CLIENTS_TIME = {"author_subtypes": "nowhere"}


class Vendor:
    """A served simulator, and the client's calls to it, each in a thread."""

    def __init__(self, zendesk: ZendeskSimulator, **credentials: str) -> None:
        self.zendesk = zendesk
        self.app = zendesk.settings.app_id
        known = {"username": zendesk.settings.key_id, "password": zendesk.settings.secret}
        host = f"{zendesk.settings.base_url}/sc"
        client = sunco.ApiClient(sunco.Configuration(host=host, **(known | credentials)))
        self.users = sunco.UsersApi(client)
        self.conversations = sunco.ConversationsApi(client)
        self.messages = sunco.MessagesApi(client)
        self.switchboard = sunco.SwitchboardActionsApi(client)
        self._close = client.rest_client.pool_manager.clear

    async def call(self, method: Callable[..., _T], *arguments: Any) -> _T:
        async with asyncio.timeout(20):
            return await asyncio.to_thread(method, self.app, *arguments)

    async def user(self, external_id: str = "u-1") -> Any:
        return (await self.call(self.users.create_user, sunco.UserCreateBody(externalId=external_id))).user

    async def conversation(self, user: Any) -> Any:
        body = sunco.ConversationCreateBody(
            type="personal",
            participants=[sunco.ParticipantSubSchema(sunco.ParticipantWithUserId(userId=user.id))],
        )
        return (await self.call(self.conversations.create_conversation, body)).conversation

    async def post(self, conversation: Any, user: Any, text: str, *, author: str | None = None) -> Any:
        message = sunco.MessagePost(
            author=sunco.Author(type="user", userId=author or user.id),
            content=sunco.Content(sunco.TextMessage(type="text", text=text)),
            metadata={"key": text},
        )
        return (await self.call(self.messages.post_message, conversation.id, message)).messages[0]

    async def listed(self, conversation: Any, page: Any = None) -> Any:
        return await self.call(self.messages.list_messages, conversation.id, page)

    def close(self) -> None:
        self._close()


@asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[Vendor]:
    listener = listen()
    mine = ZendeskSettings.read({"base_url": address_of(listener), **AS_IN_THE_CLIENTS_TIME, **settings})
    zendesk = ZendeskSimulator(mine)
    server = SimulatorServer(zendesk, listener, drain=1)
    started = asyncio.Event()
    task = asyncio.create_task(server.run(on_started=lambda _: started.set(), signals=False))
    async with asyncio.timeout(20):
        await started.wait()
    vendor = Vendor(zendesk)
    try:
        yield vendor
    finally:
        vendor.close()
        server.stop()
        await task


def said(error: Any) -> tuple[int, str]:
    """Status and code of an error in the vendor's form."""
    [only] = json.loads(error.body)["errors"]
    assert only["title"]
    return error.status, only["code"]


async def test_makes_a_user_a_conversation_and_messages_and_reads_them() -> None:
    async with served() as vendor:
        user = await vendor.user()
        assert (user.external_id, (await vendor.call(vendor.users.get_user, "u-1")).user.id) == (
            "u-1",
            user.id,
        )
        conversation = await vendor.conversation(user)
        assert conversation.type == "personal"
        found = await vendor.call(vendor.conversations.get_conversation, conversation.id)
        assert found.conversation.id == conversation.id
        sent = [await vendor.post(conversation, user, text) for text in ("My invoice", "is wrong")]
        page = await vendor.listed(conversation)
        assert [one.id for one in page.messages] == [one.id for one in sent]
        last = page.messages[-1]
        assert last.content.actual_instance.text == "is wrong"
        assert (last.author.user_id, last.metadata, last.source.type) == (
            user.id,
            {"key": "is wrong"},
            "api:conversations",
        )
        assert page.meta.has_more is False


async def test_list_of_messages_holds_the_newest_and_says_that_there_are_more() -> None:
    async with served() as vendor:
        user = await vendor.user()
        conversation = await vendor.conversation(user)
        sent = [(await vendor.post(conversation, user, str(number))).id for number in range(101)]
        newest = await vendor.listed(conversation)
        assert [one.id for one in newest.messages] == sent[1:]
        assert (newest.meta.has_more, newest.meta.before_cursor) == (True, sent[1])


async def test_client_is_told_that_its_pages_and_filters_are_not_as_the_document_has_them() -> None:
    """It writes them as JSON (``page={"before": …}``), where the document says ``page[before]=…``.

    An answer as if nothing had been asked would give it the same page for ever.
    """
    async with served() as vendor:
        user = await vendor.user()
        conversation = await vendor.conversation(user)
        message = await vendor.post(conversation, user, "hello")
        with pytest.raises(sunco.exceptions.BadRequestException) as page:
            await vendor.listed(conversation, sunco.Page(before=message.id))
        assert said(page.value) == (400, "bad_request")
        mine = sunco.ConversationListFilter(userId=user.id)
        with pytest.raises(sunco.exceptions.BadRequestException) as found:
            await vendor.call(vendor.conversations.list_conversations, mine)
        assert said(found.value) == (400, "bad_request")


async def test_passes_control_to_the_agents_and_reads_what_they_write_and_do() -> None:
    async with served(default_responder="bot") as vendor:
        user = await vendor.user()
        conversation = await vendor.conversation(user)
        await vendor.post(conversation, user, "I need a human")
        body = sunco.PassControlBody(
            switchboardIntegration="zd-agentWorkspace", metadata={"dataCapture.systemField.tags": "vip"}
        )
        assert await vendor.call(vendor.switchboard.pass_control, conversation.id, body) is not None
        found = (await vendor.call(vendor.conversations.get_conversation, conversation.id)).conversation
        assert found.active_switchboard_integration.integration_type == "zd:agentWorkspace"
        await vendor.zendesk.human.accept(conversation.id, "Ann")
        await vendor.zendesk.human.say(conversation.id, "Hello, I am Ann", choices=("Yes", "No"))
        await vendor.zendesk.human.say(conversation.id, "", file=("a.png", "image/png", b"\x89PNG"))
        release = sunco.ReleaseControlBody(metadata={"why": "done"})
        await vendor.call(vendor.switchboard.release_control, conversation.id, release)
        found = (await vendor.call(vendor.conversations.get_conversation, conversation.id)).conversation
        assert found.active_switchboard_integration is None
        page = await vendor.listed(conversation)
        kinds = [one.content.actual_instance.type for one in page.messages]
        assert kinds.count("text") >= 2
        assert "image" in kinds


async def test_errors_are_the_vendors() -> None:
    async with served() as vendor:
        user = await vendor.user()
        conversation = await vendor.conversation(user)
        with pytest.raises(sunco.ApiException) as twice:
            await vendor.user()
        assert said(twice.value)[0] == 409
        with pytest.raises(sunco.exceptions.NotFoundException) as gone:
            await vendor.call(vendor.users.get_user, "nobody")
        assert said(gone.value) == (404, "user_not_found")
        with pytest.raises(sunco.exceptions.NotFoundException) as unknown:
            await vendor.post(conversation, user, "hello", author="nobody")
        assert said(unknown.value) == (404, "user_not_found")
        body = sunco.PassControlBody(switchboardIntegration="next", metadata={"nested": {"is": "not flat"}})
        with pytest.raises(sunco.exceptions.BadRequestException) as nested:
            await vendor.call(vendor.switchboard.pass_control, conversation.id, body)
        assert said(nested.value) == (400, "bad_request")
        stranger = Vendor(vendor.zendesk, password="wrong")
        with pytest.raises(sunco.exceptions.UnauthorizedException) as refused:
            await stranger.listed(conversation)
        stranger.close()
        assert said(refused.value) == (401, "unauthorized")
        vendor.zendesk.faults.script("send", "status", status=429, retry_after=7)
        with pytest.raises(sunco.ApiException) as many:
            await vendor.post(conversation, user, "hello")
        assert said(many.value) == (429, "too_many_requests")
        assert many.value.headers["Retry-After"] == "7"
        vendor.zendesk.faults.script("send", "status", status=503)
        with pytest.raises(sunco.exceptions.ServiceException) as down:
            await vendor.post(conversation, user, "hello")
        assert said(down.value) == (503, "service_unavailable")
        assert (await vendor.post(conversation, user, "hello")).id
