"""A provider and a channel whose other ends live in another process: what they did outlives the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from livechat_sdk import errors, hookimpl
from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.outgoing import Outgoing
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.interface import (
    Availability,
    ChatDetails,
    ChatOpening,
    PlannedMessage,
    Polled,
    PollPace,
    Sent,
)
from livechat_sdk_testing.toy import ToyProvider, ToySettings, ToyVendor
from tests.processes.steps import Steps
from tests.processes.wire import Gone, Peer, Refused


class Outside:
    """The world outside the worker: every call of it is a step before and after."""

    def __init__(self, peer: Peer, steps: Steps) -> None:
        self._peer = peer
        self.steps = steps

    async def call(self, what: str, name: str, **params: Any) -> Any:
        """Do something to the world. Raises what the vendor answers, as the SDK knows it."""
        self.steps.reached(f"{what} {name}, before")
        try:
            answer = await self.quietly(what, name, **params)
        except errors.ProviderError:
            self.steps.reached(f"{what} {name}, refused")
            raise
        self.steps.reached(f"{what} {name}, after")
        return answer

    async def quietly(self, what: str, name: str, **params: Any) -> Any:
        """The same for a question that changes nothing: it is no step."""
        try:
            return await self._peer.call(what, name=name, **params)
        except Refused as refusal:
            raise _error(refusal, name, what) from None
        except Gone as error:
            raise errors.RetryableError(str(error), provider=name, operation=what) from None


def _error(refusal: Refused, name: str, what: str) -> errors.ProviderError:
    kind: type[errors.ProviderError] = getattr(errors, refusal.kind, errors.RetryableError)
    return kind(refusal.text, provider=name, operation=what, **refusal.fields)


class SocketProvider(ToyProvider):
    """The toy's provider, with the vendor at the other end of a socket."""

    outside: ClassVar[Outside]

    async def open(self, opening: ChatOpening) -> Chat:
        answer = await self.outside.call(
            "open",
            self.name,
            ref=opening.ref,
            handoff=opening.handoff_id,
            transcript=[line.model_dump(mode="json") for line in opening.transcript],
        )
        return Chat(
            integration=self.name,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=answer["vendor_ref"],
            secrets={"token": answer["token"]},
        )

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        token = chat.secrets["token"].get_secret_value()
        answer = await self.outside.call(
            "send", self.name, ref=chat.ref, key=message.key, body=message.body, token=token
        )
        return Sent(vendor_id=answer["vendor_id"])

    async def close(self, chat: Chat, reason: EndReason) -> None:
        await self.outside.call("close", self.name, ref=chat.ref, reason=reason.model_dump(mode="json"))

    async def update(self, chat: Chat, details: ChatDetails) -> None:
        await self.outside.call("update", self.name, ref=chat.ref, details=details.model_dump(mode="json"))

    async def availability(self, route: Route) -> Availability:
        return Availability(agents="yes")

    @property
    def poll_pace(self) -> PollPace:
        return PollPace(fastest=0.5, slowest=2.0)

    async def poll(self, chat: Chat) -> Polled:
        cursor = int(chat.state.get("cursor", 0))
        documents = await self.outside.quietly("poll", self.name, ref=chat.ref, cursor=cursor)
        if not documents:
            return Polled(chat=chat)
        self.outside.steps.reached(f"poll {self.name}, after")
        now = self.context.now()
        state = {**chat.state, "cursor": cursor + len(documents)}
        return Polled(
            chat=chat.model_copy(update={"state": state}),
            events=tuple(self._translate(document, now) for document in documents),
        )

    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        if not self.capabilities.looks_up_by_key:
            return None
        found = await self.outside.call("was_sent", self.name, ref=chat.ref, key=key)
        return bool(found)


class SocketPlugin:
    """Offers one vendor at the other end of the socket as an integration type of its own."""

    def __init__(self, type_name: str, capabilities: Mapping[str, Any], outside: Outside) -> None:
        self.provider_class: type[SocketProvider] = type(
            "SocketProvider",
            (SocketProvider,),
            {
                "type": type_name,
                "capabilities": Capabilities.model_validate(capabilities),
                "outside": outside,
            },
        )

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        return [
            IntegrationType(
                type=self.provider_class.type,
                kind="livechat",
                settings=ToySettings,
                build=lambda context, settings: self.provider_class(context, settings, ToyVendor()),
                summary="a vendor in another process",
            )
        ]


class SocketChannel:
    """The end user's side, at the other end of the socket."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def deliver(self, outgoing: Outgoing) -> None:
        await self._outside.call("deliver", outgoing.kind, outgoing=outgoing.model_dump(mode="json"))
