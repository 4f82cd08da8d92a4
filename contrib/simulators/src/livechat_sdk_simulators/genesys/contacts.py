"""External contacts: found, made, and bound to a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.genesys.bodies import Body, json_body, only, page_of
from livechat_sdk_simulators.genesys.errors import refusal
from livechat_sdk_simulators.genesys.state import new_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["Contacts"]

_BASE: Final = "/api/v2/externalcontacts"
_VIEW: Final = "externalContacts:contact:view"
_TEXTS: Final = ("firstName", "middleName", "lastName", "salutation", "title", "externalSystemUrl")
_MAILS: Final = ("workEmail", "personalEmail", "otherEmail")
_PHONES: Final = ("workPhone", "cellPhone", "homePhone", "otherPhone")
_IDENTIFIERS: Final = (
    "SocialLine",
    "SocialFacebook",
    "SocialTwitter",
    "SocialWhatsapp",
    "SocialInstagram",
    "SocialWhatsappBsuid",
    "AppleOpaqueId",
    "Email",
    "Phone",
    "Cookie",
    "ExternalId",
)
_MEDIA: Final = (
    "CALL",
    "CALLBACK",
    "CHAT",
    "COBROWSE",
    "EMAIL",
    "MESSAGE",
    "INTERNAL_MESSAGE",
    "SCREEN_MONITORING",
    "SOCIAL_EXPRESSION",
    "VIDEO",
    "SCREENSHARE",
)
_MOST: Final = 25


class Contacts:
    """The contacts of the settings, and those that were made."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys
        self._contacts: dict[str, dict[str, Any]] = {}
        for contact in genesys.settings.contacts:
            self._keep(contact)

    def _keep(self, contact: Mapping[str, Any]) -> dict[str, Any]:
        made = str(contact.get("id") or new_id())
        now = rfc3339(self._genesys.clock.now())
        kept = {"type": "Curated", "createDate": now, "modifyDate": now, **contact, "id": made}
        kept["selfUri"] = f"{_BASE}/contacts/{made}"
        self._contacts[made] = kept
        return kept

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("contact", "GET", f"{_BASE}/contacts", self.search),
            Operation("contact", "POST", f"{_BASE}/contacts", self.create),
            Operation("contact", "GET", f"{_BASE}/contacts/{{contact}}", self.get),
            Operation("contact", "GET", f"{_BASE}/reversewhitepageslookup", self.look_up),
            Operation("contact", "POST", f"{_BASE}/identifierlookup/contacts", self.identify),
            Operation("contact", "PUT", f"{_BASE}/conversations/{{conversation}}", self.associate),
        ]

    async def search(self, call: Call) -> Response:
        """Those whose names, mails or numbers hold what is asked for."""
        self._genesys.need(_VIEW)
        only(call.query, "q", "pageSize", "pageNumber", "sortOrder", "expand", "divisionIds")
        wanted = call.query.get("q", "").lower()
        found = [one for one in self._contacts.values() if any(wanted in text for text in _words(one))]
        return json_answer(page_of(call.query, found, f"{_BASE}/contacts"))

    async def get(self, call: Call) -> Response:
        """One contact."""
        self._genesys.need(_VIEW)
        only(call.query, "expand")
        found = self._contacts.get(call.part("contact"))
        if found is None:
            raise refusal("not.found")
        return json_answer(found)

    async def look_up(self, call: Call) -> Response:
        """Those with this mail or number, as it is."""
        self._genesys.need(_VIEW)
        only(call.query, "lookupVal", "expand", "divisionId")
        wanted = call.query.get("lookupVal", "").lower()
        if not wanted:
            raise refusal("constraint.validation", "lookupVal may not be empty")
        found = [one for one in self._contacts.values() if wanted in {*_mails(one), *_phones(one)}]
        return json_answer({"contacts": found[:_MOST]})

    async def identify(self, call: Call) -> Response:
        """The one contact with an identifier."""
        self._genesys.need(_VIEW)
        only(call.query, "expand")
        body = json_body(call, "ContactIdentifier")
        kind = body.text("type", among=_IDENTIFIERS)
        value = body.text("value").lower()
        source = body.maybe_part("externalSource", "ExternalSource")
        source_id = "" if source is None else source.text("id")
        body.drop("division", "dateCreated")
        body.end()
        for one in self._contacts.values():
            ids = {
                "Email": _mails(one),
                "Phone": _phones(one),
                "ExternalId": _external_ids(one, source_id),
            }
            if value in ids.get(kind, ()):
                return json_answer(one)
        raise refusal("not.found")

    async def create(self, call: Call) -> Response:
        """Make a contact."""
        self._genesys.need("externalContacts:contact:add")
        only(call.query)
        body = json_body(call, "ExternalContact")
        contact: dict[str, Any] = {}
        for name in (*_TEXTS, *_MAILS):
            value = body.maybe(name)
            if value is not None:
                contact[name] = value
        for name in _PHONES:
            phone = body.maybe_part(name, "PhoneNumber")
            if phone is not None:
                contact[name] = _phone(phone)
        ids = body.parts("externalIds", "ExternalId", _external_id)
        if ids:
            contact["externalIds"] = ids
        body.end()
        if not contact:
            raise refusal("constraint.validation", "a contact may not be empty")
        made = self._keep(contact)
        call.applied = f"contact {made['id']} was made"
        return json_answer(made)

    async def associate(self, call: Call) -> Response:
        """Bind a conversation to a contact, or to none."""
        self._genesys.need("externalContacts:conversation:associate")
        only(call.query)
        body = json_body(call, "ConversationAssociation")
        contact = body.maybe("externalContactId")
        named, communication = body.text("conversationId"), body.text("communicationId")
        body.text("mediaType", among=_MEDIA)
        body.end()
        conversation = self._genesys.conversations.with_id(call.part("conversation"))
        if conversation is None or named != conversation.id:
            raise refusal("not.found")
        leg = next((one for one in conversation.participants if one.session_id == communication), None)
        if leg is None or (contact is not None and contact not in self._contacts):
            raise refusal("not.found")
        conversation.contact = contact
        told: dict[str, Any] = {} if contact is None else {"externalContactId": contact}
        self._genesys.topics.tell(conversation, [("contact", leg, told)], faulty=False)
        call.chat, call.applied = conversation.id, f"contact {contact} is that of the conversation"
        return Response(status_code=202)


def _phone(body: Body) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("display", "normalizationCountryCode", "userInput", "e164", "countryCode"):
        value = body.maybe(name)
        if value is not None:
            found[name] = value
    body.flag("acceptsSMS")
    body.end()
    return found


def _external_id(body: Body) -> dict[str, Any]:
    source = body.part("externalSource", "ExternalSource")
    named = source.text("id")
    name = source.maybe("name") or named
    source.end()
    return {"externalSource": {"id": named, "name": name}, "value": body.text("value")}


def _mails(contact: Mapping[str, Any]) -> list[str]:
    return [str(contact[name]).lower() for name in _MAILS if contact.get(name)]


def _phones(contact: Mapping[str, Any]) -> list[str]:
    return [str(contact[name].get("e164", "")) for name in _PHONES if contact.get(name)]


def _external_ids(contact: Mapping[str, Any], source: str) -> list[str]:
    known: Sequence[Mapping[str, Any]] = contact.get("externalIds", ())
    return [str(one["value"]).lower() for one in known if one["externalSource"]["id"] == source]


def _words(contact: Mapping[str, Any]) -> list[str]:
    names = " ".join(str(contact[name]) for name in ("firstName", "lastName") if contact.get(name))
    return [names.lower(), *_mails(contact), *_phones(contact)]
