"""``livechat explain hours``: whether a bot's team is there, why, until when, and its week."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livechat_sdk_cli import completing, terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE, load_settings, name_and_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from livechat_sdk.config import LivechatFile
    from livechat_sdk.policies.hours import Answer, BotHours, Calendar
    from livechat_sdk.policies.hours.bots import Chosen

__all__ = ["explain_hours"]

_TIME_ALONE = re.compile(r"\d{1,2}:\d{2}", re.ASCII)
_NOT_SET = "no business hours are set: always open"


def explain_hours(
    bot: Annotated[
        str | None,
        typer.Argument(
            metavar="BOT",
            help="A bot of the settings; all bots if not given.",
            autocompletion=completing.bots,
        ),
    ] = None,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The settings.")] = DEFAULT_FILE,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Instead of now: '2026-12-24 11:00' or 11:00 by the clock of the calendar, or with a zone, "
            "2026-12-24T09:00Z.",
        ),
    ] = None,
    queue: Annotated[
        str | None, typer.Option(metavar="NAME", help="For requests that go to this queue.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="NAME", help="For requests that go to this group.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="TAG", help="For requests in this language.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Explain business hours: open or closed, by which rule, when that changes, and the week from then on.

    Works off line, by the settings alone: a plugin or a provider with hours of its own is asked before them.
    """
    bot, file = name_and_file(bot, file)
    settings, _ = load_settings(file)
    hours = _hours_of(settings)
    if bot is None:
        _all(settings, hours, at, as_json=as_json)
        return
    if bot not in settings.bots:
        raise _unknown(bot, settings)
    found = hours.get(bot)
    if found is None:
        _check_time(at)
        _always(bot, as_json=as_json)
        return
    chosen = found.choose(queue=queue, group=group, language=language)
    moment = _moment(at, chosen.calendar)
    answer = _ask(chosen.calendar, moment, group)
    if as_json:
        terminal.out_json({"schema_version": 1, **_document(bot, chosen, moment, answer, group)})
    else:
        _print(bot, chosen, moment, answer, group)


def _hours_of(settings: LivechatFile) -> Mapping[str, BotHours]:
    from livechat_sdk.policies.business_hours import hours_by_bot

    wanted = {
        name: (bot.livechat.business_hours, bot.livechat.language)
        for name, bot in settings.bots.items()
        if bot.livechat.business_hours is not None
    }
    return hours_by_bot(wanted, settings.calendars)


def _unknown(bot: str, settings: LivechatFile) -> CommandError:
    from livechat_sdk.config.diagnostics import did_you_mean

    near = did_you_mean(bot, settings.bots)
    return CommandError(
        f"the settings have no bot {terminal.visible(bot)!r}" + (f"; {near}" if near else ""),
        code=ExitCode.USAGE,
        next_step="`livechat explain hours` lists all of them",
    )


def _moment(at: str | None, calendar: Calendar) -> datetime:
    """The time asked about, on the calendar's clock."""
    now = calendar.local(datetime.now(UTC))
    return now if at is None else _time(at, now, calendar.local)


def _check_time(at: str | None) -> None:
    """Refuse what is no time, also where every time gives the same answer."""
    if at is not None:
        _time(at, datetime.now(UTC), lambda time: time)


def _time(at: str, now: datetime, local: Callable[[datetime], datetime]) -> datetime:
    text = at.strip()
    if _TIME_ALONE.fullmatch(text):
        text = f"{now.date().isoformat()} {text.zfill(5)}"
    try:
        return local(datetime.fromisoformat(text))
    except ValueError:
        raise CommandError(
            f"{terminal.visible(at)!r} is no time",
            code=ExitCode.USAGE,
            next_step="write '2026-12-24 11:00', 11:00 or 2026-12-24T09:00Z",
        ) from None


def _ask(calendar: Calendar, moment: datetime, group: str | None) -> Answer:
    try:
        return calendar.at(moment, group=group)
    except ValueError as error:
        raise CommandError(
            str(error), code=ExitCode.USAGE, next_step="ask about a time between these years"
        ) from error


def _always(bot: str, *, as_json: bool) -> None:
    if as_json:
        terminal.out_json(
            {"schema_version": 1, "bot": bot, "open": True, "kind": None, "rule": _NOT_SET, "week": []}
        )
    else:
        terminal.out(f"{terminal.visible(bot)} is open: {_NOT_SET}")


