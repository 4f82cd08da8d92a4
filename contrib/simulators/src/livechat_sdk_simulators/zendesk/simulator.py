"""The simulator of Zendesk: its parts together, and what is the same in every call."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import Clock, RealClock
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.limits import CallLimit
from livechat_sdk_simulators.simulator import Simulator
from livechat_sdk_simulators.tokens import TokenStore
from livechat_sdk_simulators.webhooks import Attempt
from livechat_sdk_simulators.zendesk.boards import BoardCalls
from livechat_sdk_simulators.zendesk.control import ControlCalls
from livechat_sdk_simulators.zendesk.conversations import Conversations
from livechat_sdk_simulators.zendesk.desk import Desk
from livechat_sdk_simulators.zendesk.events import Events, repeats
from livechat_sdk_simulators.zendesk.files import Files
from livechat_sdk_simulators.zendesk.hooks import Hooks
from livechat_sdk_simulators.zendesk.human import ZendeskHuman
from livechat_sdk_simulators.zendesk.keys import Key, Keys
from livechat_sdk_simulators.zendesk.messages import LARGEST_JSON, Messages
from livechat_sdk_simulators.zendesk.people import People
from livechat_sdk_simulators.zendesk.settings import ZendeskSettings
from livechat_sdk_simulators.zendesk.state import Agent
from livechat_sdk_simulators.zendesk.support import RecordInvalid, Support
from livechat_sdk_simulators.zendesk.supporthook import SupportHook
from livechat_sdk_simulators.zendesk.switchboard import Switchboard

__all__ = ["ZendeskSimulator", "vendor"]

_CODES: Final = {
    400: ("bad_request", "Bad request"),
    401: ("unauthorized", "Authorization is required"),
    402: ("payment_required", "Payment required"),
    403: ("forbidden", "Forbidden"),
    404: ("not_found", "Resource not found"),
    409: ("conflict", "Conflict"),
    413: ("payload_too_large", "Request entity too large"),
    423: ("locked", "Locked"),
    429: ("too_many_requests", "Too many requests"),
    503: ("service_unavailable", "Service unavailable"),
}
_SUPPORT: Final = ("/api/", "/oauth/")
_FIRST_AGENT: Final = 8447388090000


class ZendeskSimulator(Simulator):
    """Zendesk messaging: Sunshine Conversations below ``/sc``, Support below ``/api/v2``, and the agents."""

    name: ClassVar[str] = "zendesk"
    title: ClassVar[str] = "Zendesk"
    webhook_timeout: ClassVar[float] = 20.0
    body_limit: ClassVar[int] = LARGEST_JSON

    def __init__(self, settings: ZendeskSettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or ZendeskSettings()
        clock = clock or RealClock()
        self.agents: dict[str, Agent] = {}
        """Those who did something, by name."""
        self.online = self.settings.agents
        self.switchboard = Switchboard(self)
        self.people = People(self)
        self.conversations = Conversations(self)
        self.messages = Messages(self)
        self.files = Files(self)
        self.desk = Desk(self)
        self.support_hook = SupportHook(self)
        self.events = Events(self)
        self._support = Support(self)
        self.keys = Keys(self)
        self.hooks = Hooks(self)
        super().__init__(
            clock, webhook_target=self.settings.webhook_target, webhook_path=self.settings.webhook_path
        )
        for secret in (
            self.settings.support_token,
            self.settings.client_secret,
            *self.settings.webhook_secrets,
        ):
            self.mask.learn(secret)
        if self.settings.support_webhook_secret is not None:
            self.mask.learn(self.settings.support_webhook_secret)
        self.tokens = TokenStore(clock, self.mask, self.settings.token_lifetime)
        self.keys.add(Key(self.settings.key_id, self.settings.secret))
        most = self.settings.calls_per_second
        self._limit = None if most is None else CallLimit(most)
        self.hooks.begin()
        self.human = ZendeskHuman(self)

    def operations(self) -> Sequence[Operation]:
        """Everything that is simulated."""
        return [
            *self.people.operations(),
            *self.conversations.operations(),
            *self.messages.operations(),
            *ControlCalls(self).operations(),
            *BoardCalls(self).operations(),
            *self.files.operations(),
            *self.hooks.operations(),
            *self._support.operations(),
        ]

    def authorise(self, call: Call) -> None:
        """Ask for the credentials of the API that is called, and count the call."""
        if call.request.url.path.startswith(_SUPPORT):
            self._support.authorise(call)
        else:
            self.keys.check(call)
        if self._limit is not None and self._limit.wait("app", self.clock.now()) is not None:
            raise self.usual_error(429)

    def problem(self, call: Call, error: VendorError) -> Response:
        """An error as the API that is called has it."""
        if call.request.url.path.startswith(_SUPPORT):
            shown: dict[str, Any] = {"error": error.code}
            if error.message:
                shown["description"] = error.message
            if isinstance(error, RecordInvalid):
                shown["details"] = error.details
            response = json_answer(shown, error.status)
        else:
            errors = [{"code": error.code, "title": error.message}]
            response = json_answer({"errors": errors}, error.status)
        response.headers.update(error.headers)
        return response

    def usual_error(self, status: int) -> VendorError:
        """The documented code of a status."""
        code, title = _CODES.get(status, ("internal_error", "Internal server error"))
        return VendorError(status, code, title)

    def too_large(self, limit: int) -> VendorError:
        """A body of more than ``limit`` bytes."""
        return self.usual_error(413)

    def repeat(self, attempts: Sequence[Attempt]) -> float | None:
        """Five attempts within fifteen minutes."""
        return repeats(attempts)

    def agent(self, name: str) -> Agent:
        """The agent with this name, who has the same id in every simulator."""
        return self.agents.setdefault(name, Agent(_FIRST_AGENT + zlib.crc32(name.encode()) % 100_000, name))

    def agent_with(self, agent_id: int) -> Agent:
        """The agent with this id, who may not have done anything yet."""
        known = (one for one in self.agents.values() if one.id == agent_id)
        found = next(known, None) or Agent(agent_id, f"Agent {agent_id}")
        return self.agents.setdefault(found.name, found)

    def integration(self) -> Mapping[str, object]:
        """What an integration needs to reach this simulator."""
        secrets = self.settings.webhook_secrets
        return {
            "type": "ZENDESK_LIVECHAT",
            "baseUrl": self.settings.base_url,
            "appId": self.settings.app_id,
            "keyId": self.settings.key_id,
            "secret": self.settings.secret,
            "webhookKey": secrets[0] if len(secrets) == 1 else list(secrets),
            "botIntegration": self.switchboard.bot.name,
        }


def _make(settings: Mapping[str, Any], clock: Clock | None = None) -> ZendeskSimulator:
    return ZendeskSimulator(ZendeskSettings.read(settings), clock)


vendor: Final = Vendor("zendesk", "Zendesk messaging (Sunshine Conversations)", _make)
"""What the entry point names."""
