"""Random conversations in which agents have names that the end user must not hear.

``play`` makes one from its seed: agents come, talk, sign, hand over and leave, vendors speak of them in
notices and reasons, and everything that could reach the end user is collected as text. Whatever the vendor
says goes through ``lifecycle.step`` as it does in life; words are found and filled as the relay does it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from livechat_sdk.domain.agent_names import AgentNames
from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    ChatEnded,
    ChatRejected,
    ChatTransferred,
    EventEnvelope,
    MessageFailed,
    MessageReceived,
    QueueUpdated,
)
from livechat_sdk.domain.handoff import Handoff, HandoffPolicy, HandoffState, QueueStatus
from livechat_sdk.domain.messages import Attachment, Choice, LedgerEntry, Message
from livechat_sdk.domain.outgoing import HandoffEnded, SystemMessage, UserMessage
from livechat_sdk.domain.people import Agent
from livechat_sdk.gateway.views import HandoffView, MessageView
from livechat_sdk.lifecycle import Input, step
from livechat_sdk.lifecycle.effects import (
    BaseAction,
    DeliverEnded,
    DeliverMessage,
    OpenChat,
    RecordMessage,
    Say,
)
from livechat_sdk.lifecycle.inputs import (
    Decided,
    EffectFailed,
    EffectSucceeded,
    ProviderReported,
    Requested,
    UserSaid,
)
from livechat_sdk.policies.catalogue import LANGUAGES
from livechat_sdk.policies.placeholders import fill
from livechat_sdk.policies.system_messages import SystemMessages
from livechat_sdk.policies.ticket_draft import draft_for
from livechat_sdk_testing.builders import NOON, a_candidate, a_chat, a_handoff, an_event

__all__ = ["Conversation", "Person", "play"]

_SOUNDS = ("ba", "de", "fi", "go", "lu", "mi", "no", "ra", "se", "ti", "vo", "xa", "ze")
_GREEK = ("βα", "δε", "φι", "γο", "λου", "μι", "νο", "ρα", "σε", "τι", "ξα", "ζε")
_CYRILLIC = ("ба", "де", "фи", "го", "лу", "ми", "но", "ра", "се", "ти", "во", "жа")
_TEAMS = ("Billing", "Second line", "Τεχνική υποστήριξη")
_WORDS = SystemMessages({}, {"shop-bot": "en"}, {"shop-bot": LANGUAGES})
_STEPS = 14


@dataclass(frozen=True)
class Person:
    """An agent as the vendor knows them, and the parts of the name that must not be seen."""

    agent: Agent
    first: str
    family: str

    @property
    def whole(self) -> str:
        """The name as the vendor writes it."""
        return self.agent.name or ""


@dataclass
class Conversation:
    """One conversation, played; ``seen`` is all that could reach the end user."""

    names: AgentNames
    handoff: Handoff
    people: list[Person] = field(default_factory=list[Person])
    seen: list[str] = field(default_factory=list[str])

    def leaks(self) -> list[str]:
        """What was seen that must not be."""
        hidden = [word for one in self.people for word in self._hidden(one)]
        return [text for text in self.seen if any(word.casefold() in text.casefold() for word in hidden)]

    def _hidden(self, person: Person) -> Iterator[str]:
        if self.names.show == "full":
            return
        yield person.family
        if self.names.show != "first":
            yield person.first


def play(seed: int, show: str | None = None) -> Conversation:
    """The conversation of that seed; ``show`` fixes how names are shown."""
    return _Stage(random.Random(seed), show).play()  # noqa: S311 - only has to be the same again


class _Stage:
    def __init__(self, chance: random.Random, show: str | None) -> None:
        self._chance = chance
        names = AgentNames.model_validate(
            {
                "show": show or chance.choice(["first", "alias", "none"]),
                "alias": chance.choice([None, "Sam of Support"]),
            }
        )
        policy = HandoffPolicy(
            agent_names=names,
            welcome=chance.choice(["bot", "vendor"]),
            queue_every=chance.choice([None, 1.0]),
            ticket_during=True,
        )
        self._entries: list[LedgerEntry] = []
        self._now = NOON
        self._opening: OpenChat | None = None
        handoff = a_handoff(policy=policy)
        language = chance.choice(LANGUAGES)
        request = handoff.request.model_copy(update={"language": language})
        self._told = Conversation(names, handoff.model_copy(update={"request": request}))
        self._here: list[Person] = []

    def play(self) -> Conversation:
        self._feed(Requested())
        candidates = [a_candidate(name, closes=True, send_before_join=True) for name in ("one", "two")]
        self._feed(Decided(candidates=tuple(candidates)))
        for _ in range(self._chance.randint(3, _STEPS)):
            self._now += timedelta(seconds=self._chance.choice([0.5, 20.0]))
            self._one_more()
        self._event(ChatEnded, raw_reason=self._notice(), by="agent", why="resolved")
        if self._here:  # and a word that comes too late
            self._says(self._chance.choice(self._here))
        self._look()
        return self._told

    # ---------------------------------------------------------------------------------------- what happens
    def _one_more(self) -> None:
        if self._opening is not None and self._chance.random() < 0.6:
            action, self._opening = self._opening, None
            if self._here and self._chance.random() < 0.3:
                self._feed(EffectFailed(action=action, error=self._notice()))
            else:
                self._feed(EffectSucceeded(action=action, chat=a_chat(attempt=action.attempt)))
            return
        often = [self._joins, self._talks, self._talks]
        rest = [self._moves, self._leaves, self._queue, self._fails, self._user, self._rejects]
        self._chance.choice([*often, self._joins, self._talks, self._notices, *rest])()

    def _joins(self) -> None:
        person = self._person()
        self._here.append(person)
        self._event(AgentJoined, agent=person.agent)

    def _talks(self) -> None:
        if self._here:
            self._says(self._chance.choice(self._here))

    def _says(self, person: Person) -> None:
        both = f"{person.first} {person.family}"
        signed = self._chance.choice(["", person.whole, person.whole.upper(), both, both.replace(" ", "\n")])
        known = self._chance.random() < 0.8
        several = " " in person.whole
        message = Message(
            body=f"Good morning{self._chance.choice([' ', ', this is '])}{signed if several else ''}. Hello?",
            attachments=(Attachment(url="https://files.example/1", name=f"card of {person.whole}.pdf"),)
            if several and self._chance.random() < 0.2
            else (),
            choices=(Choice(label=f"Talk to {person.whole}", value="1"),)
            if several and self._chance.random() < 0.2
            else (),
            metadata={"from": {"signed": [person.whole]}} if several else {},
        )
        self._event(MessageReceived, message=message, agent=person.agent if known else None)

    def _notices(self) -> None:
        message = Message.text(self._notice())
        self._event(MessageReceived, message=message, author="system")

    def _moves(self) -> None:
        other = self._person()
        to: dict[str, Any] = self._chance.choice(
            [
                {"to": other.whole},
                {"to": other.whole, "agent": other.agent},
                {"agent": other.agent},
                {"to": self._chance.choice(_TEAMS), "is_team": True},
            ]
        )
        self._event(ChatTransferred, **to)

    def _leaves(self) -> None:
        if self._here:
            self._event(AgentLeft, agent=self._here.pop(0).agent)

    def _queue(self) -> None:
        queue = QueueStatus(position=self._chance.randint(0, 3), estimate=self._chance.choice([None, 90.0]))
        self._event(QueueUpdated, queue=queue, received_at=self._now)

    def _fails(self) -> None:
        self._event(MessageFailed, message_key="m-1", reason=self._notice())

    def _rejects(self) -> None:
        if self._told.handoff.state is HandoffState.QUEUED and self._chance.random() < 0.3:
            self._event(ChatRejected, reason=self._notice())

    def _user(self) -> None:
        self._feed(UserSaid(message=Message.text("hello")))

    def _notice(self) -> str:
        """What a vendor writes of somebody that it has told us of."""
        if not self._told.people or not self._here:
            return "The chat was closed."
        name = self._chance.choice(self._here).whole
        return self._chance.choice(["{} has left.", "Closed by {}", "[{}]", "{}", "{}: away"]).format(name)

    def _person(self) -> Person:
        chance = self._chance
        sounds = chance.choice([_SOUNDS, _SOUNDS, _GREEK, _CYRILLIC])
        first, family = ("".join(chance.choices(sounds, k=4)).capitalize() for _ in range(2))
        while family == first:  # whose first name may be shown, and is the family's too
            family = "".join(chance.choices(sounds, k=4)).capitalize()
        if chance.random() < 0.2:
            family = (
                f"{family}{chance.choice(['-', chr(39)])}{''.join(chance.choices(sounds, k=4)).capitalize()}"
            )
        name = chance.choice(
            [f"{first} {family}", f"{first} {family}", f"{family}, {first}", f"Dr. {first} {family}", first]
        )
        login = f"{first}.{family}@desk.example".lower()
        person = Person(Agent(id=chance.choice([name, login, "4711"]), name=name), first, family)
        self._told.people.append(person)
        return person

    # ---------------------------------------------------------------------------------- what becomes of it
    def _event(self, kind: type[EventEnvelope], **fields: Any) -> None:
        number = len(self._told.handoff.attempts)
        happening = an_event(kind, attempt=number, raw={"who": [one.whole for one in self._here]}, **fields)
        self._feed(ProviderReported.model_validate({"event": happening, "attempt": number}))

    def _feed(self, happening: Input) -> None:
        done = step(self._told.handoff, happening, self._now)
        self._told.handoff = done.handoff
        if done.refused is not None:
            self._told.seen.append(done.refused)
        for effect in done.effects:
            if isinstance(effect, OpenChat):
                self._opening = effect
            elif isinstance(effect, Say):
                self._say(effect)
            elif isinstance(effect, RecordMessage):
                self._record(effect)
            elif isinstance(effect, DeliverMessage):
                self._deliver(effect)
            elif isinstance(effect, DeliverEnded):
                self._end(effect)
            if isinstance(effect, BaseAction):
                self._told.seen.append(effect.model_dump_json())

    def _say(self, say: Say) -> None:
        handoff = self._told.handoff
        answer = _WORDS.livechat_system_message(say.moment, handoff, handoff.language or "")
        if isinstance(answer, SystemMessage):
            self._told.seen.append(fill(answer.text, say.params, answer.language))

    def _record(self, record: RecordMessage) -> None:
        entry = LedgerEntry(
            handoff_id=self._told.handoff.id,
            seq=len(self._entries) + 1,
            direction=record.direction,
            author=record.author,
            message=record.message,
            fate=record.fate,
            detail=record.detail,
            created_at=self._now,
            updated_at=self._now,
        )
        self._entries.append(entry)
        self._told.seen.append(json.dumps([record.agent_name, record.detail], ensure_ascii=False))

    def _deliver(self, delivery: DeliverMessage) -> None:
        entry = next(one for one in self._entries if one.message.key == delivery.message_key)
        outgoing = UserMessage(
            **self._ids(delivery.message_key), message=entry.message, agent_name=delivery.agent_name
        )
        self._told.seen.append(outgoing.model_dump_json())

    def _end(self, _: DeliverEnded) -> None:
        end = self._told.handoff.end
        assert end is not None
        ended = HandoffEnded(**self._ids("ended"), end=end, ended_at=end.at)
        self._told.seen.append(ended.model_dump_json())

    def _ids(self, key: str) -> dict[str, Any]:
        return {"key": key, "handoff_id": "h-1", "conversation_id": "c-1", "owner_number": 1}

    def _look(self) -> None:
        """The handoff as the platform sees it, the transcript, and the ticket."""
        told = self._told
        told.seen.append(HandoffView.of(told.handoff).model_dump_json())
        told.seen += [MessageView.of(one, one.message).model_dump_json() for one in self._entries]
        told.seen.append(draft_for(told.handoff, self._entries).model_dump_json())
