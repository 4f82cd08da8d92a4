"""The check: what one side said against what the other side saw. Nothing lost, doubled or out of order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from livechat_sdk_cli.demo.vendor.lines import Line

__all__ = ["Heard", "as_agents_saw", "as_platform_took", "differences", "fates"]

_GOOD_FATES: Final = frozenset({"sent", "acknowledged", "seen"})


@dataclass(frozen=True, slots=True)
class Heard:
    """What arrived at once on one side: a text, and the names of files."""

    text: str
    files: tuple[str, ...] = ()


def as_platform_took(data: Mapping[str, Any]) -> Heard:
    """A message of an agent, from the payload of its webhook."""
    message = data["message"]
    return Heard(str(message["body"]), tuple(str(one["name"]) for one in message["attachments"]))


def as_agents_saw(messages: Sequence[Mapping[str, Any]]) -> list[Heard]:
    """The end user's messages, from the simulator's view of a chat.

    A vendor may show the file of a message as a message of its own, right after the text.
    """
    heard: list[Heard] = []
    for one in messages:
        found = Heard(str(one["text"]), tuple(one["files"]))
        if heard and not found.text:
            heard[-1] = replace(heard[-1], files=heard[-1].files + found.files)
        else:
            heard.append(found)
    return heard


def differences(
    said: Sequence[Line], heard: Sequence[Heard], where: str, *, preface: bool = False
) -> list[str]:
    """What is wrong with ``heard``, in words; ``where`` is the side that heard it.

    With ``preface`` there may be something before the first line that was said: a summary, a transcript.
    """
    problems: list[str] = []
    places: list[int] = []
    last: tuple[int, Line] | None = None
    for line in said:
        found = [place for place, one in enumerate(heard) if line.text in one.text]
        if not found:
            problems.append(f"“{line.text}” was lost on its way to {where}")
            continue
        if len(found) > 1:
            problems.append(f"“{line.text}” came {len(found)} times to {where}")
        if line.file is not None and not _carries(heard[found[0]], line.file.name):
            problems.append(f"“{line.text}” came without its file {line.file.name} to {where}")
        if last is not None and found[0] < last[0]:
            problems.append(f"“{line.text}” overtook “{last[1].text}” on its way to {where}")
        else:
            last = found[0], line
        places.append(found[0])
    first = min(places, default=0) if preface else 0
    problems += [
        f"“{one.text}” came to {where}, and nobody said it"
        for one in heard[first:]
        if not any(line.text in one.text for line in said)
    ]
    return problems


def _carries(heard: Heard, name: str) -> bool:
    """Whether a file came along: as a file, or as a line with its link where a vendor carries none."""
    return bool(heard.files) or name in heard.text


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
