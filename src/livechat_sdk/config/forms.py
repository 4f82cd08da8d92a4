"""What a setting wants that has to have a form: in words, for people who do not read patterns."""

from __future__ import annotations

import re
from typing import Final

from livechat_sdk.config.tree import Node, ScalarNode
from livechat_sdk.domain.base import NAME_PATTERN

__all__ = ["A_NAME", "wanted_form"]

A_NAME: Final = "a name has 1 to 200 characters and no control characters"
_HOST: Final = re.compile(r"https?://[^\s/?#@]+(?=[/?#]|$)", re.IGNORECASE)
_LONGEST: Final = 120


def wanted_form(pattern: str, node: Node) -> tuple[str, str | None]:
    """What is told of a value that does not fit ``pattern``: the message, and what to write instead."""
    if pattern == NAME_PATTERN:
        return A_NAME, None
    if pattern.startswith("^https?://"):
        return "must be an address that begins with https://", _address(pattern, node)
    if "@" in pattern.replace("[^@", ""):
        return "must be an address of e-mail", "such as maria@example.com"
    told = len(pattern) <= _LONGEST
    return "this value does not have the form that is needed here", (
        f"it has to fit the pattern {pattern}" if told else None
    )


def _address(pattern: str, node: Node) -> str:
    """The address that may be meant, where it can be told from what is written."""
    example = "such as https://acme.example.com"
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or node.references:
        return example  # what a reference brought is not shown
    value = node.value.strip()
    host = _HOST.match(value)
    with_scheme = "" if "://" in value else f"https://{value.lstrip('/')}"
    candidates = [value, with_scheme, host[0] if host else ""]
    fitting = (one for one in candidates if one and re.fullmatch(pattern, one))
    return next((f"write {one}" for one in fitting), example)
