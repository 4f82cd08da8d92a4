"""What the name of a field tells about its value: a secret, an address, a person, or nothing."""

from __future__ import annotations

import re
from typing import Final

from livechat_sdk.config.documents import looks_secret
from livechat_sdk_testing.recordings.knowledge import Kind

__all__ = ["kind_of"]

_SECRET: Final = re.compile(
    r"^(?:proxy_)?authorization$|^(?:set_)?cookie$|^jwt$|^session$|^sid$|^jsessionid$|^sig$|^assertion$"
    r"|^code_verifier$|signature(?:_\d+)?$|^hmac$",
)
_KEY_OF_A_MESSAGE: Final = "client_key"  # chosen by us to find a message again
_PHONE: Final = re.compile(r"phone|mobile|msisdn|whatsapp|viber|(?:^|_)fax")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def kind_of(key: str, name_keys: frozenset[str], text_keys: frozenset[str]) -> Kind | None:
    """What stands under ``key`` in an object, a form, a query or a header; ``None``: nothing to hide."""
    plain = _CAMEL.sub("_", key).lower().replace("-", "_")
    if plain == _KEY_OF_A_MESSAGE:
        return None
    if looks_secret(plain) or _SECRET.search(plain):
        return "token"
    if "email" in plain or plain == "mail":
        return "email"
    if _PHONE.search(plain) and not plain.endswith(("_id", "_type")):
        return "phone"
    if key in name_keys or plain in name_keys:
        return "name"
    return "text" if key in text_keys or plain in text_keys else None
