"""The simulator of ServiceNow: its parts together, and what is the same in every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import Clock, RealClock
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.ids import new_id
from livechat_sdk_simulators.servicenow.access import Access, OAuthError
from livechat_sdk_simulators.servicenow.attachments import Attachments
from livechat_sdk_simulators.servicenow.errors import error_body, usual
from livechat_sdk_simulators.servicenow.human import ServiceNowHuman
from livechat_sdk_simulators.servicenow.rows import Row, Rows
from livechat_sdk_simulators.servicenow.rules import Rules
from livechat_sdk_simulators.servicenow.schema import tables_of
from livechat_sdk_simulators.servicenow.settings import ServiceNowSettings
from livechat_sdk_simulators.servicenow.shown import Shown
from livechat_sdk_simulators.servicenow.tableapi import TableApi
from livechat_sdk_simulators.simulator import Simulator
from livechat_sdk_simulators.tokens import TokenStore

__all__ = ["ServiceNowSimulator", "vendor"]

_SYSTEM: Final = "system"


class ServiceNowSimulator(Simulator):
    """An instance of ServiceNow: its Table API, attachments and tokens, and the people who work there."""

    name: ClassVar[str] = "servicenow"
    title: ClassVar[str] = "ServiceNow"
    sends_webhooks: ClassVar[bool] = False
    body_limit: ClassVar[int] = 10_485_760

    def __init__(self, settings: ServiceNowSettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or ServiceNowSettings()
        clock = clock or RealClock()
        self.ignored: list[str] = []
        """Columns of bodies that there are not, and conditions of queries that were not understood."""
        self.hidden: set[str] = set()
        """Ids of rows that access rules hide from callers."""
        self.rows = Rows(tables_of(cases=self.settings.cases), clock.now)
        self.rules = Rules(self.rows, self.settings)
        self.access = Access(self)
        self.shown = Shown(
            self.rows, self.settings.base_url, self.settings.utc_offset_hours, self.access.unreadable
        )
        self.table_api = TableApi(self)
        self.attachments = Attachments(self)
        self._describe()
        names = {"user_name": self.settings.user_name, "name": "Livechat Bot", "email": "bot@acme.example"}
        self.user: Row = self.rows.add("sys_user", names, _SYSTEM)
        """As whom callers act."""
        super().__init__(
            clock, webhook_target=self.settings.webhook_target, webhook_path=self.settings.webhook_path
        )
        secrets = (self.settings.password, self.settings.client_secret, self.settings.api_key)
        for secret in secrets:
            self.mask.learn(secret or "")
        self.tokens = TokenStore(clock, self.mask, self.settings.token_lifetime)
        self.human: ServiceNowHuman = ServiceNowHuman(self)  # pyright: ignore[reportIncompatibleVariableOverride] - never set again

    def _describe(self) -> None:
        """Write down columns and choices of tickets and people, as the instance itself does."""
        for table in list(self.rows.tables.values()):
            for column in table.columns.values():
                entry = {
                    "name": table.name,
                    "element": column.name,
                    "column_label": column.label,
                    "internal_type": column.kind,
                    "max_length": str(column.most),
                    "reference": column.table,
                    "read_only": "true" if column.ours else "false",
                    "mandatory": "true" if column.name in self.settings.mandatory else "false",
                }
                self.rows.add("sys_dictionary", entry, _SYSTEM)
                for sequence, (value, label) in enumerate(column.choices):
                    choice = {"name": table.name, "element": column.name, "value": value, "label": label}
                    self.rows.add("sys_choice", {**choice, "sequence": str(sequence)}, _SYSTEM)

    def operations(self) -> Sequence[Operation]:
        """Everything that is simulated."""
        return [
            *self.access.operations(),
            *self.attachments.operations(),
            *self.table_api.operations(),
        ]

    def authorise(self, call: Call) -> None:
        """Ask for credentials and for the rule of so many calls."""
        self.access.authorise(call)

    def problem(self, call: Call, error: VendorError) -> Response:
        """An error as ServiceNow has it; that of a call for a token looks otherwise."""
        if isinstance(error, OAuthError):
            content: Mapping[str, Any] = {"error": error.code, "error_description": error.message}
        else:
            content = error_body(error)
        response = json_answer(content, error.status)
        response.headers.update(error.headers)
        return response

    def usual_error(self, status: int) -> VendorError:
        """The error that a status stands for."""
        return usual(status)

    def too_large(self, limit: int) -> VendorError:
        """A body of more than ``limit`` bytes."""
        return usual(413)

    def finish(self, call: Call, response: Response) -> Response:
        """Every answer has a number, and tells the rule of so many calls."""
        response.headers.update(self.access.headers())
        response.headers["x-transaction-id"] = new_id("tx", 12)
        return response

    def colleague(self, name: str) -> Row:
        """Somebody of support, who is hired where nobody has this name."""
        for row in self.rows.of("sys_user"):
            if row.title == name:
                return row
        user_name = name.lower().replace(" ", ".")
        first, _, last = name.partition(" ")
        names = {"user_name": user_name, "name": name, "first_name": first, "last_name": last}
        return self.rows.add("sys_user", names, _SYSTEM)

    def integration(self, kind: str = "ticketing") -> Mapping[str, object]:
        """What an integration of a kind (``ticketing``) needs to reach this simulator."""
        return self.integrations()[kind]

    def integrations(self) -> Mapping[str, Mapping[str, object]]:
        """The same by kind: with user name and password, or where those are not taken with a client."""
        reach: dict[str, object] = {"baseUrl": self.settings.base_url}
        if self.settings.basic:
            reach |= {"userName": self.settings.user_name, "password": self.settings.password}
        else:
            reach |= {"clientId": self.settings.client_id, "clientSecret": self.settings.client_secret}
        if self.settings.ca_file is not None:
            reach["caBundle"] = self.settings.ca_file
        return {"ticketing": {"type": "SERVICENOW_TICKETING", **reach}}


def _make(settings: Mapping[str, Any], clock: Clock | None = None) -> ServiceNowSimulator:
    return ServiceNowSimulator(ServiceNowSettings.read(settings), clock)


vendor: Final = Vendor("servicenow", "ServiceNow (Table API)", _make)
"""What the entry point names."""
