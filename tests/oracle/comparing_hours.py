"""Asks the engine and the oracle the same, and tells where they differ."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livechat_sdk import ConfigurationError
from livechat_sdk.policies.hours import BotHours
from tests.oracle.calendars import Case, Question
from tests.oracle.hours import Answer, Hours, calendar_for

__all__ = ["differences"]


def _in_utc(at: datetime | None) -> datetime | None:
    # Instants: two times of different zones in a fold are never equal for Python.
    return None if at is None else at.astimezone(UTC)


def _engine(bot: BotHours, question: Question) -> Answer:
    said = bot.at(question.at, queue=question.queue, group=question.group, language=question.language)
    return Answer(said.open, said.kind, _in_utc(said.next_opening), _in_utc(said.next_closing))


def _with_files(said: Any, folder: Path) -> Any:
    """The same settings, with files where they are."""
    if isinstance(said, dict):
        return {
            key: str(folder / one) if key == "file" else _with_files(one, folder) for key, one in said.items()
        }
    return [_with_files(one, folder) for one in said] if isinstance(said, list) else said


def differences(case: Case, folder: Path) -> list[str]:
    """What is wrong, in words that say how to see it again; nothing when both agree on everything."""
    for name, file in case.files.items():
        (folder / name).write_text(file.text, "utf-8", newline="")
    hours, calendars = _with_files(case.hours, folder), _with_files(case.calendars, folder)
    with warnings.catch_warnings():
        # Of rows without `day_zero`, and of years of which the package of holidays does not know all.
        warnings.simplefilter("ignore")
        try:
            bot = BotHours.from_settings(hours, calendars=calendars, language=case.language)
        except (ConfigurationError, ValueError) as error:
            return [f"seed {case.seed}: refused: {error}"]
        return _wrong_answers(case, bot)


def _wrong_answers(case: Case, bot: BotHours) -> list[str]:
    wrong: list[str] = []
    oracles: dict[tuple[int, str | None], Hours] = {}
    for number, question in enumerate(case.questions):
        settings: Any = calendar_for(
            case.hours,
            case.calendars,
            queue=question.queue,
            group=question.group,
            language=question.language or case.language,
        )
        key = (id(settings), question.group)
        oracle = oracles.setdefault(key, Hours(settings, question.group, case.files))
        page, code = oracle.at(question.at), _engine(bot, question)
        if page != code:
            wrong.append(
                f"seed {case.seed}, question {number}: {question}\n"
                f"  by the page {page}\n  by the code {code}\n"
                f"  {json.dumps(settings, ensure_ascii=False)}"
            )
    return wrong
