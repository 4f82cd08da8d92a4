"""Who may call: Basic, API keys and OAuth; what the user may do; and the rule of so many calls an hour."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.bodies import form_fields
from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.ids import same
from livechat_sdk_simulators.servicenow.errors import acl, unauthorized, usual
from livechat_sdk_simulators.tokens import TokenStore, basic_credentials, bearer_token

if TYPE_CHECKING:
    from livechat_sdk_simulators.servicenow.simulator import ServiceNowSimulator

__all__ = ["Access", "OAuthError"]

_HOUR: Final = 3600
_ACTS: Final = {"create": "Insert", "write": "Update", "delete": "Delete"}
_FORM: Final = "application/x-www-form-urlencoded"
_ACCEPTED: Final = ("application/json", "application/*", "*/*")


class Access:
    """Lets calls pass."""

    def __init__(self, servicenow: ServiceNowSimulator) -> None:
        self._servicenow = servicenow
        self._rights = frozenset(servicenow.settings.missing_rights)
        self._renewals: set[str] = set()
        self._hour = 0
        self._counted = 0

    def operations(self) -> Sequence[Operation]:
        """The call for a token."""
        return [Operation("token", "POST", "/oauth_token.do", self.token, public=True)]

    # ------------------------------------------------------------------------------------- who calls
    def authorise(self, call: Call) -> None:
        """Ask for credentials, count the call, and look at what it accepts. Raises ``VendorError``."""
        if not self._known(call):
            raise unauthorized()
        if "api" in self._rights:
            raise usual(403)
        self._count(self._servicenow.clock.now())
        accepted = call.header("accept")
        if accepted and not any(one in accepted for one in _ACCEPTED) and call.operation != "file":
            raise usual(406)

    def _known(self, call: Call) -> bool:
        settings, authorization = self._servicenow.settings, call.header("authorization")
        if settings.api_key is not None and (key := call.header("x-sn-apikey")):
            return same(settings.api_key, key)
        if token := bearer_token(authorization):
            return cast("TokenStore", self._servicenow.tokens).check(token) is not None
        password = basic_credentials(authorization)
        return (
            settings.basic
            and password is not None
            and same(settings.user_name, password[0])
            and same(settings.password, password[1])
        )

    def _count(self, now: datetime) -> None:
        most = self._servicenow.settings.calls_per_hour
        if most is None:
            return
        hour = int(now.timestamp()) // _HOUR
        if hour != self._hour:
            self._hour, self._counted = hour, 0
        self._counted += 1
        if self._counted > most:
            error = usual(429)
            error.detail = f"Rate limit of {most} requests per hour for Table API exceeded"
            rest = max(1, (hour + 1) * _HOUR - int(now.timestamp()))
            error.headers |= {"retry-after": str(rest), **self.headers()}
            raise error

    def headers(self) -> dict[str, str]:
        """What every answer says of the rule, where there is one."""
        most = self._servicenow.settings.calls_per_hour
        if most is None:
            return {}
        return {
            "x-ratelimit-limit": str(most),
            "x-ratelimit-reset": str((self._hour + 1) * _HOUR),
            "x-ratelimit-rule": "Livechat bot",
        }

    # ----------------------------------------------------------------------------------------- rights
    def may(self, act: str, name: str) -> bool:
        """Whether the user may ``read``, ``create``, ``write`` or ``delete`` a table or a column."""
        return f"{act} {name}" not in self._rights

    def check(self, act: str, table: str) -> None:
        """Refuse what the user may not do to a table. Raises ``VendorError``."""
        if not self.may(act, table):
            raise acl(_ACTS[act])

    @property
    def unreadable(self) -> frozenset[str]:
        """The columns that the user may not read, as ``incident.work_notes``."""
        return frozenset(one.removeprefix("read ") for one in self._rights if one.startswith("read "))

    # ----------------------------------------------------------------------------------------- tokens
    async def token(self, call: Call) -> Response:
        """A token for a client's id and secret, for a password, or for a token that renews."""
        settings, form = self._servicenow.settings, self._form(call)
        grant = form.get("grant_type", "")
        if grant not in settings.grants:
            raise _refused(400, "unsupported_grant_type", f"The grant type {grant} is not supported")
        mine = same(settings.client_id, form.get("client_id", ""))
        if not mine or not same(settings.client_secret, form.get("client_secret", "")):
            raise _refused(401, "invalid_client", "access_denied")
        if grant == "password":
            named = same(settings.user_name, form.get("username", ""))
            if not named or not same(settings.password, form.get("password", "")):
                raise _refused(401, "server_error", "access_denied")
        if grant == "refresh_token" and form.get("refresh_token", "") not in self._renewals:
            raise _refused(401, "server_error", "access_denied")
        return self._issue(call, grant)

    def _form(self, call: Call) -> dict[str, str]:
        try:
            fields = form_fields(call.body) if call.media_type == _FORM else None
        except ValueError:
            fields = None
        if fields is None:
            raise _refused(400, "invalid_request", "The body is no form")
        return fields

    def _issue(self, call: Call, grant: str) -> Response:
        token = cast("TokenStore", self._servicenow.tokens).issue(self._servicenow.settings.client_id)
        call.applied = "a token was given out"
        shown: dict[str, Any] = {
            "access_token": token.value,
            "token_type": "Bearer",
            "scope": "useraccount",
            "expires_in": round(self._servicenow.settings.token_lifetime),
        }
        if grant != "client_credentials":
            renewal = secrets.token_urlsafe(24)
            self._renewals.add(renewal)
            self._servicenow.mask.learn(renewal)
            shown["refresh_token"] = renewal
        return json_answer(shown)


class OAuthError(VendorError):
    """An error of the call for a token, which has another shape."""


def _refused(status: int, code: str, text: str) -> VendorError:
    return OAuthError(status, code, text)
