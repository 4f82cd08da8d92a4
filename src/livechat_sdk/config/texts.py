"""Texts of the settings that have a rule: addresses, languages, kinds of files; editors learn them too."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from livechat_sdk.domain.base import ShortText
from livechat_sdk.errors import ConfigurationError

__all__ = [
    "EgressTarget",
    "FileKind",
    "Language",
    "ListenAddress",
    "Paths",
    "PlatformUrl",
    "PublicUrl",
    "StoreAddress",
    "TrustedProxy",
]

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", re.ASCII)
_PLATFORM_URL: Final = re.compile(r"https?://[^\s/?#@]+(?:[/?][^\s#]*)?", re.IGNORECASE)
_KIND: Final = re.compile(r"(?:\*|[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]*)/[a-zA-Z0-9!#$&^_.+*-]+", re.ASCII)
_HOST: Final = re.compile(r"[\w.:%-]{1,255}")
_WITH_PORT: Final = re.compile(r"[^:]*:[0-9]*")
_TARGET: Final = re.compile(
    r"(?:\*\.)?[\w.-]+(?::[0-9]{1,5})?|[0-9a-fA-F.:]+/[0-9]{1,3}|\[?[0-9a-fA-F:.]+\]?(?::[0-9]{1,5})?"
)
_NETWORK: Final = re.compile(r"[0-9a-fA-F:.]+(?:/(?!0+$)[0-9]{1,3})?")
_PUBLIC_URL: Final = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", re.IGNORECASE)


def _shown(pattern: str) -> WithJsonSchema:
    """The rule as editors see it: a pattern that a reference may stand in for."""
    return WithJsonSchema({"type": "string", "pattern": rf"^(?:{pattern})$|\$\{{"})


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise PydanticCustomError(
            "LC215", "this is not a language", {"suggestion": "write a tag such as en, el or pt-BR"}
        )
    return value


def _store(value: str) -> str:
    from livechat_sdk.ledger.opening import check_address

    try:
        check_address(value)
    except ConfigurationError:
        raise PydanticCustomError(
            "LC213",
            "this store cannot be used; data is kept in an SQLite file or in a PostgreSQL database",
            {
                "suggestion": "write sqlite:///livechat.db (sqlite:////var/lib/livechat.db for a full path) "
                "or postgresql://user:password@host/livechat"
            },
        ) from None
    return value


def _public_url(value: str) -> str:
    if not _PUBLIC_URL.fullmatch(value):
        raise PydanticCustomError(
            "LC214",
            "this is not an address that vendors can call",
            {"suggestion": "write it like https://chat.example.com, without ? and #"},
        )
    return value.rstrip("/")


def _platform_url(value: str) -> str:
    if not _PLATFORM_URL.fullmatch(value):
        raise PydanticCustomError(
            "LC217",
            "this is not an address that webhooks can be posted to",
            {"suggestion": "write it like https://platform.example.com/livechat, without a user or #"},
        )
    return value


def _host(value: str) -> str:
    is_one = _HOST.fullmatch(value) and not _WITH_PORT.fullmatch(value)
    if not is_one:
        raise PydanticCustomError(
            "LC236",
            "this is not an address to listen on",
            {"suggestion": "write an address such as 0.0.0.0, without scheme, port or path"},
        )
    return value


def _target(value: str) -> str:
    if not _TARGET.fullmatch(value.strip()):
        raise PydanticCustomError(
            "LC237",
            "this is not a name, an address or a network",
            {"suggestion": "write files.example.com, *.example.com, files:8080 or 10.1.0.0/16"},
        )
    return value


def _network(value: str) -> str:
    from ipaddress import ip_network

    try:
        network = ip_network(value.strip())
    except ValueError:
        network = None
    if network is None or network.prefixlen == 0:
        raise PydanticCustomError(
            "LC238",
            "this is not the address of a proxy, or a network of proxies",
            {"suggestion": "write 127.0.0.1 or 10.1.2.0/24: no name, no port, and not everybody's"},
        )
    return str(network)


def _kind(value: str) -> str:
    if not _KIND.fullmatch(value):
        raise PydanticCustomError(
            "LC219",
            "this is not a kind of file",
            {"suggestion": "write a media type such as application/pdf, or image/* for a family"},
        )
    return value.lower()


Language = Annotated[ShortText, AfterValidator(_language), _shown(_LANGUAGE.pattern)]
"""A language tag."""

StoreAddress = Annotated[str, AfterValidator(_store), _shown("sqlite:///.+|postgres(ql)?://.+")]
"""The address of a database."""

PublicUrl = Annotated[str, AfterValidator(_public_url), _shown(_PUBLIC_URL.pattern)]
"""What vendors call; without a slash at the end once read."""

PlatformUrl = Annotated[str, AfterValidator(_platform_url), _shown(_PLATFORM_URL.pattern)]
"""What webhooks are posted to."""

ListenAddress = Annotated[
    str,
    Field(min_length=1, max_length=255),
    AfterValidator(_host),
    _shown(rf"(?!{_WITH_PORT.pattern}$){_HOST.pattern}"),
]
"""An address or a name of this machine."""

EgressTarget = Annotated[ShortText, AfterValidator(_target), _shown(rf"\s*(?:{_TARGET.pattern})\s*")]
"""Where links may lead: a name, an address or a network."""

TrustedProxy = Annotated[ShortText, AfterValidator(_network), _shown(rf"\s*(?:{_NETWORK.pattern})\s*")]
"""Where a proxy is: an address, or a network."""

FileKind = Annotated[ShortText, AfterValidator(_kind), _shown(_KIND.pattern)]
"""A media type in small letters, or a family of them."""

_Path = Annotated[str, Field(min_length=1, max_length=1000)]
_PATH_SCHEMA: Final[dict[str, Any]] = {"type": "string", "minLength": 1, "maxLength": 1000}
Paths = Annotated[
    tuple[_Path, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [_PATH_SCHEMA, {"type": "array", "items": _PATH_SCHEMA}]}),
]
"""Paths of files, or patterns; one may stand without a list."""
