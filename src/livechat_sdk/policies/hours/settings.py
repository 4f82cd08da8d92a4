"""Business hours as settings: calendars, and which of them holds for which requests of a bot.

What reads times and days is loaded when some are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, ValidationError

from livechat_sdk.domain.base import Identifier, Model, ShortText
from livechat_sdk.policies.hours.dates import DateHours, names_same_days, read_dates
from livechat_sdk.policies.settings_troubles import Trouble, refuse

__all__ = [
    "BusinessHoursSettings",
    "CalendarChoice",
    "CalendarFields",
    "CalendarSettings",
    "EventsSettings",
    "HolidaySettings",
    "OneOffSettings",
    "RowSettings",
    "ScopedHoursSettings",
]

_SPANS_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": 24}]
}
_DATES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "propertyNames": {
        "pattern": r"^([0-9]{4}-[0-9]{2}-[0-9]{2}(/[0-9]{4}-[0-9]{2}-[0-9]{2})?|[0-9]{2}-[0-9]{2})$"
    },
    "additionalProperties": {
        "anyOf": [
            {"type": "null"},
            *_SPANS_SCHEMA["anyOf"],
            {
                "type": "object",
                "properties": {
                    "hours": {"anyOf": [{"type": "null"}, *_SPANS_SCHEMA["anyOf"]]},
                    "name": {"type": "string"},
                },
                "required": ["hours"],
                "additionalProperties": False,
            },
        ]
    },
}
_LISTED_SCHEMA: dict[str, Any] = {
    "anyOf": [_DATES_SCHEMA, {"type": "array", "items": {"anyOf": [{"type": "string"}, _DATES_SCHEMA]}}]
}


def _dates(value: Any, *, listed: bool) -> Any:
    if isinstance(value, tuple):  # what was read before
        return cast("tuple[DateHours, ...]", value)
    entries, troubles = read_dates(value, listed=listed)
    refuse("dates", troubles)
    return entries


def _spans(value: Any) -> Any:
    from livechat_sdk.policies.hours.spans import read_spans

    hours, troubles = read_spans(value)
    refuse("hours", [Trouble(one.at, one.message, "LC809") for one in troubles])
    return tuple(one.text for one in hours)


Dates = Annotated[
    tuple[DateHours, ...],
    BeforeValidator(lambda value: _dates(value, listed=False)),
    WithJsonSchema(_DATES_SCHEMA),
]
ListedDates = Annotated[
    tuple[DateHours, ...],
    BeforeValidator(lambda value: _dates(value, listed=True)),
    WithJsonSchema(_LISTED_SCHEMA),
]
Spans = Annotated[tuple[str, ...], BeforeValidator(_spans), WithJsonSchema(_SPANS_SCHEMA)]


class RowSettings(Model):
    """One row of the platform's business hours, as it lists them. Minutes are minutes of the day."""

    id: int | str | None = None
    user_group_id: Identifier | None = Field(default=None, alias="userGroupId")
    day: int = Field(ge=0, le=6)
    opens_at: int = Field(ge=0, le=1440, alias="opensAt")
    closes_at: int = Field(ge=0, le=1440, alias="closesAt")

    @model_validator(mode="after")
    def _lasts(self) -> RowSettings:
        same_midnight = (self.opens_at, self.closes_at) == (1440, 0)
        if self.opens_at == self.closes_at or same_midnight:
            told = "is the same midnight as" if same_midnight else "equals"
            refuse(
                "row",
                [
                    Trouble(
                        ("closesAt",),
                        f"closesAt {told} opensAt, which could mean no time or all day; "
                        "write 0 and 1440 for all day, or leave the row out",
                        "LC806",
                    )
                ],
            )
        return self


class HolidaySettings(Model):
    """Public holidays of a country, in names of a language; closed unless ``hours`` are given."""

    country: ShortText
    subdivision: ShortText | None = None
    language: ShortText | None = None
    observed: bool = True
    hours: Spans = ()
    except_: ListedDates = Field(default=(), alias="except")

    @model_validator(mode="after")
    def _known(self) -> HolidaySettings:
        from livechat_sdk.policies.hours.holidays_package import holiday_troubles

        refuse("holidays", holiday_troubles(self.country, self.subdivision, self.language))
        return self


class EventsSettings(Model):
    """A company calendar: an iCalendar file whose events are times at which the team is away, or there."""

    file: Annotated[str, Field(min_length=1, max_length=1000)]
    means: Literal["closed", "open"] = "closed"
    hours: Spans | None = None

    @model_validator(mode="after")
    def _hours_of_open_days(self) -> EventsSettings:
        if self.hours is not None and (self.means == "closed" or not self.hours):
            wrong = "these events close" if self.means == "closed" else "there is no span"
            refuse(
                "events",
                [Trouble(("hours",), f"{wrong}; write `means: open`, or remove `hours`", "LC819", True)],
            )
        return self


class OneOffSettings(Model):
    """Open, or closed, from one time to another; times are readings of the calendar's clock."""

    from_: ShortText = Field(alias="from")
    to: ShortText
    name: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _in_order(self) -> OneOffSettings:
        from livechat_sdk.policies.hours.oneoffs import read_reading

        troubles: list[Trouble] = []
        ends: list[int] = []
        for key, text in (("from", self.from_), ("to", self.to)):
            try:
                ends.append(read_reading(text, ending=key == "to"))
            except ValueError as error:
                troubles.append(Trouble((key,), str(error), "LC810"))
        if not troubles and ends[1] <= ends[0]:
            troubles.append(Trouble(("to",), "`to` must be after `from`; swap the two", "LC811"))
        refuse("times", troubles)
        return self