# -------------------------------------------------------------------------------------------------------- one
def _document(
    bot: str, chosen: Chosen, moment: datetime, answer: Answer, group: str | None
) -> dict[str, Any]:
    from livechat_sdk_cli.hours.week import week_of

    return {
        "bot": bot,
        "at": moment.isoformat(),
        "timezone": chosen.calendar.timezone,
        "calendar": chosen.name,
        "for": dict(chosen.scope),
        **_answer_document(answer),
        "week": [
            {
                "date": day.date.isoformat(),
                "openings": [{"from": start, "to": end} for start, end in day.openings],
                "notes": list(day.notes),
            }
            for day in week_of(chosen.calendar, moment, group)
        ],
    }


def _answer_document(answer: Answer) -> dict[str, Any]:
    return {
        "open": answer.open,
        "kind": answer.kind,
        "rule": answer.rule,
        "next_opening": answer.next_opening.isoformat() if answer.next_opening else None,
        "next_closing": answer.next_closing.isoformat() if answer.next_closing else None,
    }


def _print(bot: str, chosen: Chosen, moment: datetime, answer: Answer, group: str | None) -> None:
    from livechat_sdk_cli.hours.week import picture, week_of
    from livechat_sdk_cli.tables import fields

    screen = terminal.screen()
    state = screen.style("open", "bold", "green") if answer.open else screen.style("closed", "bold", "red")
    terminal.out(f"{screen.style(terminal.visible(bot), 'bold')} is {state} at {_when(moment)}")
    terminal.out()
    pairs = [("why", answer.rule), ("hours", _whose(chosen)), *_changes(answer, moment)]
    for line in fields(pairs, screen):
        terminal.out(line)
    terminal.out()
    for line in picture(week_of(chosen.calendar, moment, group), moment, screen):
        terminal.out(line)


def _whose(chosen: Chosen) -> str:
    """Whose hours these are: the bot's own, or those for a queue, group or language."""
    scope = ", ".join(f"{key} {value}" for key, value in chosen.scope.items())
    whose = f"for {scope}" if scope else "the bot's own"
    return f"{whose}, calendar {chosen.name}" if chosen.name else whose


def _changes(answer: Answer, moment: datetime) -> list[tuple[str, str]]:
    """The next opening and the next closing, the one that comes first in front."""
    said = [("opens", answer.next_opening), ("closes", answer.next_closing)]
    known = sorted(
        ((word, when) for word, when in said if when is not None), key=lambda one: one[1].timestamp()
    )
    pairs = [(word, f"{_when(when)} (in {_until(moment, when)})") for word, when in known]
    if answer.open and answer.next_closing is None:
        pairs.append(("closes", "not within 400 days"))
    if not answer.open and answer.next_opening is None:
        pairs.append(("opens", "not within 400 days"))
    return pairs


def _when(moment: datetime) -> str:
    return f"{moment:%a %d %b %Y, %H:%M} {moment.tzname()}"


def _until(moment: datetime, when: datetime) -> str:
    from livechat_sdk_cli.showing.words import span

    return span(when.timestamp() - moment.timestamp())


# -------------------------------------------------------------------------------------------------------- all
def _all(settings: LivechatFile, hours: Mapping[str, BotHours], at: str | None, *, as_json: bool) -> None:
    from livechat_sdk_cli.tables import Column, table

    found: list[tuple[str, datetime | None, Answer | None]] = []
    for name in settings.bots:
        bot = hours.get(name)
        if bot is None:
            found.append((name, None, None))
            continue
        calendar = bot.choose().calendar
        moment = _moment(at, calendar)
        found.append((name, moment, _ask(calendar, moment, None)))
    if as_json:
        bots = [
            {"bot": name, "at": moment.isoformat(), **_answer_document(answer)}
            if answer is not None and moment is not None
            else {"bot": name, "open": True, "kind": None, "rule": _NOT_SET}
            for name, moment, answer in found
        ]
        terminal.out_json({"schema_version": 1, "bots": bots})
        return
    rows = [
        (name, "open", "", _NOT_SET)
        if answer is None or moment is None
        else (name, "open" if answer.open else "closed", _next(answer), answer.rule)
        for name, moment, answer in found
    ]
    columns = (
        Column("BOT", shrinks_to=12),
        Column("NOW" if at is None else "THEN"),
        Column("UNTIL"),
        Column("WHY", shrinks_to=20),
    )
    for line in table(columns, rows, terminal.screen()):
        terminal.out(line)


def _next(answer: Answer) -> str:
    change = answer.next_closing if answer.open else answer.next_opening
    return "" if change is None else _when(change)
