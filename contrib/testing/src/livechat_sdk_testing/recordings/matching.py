"""Whether a request is the recorded one, and what differs if it is not.

Method, address, query, the recorded headers and the body are compared. JSON is compared as values, not as
text. A value ``"*"`` in a recording fits everything; in addresses and headers ``*`` stands for any run of
characters. A value ``"${name}"`` fits everything at first and the same value from then on, also in answers,
where it is filled in: ``{"client_key": "${key}"}`` in a request and in its answer says that the key comes
back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

from livechat_sdk_testing.recordings.model import ANY, Body, RecordedRequest, body_of

__all__ = ["Captured", "SeenRequest", "differences", "filled", "is_placeholder"]

_CAPTURE: Final = re.compile(r"\$\{([A-Za-z][\w-]*)\}")
_SHOWN: Final = 200

Captured = dict[str, Any]
"""Values by the name under which a recording knows them."""


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request that somebody made. ``headers`` by lower-case name."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.url}"

    @property
    def body(self) -> Body:
        """The body in the most readable way."""
        return Body.model_validate(body_of(self.content, self.headers.get("content-type", "")))


def is_placeholder(value: Any) -> bool:
    """Whether a recorded value stands for others."""
    return isinstance(value, str) and (value == ANY or _CAPTURE.fullmatch(value) is not None)


def differences(recorded: RecordedRequest, seen: SeenRequest, captured: Captured) -> list[str]:
    """What differs, a line each; empty when the request is the recorded one.

    ``captured`` is filled with what ``${name}`` stands for; keep it only if nothing differs.
    """
    return list(_differences(recorded, seen, captured))


def _differences(recorded: RecordedRequest, seen: SeenRequest, captured: Captured) -> Iterator[str]:
    if recorded.method != seen.method:
        yield f"method: recorded {recorded.method}, asked {seen.method}"
    wanted, given = urlsplit(recorded.url), urlsplit(seen.url)
    yield from _text(
        "address",
        f"{wanted.scheme}://{wanted.netloc}{wanted.path or '/'}",
        f"{given.scheme}://{given.netloc}{given.path or '/'}",
        captured,
    )
    yield from _pairs("query", _query(wanted.query), _query(given.query), captured)
    for name, value in recorded.headers.items():
        if name not in seen.headers:
            yield f"header {name}: recorded {_show(value)}, not sent"
        else:
            yield from _text(f"header {name}", value, seen.headers[name], captured)
    yield from _bodies(recorded, seen, captured)


def _bodies(recorded: RecordedRequest, seen: SeenRequest, captured: Captured) -> Iterator[str]:
    body = seen.body
    match recorded.ways:
        case []:
            if seen.content:
                yield f"body: none recorded, asked with {_show(body.model_dump(exclude_unset=True))}"
        case ["json"]:
            if body.ways == ["json"]:
                yield from _values("body", recorded.json_, body.json_, captured)
            else:
                yield f"body: JSON recorded, asked with {_described(body)}"
        case ["form"]:
            if body.ways == ["form"]:
                yield from _pairs("form", _listed(recorded.form), _listed(body.form), captured)
            else:
                yield f"body: a form recorded, asked with {_described(body)}"
        case _:
            alone = recorded.text if recorded.text is not None else recorded.base64
            if alone != ANY and recorded.content != seen.content:
                yield f"body: recorded {_show(recorded.content)}, asked {_show(seen.content)}"


def _described(body: Body) -> str:
    return body.ways[0] if body.ways else "no body"


def _query(text: str) -> dict[str, list[str]]:
    return _grouped(parse_qsl(text, keep_blank_values=True))


def _listed(form: Mapping[str, str | tuple[str, ...]] | None) -> dict[str, list[str]]:
    return {name: [one] if isinstance(one, str) else list(one) for name, one in (form or {}).items()}


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _pairs(
    place: str, wanted: Mapping[str, list[str]], given: Mapping[str, list[str]], captured: Captured
) -> Iterator[str]:
    for name in dict.fromkeys([*wanted, *given]):
        if name not in given:
            yield f"{place} {name}: recorded {_show(wanted[name])}, not sent"
        elif name not in wanted:
            yield f"{place} {name}: not recorded, sent {_show(given[name])}"
        elif len(wanted[name]) != len(given[name]):
            yield f"{place} {name}: recorded {_show(wanted[name])}, sent {_show(given[name])}"
        else:
            for one, other in zip(wanted[name], given[name], strict=True):
                yield from _text(f"{place} {name}", one, other, captured)


def _text(place: str, wanted: str, given: str, captured: Captured) -> Iterator[str]:
    if _CAPTURE.fullmatch(wanted):
        yield from _values(place, wanted, given, captured)
        return
    wanted = str(filled(wanted, captured))
    pattern = re.sub(r"([\[?])", r"[\1]", wanted)  # of the marks of fnmatch only the asterisk means something
    if wanted != given and not fnmatchcase(given, pattern):
        yield f"{place}: recorded {_show(wanted)}, asked {_show(given)}"


def _values(place: str, wanted: Any, given: Any, captured: Captured) -> Iterator[str]:
    if isinstance(wanted, str) and (found := _CAPTURE.fullmatch(wanted)):
        wanted = captured.setdefault(found[1], given)
    if wanted == ANY:
        return
    if isinstance(wanted, Mapping) and isinstance(given, Mapping):
        yield from _mappings(
            place, cast("Mapping[str, Any]", wanted), cast("Mapping[str, Any]", given), captured
        )
    elif isinstance(wanted, list) and isinstance(given, list):
        yield from _lists(place, cast("Sequence[Any]", wanted), cast("Sequence[Any]", given), captured)
    elif wanted != given or isinstance(wanted, bool) != isinstance(given, bool):
        yield f"{place}: recorded {_show(cast('object', wanted))}, asked {_show(cast('object', given))}"


def _mappings(
    place: str, wanted: Mapping[str, Any], given: Mapping[str, Any], captured: Captured
) -> Iterator[str]:
    for name in dict.fromkeys([*wanted, *given]):
        if name not in given:
            yield f"{place}.{name}: recorded {_show(wanted[name])}, not sent"
        elif name not in wanted:
            yield f"{place}.{name}: not recorded, sent {_show(given[name])}"
        else:
            yield from _values(f"{place}.{name}", wanted[name], given[name], captured)


def _lists(place: str, wanted: Sequence[Any], given: Sequence[Any], captured: Captured) -> Iterator[str]:
    if len(wanted) != len(given):
        yield f"{place}: recorded {len(wanted)} items, asked {len(given)}"
    for index, (one, other) in enumerate(zip(wanted, given, strict=False)):
        yield from _values(f"{place}[{index}]", one, other, captured)


def filled(value: Any, captured: Captured) -> Any:
    """A recorded value with everything filled in that is known by now."""
    if isinstance(value, str):
        whole = _CAPTURE.fullmatch(value)
        if whole:
            return captured.get(whole[1], value)
        return _CAPTURE.sub(lambda found: str(captured.get(found[1], found[0])), value)
    if isinstance(value, Mapping):
        return {key: filled(one, captured) for key, one in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [filled(one, captured) for one in cast("Sequence[Any]", value)]
    return value


def _show(value: object) -> str:
    if isinstance(value, bytes):
        text = repr(value)
    elif isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
