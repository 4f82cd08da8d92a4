"""Session credentials of chats, encrypted: AES-GCM, a key id in front, bound to the chat that they belong to.

A blob is one byte of format, the id of the key (8 characters), the nonce (12 bytes) and the sealed JSON. It
opens only for the workspace, handoff and attempt that it was sealed for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from livechat_sdk.errors import ConfigurationError, StoreError

__all__ = ["MIN_KEY_CHARACTERS", "SecretBox", "StoreKeys", "key_file_of"]

MIN_KEY_CHARACTERS = 32
"""A store key must have at least this many characters."""

_FORMAT = b"\x01"
_ID_LENGTH = 8
_NONCE_LENGTH = 12
_HEADER = len(_FORMAT) + _ID_LENGTH + _NONCE_LENGTH
_MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """The keys of a store: the first one seals, each of them (two at most, while one is rotated) opens."""

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def from_texts(cls, texts: Sequence[str | SecretStr]) -> Self:
        """Keys from one or two secret texts (``store_key`` in the settings), the new one first.

        Raises ``ConfigurationError`` for none, more than two, or one that is too short.
        """
        if not 1 <= len(texts) <= 2:  # noqa: PLR2004  # the new one and the old one
            raise ConfigurationError(
                f"`store_key` takes one key, or [new, old] while it is rotated; got {len(texts)}"
            )
        plain = [text.get_secret_value() if isinstance(text, SecretStr) else text for text in texts]
        for text in plain:
            if len(text.strip()) < MIN_KEY_CHARACTERS:
                raise ConfigurationError(
                    f"`store_key` needs at least {MIN_KEY_CHARACTERS} random characters; "
                    f"make one with: {_MAKE_ONE}",
                )
        return cls(tuple(_derive(text.strip()) for text in plain))


def _derive(text: str) -> bytes:
    return hmac.digest(b"livechat-sdk store key 1", text.encode(), "sha256")


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"livechat-sdk key id 1" + key).hexdigest()[:_ID_LENGTH].encode()


def key_file_of(database: Path) -> Path:
    """Where the key of an SQLite file lives when the settings have none."""
    return database.with_name(f"{database.name}.key")


class SecretBox:
    """Seals and opens the secrets of chats. ``keys`` is asked at the first need, not before."""

    def __init__(self, keys: Callable[[], StoreKeys]) -> None:
        self._find = keys
        self._by_id: dict[bytes, bytes] | None = None

    def seal(self, secrets_of_chat: Mapping[str, SecretStr], place: Sequence[str | int]) -> bytes:
        """Encrypt; ``place`` (workspace, handoff, attempt) must be the same when it is opened."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        plain = json.dumps({name: secret.get_secret_value() for name, secret in secrets_of_chat.items()})
        key_id, key = next(iter(self._keys().items()))
        nonce = os.urandom(_NONCE_LENGTH)
        return _FORMAT + key_id + nonce + AESGCM(key).encrypt(nonce, plain.encode(), _bound_to(place))

    def open(self, blob: bytes, place: Sequence[str | int]) -> dict[str, SecretStr]:
        """Decrypt. Raises ``StoreError`` that names the key id when the key is missing or does not fit."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key_id = blob[len(_FORMAT) : len(_FORMAT) + _ID_LENGTH]
        name = key_id.decode("ascii", "replace")
        if blob[: len(_FORMAT)] != _FORMAT or len(blob) <= _HEADER:
            raise StoreError(
                "stored chat credentials have an unknown format; a newer release may have written them"
            )
        key = self._keys().get(key_id)
        if key is None:
            raise StoreError(
                f"the store key {name} that chat credentials were encrypted with is missing; "
                "put it back as the second value of `store_key`, or restore the key file",
            )
        nonce = blob[_HEADER - _NONCE_LENGTH : _HEADER]
        try:
            plain = AESGCM(key).decrypt(nonce, blob[_HEADER:], _bound_to(place))
        except InvalidTag:
            raise StoreError(
                f"chat credentials encrypted with store key {name} do not open: the row was changed or moved",
            ) from None
        return {label: SecretStr(value) for label, value in json.loads(plain).items()}

    def derived(self, purpose: str) -> tuple[bytes, ...]:
        """Keys for something else, one for each store key in their order; they rotate with these.

        Raises ``StoreError`` when there is no store key.
        """
        return tuple(hmac.digest(key, purpose.encode(), "sha256") for key in self._keys().values())

    def _keys(self) -> dict[bytes, bytes]:
        if self._by_id is None:
            self._by_id = {_key_id(key): key for key in self._find().keys}
        return self._by_id


def _bound_to(place: Sequence[str | int]) -> bytes:
    return json.dumps(list(place)).encode()


def read_key_file(path: Path, *, create: bool) -> StoreKeys:
    """The key in a file that only its owner can read; made when it is missing and ``create`` is true.

    Raises ``StoreError`` when it is missing, can be read by others, or holds no key.
    """
    try:
        if create:
            _create_key_file(path)
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(1000).decode("utf-8", "replace").strip()
    except FileNotFoundError:
        raise StoreError(
            f"the key file {path} is missing; restore it, or give its content as `store_key`"
        ) from None
    except OSError as error:
        raise StoreError(f"the key file {path} cannot be read or made: {error.strerror}") from None
    if mode & 0o077:
        raise StoreError(
            f"the key file {path} can be read by others (mode {mode:04o}); run: chmod 600 {path}"
        )
    if len(content) < MIN_KEY_CHARACTERS:
        raise StoreError(f"the key file {path} holds no key; restore it from a backup")
    return StoreKeys.from_texts([content])


def _create_key_file(path: Path) -> None:
    """Write a new key beside, then link it into place: the file is never there without its content."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{secrets.token_urlsafe(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was quicker: its key counts
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
