"""One integration as it stands in the settings: a raw document that never shows its secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

__all__ = ["MASK", "IntegrationDocument", "glued_from", "in_address", "looks_secret", "without_secrets"]

MASK: Final = "***"
"""What stands in the place of a secret, whatever its length."""

_IN_ADDRESS: Final = re.compile(
    r"""(?<=/)(?:(?P<user>[^\s/@'"]+)(?=@)|[^\s/@:'"\[]*:(?P<port>(?=\d*[^\s/@'"\d])[^\s/@'"]+))"""
)

_SECRET_NAME: Final = re.compile(
    r"secret|passw(?:or)?d?|passphrase|pwd|token|credential|private_?key|api_?key|access_?key|webhook_?key"
    r"|client_?key",
    re.IGNORECASE,
)
_HARMLESS_NAME: Final = re.compile(
    r"(?:_?(?:id|ids|url|uri|type|name|ttl|field|header|endpoint))$", re.IGNORECASE
)
_REST_OF_A_NAME: Final = re.compile(
    r"""(?:[_.-]?(?:s|v?\d|id|ids|url|uri|type|name|names|ttl|field|header|endpoint|key|keys|value|values|text|file
    |files|path|env|hash|format|prefix|length|old|new|live|test|expiry|expires|lifetime|timeout|scope|cache
    |secret|token|tokens|password))+""",
    re.IGNORECASE | re.VERBOSE,
)
_SLIP: Final = 2
"""So many characters behind a name may be a slip of the finger; of a secret they would tell nothing."""


def looks_secret(key: str) -> bool:
    """Whether a setting with this name holds a secret, as far as a name can tell.

    Used beside the settings model of a type, and alone where no model is known.
    """
    return bool(_SECRET_NAME.search(key)) and not _HARMLESS_NAME.search(key)


def glued_from(key: str, names: Iterable[str] = ()) -> int | None:
    """Where a key goes on behind the name of a secret, because the mark between name and value was lost.

    ``passwordG7qGZx`` goes on at 8. ``names`` are secrets of this place, beside what a name tells. ``None``
    for a key that may well be a name: ``webhookKeys``, ``clientSecrett``, ``secretFile``.
    """
    folded = key.lower()
    ends = [len(name) for name in names if folded.startswith(name.lower())]
    found = _SECRET_NAME.search(key)
    end = max([*ends, found.end() if found is not None else 0])
    rest = key[end:]
    return None if not end or len(rest) <= _SLIP or _REST_OF_A_NAME.fullmatch(rest) else end


def in_address(text: str) -> list[tuple[int, int]]:
    """Where a text has a user and password: before the ``@`` of an address, or where a port should be."""
    found = _IN_ADDRESS.finditer(text)
    return [one.span("user") if one["user"] is not None else one.span("port") for one in found]


def without_secrets(value: Any, secret: frozenset[str] = frozenset()) -> Any:
    """A copy of a JSON value in which everything under a secret's key is replaced by ``MASK``."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, Any]", value).items()
        return {
            str(key): MASK if looks_secret(str(key)) or str(key) in secret else without_secrets(one, secret)
            for key, one in pairs
        }
    if isinstance(value, list | tuple):
        return [without_secrets(one, secret) for one in cast("Sequence[Any]", value)]
    if isinstance(value, str):
        for start, end in reversed(in_address(value)):
            value = value[:start] + MASK + value[end:]
    return value


class IntegrationDocument(Mapping[str, Any]):
    """The settings of one integration, as written (``${NAME}`` references already filled in).

    A read-only mapping: what a provider's settings model is validated from. ``repr`` and dumps show
    names only. ``secret`` names the keys that the type's model declares as secrets.
    """

    __slots__ = ("_content", "secret")

    def __init__(self, content: Mapping[str, Any], *, secret: frozenset[str] = frozenset()) -> None:
        self._content = deepcopy(dict(content))
        self.secret = secret

    def __getitem__(self, key: str) -> Any:
        return self._content[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    @property
    def type(self) -> str:
        """The integration type (``ZENDESK_LIVECHAT``); empty when the document has none."""
        found = self._content.get("type")
        return found if isinstance(found, str) else ""

    @property
    def name(self) -> str:
        """The integration's name; the loader fills it in from the key that it stands under."""
        found = self._content.get("name")
        return found if isinstance(found, str) else ""

    @property
    def enabled(self) -> bool:
        """False when it is switched off: it takes no new handoffs."""
        found = self._content.get("enabled", True)
        return str(found).strip().lower() not in ("false", "no", "off", "0", "n", "f")

    def named(self, name: str) -> IntegrationDocument:
        """This document with ``name`` filled in where it has none."""
        if "name" in self._content:
            return self
        return IntegrationDocument({**self._content, "name": name}, secret=self.secret)

    def as_dict(self) -> dict[str, Any]:
        """A copy for the settings model. Holds the secrets: never log or show it."""
        return deepcopy(self._content)

    def public(self) -> dict[str, Any]:
        """A copy in which every secret is masked."""
        return dict(without_secrets(self._content, self.secret))

    def __repr__(self) -> str:
        return f"IntegrationDocument(type={self.type!r}, name={self.name!r}, {len(self)} keys)"

    @classmethod
    def _read(cls, value: Any) -> IntegrationDocument:
        if isinstance(value, IntegrationDocument):
            return value
        if isinstance(value, Mapping):
            pairs = cast("Mapping[object, Any]", value).items()
            return cls({str(key): one for key, one in pairs})
        raise PydanticCustomError("LC410", "an integration is a mapping with at least `type`")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._read,
            serialization=core_schema.plain_serializer_function_ser_schema(IntegrationDocument.public),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {
                    "type": "string",
                    "description": "The integration type, ZENDESK_LIVECHAT for example.",
                },
                "enabled": {"type": "boolean", "default": True},
                "description": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "category": {"type": "string"},
            },
        }
