"""Who may call, and how often: API tokens, OAuth with scopes, and the limits of account and ticket."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.ids import same
from livechat_sdk_simulators.limits import CallLimit
from livechat_sdk_simulators.tokens import TokenStore, basic_credentials, bearer_token
from livechat_sdk_simulators.zendesk_support.bodies import whole
from livechat_sdk_simulators.zendesk_support.errors import forbidden, unauthorized, usual
from livechat_sdk_simulators.zendesk_support.state import User

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator

__all__ = ["Access"]

_SHORTEST, _LONGEST = 300, 172_800
_ROOMS: Final = ("tickets", "users", "organizations", "ticket_fields")
_TICKET_WINDOW: Final = 600.0
_KEYS: Final = (
    "grant_type",
    "client_id",
    "client_secret",
    "scope",
    "code",
    "redirect_uri",
    "refresh_token",
    "expires_in",
    "refresh_token_expires_in",
)


class Access:
    """Lets calls pass."""

    def __init__(self, zendesk: ZendeskSupportSimulator) -> None:
        self._zendesk = zendesk
        settings = zendesk.settings
        most, updates = settings.calls_per_minute, settings.updates_per_ticket
        self._account = None if most is None else CallLimit(most, 60.0)
        self._tickets = None if updates is None else CallLimit(updates, _TICKET_WINDOW)
        self._scopes: dict[str, str] = {}
        self._renewals: dict[str, str] = {}

    def operations(self) -> Sequence[Operation]:
        """The call for a token."""
        return [
            Operation("token", "POST", "/oauth/tokens", self.token, public=True),
            Operation("token", "POST", "/oauth/tokens.json", self.token, public=True),
        ]

    # ------------------------------------------------------------------------------------- who calls
    def authorise(self, call: Call) -> None:
        """Ask for credentials that reach far enough, and count the call. Raises ``VendorError``."""
        self.caller(call)
        self._check_scope(call)
        self._check_accept(call)
        wait = self._account.wait("account", self._zendesk.clock.now()) if self._account else None
        if wait is not None:
            error = usual(429)
            error.headers["retry-after"] = str(wait)
            raise error

    def caller(self, call: Call) -> User:
        """The user as whom a call is made. Raises ``VendorError``."""
        authorization, settings = call.header("authorization"), self._zendesk.settings
        token, password = bearer_token(authorization), basic_credentials(authorization)
        email: str | None = None
        if token is not None and cast("TokenStore", self._zendesk.tokens).check(token) is not None:
            email = settings.user_name
        elif password is not None and settings.api_tokens and same(settings.api_token, password[1]):
            email = password[0].removesuffix("/token") if password[0].endswith("/token") else None
        user = self._zendesk.account.user_by(email=email) if email else None
        if user is None or not user.verified:
            raise unauthorized()
        return user

    def _check_scope(self, call: Call) -> None:
        token = bearer_token(call.header("authorization"))
        if token is None:
            return
        granted = self._scopes.get(token, "").split()
        act = "read" if call.request.method == "GET" else "write"
        room = next(
            (one for one in call.request.url.path.split("/") if one.partition(".")[0] in _ROOMS), "tickets"
        )
        room = "tickets" if room.startswith("ticket_fields") else room.partition(".")[0]
        if act not in granted and f"{room}:{act}" not in granted:
            raise forbidden(act)

    @staticmethod
    def _check_accept(call: Call) -> None:
        accepted = call.header("accept")
        if not any(one in accepted for one in ("application/json", "*/*", "application/*")):
            raise usual(415)

    # ----------------------------------------------------------------------------------------- limits
    def count_update(self, ticket: int, user: User) -> str:
        """Count a change of a ticket; what the answer's header says of it. Raises ``VendorError``."""
        if self._tickets is None:
            return ""
        most = self._zendesk.settings.updates_per_ticket
        wait = self._tickets.wait(f"{user.id} {ticket}", self._zendesk.clock.now())
        if wait is not None:
            headers = {
                "retry-after": str(wait),
                "zendesk-ratelimit-per-ticket-updates": f"total={most}; remaining=0; resets={wait}",
            }
            text = f"Exceeded {most} updates to a ticket by the same user within 10 minutes"
            raise VendorError(429, "TooManyRequests", text, headers=headers)
        left = self._tickets.left(f"{user.id} {ticket}")
        return f"total={most}; remaining={left}; resets={round(_TICKET_WINDOW)}"

    def headers(self) -> dict[str, str]:
        """What every answer says of the account's limit."""
        if self._account is None:
            return {}
        most, left = str(self._zendesk.settings.calls_per_minute), str(self._account.left("account"))
        return {
            "x-rate-limit": most,
            "x-rate-limit-remaining": left,
            "ratelimit-limit": most,
            "ratelimit-remaining": left,
            "ratelimit-reset": "60",
        }

    # ----------------------------------------------------------------------------------------- tokens
    async def token(self, call: Call) -> Response:
        """A token for a client's id and secret, or for a token that renews."""
        settings, asked = self._zendesk.settings, whole(call)
        if unknown := [key for key in asked if key not in _KEYS]:
            raise VendorError(400, "invalid_request", f"The parameter {unknown[0]} is unknown.")
        known = same(settings.client_id, str(asked.get("client_id", ""))) and same(
            settings.client_secret, str(asked.get("client_secret", ""))
        )
        if not known:
            raise VendorError(401, "invalid_client", "Client authentication failed.")
        grant, scope = asked.get("grant_type"), asked.get("scope")
        if grant == "refresh_token":
            scope = self._renewals.pop(str(asked.get("refresh_token", "")), None)
            if scope is None:
                raise VendorError(400, "invalid_grant", "The refresh token is invalid, expired or used.")
        elif grant != "client_credentials":
            raise VendorError(400, "unsupported_grant_type", f"The grant type {grant} is not supported.")
        return self._issue(call, "" if scope is None else str(scope), asked.get("expires_in"))

    def _issue(self, call: Call, scope: str, lifetime: object) -> Response:
        tokens = cast("TokenStore", self._zendesk.tokens)
        usual_lifetime = tokens.lifetime
        if lifetime is not None:
            if (
                isinstance(lifetime, bool)
                or not isinstance(lifetime, int)
                or not _SHORTEST < lifetime < _LONGEST
            ):
                raise VendorError(400, "invalid_request", "expires_in is out of range.")
            tokens.lifetime = float(lifetime)
        try:
            token = tokens.issue(self._zendesk.settings.client_id)
            seconds = round(tokens.lifetime)
        finally:
            tokens.lifetime = usual_lifetime
        self._scopes[token.value] = scope
        call.applied = "a token was given out"
        shown: dict[str, Any] = {
            "access_token": token.value,
            "token_type": "bearer",
            "scope": scope,
            "expires_in": seconds,
        }
        if self._zendesk.settings.refresh_tokens:
            renewal = secrets.token_urlsafe(24)
            self._renewals[renewal] = scope
            self._zendesk.mask.learn(renewal)
            shown |= {"refresh_token": renewal, "refresh_token_expires_in": 2_592_000}
        return json_answer(shown, 201)
