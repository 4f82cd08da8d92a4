"""What the YAML parser says when it gives up, in our words and without a word of the text."""

from __future__ import annotations

import re
from typing import Any, Final

from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.tree import Span

__all__ = ["syntax_problem"]

_SYNTAX: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("found character '\\t'", "LC115", "a tab stands where spaces are needed", "indent with spaces"),
    (
        "mapping values are not allowed here",
        "LC105",
        "a `:` stands where no key can be",
        "check the indentation of this line and of the one above; put a text that holds `: ` in quotes",
    ),
    (
        "could not find expected ':'",
        "LC105",
        "a key without a `:`",
        "write `key: value`, with a space after the colon",
    ),
    (
        "found unexpected end of stream",
        "LC105",
        "a quote is opened here and never closed",
        "close the text with the same quote",
    ),
    (
        "expected <block end>",
        "LC105",
        "this line does not fit in with the lines above",
        "check the indentation: keys of one mapping start in the same column",
    ),
    (
        "but got '<stream end>'",
        "LC105",
        "a bracket or brace is opened here and never closed",
        "close it with ] or }",
    ),
    (
        "expected ',' or '}'",
        "LC105",
        "a `,` or a `}` is missing before this",
        "separate the entries with commas",
    ),
    (
        "expected ',' or ']'",
        "LC105",
        "a `,` or a `]` is missing before this",
        "separate the entries with commas",
    ),
    (
        "that cannot start any token",
        "LC105",
        "a text cannot start with this character",
        "put the text in quotes",
    ),
    (
        "unknown escape character",
        "LC105",
        "this escape is not known in a double-quoted text",
        "write \\\\ for a backslash",
    ),
)
"""Part of the parser's words, our code, our words, what to do."""

_FROM_THE_START: Final = ("never closed",)


def syntax_problem(error: Any, text: str) -> Draft:
    """The problem behind a ``MarkedYAMLError`` of ruamel.yaml, at its place."""
    said = str(error.problem or error.context or "")
    mark = error.problem_mark or error.context_mark
    at = min(int(mark.index), len(text)) if mark is not None else 0
    for words, code, message, suggestion in _SYNTAX:
        if words in said:
            if message.endswith(_FROM_THE_START) and error.context_mark is not None:
                at = int(error.context_mark.index)
            return Draft(code, message, span=Span(at, at + 1), suggestion=suggestion)
    # What the parser says may quote the text, and that could be anything, secrets included.
    safe = re.sub(r"'(?!<)[^']*'", "'…'", said)
    return Draft("LC105", f"this is not YAML: {safe}", span=Span(at, at + 1))
