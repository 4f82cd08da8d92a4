"""Secrets of the desk's own tables: sealed with keys that are derived from the store's, never in clear."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Sequence
from typing import Final

from livechat_sdk.errors import StoreError

__all__ = ["Vault"]

_NONCE: Final = 12


class Vault:
    """Seals and opens texts. ``keys`` is asked at each need: the first one seals, each of them opens."""

    def __init__(self, keys: Callable[[], Sequence[bytes]]) -> None:
        self._keys = keys

    def seal(self, text: str, place: str) -> str:
        """Encrypt; ``place`` must be the same when it is opened. Raises ``StoreError`` without a key."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self._keys()[0]).encrypt(nonce, text.encode(), place.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, place: str) -> str:
        """Decrypt. Raises ``StoreError`` when no key fits."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        blob = base64.b64decode(sealed)
        for key in self._keys():
            try:
                return AESGCM(key).decrypt(blob[:_NONCE], blob[_NONCE:], place.encode()).decode()
            except InvalidTag:
                continue
        raise StoreError(
            "a secret of the desk was sealed with another store key: put the old one back, or set it again"
        )
