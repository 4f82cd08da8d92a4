"""The provider: what the vendor can do, and each of its calls."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, ClassVar, Final
from urllib.parse import quote

from livechat_sdk import Attachment, Capabilities, ChatProvider, ProviderEvent, WebhookDelivery
from livechat_sdk.domain.capabilities import Inbound, WebhookAuth
from livechat_sdk.domain.chats import Chat, MessageReceived
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.errors import AuthError, ProviderError, RejectedError, UnavailableError
from livechat_sdk.http import Answer, AttachmentReader, ClientCredentials, Repeat, VendorClient
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk.provider.interface import (
    Availability,
    ChatDetails,
    ChatOpening,
    ChatStatus,
    PlannedMessage,
    ProviderHost,
    Sent,
)
from livechat_sdk.provider.telling import contact_facts, opening_facts

from livechat_sdk_parley import events
from livechat_sdk_parley.settings import Settings

__all__ = ["ParleyProvider"]

_OK: Final = 200
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_FILE_LIMIT: Final = 10_000_000
_MOST_PAGES: Final = 500
_ID_LIMIT: Final = 64


class ParleyProvider(ChatProvider[Settings]):
    """Live chat of one account. It keeps nothing in memory: any process may serve a chat."""

    type: ClassVar[str] = "PARLEY_LIVECHAT"
    # Declare what the vendor's documents say, and cite them: what the SDK does follows from it, and the kit
    # checks each word. What is left out here, the vendor cannot do: then its method goes too.
    capabilities: ClassVar[Capabilities] = Capabilities(
        inbound=Inbound.WEBHOOK,
        webhook_auth=WebhookAuth.BODY_HMAC_TIME,
        text_limit=4000,
        looks_up_by_key=True,
        lookup_lag=2.0,
        send_before_join=True,
        tells_order=True,
        status=True,
        history=True,
        keeps_for=30 * 86_400,
        redelivers_for=43_955,
        availability=True,
        update=True,
        transfer=True,
        queue_position=True,
        typing_to_agent=True,
        typing_to_user=True,
        receipts_to_agent=True,
        receipts_to_user=True,
        attachment_types=("image/png", "image/jpeg", "application/pdf", "text/plain"),
        attachment_links="fetch",
        attachment_limit=_FILE_LIMIT,
    )

    def __init__(self, context: IntegrationContext, settings: Settings) -> None:
        super().__init__(context, settings)
        auth = ClientCredentials(
            token_url="oauth/token",  # noqa: S106 - a path
            client_id=settings.client_id,
            client_secret=settings.client_secret,
        )
        self._client = VendorClient(
            provider=self.type, base_url=settings.base_url, auth=auth, classify=_meaning
        )
        self._files = AttachmentReader(self.type, settings.file_hosts, limit=_FILE_LIMIT, seconds=20.0)

    async def start(self, host: ProviderHost) -> None:
        """Take what opens the files that are kept on our side."""
        self._files.kept = host.files

    async def stop(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def open(self, opening: ChatOpening) -> Chat:
        """Open a chat. The vendor has one for each ``ref``, so this may be repeated."""
        answer = await self._client.request(
            "open", "POST", "v1/chats", json=_content(opening), repeat=Repeat.SAFE
        )
        return Chat(
            integration=self.name,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=_text(answer, "id"),
        )

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        """Send a message. The vendor takes a ``key`` twice: what is doubtful is looked up."""
        files = [await self._upload(file) for file in message.attachments]
        content = {"client_key": message.key, "text": message.body, "files": files}
        answer = await self._client.request(
            "send", "POST", f"{_path(chat)}/messages", json=content, repeat=Repeat.NEVER_LEFT
        )
        return Sent(vendor_id=_text(answer, "id"))

    async def _upload(self, file: Attachment) -> str:
        """Bring a file to the vendor. Whatever goes wrong here, the message has not been sent."""
        content = await self._files.read(file)
        try:
            answer = await self._client.request(
                "file",
                "POST",
                "v1/files",
                params={"name": file.name},
                headers={"Content-Type": file.media_type},
                content=content,
                repeat=Repeat.SAFE,
            )
            return _text(answer, "id")
        except ProviderError as error:
            error.sent = False
            raise

    async def close(self, chat: Chat, reason: EndReason) -> None:
        """End the chat. One that is over, or that the vendor does not know, is closed."""
        if chat.vendor_ref is None:  # its opening was not answered
            chat = chat.model_copy(update={"vendor_ref": (await self.status(chat)).vendor_ref})
        await self._client.request(
            "close",
            "POST",
            f"{_path(chat)}/end",
            json={"why": {"resolved": "resolved", "inactivity": "inactive"}.get(reason.why, "left")},
            repeat=Repeat.SAFE,
            expect=(_OK, _NOT_FOUND, _CONFLICT),
        )

    async def check(self) -> Sequence[Finding]:
        """Read the account, for ``livechat doctor``."""
        try:
            await self._client.request("check", "GET", "v1/availability", repeat=Repeat.SAFE)
        except AuthError as error:
            return [Finding.failed("credentials", error, "look at clientId and clientSecret")]
        except ProviderError as error:
            return [Finding.failed("connection", error, "look at baseUrl, and at the vendor's own status")]
        return [Finding("credentials", "ok", "the account can be read")]

    async def status(self, chat: Chat) -> ChatStatus:
        """What is true at the vendor. A chat that it does not know is a ``RejectedError`` with status 404."""
        answer = await self._get("status", "v1/chats", ref=chat.ref)
        with _documented(answer) as told:
            if not told["chats"]:
                raise RejectedError("no such chat", provider=self.type, operation="status", status=_NOT_FOUND)
            return events.status(told["chats"][0])

    async def was_sent(self, chat: Chat, key: str) -> bool:
        """Whether the vendor has this message."""
        answer = await self._get("look_up", f"{_path(chat)}/messages", client_key=key)
        with _documented(answer) as told:
            return any(said["client_key"] == key for said in told["messages"])

    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        """What agents wrote since then, page after page."""
        found: list[MessageReceived] = []
        wanted = {"since": since.astimezone(UTC).isoformat(timespec="milliseconds")}
        for _ in range(_MOST_PAGES):
            answer = await self._get("history", f"{_path(chat)}/messages", **wanted)
            with _documented(answer) as told:
                found += events.received(told["messages"], chat, self.context.now())
                if told["next"] is None:
                    break
                wanted["cursor"] = str(told["next"])
        return found

    async def availability(self, route: Route) -> Availability:
        """Who is on duty. ``null`` is not known, and never nobody."""
        answer = await self._get("availability", "v1/availability", queue=route.queue)
        with _documented(answer) as told:
            agents = {None: "unknown", 0: "no"}.get(told["agents"], "yes")
            known = {"agents": agents, "waiting": told["waiting"], "estimate": told["estimate_seconds"]}
            return Availability.model_validate(known)

    async def update(self, chat: Chat, details: ChatDetails) -> None:
        """Add to what the agent is shown."""
        survey = {answer.question: answer.answer for answer in details.survey}
        content = {"fields": survey | contact_facts(details.contacts)}
        await self._client.request("update", "PATCH", _path(chat), json=content, repeat=Repeat.SAFE)

    async def typing(self, chat: Chat, *, on: bool) -> None:
        """Show that the end user types, or has stopped."""
        path = f"{_path(chat)}/typing"
        await self._client.request("typing", "POST", path, json={"on": on}, repeat=Repeat.NO)

    async def receipt(self, chat: Chat, receipt: UserReceipt) -> None:
        """Tell that the end user has, or has read, a message."""
        content = {"message_id": receipt.message_key, "status": receipt.status}
        await self._client.request("receipt", "POST", f"{_path(chat)}/receipts", json=content)

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        """Prove who sent it and when, then translate."""
        events.prove(delivery, self.settings.webhook_key)
        return events.translate(delivery, self.name)

    async def _get(self, operation: str, path: str, **wanted: str | None) -> Answer:
        params = {name: value for name, value in wanted.items() if value}
        return await self._client.request(operation, "GET", path, params=params, repeat=Repeat.SAFE)


def _content(opening: ChatOpening) -> dict[str, Any]:
    """What an agent is shown of the request. ``ref`` finds the chat again, whatever happens to the answer."""
    user, route = opening.user, opening.route
    user_id = user.id if len(user.id) <= _ID_LIMIT else sha256(user.id.encode()).hexdigest()
    visitor = {"id": user_id, "name": user.name, "email": user.email}
    about = {"queue": route.queue, "language": opening.language, "summary": opening.summary}
    about["priority"] = route.priority
    names = {"user": "visitor", "agent": "agent"}
    return {
        "ref": opening.ref,
        "visitor": {name: value for name, value in visitor.items() if value},
        **{name: value for name, value in about.items() if value},
        "transcript": [
            {"from": names.get(line.author, "bot"), "text": line.body} for line in opening.transcript
        ],
        "fields": opening_facts(opening),
    }


def _path(chat: Chat) -> str:
    return f"v1/chats/{quote(chat.vendor_ref or chat.ref, safe='')}"


def _text(answer: Answer, name: str) -> str:
    """A field of an answer. Raises ``ProtocolError`` when it is not as documented."""
    value = answer.object().get(name)
    if not isinstance(value, str) or not value:
        raise answer.unlike_documented(f"{name} is no text")
    return value


@contextmanager
def _documented(answer: Answer) -> Generator[Mapping[str, Any]]:
    """The fields of an answer. Raises ``ProtocolError`` when what is read of them is not as documented."""
    try:
        yield answer.object()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise answer.unlike_documented(type(error).__name__) from error


def _meaning(status: int, body: bytes) -> type[ProviderError] | None:
    """What a refusal means, where its status does not say it. Nobody on duty: the next provider is asked."""
    return UnavailableError if status == _CONFLICT and b"no_agents" in body else None
