"""Ticket systems with one mistake each."""

from __future__ import annotations

import html
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from contrib.testing.tests.systems.zoo.planted import Planted, tickets
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote, TicketState
from livechat_sdk.errors import ProviderError, RejectedError, RetryableError
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.http import Answer, Repeat
from livechat_sdk_testing.conformance.systems.toy_tickets import ToyTicketing


@tickets("makes a new ticket without looking, where the vendor has forgotten the key")
class NeverLooks(ToyTicketing):
    async def earlier(self, draft: TicketDraft, since: datetime) -> Ticket | None:
        return None


@tickets("takes 'not found' for 'not made', however long ago the first try was")
class TrustsTheIndex(ToyTicketing):
    def window(self) -> float:
        return float("inf")

    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        headers = {"Idempotency-Key": f"{key}.{self.context.now():%H%M}"}
        return await self.client.request("create", "POST", "/tickets", json=dict(content), headers=headers)


@tickets("sends no key to the vendor")
class NoKey(ToyTicketing):
    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        return await self.client.request("create", "POST", "/tickets", json=dict(content))


@tickets("repeats a create by itself without a key, because it is 'only a time-out'")
class EagerRepeat(ToyTicketing):
    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        return await self.client.request("create", "POST", "/tickets", json=dict(content), repeat=Repeat.SAFE)


@tickets("makes the key anew in each process")
class KeyOfTheProcess(ToyTicketing):
    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        return await super().post_ticket(f"{key}.{id(self)}", content)


@tickets("remembers what it made in memory, and nowhere else")
class InMemory(ToyTicketing):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.made: dict[str, Ticket] = {}

    async def earlier(self, draft: TicketDraft, since: datetime) -> Ticket | None:
        return self.made.get(draft.key)

    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        answer = await self.client.request("create", "POST", "/tickets", json=dict(content))
        self.made[key] = self.ticket(answer.object())
        return answer


@tickets("calls every failed create 'never left'")
class NeverLeft(ToyTicketing):
    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        try:
            return await super().post_ticket(key, content)
        except ProviderError as error:
            error.sent = False
            raise


@tickets("takes an answer that cannot be read for a refusal")
class RubbishIsRefusal(ToyTicketing):
    @hookimpl
    async def livechat_create_ticket(self, draft: TicketDraft, handoff: Handoff) -> Ticket:
        try:
            return await super().livechat_create_ticket(draft, handoff)
        except RetryableError as error:
            if error.status is None and error.sent:
                raise RejectedError("refused", provider=self.name, sent=False) from error
            raise


@tickets("swallows errors of the look-up: no answer is no ticket")
class BlindLook(ToyTicketing):
    async def found(self, key: str) -> list[Ticket]:
        try:
            return await super().found(key)
        except ProviderError:
            return []


@tickets("takes a look-up without a list for an empty one")
class MissingListIsEmpty(ToyTicketing):
    async def found(self, key: str) -> list[Ticket]:
        answer = await self.client.request("find", "GET", "/tickets", params={"key": key})
        try:
            listed = answer.object().get("tickets", [])
        except ProviderError:
            listed = []
        return [self.ticket(one) for one in listed]


@tickets("makes all comments public")
class AllPublic(ToyTicketing):
    def public(self, note: TicketNote) -> bool:
        return True


@tickets("makes no comment public")
class NonePublic(ToyTicketing):
    def public(self, note: TicketNote) -> bool:
        return False


@tickets("shows the conversation to the requester: the first comment is public")
class PublicFirst(ToyTicketing):
    async def content(self, draft: TicketDraft) -> dict[str, Any]:
        return {**await super().content(draft), "public": True}


@tickets("adds a comment again without looking")
class CommentsTwice(ToyTicketing):
    async def has_comment(self, ticket: Ticket, note: TicketNote, since: datetime) -> bool:
        return False


@tickets("repeats a comment by itself after a time-out")
class CommentRepeated(ToyTicketing):
    async def post_comment(self, ticket: Ticket, content: Mapping[str, Any]) -> Answer:
        path = f"/tickets/{self.id_of(ticket)}/comments"
        return await self.client.request("comment", "POST", path, json=dict(content), repeat=Repeat.SAFE)


@tickets("writes into tickets of other systems")
class AnybodysTicket(ToyTicketing):
    @hookimpl
    async def livechat_add_to_ticket(self, ticket: Ticket, note: TicketNote) -> Ticket | None:
        mine = ticket.model_copy(update={"source": self.name})
        return await super().livechat_add_to_ticket(mine, note)


@tickets("does not escape markup")
class NoEscape(ToyTicketing):
    def escaped(self, text: str) -> str:
        return text.replace("\n", "<br>")


@tickets("escapes markup and leaves marks of templates whole")
class TemplatesLive(ToyTicketing):
    def escaped(self, text: str) -> str:
        return html.escape(text).replace("\n", "<br>")


