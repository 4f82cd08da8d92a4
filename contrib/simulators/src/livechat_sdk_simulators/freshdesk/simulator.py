"""The simulator of Freshdesk: its parts together, and what is the same in every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import Clock, RealClock
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.freshdesk.account import Account
from livechat_sdk_simulators.freshdesk.budget import Budget
from livechat_sdk_simulators.freshdesk.changes import Changes
from livechat_sdk_simulators.freshdesk.conversations import Conversations
from livechat_sdk_simulators.freshdesk.errors import error_body, forbidden, one_problem, usual
from livechat_sdk_simulators.freshdesk.human import FreshdeskHuman
from livechat_sdk_simulators.freshdesk.people import People
from livechat_sdk_simulators.freshdesk.settings import FreshdeskSettings
from livechat_sdk_simulators.freshdesk.shown import Shown
from livechat_sdk_simulators.freshdesk.state import Agent
from livechat_sdk_simulators.freshdesk.tickets import Tickets
from livechat_sdk_simulators.ids import new_id, same
from livechat_sdk_simulators.simulator import Simulator
from livechat_sdk_simulators.tokens import basic_credentials

__all__ = ["FreshdeskSimulator", "vendor"]

_ACCEPTED: Final = ("application/json", "*/*", "application/*")


class FreshdeskSimulator(Simulator):
    """Freshdesk below ``/api/v2``, and the people who work there."""

    name: ClassVar[str] = "freshdesk"
    title: ClassVar[str] = "Freshdesk"
    sends_webhooks: ClassVar[bool] = False

    def __init__(self, settings: FreshdeskSettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or FreshdeskSettings()
        clock = clock or RealClock()
        self.account = Account(clock.now, self.settings.required_fields)
        self.caller: Agent = self.account.agent(self.settings.agent_name, self.settings.agent_email)
        """The agent as whom callers act."""
        self.emails: list[tuple[str, str]] = []
        """Who was written to by e-mail, and what, oldest first."""
        self.budget = Budget(self.settings)
        self.shown = Shown(self.account, self.settings.base_url)
        self.largest_body = self.settings.attachments_limit + 2 * self.body_limit
        self.changes = Changes(self)
        self.tickets = Tickets(self)
        self.conversations = Conversations(self)
        self.people = People(self)
        super().__init__(
            clock, webhook_target=self.settings.webhook_target, webhook_path=self.settings.webhook_path
        )
        self.mask.learn(self.settings.api_key)
        self.human: FreshdeskHuman = FreshdeskHuman(self)  # pyright: ignore[reportIncompatibleVariableOverride] - never set again

    def operations(self) -> Sequence[Operation]:
        """Everything that is simulated."""
        return [
            *self.tickets.operations(),
            *self.conversations.operations(),
            *self.people.operations(),
        ]

    def authorise(self, call: Call) -> None:
        """Ask for the key, for what the agent may do, and for the budget. Raises ``VendorError``."""
        credentials = basic_credentials(call.header("authorization"))
        if (
            credentials is None
            or self.settings.deactivated
            or not same(self.settings.api_key, credentials[0])
        ):
            raise usual(401)
        self.budget.charge(call, self.clock.now())
        accepted = call.header("accept")
        if accepted and not any(one in accepted for one in _ACCEPTED):
            raise usual(406)
        if call.operation in self.settings.forbidden:
            raise forbidden()

    def problem(self, call: Call, error: VendorError) -> Response:
        """An error as Freshdesk has it: of what there is not, nothing is said."""
        body = error_body(error)
        response = Response(status_code=error.status) if body is None else json_answer(body, error.status)
        response.headers.update(error.headers)
        return self.finish(call, response)

    def usual_error(self, status: int) -> VendorError:
        """The error that a status stands for."""
        return one_problem("subject", "This was scripted.") if status == 400 else usual(status)  # noqa: PLR2004

    def too_large(self, limit: int) -> VendorError:
        """A body of more than ``limit`` bytes."""
        return usual(413)

    def finish(self, call: Call, response: Response) -> Response:
        """Every answer tells what is left of the budget, and has a number."""
        if call.operation != "file":
            response.headers.update(self.budget.headers)
            response.headers["x-freshdesk-api-version"] = "latest=v2; requested=v2"
        response.headers["x-request-id"] = new_id("req")
        return response

    def integration(self, kind: str = "ticketing") -> Mapping[str, object]:
        """What an integration of a kind (only ``ticketing``) needs to reach this simulator."""
        return self.integrations()[kind]

    def integrations(self) -> Mapping[str, Mapping[str, object]]:
        """The same by kind."""
        reach = {"baseUrl": self.settings.base_url, "apiKey": self.settings.api_key}
        if self.settings.ca_file is not None:
            reach["caBundle"] = self.settings.ca_file
        return {"ticketing": {"type": "FRESHDESK_TICKETING", **reach}}


def _make(settings: Mapping[str, Any], clock: Clock | None = None) -> FreshdeskSimulator:
    return FreshdeskSimulator(FreshdeskSettings.read(settings), clock)


vendor: Final = Vendor("freshdesk", "Freshdesk (tickets and contacts)", _make)
"""What the entry point names."""
