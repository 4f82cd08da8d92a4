"""What the settings of an account know that recordings must not tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

__all__ = ["hosts_of", "secrets_of"]

_SHORTEST_ID: Final = 4


def secrets_of(settings: BaseModel) -> dict[str, SecretStr]:
    """Every secret, and the ids of the account (``clientId``), by the name of their field in the settings."""
    return dict(_secrets(settings.model_dump(by_alias=True), ""))


def _secrets(value: Any, place: str) -> Iterator[tuple[str, SecretStr]]:
    if isinstance(value, SecretStr):
        yield place, value
    elif isinstance(value, Mapping):
        for name, one in cast("Mapping[str, Any]", value).items():
            yield from _secrets(one, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list | tuple):
        items = cast("Sequence[Any]", value)
        for index, one in enumerate(items):
            yield from _secrets(one, place if len(items) == 1 else f"{place}[{index}]")
    elif isinstance(value, str) and len(value) >= _SHORTEST_ID and place.endswith("Id"):
        yield place, SecretStr(value)


def hosts_of(settings: BaseModel) -> dict[str, str]:
    """Hosts of the account's addresses, and what stands for each.

    ``zendesk.example`` for ``acme.zendesk.com``.
    """
    dumped = settings.model_dump(by_alias=True)
    vendor = str(dumped.get("type", "vendor")).partition("_")[0].lower()
    texts = [value for value in dumped.values() if isinstance(value, str)]
    addresses = [urlsplit(text) for text in texts if text.startswith(("http://", "https://"))]
    hosts = dict.fromkeys(address.netloc.rpartition("@")[2].lower() for address in addresses)
    return {
        host: f"{vendor}.example" if number == 1 else f"{vendor}-{number}.example"
        for number, host in enumerate(hosts, 1)
    }
