"""Puts values into the words of system messages, so that the sentence reads well whatever is known.

``{agent}`` and the like stand for values. Two rules cover a value that is not known:

* ``[You are talking to {agent}.|You are talking to our team.]``: of the variants in brackets the first
  one whose values are all known is used; none of them: nothing. Brackets may hold brackets. Brackets
  without a placeholder are ordinary text.
* outside of brackets the whole sentence with the unknown value is left out.

Values are put in as they are: nothing in them is read as a placeholder or as brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from livechat_sdk.domain.moments import KNOWN_AT
from livechat_sdk.policies.languages import normal_tag
from livechat_sdk.policies.value_words import opening_words, people_words, wait_words

__all__ = ["ALLOWED", "PLACEHOLDERS", "fill", "placeholders_in", "with_fallback"]

PLACEHOLDERS: Final = (
    *("agent", "ahead", "file", "name", "next_opening", "position", "question", "to", "wait"),
)
"""Every placeholder: the agent's name, how many people are before ("2 people"), a file's name, the end user's
name, when it opens next, the place in the queue, the question of the survey, the agent or team that a chat is
transferred to, and the estimated wait ("4 minutes")."""

ALLOWED: Final = KNOWN_AT
"""The placeholders that have a value at each moment; ``{name}`` may be used everywhere."""

_VALUE_LIMIT = 1000
_LONGEST_WAIT = 366 * 24 * 3600  # seconds: longer is a mistake of whoever says so
_TOKEN = re.compile(r"(\{[a-z_]+\}|[\[\]|])")
_BRACES = re.compile(r"\{([^{}]*)\}")
_SPACE = re.compile(r"(\s+)")
_ENDS = ".!?…。！？"
_ENDS_GREEK = _ENDS + ";\N{GREEK QUESTION MARK}"


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str


@dataclass(frozen=True, slots=True)
class _Group:
    variants: tuple[tuple[_Node, ...], ...]


_Node = str | _Slot | _Group


def fill(text: str, params: Mapping[str, Any], language: str, names: tuple[str, ...] = PLACEHOLDERS) -> str:
    """``text`` with its placeholders replaced by ``params``; may come out empty, which means: say nothing.

    ``names`` are the placeholders that there are.

    ``next_opening`` is a ``datetime`` or ISO text and is written out for people in ``language``, in the
    zone that it carries; so are ``wait``, in seconds, and ``ahead``, a number of people. ``None``, empty
    values, a position below 1 and values of another kind count as unknown. Braces around anything that is
    no placeholder stay as they are. Never raises.
    """
    values = {name: _value(name, params.get(name), language) for name in names}
    parts: list[_Node] = []
    for sentence in _sentences(_parse(text, names), language):
        parts += [_Group((tuple(sentence),))] if _has_slot(sentence) else sentence
    return (_rendered(parts, values) or "").strip()


def placeholders_in(text: str) -> tuple[str, ...]:
    """What stands between braces in ``text``, a placeholder or not, in order."""
    return tuple(_BRACES.findall(text))


def with_fallback(text: str, fallback: str, language: str) -> str:
    """``text``, with ``fallback`` to be said when no sentence of it is left for want of a value.

    A text that always says something, and one with brackets or bars of its own, comes back as it is.
    """
    if not fallback or fill(text, {}, language) or any(sign in text for sign in "[]|"):
        return text
    sentences = [
        "".join(map(_written, sentence)) for sentence in _sentences(_parse(text, PLACEHOLDERS), language)
    ]
    return "[" + "".join(f"[{sentence}]" for sentence in sentences if sentence) + f"|{fallback}]"


@lru_cache(maxsize=512)
def _parse(text: str, names: tuple[str, ...]) -> tuple[_Node, ...]:
    """The parts of a text. Brackets that are not closed, or hold no placeholder, are text."""
    stack: list[list[list[_Node]]] = [[[]]]
    for sign in filter(None, _TOKEN.split(text)):
        here = stack[-1]
        if sign == "[":
            stack.append([[]])
        elif sign == "|" and len(stack) > 1:
            here.append([])
        elif sign == "]" and len(stack) > 1:
            stack.pop()
            if any(isinstance(node, _Slot | _Group) for variant in here for node in variant):
                stack[-1][-1].append(_Group(tuple(tuple(variant) for variant in here)))
            else:
                stack[-1][-1] += [*_as_text(here), "]"]
        elif sign[0] == "{" and sign[1:-1] in names:
            here[-1].append(_Slot(sign[1:-1]))
        else:
            here[-1].append(sign)
    while len(stack) > 1:
        left_open = stack.pop()
        stack[-1][-1] += _as_text(left_open)
    return tuple(stack[0][0])


def _as_text(variants: Sequence[Sequence[_Node]]) -> list[_Node]:
    """An opening bracket that turned out to be text, with what follows it."""
    nodes: list[_Node] = []
    for number, variant in enumerate(variants):
        nodes += ["|" if number else "[", *variant]
    return nodes


def _sentences(nodes: Sequence[_Node], language: str) -> list[list[_Node]]:
    """The nodes cut after each end of a sentence or line; spaces belong to the sentence before."""
    ends = _ENDS_GREEK if normal_tag(language).partition("-")[0] == "el" else _ENDS
    sentences: list[list[_Node]] = [[]]
    for node in nodes:
        for part in filter(None, _SPACE.split(node)) if isinstance(node, str) else (node,):
            before = sentences[-1][-1] if sentences[-1] else None
            sentences[-1].append(part)
            if isinstance(part, str) and part.isspace() and ("\n" in part or _last_sign(before) in ends):
                sentences.append([])
    return sentences


def _last_sign(node: _Node | None) -> str:
    """The sign that a part ends with; a space where nobody can tell, which ends no sentence."""
    if isinstance(node, str):
        return node[-1]
    if isinstance(node, _Group) and node.variants[0]:
        return _last_sign(node.variants[0][-1])
    return " "


def _has_slot(nodes: Sequence[_Node]) -> bool:
    return any(isinstance(node, _Slot) for node in nodes)


def _written(node: _Node) -> str:
    """A part as it is written in a text."""
    if isinstance(node, str):
        return node
    if isinstance(node, _Slot):
        return f"{{{node.name}}}"
    return "[" + "|".join("".join(map(_written, variant)) for variant in node.variants) + "]"


def _rendered(nodes: Sequence[_Node], values: Mapping[str, str | None]) -> str | None:
    """The text of the nodes; ``None`` when nothing is said, or a value is unknown that no bracket guards."""
    said = ""
    after_value = False
    for node in nodes:
        text = _text(node, values)
        if text is None:
            return None
        # A name such as "Maria P." brings its own full stop.
        said += text[1:] if after_value and said.endswith(".") and text[0:1] == "." else text
        after_value = isinstance(node, _Slot)
    return said if said.strip() else None


def _text(node: _Node, values: Mapping[str, str | None]) -> str | None:
    if isinstance(node, _Slot):
        return values[node.name]
    if isinstance(node, _Group):
        variants = (_rendered(variant, values) for variant in node.variants)
        return next((variant for variant in variants if variant is not None), "")
    return node


def _value(name: str, raw: Any, language: str) -> str | None:
    if raw is None or isinstance(raw, bool):
        return None
    return _READERS.get(name, _label)(raw, language)


def _label(raw: Any, _: str) -> str | None:
    """A name on one line, without control characters."""
    if not isinstance(raw, str):
        return None
    printable = "".join(sign if sign.isprintable() else " " for sign in raw[:_VALUE_LIMIT])
    return " ".join(printable.split()) or None


def _question(raw: Any, _: str) -> str | None:
    return raw[:_VALUE_LIMIT].strip() or None if isinstance(raw, str) else None


def _position(raw: Any, _: str) -> str | None:
    return str(raw) if isinstance(raw, int) and raw >= 1 else None


def _ahead(raw: Any, language: str) -> str | None:
    return people_words(raw, language) if isinstance(raw, int) and raw >= 1 else None


def _wait(raw: Any, language: str) -> str | None:
    is_length = isinstance(raw, int | float) and 0 <= raw < _LONGEST_WAIT
    return wait_words(raw, language) if is_length else None


def _block(raw: Any, _: str) -> str | None:
    """Several lines, as they are."""
    return raw.strip() or None if isinstance(raw, str) else None


def _opening(raw: Any, language: str) -> str | None:
    if isinstance(raw, str):
        try:
            raw = datetime.fromisoformat(raw)
        except ValueError:
            return None
    return opening_words(raw, language) if isinstance(raw, datetime) else None


_READERS: Mapping[str, Callable[[Any, str], str | None]] = {
    "ahead": _ahead,
    "position": _position,
    "wait": _wait,
    "question": _question,
    "next_opening": _opening,
    **dict.fromkeys(("conversation", "details", "summary", "survey"), _block),
}
