"""What automations and their runs are, as frozen values.

The published LiveChat manager calls them predefined actions (``PredefinedAction`` and ``AgentInput`` in
``hbf-lcm.openapi.json``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from livechat_sdk.domain.base import Model, Timestamp

__all__ = [
    "TRIGGER_TYPES",
    "Automation",
    "AutomationDraft",
    "AutomationInput",
    "AutomationRun",
    "Choice",
    "FlowTrigger",
    "Header",
    "InputType",
    "RunFact",
    "RunResult",
    "TriggerType",
]


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


_FromJson = BeforeValidator(_parsed)


class InputType(StrEnum):
    """What a member is asked for."""

    PLAIN_TEXT = "plain_text"
    EMAIL = "email"
    NUMBER = "number"
    PHONE_NUMBER = "phone_number"
    DATE = "date"
    CHOICE = "choice"

    @property
    def label(self) -> str:
        """The name on the pages."""
        return {"plain_text": "Text", "phone_number": "Phone number"}.get(self.value, self.value.capitalize())


class Choice(Model):
    """One entry of a choice: ``value`` is shown, ``key`` is sent."""

    key: str
    value: str


class AutomationInput(Model):
    """Something that a member is asked for before an automation runs. ``name`` is what is sent."""

    name: str
    type: InputType = InputType.PLAIN_TEXT
    prompt: str
    required: bool = False
    entries: tuple[Choice, ...] = ()


class Header(Model):
    """A header of the call. The value of a secret one is sealed: it can be set and is never given out."""

    name: str
    value: str = Field(default="", repr=False)
    secret: bool = False


class AutomationDraft(Model):
    """An automation as an admin wants it. A secret header without a value keeps the one that is stored."""

    name: str
    kind: Literal["http", "ticket"] = "http"
    address: str = ""
    headers: tuple[Header, ...] = ()
    inputs: tuple[AutomationInput, ...] = ()
    categories: tuple[str, ...] = ()
    everywhere: bool = True
    bots: tuple[str, ...] = ()
    on_button: bool = True
    on_end: bool = False
    on_missed: bool = False


class Automation(Model):
    """An automation: an HTTP call, or the bot's ticket system, set off at the moments that it names."""

    id: int
    name: str
    kind: Literal["http", "ticket"]
    address: str
    headers: Annotated[tuple[Header, ...], _FromJson]
    inputs: Annotated[tuple[AutomationInput, ...], _FromJson]
    categories: Annotated[tuple[str, ...], _FromJson]
    everywhere: bool
    bots: tuple[str, ...] = ()
    on_button: bool
    on_end: bool
    on_missed: bool
    author_id: int
    created_at: Timestamp
    updated_at: Timestamp

    @property
    def moments(self) -> tuple[str, ...]:
        """When it runs, in words."""
        named = (
            (self.on_button, "Button"),
            (self.on_end, "After the end"),
            (self.on_missed, "Missed request"),
        )
        return tuple(words for wanted, words in named if wanted)

    def serves(self, bot: str) -> bool:
        """Whether it is there for conversations of ``bot``."""
        return self.everywhere or bot in self.bots


class RunFact(Model):
    """One line of a result."""

    label: str
    value: str


class RunResult(Model):
    """What came of a run: fields of a JSON answer, the beginning of a text, or a ticket with its link."""

    status: int | None = None
    facts: tuple[RunFact, ...] = ()
    text: str = ""
    left_out: int = 0
    """How many fields of the answer are not among ``facts``."""
    link: str | None = None
    ticket: str | None = None


class AutomationRun(Model):
    """One run of an automation, or one delivery of a flow trigger."""

    key: str
    automation_id: int
    name: str
    kind: Literal["http", "ticket", "flow"]
    conversation_id: int
    moment: Literal["button", "ended", "missed"]
    started_by: int | None
    starter_name: str | None
    inputs: Annotated[Mapping[str, str | float | int], _FromJson]
    status: Literal["waiting", "running", "done", "failed", "doubtful"]
    tries: int
    due_at: Timestamp
    ticket_key: str | None
    result: Annotated[RunResult, _FromJson]
    error: str | None
    created_at: Timestamp
    finished_at: Timestamp | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status not in {"waiting", "running"}


TriggerType = Literal["livechat-request-missed", "livechat-conversation-finished"]
"""The flow triggers that concern live chat."""

TRIGGER_TYPES: Final[tuple[TriggerType, ...]] = ("livechat-request-missed", "livechat-conversation-finished")


class FlowTrigger(Model):
    """An address that is told of each missed request, or of each conversation that ended.

    ``delivered`` and ``failed`` count what it took and what it did not. The secret is not part of it.
    """

    id: int
    trigger_type: TriggerType
    address: str
    created_at: Timestamp
    delivered: int
    failed: int
    last_error: str | None
    last_at: Timestamp | None
