"""The range of hook API versions that a plugin declares: ``LIVECHAT_HOOK_API = ">=1.0,<2"``.

A range is a list of comparisons, all of which must hold. A version is ``MAJOR`` or ``MAJOR.MINOR``; a
missing minor number is 0, so that ``<2`` means "before 2.0" and ``==1`` means 1.0 alone.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

__all__ = ["HookApiRange", "Version", "refusal"]

Version = tuple[int, int]
"""Major and minor number."""

_LONGEST: Final = 200
_CLAUSE: Final = re.compile(
    r"(?P<sign>>=|<=|==|!=|>|<)\s*(?P<major>\d{1,6})(?:\.(?P<minor>\d{1,6}))?", re.ASCII
)
_COMPARE: Final[dict[str, Callable[[Version, Version], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class HookApiRange:
    """Hook API versions that a plugin works with."""

    clauses: tuple[tuple[str, Version], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``>=1.0,<2``; raise ``ValueError`` that quotes the part which cannot be read."""
        if len(text) > _LONGEST:
            raise ValueError(f"a range has at most {_LONGEST} characters, this one has {len(text)}")
        clauses: list[tuple[str, Version]] = []
        for part in text.split(","):
            match = _CLAUSE.fullmatch(part.strip())
            if match is None:
                raise ValueError(f"cannot read {part.strip()!r}")
            clauses.append((match["sign"], (int(match["major"]), int(match["minor"] or 0))))
        return cls(tuple(clauses))

    def allows(self, version: Version) -> bool:
        """Whether every comparison holds for ``version``."""
        return all(_COMPARE[sign](version, bound) for sign, bound in self.clauses)

    def wants_newer_than(self, version: Version) -> bool:
        """Whether ``version`` is too low, so that a newer SDK may help."""
        return any(
            sign in {">=", ">", "=="} and not _COMPARE[sign](version, bound) and bound >= version
            for sign, bound in self.clauses
        )


def refusal(declared: object, have: Version) -> str | None:
    """Why a plugin that declares ``declared`` cannot run under hook API ``have``, or ``None`` when it can."""
    example = 'write it like LIVECHAT_HOOK_API = ">=1.0,<2"'
    if not isinstance(declared, str):
        return f"LIVECHAT_HOOK_API is a {type(declared).__name__}, not a text; {example}"
    try:
        wanted = HookApiRange.parse(declared)
    except ValueError as error:
        return f"LIVECHAT_HOOK_API cannot be understood: {error}; {example}"
    if wanted.allows(have):
        return None
    number = f"{have[0]}.{have[1]}"
    if wanted.wants_newer_than(have):
        fix = "install a newer livechat-sdk: pip install --upgrade livechat-sdk"
    else:
        fix = f"install a version of the plugin for hook API {number}, or an older livechat-sdk"
    return f"it needs hook API {declared}, this livechat-sdk has {number}; {fix}"
