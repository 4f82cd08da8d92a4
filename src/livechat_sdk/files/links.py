"""Links that expire: a token names a file, for whom it is and until when, and nobody else can make one.

A token is 45 bytes in base64url: a byte of format, the file's id (16), the end of its life (5, in seconds
since 1970), a byte of purpose, 20 bytes of HMAC-SHA256 over these, and zeros, so that there is one spelling
for each. Keys rotate with those of the store: the first signs, each of them is accepted.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

__all__ = ["LinkTrouble", "Links", "Purpose", "Token"]

Purpose = Literal["platform", "vendor"]
"""For whom a link is made: the end user's side, or a live-chat system."""

_FORMAT: Final = b"\x01"
_PURPOSES: Final[dict[Purpose, bytes]] = {"platform": b"p", "vendor": b"v"}
_BY_BYTE: Final[dict[bytes, Purpose]] = {byte: purpose for purpose, byte in _PURPOSES.items()}
_ID: Final = 16
_TIME: Final = 5
_MAC: Final = 20
_BODY: Final = len(_FORMAT) + _ID + _TIME + 1
_PAD: Final = b"\x00" * (-(_BODY + _MAC) % 3)
_CHARACTERS: Final = (_BODY + _MAC + len(_PAD)) // 3 * 4


class LinkTrouble(Exception):
    """A token is not one of ours (``wrong``), or its time is over (``expired``)."""

    def __init__(self, why: Literal["wrong", "expired"]) -> None:
        self.why = why
        super().__init__(f"the link is {why}")


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: which file, for whom, until when."""

    file_id: str
    purpose: Purpose
    expires_at: datetime


class Links:
    """Makes and reads links. ``keys`` is asked when it is needed: the new key first, then old ones.

    ``public_url`` is the address of the gateway for everybody; without it there are no links. A link is good
    for ``lifetime`` seconds.
    """

    def __init__(
        self,
        keys: Callable[[], Sequence[bytes]],
        *,
        public_url: str | None = None,
        lifetime: float = 86_400.0,
    ) -> None:
        self._keys = keys
        self._prefix = None if public_url is None else f"{public_url}/files/"
        self._lifetime = timedelta(seconds=lifetime)

    def url(self, file_id: str, purpose: Purpose, now: datetime) -> str | None:
        """A link to a file, or ``None`` where there are none."""
        if self._prefix is None:
            return None
        return self._prefix + self.token(file_id, purpose, self.until(now))

    def until(self, now: datetime) -> datetime:
        """How long a link is good that is made now."""
        return now + self._lifetime

    def token_in(self, url: str) -> str | None:
        """The token of one of our links; ``None`` for any other address."""
        if self._prefix is None or not url.startswith(self._prefix):
            return None
        return url.removeprefix(self._prefix)

    def token(self, file_id: str, purpose: Purpose, expires_at: datetime) -> str:
        """A token for a file, until a time (whole seconds)."""
        until = int(expires_at.timestamp()).to_bytes(_TIME, "big")
        body = _FORMAT + bytes.fromhex(file_id) + until + _PURPOSES[purpose]
        return base64.urlsafe_b64encode(body + _mac(self._keys()[0], body) + _PAD).decode()

    def read(self, text: str, now: datetime) -> Token:
        """What a token says. Raises ``LinkTrouble``; one that is not ours is never said to have expired."""
        if len(text) != _CHARACTERS or not text.isascii():
            raise LinkTrouble("wrong")
        try:
            raw = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise LinkTrouble("wrong") from None
        body, mac = raw[:_BODY], raw[_BODY:]
        matches = 0
        for key in self._keys():  # every key is compared, whichever fits
            matches += hmac.compare_digest(mac, _mac(key, body) + _PAD)
        if not matches or body[:1] != _FORMAT or body[-1:] not in _BY_BYTE:
            raise LinkTrouble("wrong")
        until = int.from_bytes(body[1 + _ID : 1 + _ID + _TIME], "big")
        token = Token(body[1 : 1 + _ID].hex(), _BY_BYTE[body[-1:]], datetime.fromtimestamp(until, UTC))
        if now >= token.expires_at:
            raise LinkTrouble("expired")
        return token


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, b"livechat-sdk file link 1" + body, "sha256")[:_MAC]
