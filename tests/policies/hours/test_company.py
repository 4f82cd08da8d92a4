"""Company calendars while the program runs: read in time and in a thread, kept when they break."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk.domain.handoff import OpeningHours, Route
from livechat_sdk.policies.business_hours import BusinessHours, BusinessHoursSettings, hours_by_bot
from livechat_sdk.policies.hours import company as company_module
from livechat_sdk.policies.hours import ics
from livechat_sdk.policies.hours.company import CompanyFile, load_events
from livechat_sdk.policies.hours.ics import CompanyFileError, read_events
from tests.policies.hours.calendars import company, event, local

MONDAY = event("DTSTART;VALUE=DATE:20261123", "SUMMARY:Off")
TUESDAY = event("DTSTART;VALUE=DATE:20261124", "SUMMARY:Off")
MONDAY_NOON = local("2026-11-23 12:00")
TUESDAY_NOON = local("2026-11-24 12:00")


class Times:
    """Stands for the module ``time``: it is as late as the test says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Times:
    found = Times()
    monkeypatch.setattr(company_module, "time", found)
    return found


def write(path: Path, text: str, version: int) -> None:
    """Write a file whose time of change differs, however coarse the clock of the file system is."""
    path.write_text(text, "utf-8")
    os.utime(path, ns=(version * 10**9, version * 10**9))


async def settled(plugin: BusinessHours) -> None:
    """Wait until every look at a file is over."""
    while plugin._looks:
        await asyncio.wait(plugin._looks.values(), timeout=10)


def plugin_for(path: Path) -> BusinessHours:
    settings = BusinessHoursSettings.model_validate(
        {
            "timezone": "Europe/Athens",
            "weekly": {"mon-fri": ["09:00-17:00"]},
            "events": [{"file": str(path)}],
        }
    )
    return BusinessHours(hours_by_bot({"shop-bot": (settings, "en")}, {}))


async def asked(plugin: BusinessHours, at: datetime) -> OpeningHours:
    answer: Any = plugin.livechat_business_hours(Route(integration="desk", bot="shop-bot"), at)
    found = await answer if inspect.isawaitable(answer) else answer
    assert isinstance(found, OpeningHours)
    return found


async def test_a_file_is_read_at_the_first_question_in_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "company.ics"
    company(path, MONDAY)
    readers: list[int] = []
    whole: Callable[[bytes, str], ics.Events] = read_events

    def watched(content: bytes, source: str) -> ics.Events:
        readers.append(threading.get_ident())
        return whole(content, source)

    monkeypatch.setattr(company_module, "read_events", watched)
    plugin = plugin_for(path)
    assert not readers
    answer = await asked(plugin, MONDAY_NOON)
    assert (answer.open, answer.rule) == (False, "closed: event 2026-11-23 Off Europe/Athens")
    assert len(readers) == 1
    assert readers[0] != threading.get_ident()
    direct = plugin.livechat_business_hours(Route(integration="desk", bot="shop-bot"), MONDAY_NOON)
    assert isinstance(direct, OpeningHours)  # the second question waits for nothing


async def test_a_file_that_changes_is_read_again_a_minute_later_and_nobody_waits_for_it(
    tmp_path: Path, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_read = threading.Event()
    may_read.set()
    whole: Callable[[bytes, str], ics.Events] = read_events

    def when_it_may(content: bytes, source: str) -> ics.Events:
        assert may_read.wait(20)
        return whole(content, source)

    monkeypatch.setattr(company_module, "read_events", when_it_may)
    path = tmp_path / "company.ics"
    company(path, MONDAY)
    plugin = plugin_for(path)
    assert not (await asked(plugin, MONDAY_NOON)).open
    company(path, TUESDAY)
    os.utime(path, ns=(5, 5))
    times.now += 59
    assert not (await asked(plugin, MONDAY_NOON)).open
    times.now += 1
    may_read.clear()
    assert not (await asked(plugin, MONDAY_NOON)).open  # answered at once, from what was read before
    may_read.set()
    await settled(plugin)
    assert (await asked(plugin, MONDAY_NOON)).open
    assert not (await asked(plugin, TUESDAY_NOON)).open


async def test_a_file_that_breaks_leaves_what_was_read_last(
    tmp_path: Path, times: Times, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "company.ics"
    company(path, MONDAY)
    plugin = plugin_for(path)
    await asked(plugin, MONDAY_NOON)
    write(path, "BEGIN:NONSENSE", 7)
    for _ in range(2):
        times.now += 61
        await asked(plugin, MONDAY_NOON)
        await settled(plugin)
        assert not (await asked(plugin, MONDAY_NOON)).open
    path.unlink()
    times.now += 61
    await asked(plugin, MONDAY_NOON)
    await settled(plugin)
    assert not (await asked(plugin, MONDAY_NOON)).open
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 1  # said once
    assert "company.ics is no iCalendar file" in warnings[0]
    company(path, TUESDAY)
    times.now += 61
    await asked(plugin, MONDAY_NOON)
    await settled(plugin)
    assert (await asked(plugin, MONDAY_NOON)).open


async def test_a_file_that_was_never_read_fails_the_question(tmp_path: Path) -> None:
    plugin = plugin_for(tmp_path / "missing.ics")
    with pytest.raises(CompanyFileError, match=r"missing\.ics does not exist; check the path"):
        await asked(plugin, MONDAY_NOON)


async def test_many_questions_at_once_get_one_answer(tmp_path: Path) -> None:
    path = tmp_path / "company.ics"
    company(path, MONDAY)
    plugin = plugin_for(path)
    answers = await asyncio.gather(*(asked(plugin, MONDAY_NOON) for _ in range(20)))
    assert {answer.open for answer in answers} == {False}


def test_a_file_that_has_not_changed_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = company(tmp_path / "company.ics", MONDAY)
    first = load_events(path)

    def never(content: bytes, source: str) -> ics.Events:
        raise AssertionError("it was read again")

    monkeypatch.setattr(company_module, "read_events", never)
    assert load_events(path) is first


def test_a_calendar_asked_directly_reads_its_files_itself(tmp_path: Path) -> None:
    file = CompanyFile(company(tmp_path / "company.ics", MONDAY), means_open=False, hours=None)
    assert file.due()
    assert file.day(20_780, "UTC") is not None  # 23 November 2026
    assert not file.due()


def test_rules_that_take_too_long_are_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ics, "_SECONDS", -1.0)
    with pytest.raises(CompanyFileError, match="has rules that take more than"):
        load_events(company(tmp_path / "company.ics", MONDAY))


@pytest.mark.parametrize("cut", range(0, 260, 7))
def test_a_file_that_was_cut_off_is_read_or_refused(cut: int, tmp_path: Path) -> None:
    whole = company(
        tmp_path / "whole.ics",
        event("DTSTART;TZID=Europe/Athens:20261123T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=5"),
    )
    content = Path(whole).read_bytes()[:cut]
    with contextlib.suppress(CompanyFileError):  # anything else would end the program
        read_events(content, "cut.ics")


def test_events_without_a_uid_stay_apart() -> None:
    lines = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:2026112{}\r\nEND:VEVENT\r\n"
    body = lines.format(3) + lines.format(4)
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{body}END:VCALENDAR\r\n"
    assert len(read_events(text.encode(), "x.ics").days) == 2
