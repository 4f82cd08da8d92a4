"""Takes secrets and personal data out of exchanges before anything of them is written down.

What was replaced stays recognisable: the same value becomes the same placeholder everywhere, so that a token
of one answer is still the token of the next request. Placeholders look like what they replace
(``person-1@example.com``), so that schemas still hold.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlencode, urlsplit

from pydantic import SecretStr

from livechat_sdk_testing.recordings.knowledge import SHORTEST, Kind, Knowledge, is_placeholder_of_ours
from livechat_sdk_testing.recordings.names import kind_of

__all__ = ["NAME_KEYS", "Redaction", "Redactor", "ShortSecret"]

NAME_KEYS: Final = frozenset(
    {
        "name",
        "first_name",
        "last_name",
        "full_name",
        "display_name",
        "given_name",
        "family_name",
        "surname",
        "nickname",
        "user_name",
        "firstname",
        "lastname",
        "fullname",
        "displayname",
        "username",
    }
)
"""Where names of people stand, unless ``Redaction`` says otherwise."""

_EMAIL: Final = re.compile(r"(?<![\w.%+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE: Final = re.compile(
    r"(?<![\w.+-])(?:\+|00)\d(?:[ ().-]{0,2}\d){6,14}(?![\w-])"
    r"|(?<![\w.+-])\(?\d{3}\)[ .-]?\d{3}[ .-]\d{4}(?![\w-])"
)
_JWT: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{2,}\.[\w-]*")
_USER: Final = re.compile(r"(?<=://)[^\s/?#@\"'<>]{1,500}@")
_PARAMETER: Final = re.compile(r"(?<=[?&;])([\w.\[\]-]{1,60})=([^&#;\s\"'<>]+)")
_ELEMENT: Final = re.compile(r"(<(?:[\w.-]+:)?([\w.-]+)(?:\s[^<>]*)?>)([^<>]+)(?=</)")

_REQUEST_HEADERS: Final = frozenset(
    ("authorization", "content-type", "cookie", "idempotency-key", "if-match")
)
_RESPONSE_HEADERS: Final = frozenset(
    ("content-type", "etag", "link", "location", "retry-after", "set-cookie", "x-request-id")
)


class ShortSecret(ValueError):
    """A secret of the settings is so short that its characters occur everywhere."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is taken out, beside what any recording loses (credentials, e-mail addresses, phone numbers).

    ``secrets`` are exact values, replaced wherever they occur; ``hosts`` host names (with their port, if they
    have one) and what stands for them. ``name_keys`` and ``text_keys`` are keys of JSON objects, forms and
    XML elements with names of people and with what people wrote. ``harmless`` values stay: what the recorder
    itself said. ``keep_headers`` are kept beside the few that matter everywhere.
    """

    secrets: tuple[SecretStr, ...] = field(default=(), repr=False)
    hosts: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    name_keys: frozenset[str] = NAME_KEYS
    text_keys: frozenset[str] = frozenset()
    harmless: frozenset[str] = field(default=frozenset(), repr=False)
    keep_headers: frozenset[str] = frozenset()


class Redactor:
    """Replaces values, and remembers what it replaced by what.

    One serves all exchanges of a session. What it learns in one place to be a secret or a name is replaced
    everywhere from then on; so show it everything once, then take the results of a second time (``Recorder``
    does).
    """

    def __init__(self, rules: Redaction) -> None:
        """Raises ``ShortSecret`` when a secret cannot be found in text."""
        self.rules = rules
        self._known = Knowledge()
        for secret in rules.secrets:
            value = secret.get_secret_value()
            if 0 < len(value) < SHORTEST:
                raise ShortSecret(
                    f"a secret of the settings has fewer than {SHORTEST} characters: it cannot be told from"
                    " other text, so nothing can be recorded safely"
                )
            self._known.placeholder(value, "secret")
        for host, stand_in in rules.hosts.items():
            self._known.learn(host, stand_in)

    def __repr__(self) -> str:
        return f"Redactor({len(self._known)} values known)"

    # ---- values by their place

    def headers(
        self, pairs: Iterable[tuple[str, str]], *, of: Literal["request", "response"]
    ) -> list[tuple[str, str]]:
        """The headers that matter, by lower-case name, without what they must not tell."""
        wanted = _REQUEST_HEADERS if of == "request" else _RESPONSE_HEADERS
        wanted |= {name.lower() for name in self.rules.keep_headers}
        lower = [(name.lower(), value) for name, value in pairs]
        return [(name, self._header(name, value)) for name, value in lower if name in wanted]

    def url(self, url: str) -> str:
        """An address without user, password and fragment, and without secrets in its path and query."""
        parts = urlsplit(url)
        host = self.text(parts.netloc.rpartition("@")[2].lower())
        path = "/".join(
            quote(self.text(unquote(part)), safe="~!$&'()*+,;=:@") for part in parts.path.split("/")
        )
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        query = urlencode([(self.text(name), self.field(name, value)) for name, value in pairs])
        return parts._replace(netloc=host, path=path, query=query, fragment="").geturl()

    def json(self, value: Any, key: str = "") -> Any:
        """A JSON value, at any depth; ``key`` is the name under which it stands."""
        if isinstance(value, Mapping):
            secret = self._kind(key) == "token"
            return {
                self.text(str(name)): self.json(one, key if secret and self._kind(name) is None else name)
                for name, one in cast("Mapping[str, Any]", value).items()
            }
        if isinstance(value, list | tuple):
            return [self.json(one, key) for one in cast("Sequence[Any]", value)]
        if isinstance(value, str):
            return self.field(key, value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self.field(key, str(value)) if self._kind(key) in {"token", "phone"} else value
        return value

    def field(self, key: str, value: str) -> str:
        """The value of a field of an object, a form or a query."""
        kind = self._kind(key)
        if kind is None or not value or value in self.rules.harmless or is_placeholder_of_ours(value):
            return self.text(value)
        return self._known.placeholder(value, kind)

    def body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a ``Body``. Bytes that are no text are kept only if nothing known is in them."""
        match body:
            case {"json": value}:
                return {"json": self.json(value)}
            case {"form": pairs}:
                return {"form": [(self.text(name), self.field(name, value)) for name, value in pairs]}
            case {"text": str(text)}:
                return {"text": self._markup(text)}
            case {"base64": str(coded)}:
                plain = base64.b64decode(coded).decode("latin-1")
                harmless = self.text(plain) == plain
                return {"base64": coded if harmless else base64.b64encode(b"redacted").decode()}
            case _:
                return {}

    # ---- values wherever they are

    def text(self, text: str) -> str:
        """Any text: known values in any coding, links that carry secrets, e-mail addresses, phone numbers."""
        if not text or text in self.rules.harmless or is_placeholder_of_ours(text):
            return text
        text = _USER.sub("", text)
        text = _PARAMETER.sub(self._parameter, text)
        text = _JWT.sub(lambda found: self._found(found[0], "token"), text)
        text = self._known.replace(text)
        text = _EMAIL.sub(lambda found: self._found(found[0], "email"), text)
        return _PHONE.sub(lambda found: self._found(found[0], "phone"), text)

    def _markup(self, text: str) -> str:
        """Text that may be JSON or XML: fields and elements by their names, then everything by its look."""
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        if isinstance(document, dict | list):
            return json.dumps(self.json(document), ensure_ascii=False)
        return self.text(_ELEMENT.sub(self._element, text))

    def _element(self, found: re.Match[str]) -> str:
        return found[1] + html.escape(self.field(found[2], html.unescape(found[3])), quote=False)

    def _parameter(self, found: re.Match[str]) -> str:
        """A parameter of a link: a signed one opens what it leads to."""
        if self._kind(found[1]) != "token":
            return found[0]
        return f"{found[1]}={self._found(unquote_plus(found[2]), 'token')}"

    def _header(self, name: str, value: str) -> str:
        if name in {"authorization", "proxy-authorization"}:
            scheme, space, rest = value.partition(" ")
            if not space:
                return self._credential(value)
            return f"{scheme} {self._basic(rest) if scheme.lower() == 'basic' else self._credential(rest)}"
        if name == "cookie":
            return ";".join(self._cookie(pair) for pair in value.split(";"))
        if name == "set-cookie":
            pair, semicolon, attributes = value.partition(";")
            return self._cookie(pair) + semicolon + self.text(attributes)
        if value.startswith(("http://", "https://")):
            return self.url(value)
        return self.field(name, value)

    def _basic(self, coded: str) -> str:
        """User and password one by one, so that a client id that is seen elsewhere too stays the same."""
        try:
            plain = base64.b64decode(coded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return self._credential(coded)
        parts = [self._credential(part) if part else "" for part in plain.split(":", 1)]
        return base64.b64encode(":".join(parts).encode()).decode()

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        return f"{name}{equals}{self._credential(value)}" if value else self.text(pair)

    def _credential(self, value: str) -> str:
        return self._found(value, "token")

    def _found(self, value: str, kind: Kind) -> str:
        if value in self.rules.harmless or is_placeholder_of_ours(value):
            return value
        return self._known.placeholder(value, kind)

    def _kind(self, key: str) -> Kind | None:
        return kind_of(key, self.rules.name_keys, self.rules.text_keys)
