"""The token endpoint of Microsoft Entra: client credentials with a secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from starlette.responses import Response

from livechat_sdk_simulators.bodies import form_fields
from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.dynamics.rows import written
from livechat_sdk_simulators.ids import same
from livechat_sdk_simulators.tokens import TokenStore

if TYPE_CHECKING:
    from livechat_sdk_simulators.dynamics.simulator import DynamicsSimulator

__all__ = ["Entra"]

_NEEDED: Final = ("client_id", "grant_type", "scope")
_KNOWN: Final = (
    *_NEEDED,
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "client_info",
    "claims",
)


class _Refusal(Exception):
    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.error = error
        self.number = number


class Entra:
    """Gives out tokens for the environment of one simulator."""

    def __init__(self, dynamics: DynamicsSimulator) -> None:
        self._dynamics = dynamics

    def operations(self) -> Sequence[Operation]:
        """The one call."""
        return [Operation("token", "POST", "/{tenant}/oauth2/v2.0/token", self.token, public=True)]

    async def token(self, call: Call) -> Response:
        """A token for a client's id and secret; without one that renews it."""
        try:
            self._check(call)
        except _Refusal as refusal:
            return self._refused(refusal)
        tokens = cast("TokenStore", self._dynamics.tokens)
        token = tokens.issue(self._dynamics.settings.client_id)
        call.applied = "a token was given out"
        lifetime = round(tokens.lifetime)
        shown = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime}
        return json_answer({**shown, "access_token": token.value})

    def _check(self, call: Call) -> None:
        settings = self._dynamics.settings
        if call.media_type != "application/x-www-form-urlencoded":
            raise _Refusal(400, "invalid_request", 900144, "The request body must be a form.")
        try:
            fields = form_fields(call.body)
        except ValueError as error:
            raise _Refusal(400, "invalid_request", 9000410, "Malformed form.") from error
        if call.part("tenant").lower() != settings.tenant_id.lower():
            raise _Refusal(400, "invalid_request", 90002, f"Tenant '{call.part('tenant')}' not found.")
        for name in _NEEDED:
            if not fields.get(name):
                text = f"The request body must contain the following parameter: '{name}'."
                raise _Refusal(400, "invalid_request", 900144, text)
        if unknown := [name for name in fields if name not in _KNOWN]:
            raise _Refusal(400, "invalid_request", 90023, f"Unexpected parameter '{unknown[0]}'.")
        if fields["grant_type"] != "client_credentials":
            raise _Refusal(
                400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."
            )
        if fields["client_id"].lower() != settings.client_id.lower():
            text = f"Application with identifier '{fields['client_id']}' was not found in the directory."
            raise _Refusal(400, "unauthorized_client", 700016, text)
        self._check_secret(fields)
        if fields["scope"] != f"{settings.base_url}/.default":
            text = f"The resource principal named {fields['scope']} was not found in the tenant."
            raise _Refusal(400, "invalid_scope", 70011, text)

    def _check_secret(self, fields: dict[str, str]) -> None:
        if not fields.get("client_secret"):
            text = "The request body must contain the parameter 'client_assertion' or 'client_secret'."
            raise _Refusal(401, "invalid_client", 7000218, text)
        if not same(self._dynamics.settings.client_secret, fields["client_secret"]):
            raise _Refusal(401, "invalid_client", 7000215, "Invalid client secret provided.")

    def _refused(self, refusal: _Refusal) -> Response:
        trace, correlation = str(uuid4()), str(uuid4())
        at = written(self._dynamics.clock.now()).replace("T", " ")
        ids = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
        text = f"AADSTS{refusal.number}: {refusal} {ids}"
        shown: dict[str, Any] = {
            "error": refusal.error,
            "error_description": text,
            "error_codes": [refusal.number],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{self._dynamics.settings.base_url}/error?code={refusal.number}",
        }
        return json_answer(shown, refusal.status)
