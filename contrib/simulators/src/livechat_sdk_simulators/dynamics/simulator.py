"""The simulator of Dynamics: its parts together, and what is the same in every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, cast
from uuid import UUID, uuid4, uuid5

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import Clock, RealClock
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.dynamics.addresses import Segment
from livechat_sdk_simulators.dynamics.answers import Answers, Preferences, read_preferences
from livechat_sdk_simulators.dynamics.changing import Writes
from livechat_sdk_simulators.dynamics.entra import Entra
from livechat_sdk_simulators.dynamics.errors import error_body, missing_privilege, no_segment, usual
from livechat_sdk_simulators.dynamics.human import DynamicsHuman
from livechat_sdk_simulators.dynamics.kinds import operations
from livechat_sdk_simulators.dynamics.limits import Limits
from livechat_sdk_simulators.dynamics.metadata import Metadata
from livechat_sdk_simulators.dynamics.options import Options
from livechat_sdk_simulators.dynamics.paging import Pages
from livechat_sdk_simulators.dynamics.rows import Reference, Row, Rows
from livechat_sdk_simulators.dynamics.rules import Rules
from livechat_sdk_simulators.dynamics.schema import tables_of
from livechat_sdk_simulators.dynamics.settings import DynamicsSettings
from livechat_sdk_simulators.dynamics.tables import Table
from livechat_sdk_simulators.dynamics.webapi import Reads
from livechat_sdk_simulators.dynamics.writes import Bodies
from livechat_sdk_simulators.simulator import Simulator
from livechat_sdk_simulators.tokens import TokenStore, bearer_token

__all__ = ["DynamicsSimulator", "vendor"]

_IDS: Final = UUID("b5b8cbd4-52a7-4b39-8f0e-6f53c0d7e3a1")
_SHARE_OF_BASE64: Final = 1.5


class DynamicsSimulator(Simulator):
    """A Dataverse environment with Dynamics 365, its token endpoint, and the people who work in it."""

    name: ClassVar[str] = "dynamics"
    title: ClassVar[str] = "Dynamics 365"
    sends_webhooks: ClassVar[bool] = False

    def __init__(self, settings: DynamicsSettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or DynamicsSettings()
        clock = clock or RealClock()
        self.address = f"{self.settings.base_url}/api/data/v9.2"
        self.tables = tables_of(self.settings)
        """By name; ``add`` a column to one, or an alternate key to its ``keys``."""
        self.rows = Rows(self.tables, clock.now)
        self.user_id = str(uuid5(_IDS, "application user"))
        """The application user, as whom callers act."""
        self.bodies = Bodies(self.rows, self.address)
        self.answers = Answers(self.rows, self.address, self.settings.language)
        self.metadata = Metadata(self.tables, self.address, self.settings.language)
        self.rules = Rules(self.rows, self.settings, self.user_id)
        self.pages = Pages()
        self.limits = Limits(self.settings)
        self._reads, self._writes, self._entra = Reads(self), Writes(self), Entra(self)
        super().__init__(
            clock, webhook_target=self.settings.webhook_target, webhook_path=self.settings.webhook_path
        )
        self.mask.learn(self.settings.client_secret)
        self.tokens = TokenStore(clock, self.mask, self.settings.token_lifetime)
        self.human: DynamicsHuman = DynamicsHuman(self)  # pyright: ignore[reportIncompatibleVariableOverride] - never set again
        self.rows.add(self.tables["systemuser"], {"fullname": "# Livechat Bot"}, self.user_id)

    def operations(self) -> Sequence[Operation]:
        """Everything that is simulated."""
        handlers = {
            "GET": self._reads.get,
            "POST": self._writes.post,
            "PATCH": self._writes.patch,
            "DELETE": self._writes.delete,
        }
        largest = round(self.settings.largest_file * _SHARE_OF_BASE64) + self.body_limit
        return [*self._entra.operations(), *operations(handlers, largest)]

    # ------------------------------------------------------------------------------------ who may call
    def authorise(self, call: Call) -> None:
        """Ask for a token, for an application user, and for the limits. Raises ``VendorError``."""
        token = bearer_token(call.header("authorization"))
        if token is None or cast("TokenStore", self.tokens).check(token) is None:
            error = usual(401)
            authority = f"https://login.microsoftonline.com/{self.settings.tenant_id}/oauth2/authorize"
            resource = f"resource_id={self.settings.base_url}/"
            error.headers["www-authenticate"] = f"Bearer authorization_uri={authority}, {resource}"
            raise error
        if self.settings.access == "stranger":
            raise VendorError(403, "0x80072560", "The user is not a member of the organization.")
        if self.settings.access == "blocked":
            raise VendorError(
                403, "0x80095ffc", "Access to this environment is restricted for this application."
            )
        accepted = call.header("accept")
        if accepted and not any(one in accepted for one in ("application/json", "*/*", "application/*")):
            raise usual(415)
        self.limits.count(self.clock.now())

    def may(self, act: str, table: Table) -> None:
        """Refuse what the application user's role does not allow. Raises ``VendorError``."""
        privilege = f"prv{act}{table.schema_name}"
        if privilege in self.settings.missing_privileges:
            raise missing_privilege(self.user_id, privilege, table.name)

    def table_at(self, segment: Segment) -> Table:
        """The table of an entity set, whose name is written as it is. Raises ``VendorError``."""
        table = next((one for one in self.tables.values() if one.entity_set == segment.name), None)
        if table is None:
            raise no_segment(segment.name)
        return table

    # ---------------------------------------------------------------------------------------- answers
    def problem(self, call: Call, error: VendorError) -> Response:
        """An error as the Web API has it; without credentials there is none in the body."""
        if error.status == 401:  # noqa: PLR2004 - unauthorised
            response = Response(status_code=401)
        else:
            annotated = "*" in read_preferences(call.header("prefer")).annotations
            response = json_answer(error_body(error, annotated=annotated), error.status)
        response.headers.update(error.headers)
        return self.finish(call, response)

    def usual_error(self, status: int) -> VendorError:
        """The error that a status stands for."""
        return usual(status)

    def too_large(self, limit: int) -> VendorError:
        """A body of more than ``limit`` bytes."""
        return usual(413)

    def finish(self, call: Call, response: Response) -> Response:
        """Every answer has the version, numbers to ask by, and what is left of the limits."""
        response.headers.update(self.limits.headers)
        response.headers["odata-version"] = "4.0"
        response.headers["x-ms-service-request-id"] = str(uuid4())
        response.headers["req_id"] = call.header("x-ms-client-request-id") or str(uuid4())
        return response

    def who_am_i(self) -> dict[str, Any]:
        """Who calls."""
        return {
            "@odata.context": f"{self.address}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse",
            "BusinessUnitId": str(uuid5(_IDS, "business unit")),
            "UserId": self.user_id,
            "OrganizationId": str(uuid5(_IDS, "organization")),
        }

    # ------------------------------------------------------------------------------------ for people
    def make(self, table: str, values: Mapping[str, Any]) -> Row:
        """Make a row by hand, by the same rules. Raises ``VendorError``."""
        made = dict(values)
        row_id = made.pop(self.tables[table].key, None)
        return self.rows.add(self.tables[table], self.rules.to_make(self.tables[table], made), row_id)

    def colleague(self, name: str) -> Reference:
        """Somebody of support, who is hired where nobody has this name."""
        for row in self.rows.of("systemuser"):
            if row.title == name:
                return Reference("systemuser", row.id)
        return Reference("systemuser", self.rows.add(self.tables["systemuser"], {"fullname": name}).id)

    def answers_with_labels(self, row: Row) -> dict[str, Any]:
        """A row as the Web API shows it, with labels and without what is empty."""
        wanted = Preferences(annotations=("OData.Community.Display.V1.FormattedValue",))
        shown = self.answers.shown(row, Options(), wanted)
        return {name: value for name, value in shown.items() if value is not None}

    @staticmethod
    def moment(text: str) -> datetime:
        """A time as rows hold it."""
        return datetime.fromisoformat(text)

    def integration(self, kind: str = "ticketing") -> Mapping[str, object]:
        """What an integration of a kind (``ticketing``, ``crm``) needs to reach this simulator."""
        return self.integrations()[kind]

    def integrations(self) -> Mapping[str, Mapping[str, object]]:
        """The same for both kinds. ``loginUrl`` is where the tokens are: in reality with another host."""
        reach = {
            "baseUrl": self.settings.base_url,
            "clientId": self.settings.client_id,
            "clientSecret": self.settings.client_secret,
            "azureTenantId": self.settings.tenant_id,
            "loginUrl": self.settings.base_url,
        }
        if self.settings.ca_file is not None:
            reach["caBundle"] = self.settings.ca_file
        return {
            "ticketing": {"type": "DYNAMICS_TICKETING", **reach},
            "crm": {"type": "MICROSOFT_DYNAMICS_CRM", **reach},
        }


def _make(settings: Mapping[str, Any], clock: Clock | None = None) -> DynamicsSimulator:
    return DynamicsSimulator(DynamicsSettings.read(settings), clock)


vendor: Final = Vendor("dynamics", "Dynamics 365 (Dataverse Web API)", _make)
"""What the entry point names."""
