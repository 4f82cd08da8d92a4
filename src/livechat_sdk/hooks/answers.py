"""What an answer of each hook must look like. Anything else is junk: logged, counted, not used."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, TypeVar, cast

from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.moments import Silent
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.people import Contact
from livechat_sdk.domain.tickets import Ticket

__all__ = ["Junk", "Read", "contact_of", "instance_of", "nothing", "route_to", "text", "tickets", "words"]

T = TypeVar("T")

_LONGEST_TEXT: Final = 65_536
"""Characters of a text; a body of a message has no more either."""


class Junk(Exception):
    """An answer that cannot be used. The text names types, never values."""


Read = Callable[[object], T]
"""Takes an answer that is not ``None`` and returns it with its type, or raises ``Junk``."""


def instance_of(kind: type[T]) -> Read[T]:
    """An instance of ``kind``."""

    def read(answer: object) -> T:
        if not isinstance(answer, kind):
            raise Junk(f"it answered with a {type(answer).__name__} where a {kind.__name__} belongs")
        return answer

    return read


def route_to(candidates: Collection[str]) -> Read[Route]:
    """A route to one of the integrations that can be used."""

    def read(answer: object) -> Route:
        route = instance_of(Route)(answer)
        if route.integration not in candidates:
            raise Junk(f"it chose {route.integration!r}, which is not among {', '.join(candidates)}")
        return route

    return read


def words(answer: object) -> SystemMessage | Silent:
    """A message, or the wish to say nothing."""
    if not isinstance(answer, SystemMessage | Silent):
        raise Junk(f"it answered with a {type(answer).__name__} where a SystemMessage or SILENT belongs")
    return answer


def text(answer: object) -> str:
    """Words for a message: neither blank nor longer than one can be."""
    written = instance_of(str)(answer)
    if not written.strip():
        raise Junk("it answered with a text that is blank")
    if len(written) > _LONGEST_TEXT:
        raise Junk(f"it answered with a text of {len(written):,} characters; the limit is {_LONGEST_TEXT:,}")
    return written


def contact_of(source: str) -> Read[Contact]:
    """A contact from the CRM that was asked."""

    def read(answer: object) -> Contact:
        contact = instance_of(Contact)(answer)
        if contact.source != source:
            raise Junk(f"it answered with a contact of {contact.source!r} where one of {source!r} belongs")
        return contact

    return read


def tickets(answer: object) -> tuple[Ticket, ...]:
    """A list or tuple of tickets."""
    if not isinstance(answer, list | tuple):
        raise Junk(f"it answered with a {type(answer).__name__} where a list of Ticket belongs")
    ticket = instance_of(Ticket)
    return tuple(ticket(item) for item in cast("list[object] | tuple[object, ...]", answer))


def nothing(answer: object) -> None:
    """Whatever an observer answers is ignored."""
