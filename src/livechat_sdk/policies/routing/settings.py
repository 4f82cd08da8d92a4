"""The settings of routing: rules, and the targets that they lead to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from livechat_sdk.domain.base import Identifier, Model
from livechat_sdk.policies.routing.flaws import Flaw, refuse

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["FallbackSettings", "RoutingRuleSettings", "Rules", "TargetSettings"]

_DAY: Final = 86_400.0
_LAST_AGENT: Final = 30 * _DAY
_LONGEST_AGO: Final = 366 * _DAY
_AGO: Final = re.compile(r"([0-9]{1,6})(m|h|d)", re.ASCII)
_UNITS: Final = {"m": 60.0, "h": 3600.0, "d": _DAY}
_MOST_SHARES: Final = 20

_Word = Annotated[str, Field(min_length=1, max_length=1000)]


def _ago(value: object) -> float | None:
    """Seconds from ``true`` (30 days) or a text such as ``90d``; ``None`` for ``false``."""
    if isinstance(value, bool):
        return _LAST_AGENT if value else None
    found = _AGO.fullmatch(value.strip()) if isinstance(value, str) else None
    seconds = float(value) if isinstance(value, int | float) else 0.0
    if found is not None:
        seconds = int(found[1]) * _UNITS[found[2]]
    if not 0 < seconds <= _LONGEST_AGO:
        raise PydanticCustomError(
            "LC725",
            "this does not say how long ago the last agent may have been there",
            {"suggestion": "write true (30 days), or a text such as 12h or 90d, at most 366d"},
        )
    return seconds


_Ago = Annotated[
    float | None,
    BeforeValidator(_ago),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "boolean"},
                {"type": "string", "pattern": "^[0-9]{1,6}[mhd]$"},
                {"type": "number"},
            ]
        }
    ),
]


class FallbackSettings(Model):
    """Where to: an integration, and what is wanted there. See ``docs/reference/routing.md``."""

    integration: Identifier | None = None
    queue: _Word | None = None
    group: _Word | None = None
    agent: _Word | None = None
    last_agent: _Ago = None
    """How many seconds ago at most an agent had this user, who is asked for then; ``None``: nobody is."""
    priority: _Word | None = None
    skills: tuple[_Word, ...] = Field(default=(), max_length=50)

    @field_validator("last_agent")
    @classmethod
    def _not_with_agent(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("agent") is not None:
            raise PydanticCustomError(
                "LC721",
                "`agent` and `last_agent` stand side by side",
                {"suggestion": "keep one of them", "at_key": True},
            )
        return value


@cache
def _fallback_targets() -> TypeAdapter[list[FallbackSettings]]:
    from pydantic import TypeAdapter

    return TypeAdapter(list[FallbackSettings])


@cache
def _rule_targets() -> TypeAdapter[list[TargetSettings]]:
    from pydantic import TypeAdapter

    return TypeAdapter(list[TargetSettings])


def _long_forms(items: Sequence[object]) -> list[object]:
    """Targets that are only names, as mappings."""
    return [{"integration": one} if isinstance(one, str) else one for one in items]


class TargetSettings(FallbackSettings):
    """A target of a rule: with who is asked next, and with its share where there are several."""

    fallback: tuple[str | FallbackSettings, ...] | None = Field(default=None, max_length=10)
    """Who is asked next, in order; ``None``: the other integrations of the bot."""
    share: int | None = Field(default=None, ge=1, le=10_000, strict=True)

    @field_validator("fallback", mode="before")
    @classmethod
    def _read_fallback(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            return value
        # Errors inside keep their places: pydantic puts the path to here before theirs.
        return tuple(_fallback_targets().validate_python(_long_forms(cast("Sequence[object]", value))))

    @property
    def fallbacks(self) -> tuple[FallbackSettings, ...] | None:
        """``fallback`` without short forms."""
        if self.fallback is None:
            return None
        return tuple(
            FallbackSettings(integration=one) if isinstance(one, str) else one for one in self.fallback
        )


class RoutingRuleSettings(Model):
    """One rule: ``when`` and ``if`` say whether it matches, ``to`` where the handoff goes then."""

    name: Identifier | None = None
    when: dict[str, Any] | None = None
    if_: str | None = Field(default=None, alias="if")
    to: str | TargetSettings | tuple[str | TargetSettings, ...]

    @field_validator("when", mode="before")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        from livechat_sdk.policies.routing.comparing import Budget
        from livechat_sdk.policies.routing.conditions import read_condition

        budget = Budget()
        read_condition(value, budget)
        refuse(cls.__name__, budget.flaws)
        return value

    @field_validator("if_", mode="after")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        from livechat_sdk.policies.routing.expressions import read_expression

        flaws: list[Flaw] = []
        if value is not None:
            read_expression(value, (), flaws)
        refuse(cls.__name__, flaws)
        return value

    @field_validator("to", mode="before")
    @classmethod
    def _read_to(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            (target,) = _rule_targets().validate_python(_long_forms([value]))
            if target.share is not None:
                flaw = Flaw("LC720", ("share",), "a share is for lists of targets", "remove it", at_key=True)
                refuse(cls.__name__, [flaw])
            return target
        items = cast("Sequence[object]", value)
        if not 2 <= len(items) <= _MOST_SHARES:  # noqa: PLR2004 - one target needs no list
            told = f"a list of targets has 2 to {_MOST_SHARES} of them"
            refuse(cls.__name__, [Flaw("LC720", (), told, "one target needs no list")])
        targets = tuple(_rule_targets().validate_python(_long_forms(items)))
        told = "each target of a list needs its share"
        refuse(
            cls.__name__,
            [
                Flaw("LC720", (at,), told, "add share: and a whole number from 1 to 10000")
                for at, target in enumerate(targets)
                if target.share is None
            ],
        )
        return targets

    @property
    def targets(self) -> tuple[TargetSettings, ...]:
        """``to`` as a list, without short forms."""
        several = self.to if isinstance(self.to, tuple) else (self.to,)
        return tuple(TargetSettings(integration=one) if isinstance(one, str) else one for one in several)


Rules = Annotated[tuple[RoutingRuleSettings, ...], Field(max_length=1000)]
"""The rules of a file or of a bot, in the order in which they are looked at."""
