"""The simulator of Parley: what is the same in every call, and how its events and files leave it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import Clock, RealClock, is_virtual, rfc3339
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.ids import new_id
from livechat_sdk_simulators.limits import CallLimit
from livechat_sdk_simulators.parley.chats import ChatCalls
from livechat_sdk_simulators.parley.files import FileCalls
from livechat_sdk_simulators.parley.human import ParleyHuman
from livechat_sdk_simulators.parley.messages import MessageCalls
from livechat_sdk_simulators.parley.state import Chat, Chats, Ended, Message
from livechat_sdk_simulators.settings import SimulatorSettings
from livechat_sdk_simulators.signing import hmac_hex
from livechat_sdk_simulators.simulator import Simulator
from livechat_sdk_simulators.tokens import ClientCredentials, TokenStore, bearer_token
from livechat_sdk_simulators.webhooks import Attempt, on_schedule

__all__ = ["Duty", "ParleySettings", "ParleySimulator", "vendor"]

_CODES: Final = {
    401: "token_invalid",
    403: "forbidden",
    404: "not_found",
    409: "chat_ended",
    413: "too_large",
    415: "unsupported_type",
    422: "text_too_long",
    429: "slow_down",
    503: "maintenance",
}
_ERRORS: Final = 400
_SERVER: Final = 500
_ESTIMATE: Final = 20
_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_REPEATS: Final = on_schedule(5, 30, 2 * _MINUTE, 10 * _MINUTE, _HOUR, 3 * _HOUR, 8 * _HOUR)


@dataclass(frozen=True, kw_only=True)
class ParleySettings(SimulatorSettings):
    """What Parley can be told."""

    base_url: str = "https://api.parley.example"
    webhook_path: str = "/webhooks/parley"
    client_id: str = "parley-client"
    client_secret: str = "a-client-secret-of-the-simulator"  # noqa: S105 - of a vendor that does not exist
    token_lifetime: float = _HOUR
    """Seconds."""
    agents: int | None = 3
    """How many agents are on duty; ``None``: Parley does not know."""
    calls_per_second: int | Literal["usual"] | None = "usual"
    """Limit of calls for one chat; ``None`` is no limit. The usual limit is 10, but none by a virtual clock,
    on which any number of calls happens at one instant."""


@dataclass(slots=True)
class Duty:
    """Who is there."""

    agents: int | None
    waiting: int | None = None
    """``None``: as many as are in the line."""
    estimate: float | None = None


class ParleySimulator(Simulator):
    """Parley, whole and strict: what its page does not allow is answered with the documented error."""

    name: ClassVar[str] = "parley"
    title: ClassVar[str] = "Parley"
    body_limit: ClassVar[int] = 5_000_000

    def __init__(self, settings: ParleySettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or ParleySettings()
        clock = clock or RealClock()
        self.chats = Chats()
        self.duty = Duty(self.settings.agents)
        self.webhook_secrets = self.settings.webhook_secrets
        """What webhooks are signed with, newest first; put a new one in front to begin a change."""
        self._chat_calls = ChatCalls(self)
        self._message_calls = MessageCalls(self)
        self.files = FileCalls(self)
        super().__init__(
            clock, webhook_target=self.settings.webhook_target, webhook_path=self.settings.webhook_path
        )
        for secret in (self.settings.client_secret, *self.webhook_secrets):
            self.mask.learn(secret)
        self._tokens = TokenStore(clock, self.mask, self.settings.token_lifetime)
        self.tokens = self._tokens
        self._oauth = ClientCredentials({self.settings.client_id: self.settings.client_secret}, self._tokens)
        self._limit = self._call_limit()
        self.human = ParleyHuman(self)

    def _call_limit(self) -> CallLimit | None:
        most = self.settings.calls_per_second
        if most == "usual":
            most = None if is_virtual(self.clock) else 10
        return None if most is None else CallLimit(most)

    # ------------------------------------------------------------------------------------- the API
    def operations(self) -> Sequence[Operation]:
        """Everything that Parley's page lists."""
        return [
            Operation("token", "POST", "/oauth/token", self._token, public=True),
            *self._chat_calls.operations(),
            *self._message_calls.operations(),
            *self.files.operations(),
        ]

    async def _token(self, call: Call) -> Response:
        return await self._oauth.answer(call)

    def authorise(self, call: Call) -> None:
        """Ask for a token that is known and not too old."""
        if self._tokens.check(bearer_token(call.header("authorization")) or "") is None:
            raise VendorError(401, "token_invalid", "The token is missing, unknown or too old.")

    def problem(self, call: Call, error: VendorError) -> Response:
        """Parley's kind of error."""
        response = json_answer({"error": {"code": error.code, "message": error.message}}, error.status)
        response.headers.update(error.headers)
        return self.finish(call, response)

    def usual_error(self, status: int) -> VendorError:
        """The documented code of a status."""
        code = _CODES.get(status, "internal" if status >= _SERVER else "invalid")
        return VendorError(status, code, "This was scripted." if status >= _ERRORS else "")

    def finish(self, call: Call, response: Response) -> Response:
        """Every answer names its request."""
        response.headers["X-Request-Id"] = call.request_id
        return response

    def chat_of(self, call: Call) -> Chat:
        """The chat that the address names, within its limit of calls."""
        chat = self.chats.with_id(call.part("id"))
        if chat is None:
            raise VendorError(404, "not_found", "There is no such chat.")
        call.chat = chat.id
        wait = self._limit.wait(chat.id, self.clock.now()) if self._limit else None
        if wait is not None:
            headers = {"Retry-After": str(wait)}
            raise VendorError(429, "slow_down", "Too many calls for this chat.", headers=headers)
        return chat

    def open_chat_of(self, call: Call) -> Chat:
        """The same, of a chat that has not ended."""
        chat = self.chat_of(call)
        if chat.ended is not None:
            raise VendorError(409, "chat_ended", "The chat has ended.")
        return chat

    # --------------------------------------------------------------------------- what both sides do
    def end_chat(self, chat: Chat, by: Literal["agent", "visitor", "system"], why: str) -> None:
        """End a chat, whoever ends it."""
        now, before = self.clock.now(), self.positions()
        chat.state, chat.in_line, chat.ended, chat.updated_at = "ended", False, Ended(by, why, now), now
        chat.visitor_types = False
        self.emit(chat, "chat.ended", {"by": by, "why": why})
        self.tell_positions(before)

    def mark_delivered(self, chat: Chat, message: Message) -> None:
        """An agent's side has a message of the visitor."""
        if not message.delivered and not message.failed:
            message.delivered = True
            self.emit(chat, "message.delivered", message.named())

    # ----------------------------------------------------------------------------------- the events
    def emit(self, chat: Chat, kind: str, data: Mapping[str, Any]) -> None:
        """Tell the target of an event."""
        event_id = new_id("evt")
        event = {
            "id": event_id,
            "type": kind,
            "at": rfc3339(self.clock.now()),
            "chat": {"id": chat.id, "ref": chat.ref},
            "data": data,
        }
        body = json.dumps(event, ensure_ascii=False).encode()
        self.webhooks.emit(event_id, kind, body, chat.id)

    def repeat(self, attempts: Sequence[Attempt]) -> float | None:
        """After 5 s, 30 s, 2 min, 10 min, 1 h, 3 h and 8 h."""
        return _REPEATS(attempts)

    def sign(self, body: bytes, at: datetime) -> Mapping[str, str]:
        """``Parley-Signature``; with two secrets two signatures."""
        seconds = str(int(at.timestamp()))
        parts = [f"v1={hmac_hex(secret, seconds, '.', body)}" for secret in self.webhook_secrets]
        return {"Parley-Signature": ",".join([f"t={seconds}", *parts])}

    def tell_positions(self, before: Mapping[str, int]) -> None:
        """Tell those whose place in the line is not what it was."""
        for position, chat in enumerate(self.chats.line(), start=1):
            if before.get(chat.id) != position:
                self.emit(
                    chat, "chat.queued", {"position": position, "estimate_seconds": self.estimate(position)}
                )

    def positions(self) -> dict[str, int]:
        """The place of each chat in the line."""
        return {chat.id: position for position, chat in enumerate(self.chats.line(), start=1)}

    def estimate(self, position: int) -> int | None:
        """Seconds until an agent has time for the one at this place; ``None`` when nobody knows."""
        if self.duty.estimate is not None:
            return round(self.duty.estimate)
        return None if self.duty.agents is None else _ESTIMATE * position

    # ----------------------------------------------------------------------------------- the caller
    def integration(self) -> Mapping[str, object]:
        """What an integration needs to reach this simulator."""
        secrets = self.webhook_secrets
        return {
            "type": "PARLEY_LIVECHAT",
            "baseUrl": self.settings.base_url,
            "clientId": self.settings.client_id,
            "clientSecret": self.settings.client_secret,
            "webhookKey": secrets[0] if len(secrets) == 1 else list(secrets),
        }


def _make(settings: Mapping[str, Any], clock: Clock | None = None) -> ParleySimulator:
    return ParleySimulator(ParleySettings.read(settings), clock)


vendor: Final = Vendor("parley", "Parley, the example vendor", _make)
"""What the entry point names."""