class CalendarFields(Model):
    """What a calendar can say; see ``docs/reference/business-hours.md``."""

    timezone: Annotated[str, Field(max_length=100)] | None = None
    weekly: dict[str, tuple[str, ...]] | None = None
    rows: Annotated[tuple[RowSettings, ...], Field(max_length=2000)] | None = None
    day_zero: Literal["sunday", "monday"] | None = None
    holidays: HolidaySettings | None = None
    dates: Dates = ()
    events: Annotated[tuple[EventsSettings, ...], Field(max_length=20)] = ()
    openings: Annotated[tuple[OneOffSettings, ...], Field(max_length=2000)] = ()
    closings: Annotated[tuple[OneOffSettings, ...], Field(max_length=2000)] = ()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        from livechat_sdk.policies.hours.zones import zone_named

        if value is not None:
            try:
                zone_named(value)
            except ValueError as error:
                refuse(cls.__name__, [Trouble((), str(error))])
        return value

    @field_validator("weekly", mode="before")
    @classmethod
    def _readable_week(cls, value: Any) -> Any:
        from livechat_sdk.policies.week_rules import read_week

        if value is not None:
            refuse(cls.__name__, read_week(value).troubles)
        return value

    def _complete(self) -> None:
        """Raise with what a calendar that stands for itself lacks, or says twice."""
        if self.timezone is None:
            missing = InitErrorDetails(type="missing", loc=("timezone",), input=None)
            raise ValidationError.from_exception_data(type(self).__name__, [missing], hide_input=True)
        troubles: list[Trouble] = []
        if self.weekly is None and self.rows is None:
            troubles.append(
                Trouble(
                    (),
                    'the hours of the week are missing; write weekly: {mon-fri: ["09:00-17:00"]}',
                    "LC801",
                    True,
                )
            )
        elif self.weekly is not None and self.rows is not None:
            troubles.append(
                Trouble(("rows",), "`weekly` and `rows` both say the week; remove one of them", "LC801", True)
            )
        if self.day_zero is not None and self.rows is None:
            troubles.append(
                Trouble(
                    ("day_zero",), "`day_zero` is about `rows`, and there are none; remove it", "LC801", True
                )
            )
        for one in self.dates:
            other = next(
                (e for e in (self.holidays.except_ if self.holidays else ()) if names_same_days(e, one)), None
            )
            if other is not None:
                message = f"{one.key} names days that {other.key} names in `holidays: except`; remove one"
                troubles.append(Trouble(("dates", one.key), message, "LC808", True))
        refuse(type(self).__name__, troubles)


class CalendarSettings(CalendarFields):
    """A calendar that stands for itself."""

    @model_validator(mode="after")
    def _check(self) -> CalendarSettings:
        self._complete()
        return self


class CalendarChoice(CalendarFields):
    """A calendar, or the name of one under ``calendars:``; a text is such a name."""

    calendar: Identifier | None = None

    @model_validator(mode="before")
    @classmethod
    def _name(cls, value: Any) -> Any:
        return {"calendar": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> CalendarChoice:
        if self.calendar is None:
            self._complete()
            return self
        beside = sorted(self.model_fields_set & CalendarFields.model_fields.keys())
        refuse(
            type(self).__name__,
            [
                Trouble(
                    (name,),
                    f"`{name}` stands beside `calendar`; put it into that calendar, or remove `calendar`",
                    "LC803",
                    True,
                )
                for name in beside
            ],
        )
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A name, or what the fields say."""
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(core)]}


class ScopedHoursSettings(Model):
    """Hours for some of a bot's requests: those of a queue, a group, a language, or of several of these."""

    queue: ShortText | None = None
    group: ShortText | None = None
    language: ShortText | None = None
    hours: CalendarChoice

    @property
    def scope(self) -> tuple[str | None, str | None, str | None]:
        """Queue, group and language, the language in one spelling."""
        tag = None if self.language is None else self.language.lower().replace("_", "-")
        return self.queue, self.group, tag

    @model_validator(mode="after")
    def _for_somebody(self) -> ScopedHoursSettings:
        if self.scope == (None, None, None):
            refuse(
                "for",
                [
                    Trouble(
                        (), "this holds for no request in particular; add queue, group or language", "LC804"
                    )
                ],
            )
        return self


class BusinessHoursSettings(CalendarChoice):
    """The hours of a bot: a calendar or the name of one, and ``for`` some of its requests others."""

    for_: Annotated[tuple[ScopedHoursSettings, ...], Field(max_length=500)] = Field(default=(), alias="for")

    @model_validator(mode="after")
    def _once(self) -> BusinessHoursSettings:
        seen: dict[Sequence[str | None], int] = {}
        troubles: list[Trouble] = []
        for index, one in enumerate(self.for_):
            before = seen.setdefault(one.scope, index)
            if before != index:
                troubles.append(
                    Trouble(
                        ("for", index),
                        f"entry {before + 1} is for the same requests; remove one of the two",
                        "LC805",
                    )
                )
        refuse(type(self).__name__, troubles)
        return self

    def named(self) -> Mapping[tuple[str | int, ...], str]:
        """The names of calendars that stand here, by their paths."""
        found: dict[tuple[str | int, ...], str] = {}
        if self.calendar is not None:
            found[("calendar",)] = self.calendar
        for index, one in enumerate(self.for_):
            if one.hours.calendar is not None:
                found["for", index, "hours"] = one.hours.calendar
        return found
