"""The settings of a bot's tickets: at which moments one is made, and what stands in it."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from livechat_sdk.domain.base import ShortText
from livechat_sdk.domain.ends import Outcome
from livechat_sdk.domain.ticket_words import TicketKind, TicketMoment, TicketPriority
from livechat_sdk.policies.placeholders import placeholders_in

__all__ = ["IN_SUBJECT", "IN_TEXT", "EndedTicketSettings", "MomentTicketSettings", "TicketsSettings"]

IN_SUBJECT: Final = (
    *("agent", "bot", "channel", "country", "email", "language", "name", "outcome", "phone", "reason"),
    "summary",
)
"""The placeholders of a subject."""

IN_TEXT: Final = (*IN_SUBJECT, "conversation", "details", "survey")
"""The placeholders of a text: ``{conversation}`` is everything that was said, ``{details}`` the facts."""


def _checked(text: str, allowed: tuple[str, ...]) -> str:
    if not text.strip():
        raise PydanticCustomError(
            "LC234", "the template is empty", {"suggestion": "leave it out for the built-in words"}
        )
    for name in placeholders_in(text):
        if name not in allowed:
            raise PydanticCustomError(
                "LC234",
                "{placeholder} has no value in this template",
                {
                    "placeholder": f"{{{name[:40]}}}",
                    "suggestion": f"there is {', '.join(f'{{{one}}}' for one in allowed)}",
                },
            )
    return text


Subject = Annotated[str, Field(max_length=500), AfterValidator(lambda text: _checked(text, IN_SUBJECT))]
"""A template of one line."""

Body = Annotated[str, Field(max_length=10_000), AfterValidator(lambda text: _checked(text, IN_TEXT))]
"""A template of any number of lines."""

FieldTemplate = (
    Annotated[str, Field(max_length=2000), AfterValidator(lambda text: _checked(text, IN_SUBJECT))]
    | bool
    | int
    | float
)


class MomentTicketSettings(BaseModel):
    """The ticket of one moment. What is left out keeps the built-in words.

    Templates are written as system messages are: a sentence whose value is not known is left out, and of
    ``[{reason}|no reason given]`` the first variant with known values is used. ``fields`` go by the labels of
    the integration's field map; texts among them are templates too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    subject: Subject | None = None
    """A template of one line."""
    text: Body | None = None
    """A template of any number of lines."""
    priority: TicketPriority | None = None
    """How urgent the ticket is; each ticket system has its own word for it."""
    kind: TicketKind | None = None
    """What sort of ticket it is; each ticket system has its own word for it."""
    tags: tuple[ShortText, ...] = Field(default=(), max_length=50)
    """Tags of the ticket, beside those of the integration."""
    fields: dict[str, FieldTemplate] = Field(default_factory=dict[str, FieldTemplate], max_length=100)
    """Templates by the labels of the integration's field map."""


class EndedTicketSettings(MomentTicketSettings):
    """The ticket of a handoff that ended neither missed nor out of hours, for these outcomes."""

    outcomes: tuple[Outcome, ...] = (Outcome.COMPLETED, Outcome.UNAVAILABLE, Outcome.FAILED)
    """Outcomes for which it is made."""


class TicketsSettings(BaseModel):
    """A ticket is made at each moment that is named; ``missed: {}`` is enough."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    during: MomentTicketSettings | None = None
    """As soon as an agent has joined."""
    ended: EndedTicketSettings | None = None
    """When the handoff ended neither missed nor out of hours."""
    missed: MomentTicketSettings | None = None
    """When nobody took the request in time."""
    out_of_hours: MomentTicketSettings | None = None
    """When the team was not there."""

    def plan(self, moment: TicketMoment) -> MomentTicketSettings | None:
        """What is said about the ticket of a moment."""
        plans: dict[TicketMoment, MomentTicketSettings | None] = {
            TicketMoment.DURING: self.during,
            TicketMoment.ENDED: self.ended,
            TicketMoment.MISSED: self.missed,
            TicketMoment.OUT_OF_HOURS: self.out_of_hours,
        }
        return plans[moment]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes for which a ticket is made."""
        ended = self.ended.outcomes if self.ended else ()
        missed = (Outcome.MISSED,) if self.missed else ()
        closed = (Outcome.OUT_OF_HOURS,) if self.out_of_hours else ()
        return (*ended, *missed, *closed)
