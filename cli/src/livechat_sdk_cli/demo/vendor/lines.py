"""What is said in the play: the bot's history, and the lines of the end user and of the agents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["AGENTS", "ANSWER", "HISTORY", "LABEL", "RECEIPT", "File", "Line"]


@dataclass(frozen=True, slots=True)
class File:
    """A file of one of them."""

    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody says at once: a text, and maybe a file."""

    text: str
    file: File | None = None


HISTORY: Final[list[dict[str, Any]]] = [
    {"author": "user", "body": "My parcel has not come."},
    {"author": "bot", "body": "I am sorry to hear that. Shall I fetch a human?"},
    {"author": "user", "body": "Yes, please: somebody from deliveries."},
]
"""What was said with the bot before."""

ANSWER: Final = (
    Line("I see it: it is at the depot."),
    Line("It was too heavy for the bicycle."),
    Line("A van takes it."),
    Line("One moment, I write you a receipt."),
)
"""What the agent answers, in one go."""

AGENTS: Final = ("Eleni", "Nikos")
"""Who begins, and who takes over."""

LABEL: Final = File("label.txt", "text/plain", b"Order 4711, Maria P., Athens. Sent on Monday.\n")
"""The end user's file."""

RECEIPT: Final = File("receipt.txt", "text/plain", "Receipt 2026-11: order 4711, 23.90 €.\n".encode())
"""The agent's file."""
