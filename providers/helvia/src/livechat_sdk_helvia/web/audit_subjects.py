"""What the entries of the audit log are about, for people: a name instead of a number, and where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from livechat_sdk_helvia.audit import AuditEntry
from livechat_sdk_helvia.records import DeskUser
from livechat_sdk_helvia.service import Desk

__all__ = ["Subject", "subjects_of"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about, and its page in the Admin Panel, without a slash at its beginning."""

    words: str
    path: str


async def subjects_of(desk: Desk, actor: DeskUser, entries: Sequence[AuditEntry]) -> Mapping[str, Subject]:
    """Those of the entries' subjects that have a page now. What was deleted has none.

    Raises ``Forbidden``.
    """
    wanted = {entry.subject for entry in entries}
    kinds = {subject.partition(":")[0] for subject in wanted}
    named: dict[str, tuple[str, str]] = {}
    if "user" in kinds:
        people = await desk.members.all(actor)
        named |= {f"user:{one.id}": (one.name, f"team/users/{one.id}") for one in people}
    if "group" in kinds:
        groups = await desk.groups.all()
        named |= {f"group:{one.id}": (one.name, f"team/groups/{quote(one.id)}") for one in groups}
    if "automation" in kinds:
        automations = await desk.automations.definitions.all(actor)
        named |= {f"automation:{one.id}": (one.name, f"automations/{one.id}") for one in automations}
    if "canned" in kinds:
        responses = await desk.canned.listed(actor)
        named |= {f"canned:{one.id}": (one.name, f"canned/{one.id}") for one in responses}
    named |= {
        subject: (bot, f"bots?bot={quote(bot, safe='')}")
        for subject in wanted
        for kind, _, bot in [subject.partition(":")]
        if kind == "bot"
    }
    return {
        subject: Subject(f"{subject.partition(':')[0]} {words}", f"admin/{path}")
        for subject, (words, path) in named.items()
        if subject in wanted
    }
