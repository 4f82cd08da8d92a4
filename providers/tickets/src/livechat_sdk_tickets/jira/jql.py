"""Conditions of JQL, whose texts stand in quotes with backslashes (its page "Search syntax for text fields").

Only references of ours are asked for, which need no quoting; they are quoted all the same.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from livechat_sdk_tickets.marks import reference_of

__all__ = ["condition", "quoted", "value_of"]

LABELS: Final = "labels"
_CUSTOM: Final = re.compile(r"customfield_([0-9]{1,12})")
_UNSPEAKABLE: Final = re.compile(r"[\x00-\x1f\x7f]")


def quoted(text: str) -> str:
    """A text of JQL. Raises ``ValueError`` for control characters, which it cannot hold."""
    if _UNSPEAKABLE.search(text):
        raise ValueError("JQL has no control characters")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value_of(field: str, key: str) -> str:
    """What the field that holds our key is set to: a label, or one word, because texts are found by words."""
    if field == LABELS:
        return reference_of(key)
    return f"livechat{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def condition(field: str, key: str) -> str:
    """The condition that fits the requests with our key, and few others: what it finds is compared."""
    value = quoted(value_of(field, key))
    custom = _CUSTOM.fullmatch(field)
    return f"{LABELS} = {value}" if custom is None else f"cf[{custom[1]}] ~ {value}"
