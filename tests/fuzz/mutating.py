"""Mutations of webhooks: of the proof, of the bytes, and of the JSON in them. Each comes from a seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, cast

__all__ = ["mutate_body", "mutate_document", "mutate_text"]

_BYTES = (
    b"",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"{",
    b"}",
    b'"',
    b"[" * 5000,
    b"1e999",
    b"NaN",
    b"\r\n",
    b"\\ud800",
)
_TEXTS = (
    "",
    "\x00",
    "ключ",
    "\ud800",
    "a" * 5000,
    "../../etc/passwd",
    "' OR 1=1 --",
    "<script>",
    "{{7*7}}",
    "\u202e",
    "0",
)
_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    10**400,
    1.5,
    -1e308,
    "",
    *_TEXTS,
    [],
    {},
    [[]],
    {"id": "x"},
    ["x"] * 300,
    "2026-11-26T12:00:00Z",
    "9999-12-31T23:59:59.999999-23:59",
    "0001-01-01T00:00:00+23:59",
)


def mutate_text(chance: Random, text: str) -> str:
    """Another text than ``text``, most of the time nearly the same."""
    mutations: tuple[Callable[[], str], ...] = (
        lambda: _with_a_bit_flipped(chance, text.encode()).decode("latin-1"),
        lambda: _cut(chance, text),
        lambda: text + chance.choice("0aA= \n,;"),
        lambda: chance.choice(" \t\n,") + text,
        lambda: f"{text}, {text}",
        text.swapcase,
        lambda: _swapped(chance, text),
        lambda: text[::-1],
        lambda: chance.choice(_TEXTS),
        lambda: "".join(chance.choices("0123456789abcdef", k=len(text))),
    )
    while True:
        changed = chance.choice(mutations)()
        if changed != text:
            return changed


def mutate_body(chance: Random, body: bytes) -> bytes:
    """Other bytes than ``body``."""
    mutations: tuple[Callable[[], bytes], ...] = (
        lambda: _with_a_bit_flipped(chance, body),
        lambda: _with_a_bit_flipped(chance, body),
        lambda: body[: chance.randrange(len(body))],
        lambda: body + chance.choice(_BYTES),
        lambda: _spliced(chance, body, chance.choice(_BYTES)),
        lambda: _spliced(chance, body, b"", chance.randint(1, 8)),
        lambda: body * 2,
        lambda: json.dumps(mutate_document(chance, json.loads(body))).encode(),
        lambda: json.dumps(mutate_document(chance, json.loads(body)), ensure_ascii=False).encode(
            "utf-8", "surrogatepass"
        ),
        lambda: json.dumps(json.loads(body), indent=1).encode(),
    )
    while True:
        changed = chance.choice(mutations)()
        if changed != body:
            return changed


def mutate_document(chance: Random, document: Any) -> Any:
    """A JSON document in which one value, key or element has become something else."""
    if isinstance(document, dict) and document and chance.random() < 0.9:
        known = cast("dict[str, Any]", document)
        key = chance.choice(list(known))
        match chance.randrange(5):
            case 0:
                changed = {name: value for name, value in known.items() if name != key}
            case 1:
                changed = {
                    (mutate_text(chance, name) if name == key else name): value
                    for name, value in known.items()
                }
            case 2:
                changed = {**known, chance.choice([*known, *_TEXTS]): chance.choice(_VALUES)}
            case _:
                changed = {**known, key: mutate_document(chance, known[key])}
        return changed
    if isinstance(document, list) and document and chance.random() < 0.7:
        elements = cast("Sequence[Any]", document)
        place = chance.randrange(len(elements))
        return [*elements[:place], mutate_document(chance, elements[place]), *elements[place + 1 :]]
    if isinstance(document, str) and document and chance.random() < 0.5:
        return mutate_text(chance, document)
    value = chance.choice(_VALUES)
    for _ in range(chance.choice((0, 0, 0, 1, 40, 200))):
        value = [value]
    return value


def _with_a_bit_flipped(chance: Random, content: bytes) -> bytes:
    changed = bytearray(content or b"x")
    place = chance.randrange(len(changed) * 8)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def _cut(chance: Random, text: str) -> str:
    start = chance.randrange(len(text) + 1)
    return text[:start] + text[start + chance.randint(1, 5) :]


def _swapped(chance: Random, text: str) -> str:
    letters = list(text or "x")
    place = chance.randrange(len(letters))
    letters[place] = chance.choice("0123456789abcdefABCDEF=,")
    return "".join(letters)


def _spliced(chance: Random, content: bytes, new: bytes, gone: int = 0) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + new + content[start + gone :]
