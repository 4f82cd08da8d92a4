"""The hours of a bot: which calendar holds for a request, the most specific one first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from livechat_sdk.policies.hours.calendar import Answer, Calendar

if TYPE_CHECKING:
    from livechat_sdk.policies.hours.settings import BusinessHoursSettings

__all__ = ["BotHours", "Chosen"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A calendar, and whose it is: ``scope`` says for which requests, and is empty for the bot's own."""

    calendar: Calendar
    scope: Mapping[str, str]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    queue: str | None
    group: str | None
    language: str | None
    chosen: Chosen

    def fits(self, queue: str | None, group: str | None, language: str) -> bool:
        return (
            (self.queue is None or self.queue == queue)
            and (self.group is None or self.group == group)
            and (self.language is None or f"{language}-".startswith(f"{self.language}-"))
        )

    @property
    def weight(self) -> tuple[bool, bool, int]:
        return self.queue is not None, self.group is not None, len(self.language or "")


class BotHours:
    """Answers for the requests of one bot."""

    def __init__(
        self, settings: BusinessHoursSettings, calendars: Mapping[str, Calendar], *, language: str = "en"
    ) -> None:
        from livechat_sdk.policies.hours.company import files_of

        def calendar_of(choice: Any) -> tuple[Calendar, str | None]:
            if choice.calendar is None:
                return Calendar(choice, files_of(choice.events)), None
            if choice.calendar not in calendars:
                raise ValueError(f"there is no calendar {choice.calendar!r}")
            return calendars[choice.calendar], choice.calendar

        self._language = _tag(language)
        own, name = calendar_of(settings)
        self._own = Chosen(own, {}, name)
        entries: list[_Entry] = []
        for one in settings.for_:
            calendar, name = calendar_of(one.hours)
            queue, group, tag = one.scope
            said = {"queue": one.queue, "group": one.group, "language": one.language}
            scope = {key: value for key, value in said.items() if value is not None}
            entries.append(_Entry(queue, group, tag, Chosen(calendar, scope, name)))
        self._entries: Sequence[_Entry] = sorted(entries, key=lambda entry: entry.weight, reverse=True)

    @classmethod
    def from_settings(
        cls,
        settings: Mapping[str, Any] | str,
        calendars: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        language: str = "en",
    ) -> BotHours:
        """From what the settings say under ``business_hours`` and ``calendars``; may block, see ``Calendar``.

        Raises ``pydantic.ValidationError`` and ``ValueError`` as ``Calendar.from_settings`` does.
        """
        from livechat_sdk.policies.hours.settings import BusinessHoursSettings

        named = {name: Calendar.from_settings(one) for name, one in (calendars or {}).items()}
        hours = cls(BusinessHoursSettings.model_validate(settings), named, language=language)
        for calendar in hours.calendars:
            calendar.loaded()
        return hours

    @property
    def calendars(self) -> Sequence[Calendar]:
        """Every calendar that may hold, each once."""
        return list(dict.fromkeys((self._own.calendar, *(one.chosen.calendar for one in self._entries))))

    def choose(
        self, *, queue: str | None = None, group: str | None = None, language: str | None = None
    ) -> Chosen:
        """The calendar that holds for a request; without a language it is in the bot's own."""
        tag = self._language if language is None else _tag(language)
        return next(
            (one.chosen for one in self._entries if one.fits(queue, group, tag)),
            self._own,
        )

    def at(
        self,
        moment: datetime,
        *,
        queue: str | None = None,
        group: str | None = None,
        language: str | None = None,
    ) -> Answer:
        """The answer for a request at an instant. Raises ``ValueError`` as ``Calendar.at`` does."""
        chosen = self.choose(queue=queue, group=group, language=language)
        return chosen.calendar.at(moment, group=group)


def _tag(language: str) -> str:
    return language.lower().replace("_", "-")
