"""The fields of automations in forms: rows of headers and inputs, and the answers of a member."""

from __future__ import annotations

from typing import Final

from livechat_sdk_helvia.automations.records import (
    AutomationDraft,
    AutomationInput,
    Choice,
    Header,
    InputType,
)
from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.web.bodies import Fields

__all__ = ["MOST_FIELDS", "answers_of", "draft_of"]

MOST_FIELDS: Final = 300
"""Fields of the largest form: 22 headers and 22 inputs, and what is around them."""

_MOST_ROWS: Final = 22
_ANSWER: Final = "input_"


def draft_of(fields: Fields) -> AutomationDraft:
    """An automation as the form has it. Rows without a name are left out. Raises ``InvalidField``."""
    return AutomationDraft(
        name=fields.text("name", ""),
        kind="ticket" if fields.text("kind", "http") == "ticket" else "http",
        address=fields.text("address", ""),
        headers=tuple(
            Header(
                name=name,
                value=fields.text(f"header_{row}_value", "").strip(),
                secret=fields.has(f"header_{row}_secret"),
            )
            for row in range(_MOST_ROWS)
            if (name := fields.text(f"header_{row}_name", "").strip())
        ),
        inputs=tuple(
            AutomationInput(
                name=name,
                type=_type(fields.text(f"input_{row}_type", "plain_text")),
                prompt=fields.text(f"input_{row}_prompt", "").strip() or name,
                required=fields.has(f"input_{row}_required"),
                entries=tuple(_entry(line) for line in fields.texts(f"input_{row}_entries")),
            )
            for row in range(_MOST_ROWS)
            if (name := fields.text(f"input_{row}_name", "").strip())
        ),
        categories=tuple(word.strip() for word in fields.text("categories", "").split(",") if word.strip()),
        everywhere=fields.flag("everywhere") if fields.has("everywhere") else True,
        bots=fields.texts("bots"),
        on_button=fields.has("on_button"),
        on_end=fields.has("on_end"),
        on_missed=fields.has("on_missed"),
    )


def answers_of(fields: Fields) -> dict[str, str]:
    """What a member answered, by the names of the inputs."""
    return {name: fields.text(f"{_ANSWER}{name}") for name in fields.named(_ANSWER)}


def _type(name: str) -> InputType:
    try:
        return InputType(name)
    except ValueError:
        raise InvalidField(f"There is no input of the type {name[:40]!r}.") from None


def _entry(line: str) -> Choice:
    """``key = what is shown``, or one text for both."""
    key, mark, shown = line.partition("=")
    return Choice(key=key.strip(), value=shown.strip() if mark and shown.strip() else key.strip())
