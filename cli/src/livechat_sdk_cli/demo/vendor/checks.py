"""The check: what one side said against what the other side saw. Nothing lost, doubled or out of order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from livechat_sdk_cli.demo.vendor.lines import Line

__all__ = ["Heard", "as_agents_saw", "as_platform_took", "differences", "fates", "overtaken"]

_GOOD_FATES: Final = frozenset({"sent", "acknowledged", "seen"})
_LINK: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Heard:
    """What arrived at once on one side: a text, and files by their names and by where they are opened.

    ``at`` is when it was said, by the clock of whoever carried it, as far as that is told.
    """

    text: str
    files: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    at: datetime | None = None


def as_platform_took(data: Mapping[str, Any]) -> Heard:
    """A message of an agent, from the payload of its webhook."""
    message = data["message"]
    files = message["attachments"]
    at = message["sent_at"]
    return Heard(
        text=str(message["body"]),
        files=tuple(str(one["name"]) for one in files),
        links=tuple(str(one["url"]) for one in files),
        at=None if at is None else datetime.fromisoformat(at),
    )


def as_agents_saw(messages: Sequence[Mapping[str, Any]]) -> list[Heard]:
    """The end user's messages, from the simulator's view of a chat.

    A vendor may show the file of a message as a message of its own, right after the text. One that carries no
    files shows a line with the link, which the agent opens all the same.
    """
    heard: list[Heard] = []
    for one in messages:
        text = str(one["text"])
        links = tuple(one["links"]) or tuple(_LINK.findall(text))
        found = Heard(text, tuple(one["files"]), links)
        if heard and not found.text:
            last = heard[-1]
            heard[-1] = replace(last, files=last.files + found.files, links=last.links + found.links)
        else:
            heard.append(found)
    return heard


def differences(
    said: Sequence[Line],
    heard: Sequence[Heard],
    where: str,
    *,
    preface: bool = False,
    late: bool = False,
    told: bool = True,
) -> list[str]:
    """What is wrong with ``heard``, in words; ``where`` is the side that heard it.

    With ``preface`` there may be something before the first line that was said: a summary, a transcript.
    With ``late`` one line may come after a later one, if the times that came along prove which was first;
    where no order is ``told``, nobody can know. Times that say something else than what happened are wrong in
    any case.
    """
    problems: list[str] = []
    last: tuple[int, Line] | None = None
    places: list[int] = []
    for line in said:
        found = _places_of(line, heard)
        if not found:
            problems.append(f"“{line.text}” was lost on its way to {where}")
            continue
        place = found[0]
        if len(found) > 1:
            problems.append(f"“{line.text}” came {len(found)} times to {where}")
        if line.file is not None and not heard[place].links:
            problems.append(f"“{line.text}” came without its file {line.file.name} to {where}")
        if (
            last is not None
            and (wrong := _wrong_order(heard, last[0], place, late=late, told=told)) is not None
        ):
            problems.append(f"“{line.text}” overtook “{last[1].text}” on its way to {where}{wrong}")
        last = place, line
        places.append(place)
    first = min(places, default=0) if preface else 0
    problems += [
        f"“{one.text}” came to {where}, and nobody said it"
        for one in heard[first:]
        if not any(line.text in one.text for line in said)
    ]
    return problems


def _wrong_order(heard: Sequence[Heard], earlier: int, later: int, *, late: bool, told: bool) -> str | None:
    """What is wrong with the order of two lines, said one after the other; ``None`` if nothing is."""
    said, then = heard[earlier].at, heard[later].at
    if said is not None and then is not None and said > then:
        return ", by the times that came along"
    if earlier < later:
        return None
    if not late:
        return ""
    proved = not told or (said is not None and then is not None and said < then)
    return None if proved else ", and no time tells which was first"


def overtaken(said: Sequence[Line], heard: Sequence[Heard]) -> list[Line]:
    """The lines that came after one that was said later."""
    places = [(line, found[0]) for line in said if (found := _places_of(line, heard))]
    return [line for number, (line, place) in enumerate(places) if any(p < place for _, p in places[number:])]


def _places_of(line: Line, heard: Sequence[Heard]) -> list[int]:
    return [place for place, one in enumerate(heard) if line.text in one.text]


def fates(ledger: Sequence[Mapping[str, Any]], **said: int) -> list[str]:
    """What is wrong with the ledger: fates that are not good, and more or fewer messages than were ``said``.

    ``said`` counts by author (``user``, ``agent``); the SDK's own words are there too.
    """
    problems = [
        f"the fate of “{one['message']['body']}” is {one['fate']}: {one['detail'] or 'nobody says why'}"
        for one in ledger
        if one["fate"] not in _GOOD_FATES
    ]
    for author, count in said.items():
        kept = sum(one["author"] == author for one in ledger)
        if kept != count:
            problems.append(f"the ledger has {kept} messages of the {author}, and {count} were said")
    return problems
