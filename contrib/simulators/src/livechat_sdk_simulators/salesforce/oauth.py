"""Who may call: tokens without an end that is told, sessions, and the calls of a day."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.bodies import form_fields
from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.clock import epoch_milliseconds
from livechat_sdk_simulators.ids import same
from livechat_sdk_simulators.salesforce.errors import ApiError, usual
from livechat_sdk_simulators.tokens import TokenStore, basic_credentials, bearer_token

if TYPE_CHECKING:
    from livechat_sdk_simulators.salesforce.simulator import SalesforceSimulator

__all__ = ["DailyLimit", "OAuth"]

_DAY: Final = timedelta(hours=24)
_KNOWN: Final = ("grant_type", "client_id", "client_secret", "format", "scope")


class DailyLimit:
    """The calls of the whole org within 24 hours."""

    def __init__(self, most: int | None) -> None:
        self.most = most
        self._calls: deque[tuple[datetime, int]] = deque()
        self.used = 0

    def spend(self, calls: int, now: datetime) -> None:
        """Count ``calls``: those of other programs, too."""
        self._forget(now)
        self._calls.append((now, calls))
        self.used += calls

    def count(self, now: datetime) -> None:
        """Count one. Raises ``ApiError`` when there are none left; how long to wait nobody says."""
        self._forget(now)
        if self.most is not None and self.used >= self.most:
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.spend(1, now)

    def _forget(self, now: datetime) -> None:
        while self._calls and now - self._calls[0][0] >= _DAY:
            self.used -= self._calls.popleft()[1]

    @property
    def headers(self) -> dict[str, str]:
        """What every answer tells."""
        return {} if self.most is None else {"sforce-limit-info": f"api-usage={self.used}/{self.most}"}


class OAuth:
    """Gives out tokens, and asks for them."""

    def __init__(self, salesforce: SalesforceSimulator) -> None:
        self._salesforce = salesforce
        self.limit = DailyLimit(salesforce.settings.daily_requests)
        self.session_refused = salesforce.settings.session_refused
        """Whether no token is accepted from now on, not even a new one."""

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("token", "POST", "/services/oauth2/token", self.token, public=True),
            Operation("check", "GET", "/services/oauth2/userinfo", self.user_info),
        ]

    # --------------------------------------------------------------------------------------- sessions
    def authorise(self, call: Call) -> None:
        """Ask for a token that is good, and count the call. Raises ``ApiError``."""
        token = bearer_token(call.header("authorization"))
        if token is None or cast("TokenStore", self._salesforce.tokens).check(token) is None:
            raise usual(401)
        if self.session_refused:
            raise ApiError(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API")
        self.limit.count(self._salesforce.clock.now())

    async def user_info(self, call: Call) -> Response:
        """Who calls."""
        user = self._salesforce.rows.get("User", self._salesforce.rules.user_id)
        values: dict[str, Any] = {} if user is None else user.values
        return json_answer(
            {
                "sub": self._identity,
                "user_id": self._salesforce.rules.user_id,
                "organization_id": self._salesforce.rules.org_id,
                "preferred_username": values.get("Username"),
                "name": values.get("Name"),
                "email": values.get("Email"),
                "active": True,
            }
        )

    @property
    def _identity(self) -> str:
        rules = self._salesforce.rules
        return f"{self._salesforce.settings.base_url}/id/{rules.org_id}/{rules.user_id}"

    # ----------------------------------------------------------------------------------------- tokens
    async def token(self, call: Call) -> Response:
        """A token for a client's id and secret, in the form or in HTTP Basic."""
        settings = self._salesforce.settings
        try:
            fields = form_fields(call.body) if call.media_type == "application/x-www-form-urlencoded" else {}
        except ValueError:
            fields = {}
        grant = fields.get("grant_type")
        if not grant or any(name not in _KNOWN for name in fields):
            return _refused("invalid_request", "missing or unknown parameters")
        if grant != "client_credentials":
            return _refused("unsupported_grant_type", "grant type not supported")
        shown = basic_credentials(call.header("authorization"))
        client, secret = shown or (fields.get("client_id", ""), fields.get("client_secret", ""))
        if not same(settings.client_id, client):
            return _refused("invalid_client_id", "client identifier invalid")
        if not same(settings.client_secret, secret):
            return _refused("invalid_client", "invalid client credentials")
        if not settings.run_as_user:
            return _refused("invalid_grant", "no client credentials user enabled")
        token = cast("TokenStore", self._salesforce.tokens).issue(client)
        call.applied = "a token was given out"
        issued = str(epoch_milliseconds(self._salesforce.clock.now()))
        signature = hmac.digest(secret.encode(), (self._identity + issued).encode(), hashlib.sha256)
        return json_answer(
            {
                "access_token": token.value,
                "signature": base64.b64encode(signature).decode(),
                "scope": "api",
                "instance_url": settings.base_url,
                "id": self._identity,
                "token_type": "Bearer",
                "issued_at": issued,
            }
        )


def _refused(error: str, description: str) -> Response:
    return json_answer({"error": error, "error_description": description}, 400)
