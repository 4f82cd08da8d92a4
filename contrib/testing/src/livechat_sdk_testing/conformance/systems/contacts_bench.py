"""A CRM that is asked through the hooks, and one beside a whole handoff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk_testing.conformance.case import CaseFailed, same
from livechat_sdk_testing.conformance.systems.bench import SystemBench
from livechat_sdk_testing.conformance.systems.case import Family, SystemNeed
from livechat_sdk_testing.conformance.systems.contacts_rig import (
    ContactRig,
    ContactTraits,
    LookUp,
    Person,
)
from livechat_sdk_testing.conformance.systems.conversation import SystemConversation

__all__ = ["CONTACTS", "ELENI", "ContactBench", "ContactConversation", "looks_up", "traits"]

ELENI: Final = Person(
    "Eleni Petrou", "eleni@shop.example", "+302101234567", external_id="user-4711", property="C-4711"
)
"""The contact whom most cases look for."""
_OTHERS: Final = (
    Person("Nikos Ioannou", "nikos@shop.example", "+302107654321", external_id="user-12", property="C-12"),
    Person("Åsa Öberg", "asa@shop.example", "+46701234567", external_id="user-13", property="C-13"),
)


class ContactBench(SystemBench[ContactRig]):
    """One CRM on its rig."""

    @property
    def able(self) -> ContactTraits:
        """What it can do."""
        return self.rig.able

    async def people(self, *more: Person) -> str:
        """Eleni and some others are known; returns her id. Whatever lag there is has passed."""
        for person in _OTHERS:
            await self.rig.add(person)
        known = await self.rig.add(ELENI)
        for person in more:
            await self.rig.add(person)
        await self.clock.advance(self.able.lag)
        return known

    def user(self, **fields: Any) -> EndUser:
        """An end user of whom nothing else is known."""
        return EndUser.model_validate({"id": "nobody-knows-this-id", **fields})

    async def find(self, **fields: Any) -> Contact | None:
        """Ask as the relay does. A failure raises: the facade would swallow it."""
        return await self.ask(self.user(**fields))

    async def ask(self, user: EndUser) -> Contact | None:
        """Call the hook itself; a ``def`` one too."""
        answer: Any = self.system.livechat_find_contact(user=user, bot="shop-bot")
        found = await answer if hasattr(answer, "__await__") else answer
        if found is not None and not isinstance(found, Contact):
            raise CaseFailed(f"livechat_find_contact answered {found!r}")
        return found

    async def get(self, contact_id: str, source: str | None = None) -> Contact | None:
        """Read one contact. A failure raises."""
        answer: Any = self.system.livechat_get_contact(source=source or self.name, contact_id=contact_id)
        found = await answer if hasattr(answer, "__await__") else answer
        if found is not None and not isinstance(found, Contact):
            raise CaseFailed(f"livechat_get_contact answered {found!r}")
        return found

    async def facade(self, user: EndUser) -> tuple[Contact, ...]:
        """Ask through the facade, as the relay does: failures are no contacts."""
        return await self.hooks.find_contacts(user, "shop-bot", only=(self.name,))

    def by(self, key: LookUp, person: Person = ELENI) -> dict[str, Any]:
        """What an end user brings along who can be found by one key alone."""
        known: Mapping[LookUp, dict[str, Any]] = {
            "email": {"email": person.email},
            "phone": {"phone": person.phone},
            "external_id": {"id": person.external_id},
            "property": {"attributes": {self.rig.attribute: person.property}},
        }
        return known[key]

    @property
    def key(self) -> LookUp:
        """The first key by which contacts are found."""
        order: tuple[LookUp, ...] = ("email", "phone", "external_id", "property")
        return next(key for key in order if key in self.able.keys)

    async def found(self, **fields: Any) -> Contact:
        """A contact that has to be found."""
        contact = await self.find(**fields)
        if contact is None:
            raise CaseFailed(f"nobody is found by {fields!r}")
        return contact


class ContactConversation(SystemConversation[ContactRig]):
    """A handoff whose bot has the CRM under test."""

    def bot_settings(self) -> Mapping[str, Any]:
        """It is the bot's CRM, with what a case has put beside it."""
        return {"crm": [self.name, *self.integrations]}

    async def people(self, *persons: Person) -> list[str]:
        """They are known; whatever lag there is has passed."""
        known = [await self.rig.add(person) for person in persons or (ELENI, *_OTHERS)]
        await self.clock.advance(self.rig.able.lag)
        return known

    def by(self, key: LookUp = "email") -> dict[str, Any]:
        """An end user who is Eleni, by every key."""
        return {
            "id": ELENI.external_id,
            "email": ELENI.email,
            "phone": ELENI.phone,
            "attributes": {self.rig.attribute: ELENI.property},
        }

    async def contacts(self) -> list[Contact]:
        """What is stored with the handoff."""
        return list((await self.handoff()).contacts)

    async def only(self) -> Contact:
        """The only contact that is stored with the handoff."""
        found = await self.contacts()
        same(len(found), 1, "contacts of the handoff")
        return found[0]


def looks_up(*keys: LookUp) -> SystemNeed[ContactRig]:
    """Contacts are found by these."""

    def missing(rig: ContactRig) -> str | None:
        absent = [key for key in keys if key not in rig.able.keys]
        return f"contacts are not found by {', '.join(absent)}" if absent else None

    return SystemNeed(f"finds by {', '.join(keys)}", missing)


def traits(**wanted: object) -> SystemNeed[ContactRig]:
    """These traits have these values; ``True`` stands for any that is not empty."""

    def missing(rig: ContactRig) -> str | None:
        for name, value in wanted.items():
            found: object = getattr(rig.able, name)
            if found != value and not (value is True and found):
                return f"{name} is {found!r}"
        return None

    return SystemNeed(f"{', '.join(wanted)}", missing)


CONTACTS: Final[Family[ContactRig, ContactBench, ContactConversation]] = Family(
    "crm",
    (
        "contacts_found",
        "contacts_matches",
        "contacts_properties",
        "contacts_failing",
        "contacts_secrets",
        "contacts_hostile",
        "contacts_beside",
    ),
    ContactBench,
    ContactConversation,
)
"""The cases for CRMs."""
