"""The simulator of CCP: its parts together, and what is the same in every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from starlette.responses import RedirectResponse, Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError
from livechat_sdk_simulators.cisco.admin import Admin
from livechat_sdk_simulators.cisco.errors import INVALID, NOT_FOUND, CcpError, container_error, error_answer
from livechat_sdk_simulators.cisco.human import CiscoHuman
from livechat_sdk_simulators.cisco.opening import Opening
from livechat_sdk_simulators.cisco.rooms import Rooms
from livechat_sdk_simulators.cisco.settings import CiscoSettings
from livechat_sdk_simulators.cisco.state import Chat
from livechat_sdk_simulators.cisco.talking import Talking
from livechat_sdk_simulators.clock import Clock, RealClock
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.simulator import Simulator

__all__ = ["CiscoSimulator", "vendor"]

_TYPES: Final = {400: INVALID, 401: "unauthorized", 403: "forbidden", 404: NOT_FOUND}
_SERVER: Final = 500


class CiscoSimulator(Simulator):
    """Cisco Customer Collaboration Platform with the chat of Unified CCX, and its agents."""

    name: ClassVar[str] = "cisco"
    title: ClassVar[str] = "Cisco CCP"
    sends_webhooks: ClassVar[bool] = False
    body_limit: ClassVar[int] = 2_000_000

    def __init__(self, settings: CiscoSettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or CiscoSettings()
        clock = clock or RealClock()
        self.agents = self.settings.agents
        """How many chat agents are logged in."""
        self.prefixes = [self.settings.proxy_path + prefix for prefix in self.settings.prefixes]
        self.rooms = Rooms(self)
        self._opening = Opening(self)
        self._talking = Talking(self)
        self._admin = Admin(self)
        super().__init__(clock)
        self.mask.learn(self.settings.admin_password)
        self.human = CiscoHuman(self)

    # -------------------------------------------------------------------------------------- the API
    def operations(self) -> Sequence[Operation]:
        """Everything that is simulated."""
        return [*self._opening.operations(), *self._talking.operations(), *self._admin.operations()]

    def authorise(self, call: Call) -> None:
        """Ask for the administrator; the customer's side is public, with its cookie."""
        self._admin.authorise(call)

    def problem(self, call: Call, error: VendorError) -> Response:
        """An error of the API, or of the container around it."""
        if call.operation == "unknown":
            if self.settings.wrong_address == "login":
                return RedirectResponse(f"{self.settings.base_url}/ccp-webapp/login", 302)
            error = container_error(error.status, error.message)
        return error_answer(self.settings, error)

    def usual_error(self, status: int) -> VendorError:
        """An error of this status; 404 is the one that means a session is gone."""
        if status not in _TYPES and status < _SERVER:
            return container_error(status)
        return CcpError(status, _TYPES.get(status, "serverError"), ("", "This was scripted."))

    def too_large(self, limit: int) -> VendorError:
        """A body that the container does not take."""
        return container_error(413, f"more than {limit} bytes")

    def restart(self) -> None:
        """The server restarts. Contacts are kept, and every session is lost; agents find themselves alone."""
        self.rooms.drop_all("restart")

    def expire_credentials(self) -> None:
        """The cookies are the only credentials of customers: every session is lost."""
        self.rooms.drop_all("session lost")

    # -------------------------------------------------------------------------------- its addresses
    def contact_url(self, chat: Chat) -> str:
        """The contact of a chat, as CCP names it."""
        return f"{self.settings.base_url}/ccp-webapp/ccp/socialcontact/{chat.id}"

    def feed_url(self) -> str:
        """The chat feed, as CCP names it."""
        return f"{self.settings.base_url}/ccp-webapp/ccp/feed/{self.settings.feed_id}"

    def integration(self) -> Mapping[str, object]:
        """What an integration needs to reach this simulator; ``caBundle`` when it is served over TLS."""
        document: dict[str, object] = {
            "type": "CISCO_LIVECHAT",
            "name": "cisco",
            "endpoint": f"{self.settings.base_url}{self.prefixes[0]}",
            "chatId": str(self.settings.feed_id),
            "ccxQueueTag": next(iter(self.settings.queues), "Chat_Csq1"),
        }
        if self.settings.ca_file is not None:
            document["caBundle"] = self.settings.ca_file
        return document


def _make(settings: Mapping[str, Any], clock: Clock | None = None) -> CiscoSimulator:
    return CiscoSimulator(CiscoSettings.read(settings), clock)


vendor: Final = Vendor("cisco", "Cisco Customer Collaboration Platform (Unified CCX chat)", _make)
"""What the entry point names."""
