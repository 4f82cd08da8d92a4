"""Reads the options of a query: ``$select``, ``$filter``, ``$expand`` with options of its own, and so on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from livechat_sdk_simulators.dynamics.errors import bad_query
from livechat_sdk_simulators.dynamics.filters import Expression, read_filter

__all__ = ["Expansion", "Options", "read_options"]

_TOP: Final = ("$select", "$filter", "$expand", "$orderby", "$top", "$count", "$skiptoken")
_INNER: Final = ("$select", "$filter", "$expand", "$orderby", "$top")
_EXPANSIONS: Final = 15
_DEEPEST: Final = 6


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    select: Sequence[str] | None = None
    filter: Expression | None = None
    expand: Sequence[Expansion] = ()
    orderby: Sequence[tuple[str, bool]] = ()
    """Columns, and whether they go down."""
    top: int | None = None
    count: bool = False
    skiptoken: str | None = None


@dataclass(frozen=True, slots=True)
class Expansion:
    """A navigation property to expand, with options."""

    name: str
    options: Options = field(default_factory=Options)


def read_options(pairs: Sequence[tuple[str, str]]) -> Options:
    """The options of a query, decoded but otherwise as it came. Raises ``VendorError``."""
    given: dict[str, str] = {}
    for name, value in pairs:
        if name == "$skip":
            raise bad_query("Skip Clause is not supported in CRM")
        if not name.startswith("$") and name not in {"fetchXml", "savedQuery", "userQuery", "sql"}:
            continue  # options of the caller's own, which OData lets pass
        if name not in _TOP:
            raise bad_query(f"The query parameter {name} is not supported")
        if name in given:
            raise bad_query(
                f"Query option '{name}' was specified more than once, but it must be specified at most once."
            )
        given[name] = value
    return _options(given, 0)


def _options(given: Mapping[str, str], depth: int) -> Options:
    if depth > _DEEPEST:
        raise bad_query("The expand is nested too deeply.")
    return Options(
        select=None if "$select" not in given else [one.strip() for one in given["$select"].split(",")],
        filter=None if "$filter" not in given else read_filter(given["$filter"]),
        expand=_expansions(given.get("$expand", ""), depth),
        orderby=[_order(one) for one in given["$orderby"].split(",")] if "$orderby" in given else (),
        top=_natural("$top", given["$top"]) if "$top" in given else None,
        count=_flag("$count", given.get("$count", "false")),
        skiptoken=given.get("$skiptoken"),
    )


def _order(text: str) -> tuple[str, bool]:
    words = text.split()
    if not 1 <= len(words) <= 2 or words[1:] not in ([], ["asc"], ["desc"]):  # noqa: PLR2004 - a name, a direction
        raise bad_query(f"Syntax error at position {len(text)} in '{text}'.")
    return words[0], words[1:] == ["desc"]


def _natural(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - of 32 bits
        raise bad_query(f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text not in {"true", "false"}:
        raise bad_query(
            f"Invalid value '{text}' for {name} query option found. Valid values are 'true' and 'false'."
        )
    return text == "true"


def _expansions(text: str, depth: int) -> list[Expansion]:
    found = [_expansion(one.strip(), depth) for one in _split(text, ",")] if text else []
    if len(found) > _EXPANSIONS:
        raise bad_query(f"The maximum number of expands is {_EXPANSIONS}.")
    return found


def _expansion(text: str, depth: int) -> Expansion:
    name, bracket, rest = text.partition("(")
    if name.endswith("/$ref"):
        raise bad_query("Expand with $ref is only supported on lookup type navigation property.")
    if not bracket:
        return Expansion(name)
    if not rest.endswith(")"):
        raise bad_query(f"Syntax error at position {len(text)} in '{text}'.")
    given: dict[str, str] = {}
    for one in _split(rest[:-1], ";"):
        option, equals, value = one.strip().partition("=")
        if not equals or option not in _INNER:
            raise bad_query(f"The query option '{option}' is not supported inside $expand.")
        if option in given:
            raise bad_query(f"Query option '{option}' was specified more than once.")
        given[option] = value
    return Expansion(name, _options(given, depth + 1))


def _split(text: str, mark: str) -> list[str]:
    """Parts between marks that stand neither in brackets nor in a literal."""
    parts, depth, quoted, begin = list[str](), 0, False, 0
    for place, letter in enumerate(text):
        if letter == "'":
            quoted = not quoted
        elif not quoted and letter in "()":
            depth += 1 if letter == "(" else -1
        elif not quoted and depth == 0 and letter == mark:
            parts.append(text[begin:place])
            begin = place + 1
    if depth or quoted:
        raise bad_query(f"Syntax error at position {len(text)} in '{text}'.")
    return [*parts, text[begin:]]
