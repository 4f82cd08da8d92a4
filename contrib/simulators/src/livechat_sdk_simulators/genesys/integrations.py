"""The set-up of Open Messaging: integrations, their recipients, the threading window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.genesys.bodies import Body, json_body, only, page_of
from livechat_sdk_simulators.genesys.errors import refusal
from livechat_sdk_simulators.genesys.floor import FLOW
from livechat_sdk_simulators.genesys.state import id_of

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["Integrations"]

_ALL: Final = "/api/v2/conversations/messaging/integrations/open"
_RECIPIENT: Final = "/api/v2/routing/message/recipients"
_THREADING: Final = "/api/v2/conversations/messaging/threadingtimeline"
_LONGEST_WINDOW: Final = 4320
_MESSENGERS: Final = ("sms", "facebook", "twitter", "whatsapp", "webmessaging", "instagram", "open", "apple")


class Integrations:
    """The integration of the settings. It can be looked at, not changed."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys
        self._made_at = rfc3339(genesys.clock.now())

    def has(self, integration_id: str) -> bool:
        """Whether there is an integration with this id."""
        return integration_id == self._genesys.settings.integration_id

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("integration", "GET", _ALL, self.list_all),
            Operation("integration", "GET", f"{_ALL}/{{integration}}", self.get),
            Operation("recipient", "GET", _RECIPIENT, self.recipients),
            Operation("recipient", "GET", f"{_RECIPIENT}/{{recipient}}", self.recipient),
            Operation("threading", "GET", _THREADING, self.threading),
            Operation("threading", "PUT", _THREADING, self.set_threading),
        ]

    def _shown(self) -> dict[str, Any]:
        settings = self._genesys.settings
        recipient = self._recipient_id
        uri = f"{_ALL}/{settings.integration_id}"
        return {
            "id": settings.integration_id,
            "name": settings.integration_name,
            "supportedContent": {"id": "openMessagingDefault"},
            "messagingSetting": {"id": id_of("messaging setting", "default")},
            "outboundNotificationWebhookUrl": self._genesys.webhooks.target or "",
            "outboundNotificationWebhookSignatureSecretToken": "*" * 12,
            "webhookHeaders": dict.fromkeys(settings.webhook_headers, "*" * 12),
            "status": "Active",
            "recipient": {"id": recipient, "selfUri": f"{_RECIPIENT}/{recipient}"},
            "dateCreated": self._made_at,
            "dateModified": self._made_at,
            "createStatus": "Completed",
            "selfUri": uri,
        }

    @property
    def _recipient_id(self) -> str:
        return id_of("recipient", self._genesys.settings.integration_id)

    def _recipient(self) -> dict[str, Any]:
        return {
            "id": self._recipient_id,
            "name": self._genesys.settings.integration_name,
            "flow": {"id": id_of("flow", FLOW), "name": FLOW, "type": "INBOUNDSHORTMESSAGE", "active": True},
            "messengerType": "open",
            "dateCreated": self._made_at,
            "dateModified": self._made_at,
            "selfUri": f"{_RECIPIENT}/{self._recipient_id}",
        }

    async def list_all(self, call: Call) -> Response:
        """The integrations."""
        self._genesys.need("messaging:integration:view")
        only(call.query, "pageSize", "pageNumber", "expand")
        return json_answer(page_of(call.query, [self._shown()], _ALL))

    async def get(self, call: Call) -> Response:
        """One integration."""
        self._genesys.need("messaging:integration:view")
        only(call.query, "expand")
        if not self.has(call.part("integration")):
            raise refusal("not.found")
        return json_answer(self._shown())

    async def recipients(self, call: Call) -> Response:
        """The recipients."""
        self._genesys.need("routing:message:manage")
        only(call.query, "pageSize", "pageNumber", "messengerType", "name", "id")
        return json_answer(page_of(call.query, [self._recipient()], _RECIPIENT))

    async def recipient(self, call: Call) -> Response:
        """One recipient, with the flow that it leads to."""
        self._genesys.need("routing:message:manage")
        only(call.query)
        if call.part("recipient") != self._recipient_id:
            raise refusal("not.found")
        return json_answer(self._recipient())

    async def threading(self, call: Call) -> Response:
        """How long after its end a conversation goes on."""
        self._genesys.need("conversation:threadingTimeline:view")
        only(call.query)
        return self._window()

    def _window(self) -> Response:
        settings = [{"messengerType": "open", "timeoutInMinutes": self._genesys.threading_minutes}]
        return json_answer({"settings": settings, "defaultTimeoutMinutes": _LONGEST_WINDOW})

    async def set_threading(self, call: Call) -> Response:
        """Set it; the whole list is replaced."""
        self._genesys.need("conversation:threadingTimeline:edit")
        only(call.query)
        body = json_body(call, "ConversationThreadingWindow")
        body.maybe("id")
        usual = body.whole("defaultTimeoutMinutes", 0, _LONGEST_WINDOW)
        windows = dict(body.parts("settings", "ConversationThreadingWindowSetting", _window))
        body.end()
        self._genesys.threading_minutes = windows.get("open", _LONGEST_WINDOW if usual is None else usual)
        call.applied = f"conversations go on for {self._genesys.threading_minutes} minutes"
        return self._window()


def _window(body: Body) -> tuple[str, int]:
    messenger = body.text("messengerType", among=_MESSENGERS)
    minutes = body.whole("timeoutInMinutes", 0, _LONGEST_WINDOW)
    if minutes is None:
        raise refusal("invalid.threading.window.timeout")
    return messenger, minutes
