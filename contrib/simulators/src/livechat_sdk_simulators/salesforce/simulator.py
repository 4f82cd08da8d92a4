"""The simulator of Salesforce: its parts together, and what is the same in every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import Clock, RealClock
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.salesforce.bodies import Bodies
from livechat_sdk_simulators.salesforce.errors import error_body, usual
from livechat_sdk_simulators.salesforce.human import SalesforceHuman
from livechat_sdk_simulators.salesforce.kinds import operations
from livechat_sdk_simulators.salesforce.oauth import OAuth
from livechat_sdk_simulators.salesforce.queries import Queries
from livechat_sdk_simulators.salesforce.rows import Rows
from livechat_sdk_simulators.salesforce.rules import Rules
from livechat_sdk_simulators.salesforce.schema import Kind, kinds_of
from livechat_sdk_simulators.salesforce.settings import SalesforceSettings
from livechat_sdk_simulators.salesforce.webapi import WebApi
from livechat_sdk_simulators.simulator import Simulator
from livechat_sdk_simulators.tokens import TokenStore

__all__ = ["SalesforceSimulator", "vendor"]

_SHARE_OF_BASE64: Final = 1.5


class SalesforceSimulator(Simulator):
    """An org of Salesforce below ``/services``, and the people who work in it."""

    name: ClassVar[str] = "salesforce"
    title: ClassVar[str] = "Salesforce"
    sends_webhooks: ClassVar[bool] = False

    def __init__(self, settings: SalesforceSettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or SalesforceSettings()
        clock = clock or RealClock()
        self.kinds = kinds_of(self.settings)
        """By name; ``add`` a field to one."""
        self.rows = Rows(self.kinds, clock.now)
        self.rules = Rules(self.rows, self.settings)
        self.bodies = Bodies(self.rows, restricted=self.settings.restricted_picklists)
        self.queries = Queries(self.rows, clock.now, lambda kind: self.may("read", kind))
        self.oauth = OAuth(self)
        self._api = WebApi(self)
        super().__init__(
            clock, webhook_target=self.settings.webhook_target, webhook_path=self.settings.webhook_path
        )
        self.mask.learn(self.settings.client_secret)
        self.tokens = TokenStore(clock, self.mask, self.settings.session_seconds)
        self.human: SalesforceHuman = SalesforceHuman(self)  # pyright: ignore[reportIncompatibleVariableOverride] - never set again

    def operations(self) -> Sequence[Operation]:
        """Everything that is simulated."""
        api = self._api
        handlers = {"GET": api.get, "POST": api.post, "PATCH": api.patch, "DELETE": api.delete}
        largest = round(self.settings.largest_file * _SHARE_OF_BASE64) + self.body_limit
        return [
            *self.oauth.operations(),
            Operation("check", "GET", "/services/data", api.versions, public=True),
            Operation("check", "GET", "/services/data/", api.versions, public=True),
            *operations(handlers, largest, self.settings.external_id_field),
        ]

    def may(self, act: str, kind: Kind) -> bool:
        """Whether the user may do that with records of a kind."""
        return f"{act} {kind.name}" not in self.settings.forbidden

    def authorise(self, call: Call) -> None:
        """Ask for a session, and for the limit of the day. Raises ``ApiError``."""
        self.oauth.authorise(call)

    def problem(self, call: Call, error: VendorError) -> Response:
        """An error as Salesforce has it; at the tokens it is an object, not a list."""
        if call.operation == "token":
            shown = {"error": "invalid_request", "error_description": error.message}
            response = json_answer(shown, error.status)
        else:
            response = json_answer(error_body(error), error.status)
        response.headers.update(error.headers)
        return self.finish(call, response)

    def usual_error(self, status: int) -> VendorError:
        """The error that a status stands for."""
        return usual(status)

    def too_large(self, limit: int) -> VendorError:
        """A body of more than ``limit`` bytes."""
        return usual(413)

    def finish(self, call: Call, response: Response) -> Response:
        """Every answer of the API tells how many calls the org has used."""
        if call.operation != "token":
            response.headers.update(self.oauth.limit.headers)
        return response

    def integration(self, kind: str = "ticketing") -> Mapping[str, object]:
        """What an integration of a kind (only ``ticketing``) needs to reach this simulator."""
        return self.integrations()[kind]

    def integrations(self) -> Mapping[str, Mapping[str, object]]:
        """The same by kind."""
        reach = {
            "baseUrl": self.settings.base_url,
            "clientId": self.settings.client_id,
            "clientSecret": self.settings.client_secret,
        }
        if self.settings.ca_file is not None:
            reach["caBundle"] = self.settings.ca_file
        return {"ticketing": {"type": "SALESFORCE_TICKETING", **reach}}


def _make(settings: Mapping[str, Any], clock: Clock | None = None) -> SalesforceSimulator:
    return SalesforceSimulator(SalesforceSettings.read(settings), clock)


vendor: Final = Vendor("salesforce", "Salesforce (cases and contacts)", _make)
"""What the entry point names."""
