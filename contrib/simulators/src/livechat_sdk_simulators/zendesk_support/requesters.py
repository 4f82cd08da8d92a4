"""Whom a ticket is for: somebody who is known, by id or address, or somebody new."""

from __future__ import annotations

import re
from typing import Any, Final, cast

from livechat_sdk_simulators.zendesk_support.account import Account
from livechat_sdk_simulators.zendesk_support.bodies import Body
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid
from livechat_sdk_simulators.zendesk_support.state import User

__all__ = ["Requesters"]

_PERSON: Final = (
    "name",
    "email",
    "locale",
    "locale_id",
    "organization_id",
    "role",
    "verified",
    "external_id",
    "phone",
)
_MAIL: Final = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")


class Requesters:
    """Finds people for tickets, on one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def named(self, body: Body) -> User | None:
        """The requester whom a body names, kept or not yet; ``None`` for nobody. Raises ``VendorError``."""
        known = self.user(body, "requester_id")
        asked = body.get("requester")
        if known is not None or asked in (None, ""):
            return known
        if isinstance(asked, int) and not isinstance(asked, bool):
            return self.user(Body("ticket", {"requester_id": asked}, ("requester_id",)), "requester_id")
        if isinstance(asked, str):
            person = Body("ticket.requester", {"email": asked, "name": asked.partition("@")[0]}, _PERSON)
        elif isinstance(asked, dict):
            person = Body("ticket.requester", cast("dict[str, Any]", asked), _PERSON)
            body.unpermitted += person.unpermitted
        else:
            raise RecordInvalid("requester", "Requester: is invalid", "InvalidValue")
        return self._known_or_new(person)

    def _known_or_new(self, person: Body) -> User:
        email, name = person.text("email", 255), person.text("name", 255)
        if email is not None:
            if not _MAIL.fullmatch(email):
                raise RecordInvalid("requester", f"Requester: Email: {email} is not properly formatted")
            if (known := self._account.user_by(email=email)) is not None:
                return known
        if not name or not name.strip():
            raise RecordInvalid("requester", "Requester: Name: is too short (minimum one character)")
        now = self._account.begun()
        return User(
            id=self._account.new_id(),
            created_at=now,
            updated_at=now,
            name=name,
            email=email,
            phone=person.text("phone", 50),
            external_id=person.text("external_id", 255),
            locale=person.text("locale") or "en-US",
            organization_id=person.number("organization_id"),
            verified=person.flag("verified", usual=False),
        )

    def user(self, body: Body, key: str) -> User | None:
        """The user with an id. Raises ``VendorError``."""
        number = body.number(key)
        if number is None:
            return None
        user = self._account.users.get(number)
        if user is None or not user.active:
            title = key.removesuffix("_id").capitalize()
            raise RecordInvalid(key, f"{title}: is invalid", "InvalidValue")
        return user
