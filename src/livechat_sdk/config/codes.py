"""Every code that a problem with the settings can have: what it means, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from livechat_sdk.config.codes_form import FORM
from livechat_sdk.config.codes_hours import HOURS
from livechat_sdk.config.codes_meaning import MEANING
from livechat_sdk.config.codes_routing import ROUTING
from livechat_sdk.config.codes_words import WORDS
from livechat_sdk.config.severity import is_warning

__all__ = ["CODES", "Code"]


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of problem. Codes are stable. ``LC6xx``, ``LC79x``, ``LC88x`` and ``LC95x`` are warnings."""

    code: str
    title: str
    explanation: str
    fix: str

    @property
    def is_warning(self) -> bool:
        """Whether problems of this kind are warnings."""
        return is_warning(self.code)


CODES: Final[Mapping[str, Code]] = {row[0]: Code(*row) for row in (*FORM, *MEANING, *ROUTING, *HOURS, *WORDS)}
"""Every code by its name, in order."""
