"""How a call proves who it comes from: the base for every scheme, and the two simple ones."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from livechat_sdk.http.client import VendorClient

__all__ = ["Auth", "BasicAuth", "BearerAuth"]


class Auth(ABC):
    """One scheme. Adapters with another one (a signed JWT, a session) write a subclass.

    Credentials go to the origin of the client's base URL and to no other.
    """

    @abstractmethod
    async def headers(self, client: VendorClient) -> Mapping[str, str]:
        """Headers for one attempt. May call the vendor with ``client.request(..., auth=False)``.

        What it raises, the caller gets with ``sent`` False: the call itself never left.
        """

    def at_hand(self) -> Mapping[str, str] | None:
        """The headers, if they are here already: then nobody waits for them. ``None``: ask ``headers``."""
        return None

    async def renew(self, client: VendorClient, used: Mapping[str, str]) -> bool:
        """The vendor answered 401 to ``used``. True = there is something newer, so call once more."""
        return False

    def secrets(self) -> Iterable[str]:
        """Values that no error and no log may show."""
        return ()

    async def close(self) -> None:  # noqa: B027  (most schemes hold nothing that could be closed)
        """The client closes."""


class BasicAuth(Auth):
    """User name and password (RFC 7617)."""

    def __init__(self, user: str, password: SecretStr) -> None:
        self._user = user
        self._password = password

    async def headers(self, client: VendorClient) -> Mapping[str, str]:
        """The same header each time."""
        return self.at_hand()

    def at_hand(self) -> Mapping[str, str]:
        """The same header each time."""
        return {"Authorization": basic_header(self._user, self._password)}

    def secrets(self) -> Iterable[str]:
        """The password, and both in the form of the header."""
        yield self._password.get_secret_value()
        yield basic_header(self._user, self._password).removeprefix("Basic ")


class BearerAuth(Auth):
    """A token that does not change (an API key, say).

    Some vendors want it elsewhere: ``BearerAuth(key, header="X-Api-Key", prefix="")``.
    """

    def __init__(self, token: SecretStr, *, header: str = "Authorization", prefix: str = "Bearer ") -> None:
        self._token = token
        self._header = header
        self._prefix = prefix

    async def headers(self, client: VendorClient) -> Mapping[str, str]:
        """The same header each time."""
        return self.at_hand()

    def at_hand(self) -> Mapping[str, str]:
        """The same header each time."""
        return {self._header: self._prefix + self._token.get_secret_value()}

    def secrets(self) -> Iterable[str]:
        """The token."""
        yield self._token.get_secret_value()


def basic_header(user: str, password: SecretStr) -> str:
    """The value of an ``Authorization`` header of the Basic scheme."""
    pair = f"{user}:{password.get_secret_value()}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")
