"""The ``version`` of a settings file: which form it has."""

from __future__ import annotations

from typing import Final

from livechat_sdk.config.diagnostics import Draft, Mend, certainly_means
from livechat_sdk.config.tree import MappingNode, Node, ScalarNode, Span

__all__ = ["LATEST", "check_version", "is_latest", "missing_version", "version_of"]

LATEST: Final = 1
"""The version that this release reads."""

_WRITTEN: Final = {
    f"{prefix}{number}{suffix}": number for number in (0, 1) for prefix in ("", "v") for suffix in ("", ".0")
}
"""Versions as people write them, which the loader does not take: what was meant cannot be doubted."""


def version_of(node: Node) -> int | None:
    """The version that a value means, however it is written; ``None`` when it means none."""
    value = node.value if isinstance(node, ScalarNode) else None
    if isinstance(value, str):
        return _WRITTEN.get(value.strip().lower())
    if isinstance(value, int | float) and not isinstance(value, bool) and value == int(value):
        return int(value)
    return None


def is_latest(node: Node) -> bool:
    """Whether a value is the version of this release, written as it has to be."""
    value = node.value if isinstance(node, ScalarNode) else None
    return isinstance(value, int) and not isinstance(value, bool) and value == LATEST


def check_version(document: MappingNode, drafts: list[Draft], *, needed: bool) -> None:
    """Write down when the version is missing, or not the one that this release reads."""
    entry = document.entries.get("version")
    if entry is None:
        if needed and misspelt(document) is None:
            drafts.append(missing_version(document))
        return
    if is_latest(entry.value):
        return
    value = entry.value.value if isinstance(entry.value, ScalarNode) else None
    newer = isinstance(value, int | float) and value > LATEST
    is_meant = version_of(entry.value) == LATEST
    suggestion = "update the SDK, or write `version: 1`" if newer else "write `version: 1`"
    if version_of(entry.value) == 0:
        suggestion = "`livechat migrate` brings the file to today's form"
    drafts.append(
        Draft(
            "LC202",
            "these settings need a newer release" if newer else "this version of the settings is not known",
            ("version",),
            suggestion=suggestion,
            final=True,
            mend=Mend(lambda _: str(LATEST)) if is_meant else None,
        )
    )


def misspelt(document: MappingNode) -> str | None:
    """The key that was to say the version, where a slip keeps it from doing so: an unknown key."""
    return next((key for key in document.entries if certainly_means(key, ["version"])), None)


def missing_version(document: MappingNode) -> Draft:
    """The problem of a file that does not say its version."""
    start = document.span.start if document.span is not None else 0
    return Draft(
        "LC201",
        "the settings do not say their version",
        span=Span(start, start + 1),
        suggestion="add `version: 1` as the first line",
        mend=Mend(_with_version),
    )


def _with_version(first: str) -> str:
    """The first character of a document with the version before it, or behind its brace."""
    return '{"version": 1, ' if first == "{" else f"version: 1\n{first}"
