"""The simulator of Jira Service Management: its parts together, and what is the same in every call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, TypeVar

from starlette.responses import PlainTextResponse, Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import Clock, RealClock
from livechat_sdk_simulators.discovery import Vendor
from livechat_sdk_simulators.ids import new_id
from livechat_sdk_simulators.jira.access import Access
from livechat_sdk_simulators.jira.desk import Desk
from livechat_sdk_simulators.jira.errors import PlainError, body_of, usual
from livechat_sdk_simulators.jira.files import Files
from livechat_sdk_simulators.jira.forms import shown_fields
from livechat_sdk_simulators.jira.human import JiraHuman
from livechat_sdk_simulators.jira.issues import Issues
from livechat_sdk_simulators.jira.paging import desk_page
from livechat_sdk_simulators.jira.requests import Requests
from livechat_sdk_simulators.jira.searching import Searching
from livechat_sdk_simulators.jira.settings import JiraSettings
from livechat_sdk_simulators.jira.shown import Shown
from livechat_sdk_simulators.jira.site import DESK, Site
from livechat_sdk_simulators.jira.state import User
from livechat_sdk_simulators.simulator import Simulator

__all__ = ["JiraSimulator", "vendor"]

T = TypeVar("T")
_VERSIONS: Final = {"2": "2", "3": "3", "latest": "2"}


class JiraSimulator(Simulator):
    """A site of Jira with a service desk, at its own address and at that for scoped tokens."""

    name: ClassVar[str] = "jira"
    title: ClassVar[str] = "Jira Service Management"
    sends_webhooks: ClassVar[bool] = False

    def __init__(self, settings: JiraSettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or JiraSettings()
        shown_fields(self.settings.form)
        clock = clock or RealClock()
        self.site = Site(clock.now, self.settings.search_lag)
        self.shown = Shown(self.settings.base_url)
        self.hidden: set[str] = set()
        """Keys of issues that the account does not see."""
        kind = "customer" if self.settings.role == "customer" else "atlassian"
        self.user: User = self.site.add_user(
            "Livechat Bot", self.settings.user_name, kind=kind, of_desk=False
        )
        """The account as whom callers act."""
        self.access = Access(self)
        self.desk, self.customer_requests, self.issues = Desk(self), Requests(self), Issues(self)
        self.searching, self.files = Searching(self), Files(self)
        super().__init__(
            clock, webhook_target=self.settings.webhook_target, webhook_path=self.settings.webhook_path
        )
        for secret in (self.settings.token, self.settings.scoped_token):
            self.mask.learn(secret)
        self.human: JiraHuman = JiraHuman(self)  # pyright: ignore[reportIncompatibleVariableOverride] - never set again

    def operations(self) -> Sequence[Operation]:
        """Everything that is simulated."""
        return [
            *self.desk.operations(),
            *self.files.operations(),
            *self.customer_requests.operations(),
            *self.issues.operations(),
            *self.searching.operations(),
        ]

    def authorise(self, call: Call) -> None:
        """Ask for credentials that are for this address, and for the limits."""
        self.access.authorise(call)

    def expire_credentials(self) -> None:
        """Every token is revoked."""
        self.access.expire()

    @staticmethod
    def version_of(call: Call) -> str:
        """The version of the platform that a call is for. Raises ``VendorError``."""
        version = _VERSIONS.get(call.part("version"))
        if version is None:
            raise usual(404)
        return version

    def page(
        self, call: Call, entries: Sequence[T], show: Callable[[T], Mapping[str, Any]]
    ) -> dict[str, Any]:
        """A page of the service desk."""
        return desk_page(call, self.settings.base_url, entries, show, self.settings.page_size)

    def problem(self, call: Call, error: VendorError) -> Response:
        """An error in one of its shapes: on paths of the service desk there are two."""
        response: Response
        if isinstance(error, PlainError):
            response = PlainTextResponse(error.message, error.status)
        else:
            desk = "/rest/servicedeskapi" in call.request.url.path
            response = json_answer(body_of(error, desk=desk, shapes=self.settings.error_shapes), error.status)
        response.headers.update(error.headers)
        return self.finish(call, response)

    def usual_error(self, status: int) -> VendorError:
        """The error that a status stands for."""
        return usual(status)

    def too_large(self, limit: int) -> VendorError:
        """A body of more than ``limit`` bytes."""
        return usual(413)

    def finish(self, call: Call, response: Response) -> Response:
        """Every answer has numbers to ask by."""
        response.headers["atl-traceid"] = new_id("trace", 32).removeprefix("trace_")
        response.headers["x-arequestid"] = new_id("req").removeprefix("req_")
        return response

    def integration(self, kind: str = "ticketing") -> Mapping[str, object]:
        """What an integration of a kind (``ticketing``) needs to reach this simulator."""
        return self.integrations()[kind]

    def integrations(self) -> Mapping[str, Mapping[str, object]]:
        """The same by kind: with the token of the site, or the scoped one and its address."""
        settings = self.settings
        reach: dict[str, object] = {
            "baseUrl": settings.base_url,
            "userName": settings.user_name,
            "token": settings.token,
            "serviceDeskId": DESK,
            "requestTypeId": "25",
        }
        if settings.scoped:
            reach |= {
                "baseUrl": f"{settings.base_url}/ex/jira/{settings.cloud_id}",
                "token": settings.scoped_token,
            }
        if settings.ca_file is not None:
            reach["caBundle"] = settings.ca_file
        return {"ticketing": {"type": "JIRA_SERVICE_MANAGEMENT_TICKETING", **reach}}


def _make(settings: Mapping[str, Any], clock: Clock | None = None) -> JiraSimulator:
    return JiraSimulator(JiraSettings.read(settings), clock)


vendor: Final = Vendor("jira", "Jira Service Management Cloud", _make)
"""What the entry point names."""
