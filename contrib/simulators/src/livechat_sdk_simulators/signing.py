"""How vendors sign: HMAC over parts of a delivery, in hex or base64; and JSON Web Tokens with a secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, cast

__all__ = ["hmac_base64", "hmac_hex", "read_jwt"]


def hmac_hex(secret: str, *parts: str | bytes) -> str:
    """HMAC-SHA256 of the parts, one after the other, in hex (Parley, Genesys and many more)."""
    return _digest(secret, parts).hex()


def hmac_base64(secret: str, *parts: str | bytes) -> str:
    """The same in base64 (Zendesk: the time, then the body)."""
    return base64.b64encode(_digest(secret, parts)).decode("ascii")


def _digest(secret: str, parts: tuple[str | bytes, ...]) -> bytes:
    message = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def read_jwt(token: str, secret_of: Callable[[str], str | None]) -> dict[str, Any] | None:
    """The claims of a token that is signed with HS256; ``None`` when anything about it is wrong.

    ``secret_of`` tells the secret of a key id (``kid``). Times (``exp``, ``nbf``) are left to the caller.
    """
    try:
        head, claims, signature = token.split(".")
        header = _object(head)
        secret = secret_of(str(header.get("kid", "")))
        wanted = _digest(secret or "", (f"{head}.{claims}",))
        fits = hmac.compare_digest(wanted, _decode(signature)) and header.get("alg") == "HS256"
        return _object(claims) if fits and secret else None
    except (ValueError, binascii.Error):
        return None


def _decode(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _object(part: str) -> dict[str, Any]:
    value: object = json.loads(_decode(part))
    if not isinstance(value, dict):
        raise ValueError("a part of the token is no object")
    return cast("dict[str, Any]", value)