@tickets("lets lines run together, because HTML has no line feeds")
class OneLongLine(ToyTicketing):
    def escaped(self, text: str) -> str:
        return super().escaped(text).replace("<br>", " ")


@tickets("cuts the text at the limit, and the rest is lost")
class CutsText(ToyTicketing):
    async def fitting(self, text: str, attachments: Sequence[Attachment]) -> tuple[str, list[dict[str, str]]]:
        text, files = await super().fitting(text, attachments)
        return text, [file for file in files if file["name"] != "conversation.txt"]


@tickets("sends a subject of any length and with line breaks")
class AnySubject(ToyTicketing):
    def subject(self, text: str) -> str:
        return text


@tickets("drops fields that are not in the map without a word")
class DropsFields(ToyTicketing):
    def mapped(self, fields: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        return super().mapped(fields)[0], ""


@tickets("sends words where the vendor has values of a choice")
class WordsForValues(ToyTicketing):
    def mapped(self, fields: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        names = {"Product": "f1", "Orders": "f2"}
        return {names[label]: value for label, value in fields.items() if label in names}, ""


@tickets("has no table of priorities: urgent is what the vendor makes of it")
class NoPriority(ToyTicketing):
    def priority(self, draft: TicketDraft) -> str | None:
        return None


@tickets("mixes up high and low")
class UpsideDown(ToyTicketing):
    def priority(self, draft: TicketDraft) -> str | None:
        return {"low": "P1", "normal": "P2", "high": "P3", "urgent": "P4"}.get(draft.priority or "")


@tickets("takes a ticket that is solved for one that is closed")
class SolvedIsClosed(ToyTicketing):
    def state(self, word: str) -> TicketState | None:
        return "closed" if word == "done" else super().state(word)


@tickets("makes anything that was typed the requester's address")
class AnyAddress(ToyTicketing):
    def requester(self, draft: TicketDraft) -> list[str]:
        email = (draft.requester_email or "").split(" ")[0].split("'")[0].split(",")[0]
        return [self.one_line(draft.requester_name or ""), email]


@tickets("forgets the requester")
class Anonymous(ToyTicketing):
    def requester(self, draft: TicketDraft) -> list[str]:
        return []


@tickets("fails when a file is gone, and the ticket with it")
class FileStopsTicket(ToyTicketing):
    async def fitting(self, text: str, attachments: Sequence[Attachment]) -> tuple[str, list[dict[str, str]]]:
        for attachment in attachments:
            await self.files.open(attachment)
        return await super().fitting(text, attachments)


@tickets("leaves files out")
class NoFiles(ToyTicketing):
    async def fitting(self, text: str, attachments: Sequence[Attachment]) -> tuple[str, list[dict[str, str]]]:
        return await super().fitting(text, ())


@tickets("reads whatever an id leads to")
class AnyId(ToyTicketing):
    async def read(self, ticket_id: str) -> Ticket | None:
        number = "".join(one for one in ticket_id if one.isdigit())
        return await super().read(number.lstrip("0") or ticket_id)


@tickets("answers that there is no ticket when it cannot be read")
class ErrorIsNone(ToyTicketing):
    async def read(self, ticket_id: str) -> Ticket | None:
        try:
            return await super().read(ticket_id)
        except ProviderError:
            return None


@tickets("lists every ticket whose key begins with that of the handoff")
class ByPrefix(ToyTicketing):
    @hookimpl
    async def livechat_list_tickets(self, handoff: Handoff) -> Sequence[Ticket]:
        found: list[Ticket] = []
        for number in range(1, 20):
            one = await self.read(str(number))
            if one is not None and one.key.startswith(handoff.id):
                found.append(one)
        return found


@tickets("logs the secret of the client")
class LogsSecret(ToyTicketing):
    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        secret = self.settings.client_secret[0].get_secret_value()
        logging.getLogger("toy").debug("creating %s with %s", key, secret)
        return await super().post_ticket(key, content)


@tickets("puts the secret into the address")
class SecretInAddress(ToyTicketing):
    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        secret = self.settings.client_secret[0].get_secret_value()
        return await self.client.request(
            "create",
            "POST",
            "/tickets",
            json=dict(content),
            headers={"Idempotency-Key": key},
            params={"api_key": secret},
        )


@tickets("puts what the end user wrote into errors")
class TellsInErrors(ToyTicketing):
    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        try:
            return await super().post_ticket(key, content)
        except RejectedError as error:
            raise RejectedError(
                f"refused: {content['html']}", provider=self.name, status=error.status
            ) from error


@tickets("forgets the vendor's wish when to come back")
class NoWish(ToyTicketing):
    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        try:
            return await super().post_ticket(key, content)
        except ProviderError as error:
            error.retry_after = None
            raise


@tickets("tries refusals again, because everything may pass")
class AllMayPass(ToyTicketing):
    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        try:
            return await super().post_ticket(key, content)
        except RejectedError as error:
            raise RetryableError("again", provider=self.name, status=error.status) from error


BUGS: list[Planted] = [one for one in list(globals().values()) if isinstance(one, Planted)]
