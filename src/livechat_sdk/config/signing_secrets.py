"""Secrets that webhooks to the platform are signed with, in the form of Standard Webhooks."""

from __future__ import annotations

import base64
import binascii
from typing import Final

__all__ = ["MAKE_SIGNING_KEY", "signing_key"]

_PREFIX: Final = "whsec_"
_SHORTEST, _LONGEST = 24, 64  # bytes

MAKE_SIGNING_KEY: Final = (
    'python -c "import base64, secrets; '
    "print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""
)
"""The command that makes one."""


def signing_key(secret: str) -> bytes | None:
    """The key that a secret stands for: 24 to 64 bytes, in base64 behind ``whsec_``.

    ``None`` for a secret without that form.
    """
    text = secret.strip()
    if not text.startswith(_PREFIX):
        return None
    encoded = text.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if _SHORTEST <= len(key) <= _LONGEST else None
