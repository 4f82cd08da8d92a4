"""The service desk: what customers can ask for there, and who they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.jira.errors import NativeError, usual
from livechat_sdk_simulators.jira.forms import FIELDS
from livechat_sdk_simulators.jira.paging import both, json_body, platform
from livechat_sdk_simulators.jira.site import DESK, PROJECT, REQUEST_TYPES, RequestType
from livechat_sdk_simulators.jira.state import Organization, User

if TYPE_CHECKING:
    from livechat_sdk_simulators.jira.simulator import JiraSimulator

__all__ = ["Desk"]

_BASE: Final = "/rest/servicedeskapi"
_ONE: Final = f"{_BASE}/servicedesk/{{desk}}"
_VERSION: Final = "5.12.0-SNAPSHOT"


class Desk:
    """The calls, on the desk of one site."""

    def __init__(self, jira: JiraSimulator) -> None:
        self._jira = jira

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            *both("check", "GET", f"{_BASE}/info", self.info),
            *both("check", "GET", f"{_BASE}/servicedesk", self.desks),
            *both("check", "GET", _ONE, self.desk),
            *both("fields", "GET", f"{_ONE}/requesttype", self.request_types),
            *both("fields", "GET", f"{_ONE}/requesttype/{{kind}}", self.one_request_type),
            *both("fields", "GET", f"{_ONE}/requesttype/{{kind}}/field", self.form),
            *both("contact", "GET", f"{_ONE}/customer", self.customers),
            *both("contact", "POST", f"{_ONE}/customer", self.add_customers),
            *both("contact", "POST", f"{_BASE}/customer", self.make_customer),
            *both("account", "GET", f"{_BASE}/organization", self.organizations),
            Operation("check", "GET", "/_edge/tenant_info", self.tenant, public=True),
            *platform("check", "GET", "/serverInfo", self.server_info, public=True),
            *platform("check", "GET", "/myself", self.myself),
            *platform("contact", "GET", "/user/search", self.search_users),
            *platform("fields", "GET", "/field", self.fields),
        ]

    def check_desk(self, name: str) -> None:
        """Refuse a desk that there is not; it has an id, and its project's. Raises ``VendorError``."""
        if name not in {DESK, *PROJECT[:2]}:
            raise NativeError(
                404, f"The Service Desk with ID '{name}' does not exist.", "sd.servicedesk.error"
            )

    def _request_type(self, call: Call) -> RequestType:
        self.check_desk(call.part("desk"))
        kind = REQUEST_TYPES.get(call.part("kind"))
        if kind is None:
            raise NativeError(404, "The request type does not exist.", "sd.request.type.not.found")
        return kind

    def form_of(self, kind: str) -> Sequence[str]:
        """The fields that a request type asks for."""
        return ("summary", *self._jira.settings.form) if kind == "25" else ("summary", "description")

    def _opted_in(self, call: Call) -> None:
        if self._jira.settings.opt_in and call.header("x-experimentalapi").lower() != "opt-in":
            raise usual(412)

    # ------------------------------------------------------------------------------------------ calls
    async def info(self, call: Call) -> Response:
        """Which version this is."""
        return json_answer({"version": _VERSION, "platformVersion": "1001.0.0", "isLicensedForUse": True})

    async def server_info(self, call: Call) -> Response:
        """What site this is."""
        shown = {
            "baseUrl": self._jira.settings.base_url,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_277,
            "serverTitle": "Jira",
        }
        return json_answer(shown)

    async def tenant(self, call: Call) -> Response:
        """The id of the site at the gateway."""
        return json_answer({"cloudId": self._jira.settings.cloud_id})

    async def desks(self, call: Call) -> Response:
        """All desks."""
        return json_answer(self._jira.page(call, [DESK], self._jira.shown.desk))

    async def desk(self, call: Call) -> Response:
        """One desk."""
        self.check_desk(call.part("desk"))
        return json_answer(self._jira.shown.desk(DESK))

    async def request_types(self, call: Call) -> Response:
        """What can be asked for."""
        self.check_desk(call.part("desk"))
        return json_answer(self._jira.page(call, list(REQUEST_TYPES.values()), self._jira.shown.request_type))

    async def one_request_type(self, call: Call) -> Response:
        """One thing that can be asked for."""
        return json_answer(self._jira.shown.request_type(self._request_type(call)))

    async def form(self, call: Call) -> Response:
        """The form of a request type."""
        fields = [FIELDS[one] for one in self.form_of(self._request_type(call).id)]
        of_agent = self._jira.settings.role == "agent"
        shown = {
            "requestTypeFields": [
                self._jira.shown.form_field(one, required=one.id == "summary") for one in fields
            ],
            "canRaiseOnBehalfOf": of_agent,
            "canAddRequestParticipants": of_agent,
        }
        return json_answer(shown)

    async def fields(self, call: Call) -> Response:
        """All fields of the site."""
        return json_answer([self._jira.shown.field(one) for one in FIELDS.values()])

    # ----------------------------------------------------------------------------------------- people
    async def myself(self, call: Call) -> Response:
        """Who calls."""
        return json_answer(self._jira.shown.user(self._jira.user, self._jira.version_of(call)))

    async def customers(self, call: Call) -> Response:
        """Customers of the desk, as far as their profiles let them be found."""
        self.check_desk(call.part("desk"))
        self._opted_in(call)
        wanted = call.query.get("query", "").lower()
        found = [one for one in self._jira.site.users if one.of_desk and one.active and _found(one, wanted)]
        return json_answer(self._jira.page(call, found, self._jira.shown.desk_user))

    async def add_customers(self, call: Call) -> Response:
        """Make people customers of the desk."""
        self.check_desk(call.part("desk"))
        ids: object = json_body(call, ("accountIds", "usernames")).get("accountIds")
        wanted = cast("list[object]", ids) if isinstance(ids, list) else []
        found = [self._jira.site.user(str(one)) for one in wanted]
        people = [one for one in found if one is not None]
        if not people or len(people) != len(found):
            raise NativeError(400, "There are accounts that cannot be found.", "sd.customer.error.not.found")
        for one in people:
            one.of_desk = True
        call.applied = f"{len(people)} became customers of the desk"
        return Response(status_code=204)

    async def make_customer(self, call: Call) -> Response:
        """Make a customer, of no desk as yet."""
        self._jira.access.check("administer", "create customers")
        body = json_body(call, ("displayName", "email", "fullName"))
        name, email = body.get("displayName") or body.get("fullName"), body.get("email")
        if not isinstance(email, str) or "@" not in email or not isinstance(name, str):
            raise NativeError(400, "The email address is not valid.", "sd.customer.error.invalid.email")
        if any(one.email.lower() == email.lower() for one in self._jira.site.users):
            told = "An account already exists for this email address."
            raise NativeError(400, told, "sd.customer.error.email.exists")
        user = self._jira.site.add_user(name, email, of_desk=False)
        call.applied = f"customer {email} was made"
        return json_answer(self._jira.shown.desk_user(user), 201)

    async def search_users(self, call: Call) -> Response:
        """People of the site, as far as their profiles let them be found."""
        self._jira.access.check("browse_users", "browse users")
        wanted = call.query.get("query", "").lower()
        version = self._jira.version_of(call)
        found = [one for one in self._jira.site.users if one.active and _found(one, wanted)]
        return json_answer([self._jira.shown.user(one, version) for one in found])

    async def organizations(self, call: Call) -> Response:
        """Companies."""
        self._opted_in(call)

        def shown(one: Organization) -> dict[str, Any]:
            link = f"{self._jira.settings.base_url}{_BASE}/organization/{one.id}"
            return {"id": one.id, "name": one.name, "_links": {"self": link}}

        return json_answer(self._jira.page(call, self._jira.site.organizations, shown))


def _found(user: User, wanted: str) -> bool:
    """Whether a name or an address begins so; hidden addresses find nobody."""
    words = [*user.name.lower().split(), user.name.lower(), *([] if user.hidden else [user.email.lower()])]
    return any(one.startswith(wanted) for one in words)
