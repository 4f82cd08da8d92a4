"""Who may call, by which address, and how often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from livechat_sdk_simulators.calls import Call, VendorError
from livechat_sdk_simulators.ids import same
from livechat_sdk_simulators.jira.errors import GatewayError, PlainError, forbidden, usual
from livechat_sdk_simulators.jira.state import Issue, jira_time
from livechat_sdk_simulators.limits import CallLimit
from livechat_sdk_simulators.tokens import basic_credentials, bearer_token

if TYPE_CHECKING:
    from livechat_sdk_simulators.jira.simulator import JiraSimulator

__all__ = ["GATEWAY", "Access"]

GATEWAY: Final = "/ex/jira/{cloud}"
"""What stands before the paths at the host for scoped tokens."""
_SHORT, _LONG = 2.0, 30.0
_DESK: Final = "/rest/servicedeskapi/"


class Access:
    """Lets calls pass."""

    def __init__(self, jira: JiraSimulator) -> None:
        self._jira = jira
        settings = jira.settings
        every = settings.calls_per_second
        self._calls = None if every is None else (CallLimit(every, 1.0), CallLimit(max(1, every // 2), 1.0))
        short, long = settings.writes_per_issue, settings.writes_per_issue_long
        self._writes = [
            (most, CallLimit(most, window))
            for most, window in ((short, _SHORT), (long, _LONG))
            if most is not None
        ]
        self._old = False

    def expire(self) -> None:
        """Every token is too old from now on."""
        self._old = True

    # ------------------------------------------------------------------------------------- who calls
    def authorise(self, call: Call) -> None:
        """Ask for credentials that are for this address, and count the call. Raises ``VendorError``."""
        cloud = call.request.path_params.get("cloud")
        if cloud is None:
            self._on_site(call)
        else:
            self._at_gateway(call, str(cloud))
        self._check_browser(call)
        self._count(call)

    def _on_site(self, call: Call) -> None:
        known = basic_credentials(call.header("authorization"))
        settings = self._jira.settings
        if (
            known is None
            or self._old
            or not _is(settings.user_name, known[0])
            or not same(settings.token, known[1])
        ):
            error = usual(401)
            error.headers |= {
                "www-authenticate": 'OAuth realm="https%3A%2F%2Facme.atlassian.example"',
                "x-seraph-loginreason": "AUTHENTICATED_FAILED",
            }
            raise error

    def _at_gateway(self, call: Call, cloud: str) -> None:
        settings, authorization = self._jira.settings, call.header("authorization")
        if cloud != settings.cloud_id:
            raise GatewayError(404, "Not Found")
        basic, bearer = basic_credentials(authorization), bearer_token(authorization)
        by_name = (
            basic is not None and _is(settings.user_name, basic[0]) and same(settings.scoped_token, basic[1])
        )
        if self._old or not (by_name or (bearer is not None and same(settings.scoped_token, bearer))):
            raise GatewayError(401, "Unauthorized")
        if _scope_of(call) not in settings.scopes:
            raise GatewayError(401, "Unauthorized; scope does not match")

    def _check_browser(self, call: Call) -> None:
        """Refuse what looks like a foreign page in somebody's browser."""
        if call.request.method == "GET" or call.header("x-atlassian-token") == "no-check":
            return
        if "Mozilla/" in call.header("user-agent") or call.media_type == "multipart/form-data":
            raise PlainError(403, "XSRF check failed")

    # ----------------------------------------------------------------------------------------- rights
    def check(self, right: str, what: str) -> None:
        """Refuse what the account may not do. Raises ``VendorError``."""
        if right in self._jira.settings.missing_rights:
            raise forbidden(what)

    # ----------------------------------------------------------------------------------------- limits
    def _count(self, call: Call) -> None:
        if self._calls is None:
            return
        method = call.request.method
        limit = self._calls[method in {"PUT", "DELETE"}]
        most = self._jira.settings.calls_per_second or 0
        route = f"{method} {call.operation}"
        wait = limit.wait(route, self._jira.clock.now())
        if wait is not None:
            raise self._throttled("jira-burst-based", most, wait)

    def count_write(self, issue: Issue) -> None:
        """Count a write to an issue. Raises ``VendorError``."""
        now = self._jira.clock.now()
        for most, limit in self._writes:
            wait = limit.wait(issue.key, now)
            if wait is not None:
                raise self._throttled("jira-per-issue-on-write", most, wait)

    def _throttled(self, reason: str, most: int, wait: int) -> VendorError:
        error = usual(429)
        reset: datetime = self._jira.clock.now() + timedelta(seconds=wait)
        error.headers |= {
            "ratelimit-reason": reason,
            "x-ratelimit-limit": str(most),
            "x-ratelimit-remaining": "0",
            "x-ratelimit-nearlimit": "true",
            "x-ratelimit-reset": jira_time(reset),
        }
        if self._jira.settings.retry_after:
            error.headers["retry-after"] = str(wait)
        return error


def _is(ours: str, theirs: str) -> bool:
    return same(ours.lower(), theirs.lower())


def _scope_of(call: Call) -> str:
    """The scope that a call needs."""
    path, reads = call.request.url.path, call.request.method == "GET"
    if _DESK in path:
        if path.endswith("/customer"):
            return "manage:servicedesk-customer"
        return "read:servicedesk-request" if reads else "write:servicedesk-request"
    if path.endswith(("/myself", "/user/search")):
        return "read:jira-user"
    return "read:jira-work" if reads or "/search" in path else "write:jira-work"
