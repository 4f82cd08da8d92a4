"""Keys of the app and of custom integrations: HTTP Basic, or JSON Web Tokens that the caller signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request

from livechat_sdk_simulators.calls import Call, VendorError
from livechat_sdk_simulators.ids import same
from livechat_sdk_simulators.signing import read_jwt
from livechat_sdk_simulators.tokens import basic_credentials, bearer_token
from livechat_sdk_simulators.zendesk.bodies import missing

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["Key", "Keys", "key_of", "whole_app"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key. One of a custom integration has the scope ``integration``, others have ``app``."""

    id: str
    secret: str = field(repr=False)
    integration_id: str | None = None
    name: str = ""


class Keys:
    """Who may call Sunshine Conversations."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self._keys: dict[str, Key] = {}

    def add(self, key: Key) -> None:
        """Know a key from now on."""
        self._keys[key.id] = key
        self._zendesk.mask.learn(key.secret)

    def of_integration(self, integration_id: str) -> list[Key]:
        """The keys of a custom integration."""
        return [one for one in self._keys.values() if one.integration_id == integration_id]

    def check(self, call: Call) -> None:
        """Find out who calls, and let them. Raises ``VendorError``."""
        call.request.state.key = self.read(call.request)
        if call.part("app") != self._zendesk.settings.app_id:
            raise missing("app")

    def read(self, request: Request) -> Key:
        """The key that a request shows. Raises ``VendorError``."""
        authorization = request.headers.get("authorization", "")
        key = self._by_token(authorization) or self._by_password(authorization)
        if key is None:
            raise VendorError(401, "unauthorized", "Authorization is required")
        return key

    def _by_password(self, authorization: str) -> Key | None:
        credentials = basic_credentials(authorization)
        key = self._keys.get(credentials[0]) if credentials else None
        return key if credentials and key and same(key.secret, credentials[1]) else None

    def _by_token(self, authorization: str) -> Key | None:
        token = bearer_token(authorization)
        signer: list[Key] = []

        def secret_of(key_id: str) -> str | None:
            signer.extend(one for one in [self._keys.get(key_id)] if one is not None)
            return signer[0].secret if signer else None

        claims = read_jwt(token, secret_of) if token else None
        if claims is None or not signer or self._too_old(claims):
            return None
        if claims.get("scope") != ("app" if signer[0].integration_id is None else "integration"):
            raise VendorError(403, "forbidden", "Forbidden")
        return signer[0]

    def _too_old(self, claims: Mapping[str, object]) -> bool:
        until = claims.get("exp")
        return isinstance(until, int | float) and until <= self._zendesk.clock.now().timestamp()


def key_of(call: Call) -> Key:
    """The key of a call that was let pass."""
    key: Key = call.request.state.key
    return key


def whole_app(call: Call) -> None:
    """Refuse the key of an integration for what concerns the whole app."""
    if key_of(call).integration_id is not None:
        raise VendorError(403, "forbidden", "Forbidden")
