"""Signing of outgoing webhooks, as Standard Webhooks 1.0 says (symmetric, ``v1``).

What is signed is ``{id}.{timestamp}.{body}``; the id never has a full stop, so that nothing can be read in
two ways.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import SecretStr

from livechat_sdk.config.signing_secrets import MAKE_SIGNING_KEY, signing_key
from livechat_sdk.errors import ConfigurationError

__all__ = ["Signer", "delivery_id"]


def delivery_id(kind: str, key: str) -> str:
    """The id of a delivery, made from what is delivered: the same for every repetition, in every process."""
    digest = hashlib.sha256(f"{kind}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"msg_{digest[:40]}"


class Signer:
    """Signs with one secret, or with two while one is replaced: the platform may know either.

    Raises ``ConfigurationError`` for a secret without the form, and without any.
    """

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        keys = [signing_key(secret.get_secret_value()) for secret in secrets]
        self._keys = [key for key in keys if key is not None]
        if not self._keys or len(self._keys) < len(keys):
            raise ConfigurationError(
                "`gateway.platform.secret` must be `whsec_` and 24 to 64 random bytes in base64; "
                f"make one with `{MAKE_SIGNING_KEY}`"
            )

    def headers(self, identity: str, body: bytes, now: datetime) -> Mapping[str, str]:
        """The headers that prove a delivery."""
        at = str(int(now.timestamp()))
        signed = f"{identity}.{at}.".encode() + body
        signatures = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in self._keys)
        return {
            "webhook-id": identity,
            "webhook-timestamp": at,
            "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
        }
