"""Proofs of webhooks: what an adapter's ``read_webhook`` calls before it believes a word.

Each function returns when the proof is right and raises ``WebhookRejected`` when it is not: 404 where no
secret is set (the route is closed), 401 for everything else. All live secrets are compared, in constant
time, and the text of a signature must be exactly the one that the vendor's rules give: no other case, padding
or blanks.

    keys = self.settings.webhook_key
    verify_shared_key(delivery.header("X-Acme-Key"), keys)
    verify_hmac(delivery.header("X-Acme-Signature"), delivery.body, keys, prefix="sha256=")
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from pydantic import SecretStr

from livechat_sdk.errors import WebhookRejected

__all__ = ["REPLAY_WINDOW", "verify_hmac", "verify_shared_key", "verify_time"]

REPLAY_WINDOW: Final = 300.0
"""Seconds that the signed time of a delivery may be away from our clock, either way."""

_MOST_GIVEN: Final = 8
"""Signatures of one delivery that are looked at: a vendor that changes its secret sends two."""

Keys = Sequence[SecretStr] | None


def verify_shared_key(given: str | None, keys: Keys, *, what: str = "the key") -> None:
    """Check the key that a vendor sends along as it is.

    ``given`` is what the delivery carries, ``keys`` the live secrets (the settings' ``Secret``), ``what``
    names the proof in the log. This proves nothing about the body: prefer any scheme that signs it.
    """
    live = _live(keys)
    sent = _bytes(given or "")
    matches = [hmac.compare_digest(sent, key) for key in live]
    if not any(matches):  # every key was compared, whichever fits
        raise WebhookRejected(f"{what} is missing" if not given else f"{what} is wrong")


def verify_hmac(
    given: str | Sequence[str] | None,
    signed: bytes | Sequence[bytes],
    keys: Keys,
    *,
    digest: str = "sha256",
    encoding: Literal["hex", "base64"] = "hex",
    prefix: str = "",
    key_bytes: Callable[[str], bytes] = str.encode,
    what: str = "the signature",
) -> None:
    """Check an HMAC over the raw bytes of a delivery.

    ``given`` is the signature as it was sent, or several of them while the vendor changes its secret: one
    must be right. ``signed`` are the bytes that the vendor signs, whole or in parts that are put together
    (``(time, b".", delivery.body)``). ``encoding`` is how the signature is written, after ``prefix``.
    ``key_bytes`` makes the key out of a secret, where it is not just its text.
    """
    live = _live(keys)
    candidates = [given] if isinstance(given, str) else list(given or ())
    sent = [_bytes(one) for one in candidates[:_MOST_GIVEN] if one]
    if not sent:
        raise WebhookRejected(f"{what} is missing")
    parts = (signed,) if isinstance(signed, bytes) else tuple(signed)
    matches = False
    for key in live:
        wanted = _signature(_key(key, key_bytes), parts, digest, encoding, prefix)
        for one in sent:
            matches |= hmac.compare_digest(one, wanted)
    if not matches:
        raise WebhookRejected(f"{what} is wrong")


def verify_time(
    sent_at: datetime | float | str | None,
    received_at: datetime,
    *,
    window: float = REPLAY_WINDOW,
    what: str = "the time of the delivery",
) -> None:
    """Check that the signed time of a delivery is near ours: what was recorded cannot be sent again later.

    ``sent_at`` is in Unix seconds (also as the text of a header) or a time with a zone. Call it after the
    signature over that time was found right.
    """
    if sent_at is None or sent_at == "":
        raise WebhookRejected(f"{what} is missing")
    try:
        seconds = _seconds(sent_at)
    except (ValueError, OverflowError):
        raise WebhookRejected(f"{what} cannot be read") from None
    away = abs(received_at.timestamp() - seconds)
    if not away <= window:  # also when it is not a number
        raise WebhookRejected(f"{what} is more than {window:g} s away from ours", code="stale")


def _live(keys: Keys) -> list[bytes]:
    """The live secrets; an empty one opens nothing."""
    live = [_bytes(value) for key in keys or () if (value := key.get_secret_value()).strip()]
    if not live:
        raise WebhookRejected("no secret is set to verify webhooks with: the route is closed", status=404)
    return live


def _key(secret: bytes, key_bytes: Callable[[str], bytes]) -> bytes:
    try:
        return key_bytes(secret.decode("utf-8", "surrogatepass"))
    except ValueError:
        # The settings are wrong, not the delivery: 503 lets the vendor send it again when they are mended.
        raise WebhookRejected(
            "the secret does not have the form that its vendor gives it", status=503
        ) from None


def _signature(
    key: bytes, parts: Sequence[bytes], digest: str, encoding: Literal["hex", "base64"], prefix: str
) -> bytes:
    code = hmac.new(key, digestmod=digest)
    for part in parts:
        code.update(part)
    text = code.hexdigest() if encoding == "hex" else base64.b64encode(code.digest()).decode()
    return (prefix + text).encode()


def _bytes(text: str) -> bytes:
    # A header may hold anything; nothing may be folded into something else on the way.
    return text.encode("utf-8", "surrogatepass")


def _seconds(sent_at: datetime | float | str) -> float:
    if isinstance(sent_at, datetime):
        if sent_at.tzinfo is None:
            raise ValueError("a time without a zone")
        return sent_at.astimezone(UTC).timestamp()
    if isinstance(sent_at, str) and not (sent_at.isascii() and sent_at.isdigit()):
        raise ValueError("not a number of seconds")
    return float(sent_at)
