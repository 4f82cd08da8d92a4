"""The events of one chat: how they get their ids, and which of them an answer to a poll holds.

An event gets its id when it shows, so that one which comes late has a greater id than those before it. Ids
that go backwards do so among those that first show together: no answer hides an event behind the greatest id
of an earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus

from livechat_sdk_simulators.cisco.markup import leaf, wrap
from livechat_sdk_simulators.feed import Feed, FeedEvent
from livechat_sdk_simulators.ids import new_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.cisco.settings import CiscoSettings
    from livechat_sdk_simulators.clock import Clock
    from livechat_sdk_simulators.faults import FaultSwitch

__all__ = ["Events"]

_TYPING: Final = "TypingEvent"


@dataclass(frozen=True, slots=True)
class _Made:
    """An event as it was made: element and children, without the id."""

    element: str
    children: Mapping[str, str]
    own: bool


class Events:
    """The events of one chat, oldest first."""

    def __init__(self, settings: CiscoSettings, clock: Clock, faults: FaultSwitch) -> None:
        self._settings = settings
        self._feed = Feed(clock, faults)
        self._shown: list[tuple[int, _Made]] = []
        self._place = 0
        self._last = 0

    # --------------------------------------------------------------------------------------- making
    def status(self, status: str, detail: str | None = None) -> None:
        """The state of the chat; without a detail it has no such element."""
        children = {"status": status} if detail is None else {"status": status, "detail": detail}
        self.emit("StatusEvent", children)

    def presence(self, agent: str, status: str) -> None:
        """An agent ``joined`` or ``left``."""
        self.emit("PresenceEvent", {"from": self._name(agent), "status": status})

    def typing(self, agent: str, on: bool) -> None:
        """An agent is typing, or stopped."""
        self.emit(_TYPING, {"from": self._name(agent), "status": "composing" if on else "paused"})

    def message(self, agent: str, text: str) -> None:
        """An agent wrote."""
        self.emit("MessageEvent", {"from": self._name(agent), "body": _encoded(text)})

    def own(self, text: str) -> None:
        """The customer wrote; faults of events are for those of the agents' side."""
        made = _Made("MessageEvent", {"from": self._settings.own_name, "body": _encoded(text)}, own=True)
        self._feed.emit(new_id("evt"), made.element, made, faulty=False)

    def emit(self, element: str, children: Mapping[str, str]) -> None:
        """Any event of the agents' side.

        Faults know it by its element and, where it has one, its status: ``MessageEvent``,
        ``PresenceEvent:left``.
        """
        status = children.get("status")
        name = f"{element}:{status}" if status else element
        self._feed.emit(new_id("evt"), name, _Made(element, children, own=False))

    def _name(self, agent: str) -> str:
        return _encoded(agent) if self._settings.encoded_names else agent

    # -------------------------------------------------------------------------------------- showing
    def xml(self, cursor: int, *, with_own: bool) -> str:
        """The answer to a poll: what shows behind the cursor."""
        self._number(self._feed.after(self._place))
        events = [_element(*one, blanks=self._settings.blanks) for one in self._behind(cursor, with_own)]
        return wrap(self._settings.root, *events)

    def _behind(self, cursor: int, with_own: bool) -> list[tuple[int, _Made]]:
        if self._settings.after == "place":
            places = [place for place, (number, _) in enumerate(self._shown, start=1) if number == cursor]
            found = self._shown[places[-1] :] if places else [one for one in self._shown if one[0] > cursor]
        else:
            found = [one for one in self._shown if one[0] > cursor]
        return [one for one in found if with_own or not one[1].own]

    def _number(self, batch: Sequence[FeedEvent]) -> None:
        """Give ids to those that show for the first time; one that is repeated has the same twice."""
        if not batch:
            return
        self._place = batch[-1].place
        numbers: dict[str, int] = {}
        for before, one in zip([None, *batch], batch, strict=False):
            equal = self._settings.ids == "equal" and before is not None and one.data.element == _TYPING
            if one.id not in numbers:
                self._last += 0 if equal else 1
                numbers[one.id] = self._last
        if self._settings.ids == "backwards":
            numbers = dict(zip(numbers, _in_pairs(list(numbers.values())), strict=True))
        self._shown += [(numbers[one.id], one.data) for one in batch]


def _in_pairs(numbers: list[int]) -> list[int]:
    """1 2 3 4 5 as 2 1 4 3 5."""
    swapped = numbers.copy()
    for place in range(0, len(numbers) - 1, 2):
        swapped[place], swapped[place + 1] = numbers[place + 1], numbers[place]
    return swapped


def _encoded(text: str) -> str:
    return quote_plus(text, errors="replace")


def _element(number: int, made: _Made, *, blanks: bool) -> str:
    children = {"id": str(number), **made.children}
    if blanks:
        for name in ("id", "status"):
            if name in children:
                children[name] = f"\n    {children[name]}\n  "
    return wrap(made.element, *[leaf(name, text) for name, text in children.items()])
