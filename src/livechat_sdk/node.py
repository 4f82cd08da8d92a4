"""The workflow node: starts a handoff, and comes back with one of seven branches.

A workflow that reaches the node calls ``start``. It gets either the result at once (closed now, for
example) or a ``Waiting`` token to store; when ``HandoffEnded`` arrives at the channel, or at any later
time, ``resume`` gives the result. Both are safe to call again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from pydantic import Field

from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Timestamp
from livechat_sdk.domain.ends import EndReason, Outcome
from livechat_sdk.domain.handoff import Handoff, HandoffRequest, SurveyAnswer
from livechat_sdk.domain.messages import Message, TranscriptEntry
from livechat_sdk.domain.outgoing import HandoffEnded
from livechat_sdk.domain.people import EndUser
from livechat_sdk.errors import ConfigurationError, InvalidInput, Problem

__all__ = [
    "BRANCHES",
    "LiveChatNode",
    "LiveChatNodeSettings",
    "NodeResult",
    "Waiting",
    "check_branches",
]

BRANCHES: tuple[str, ...] = tuple(outcome.value for outcome in Outcome)
"""The node's branches: the closed set of outcomes."""


class LiveChatNodeSettings(Model):
    """What a workflow author sets on the node. ``json_schema()`` feeds visual builders."""

    bot: Identifier = Field(description="Name of the bot in livechat.yaml.")
    reason: ShortText | None = Field(default=None, description="Why a human is needed; the agent sees it.")
    language: ShortText | None = Field(default=None, description="Language to talk in; else the user's own.")
    queue: ShortText | None = Field(default=None, description="Queue at the live-chat system.")
    group: ShortText | None = Field(default=None, description="Team that should take it.")
    agent: ShortText | None = Field(default=None, description="Agent who should take it.")
    priority: ShortText | None = Field(default=None, description="Priority, in the live-chat system's words.")
    skills: tuple[ShortText, ...] = Field(default=(), description="Skills that the agent should have.")
    tags: tuple[ShortText, ...] = Field(default=(), description="Tags for the conversation.")
    transcript_limit: int = Field(
        default=500, ge=0, le=5000, description="How many of the last messages travel along; 0 sends none."
    )
    attributes: Metadata = Field(default_factory=dict, description="Anything that routing may use.")

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema of these settings, with the branches under ``x-branches``."""
        return {**cls.model_json_schema(), "x-branches": list(BRANCHES)}


class Waiting(Model):
    """The workflow waits for a human. Store it beside the workflow's state; it is plain JSON."""

    handoff_id: Identifier
    key: Identifier
    conversation_id: Identifier


class NodeResult(Model):
    """The node is done. ``branch`` says where the workflow goes on.

    ``undelivered`` are messages of the end user that no human got: the bot should answer them.
    ``owner_number`` is the number under which the bot may speak again.
    """

    branch: Outcome
    handoff_id: Identifier
    owner_number: int
    reason: EndReason
    undelivered: tuple[Message, ...] = ()
    survey: tuple[SurveyAnswer, ...] = ()
    next_opening: Timestamp | None = None
    existing: Identifier | None = None


class _Handoffs(Protocol):
    """The part of the dispatcher that the node needs."""

    async def request(self, request: HandoffRequest, *, wait: float = 5.0) -> Handoff: ...

    async def until_ended(self, handoff_id: str, *, wait: float | None = None) -> Handoff: ...

    async def undelivered(self, handoff_id: str) -> Sequence[Message]: ...


class LiveChatNode:
    """One LiveChat node of a workflow."""

    def __init__(self, dispatcher: _Handoffs, settings: LiveChatNodeSettings | Mapping[str, Any]) -> None:
        """``settings`` may be a plain mapping, as a workflow file holds it."""
        self._dispatcher = dispatcher
        self.settings = (
            settings
            if isinstance(settings, LiveChatNodeSettings)
            else LiveChatNodeSettings.model_validate(settings)
        )

    async def start(
        self,
        *,
        key: str,
        conversation_id: str,
        user: EndUser,
        transcript: Sequence[TranscriptEntry] = (),
        survey: Sequence[SurveyAnswer] = (),
        summary: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        wait: float = 5.0,
    ) -> Waiting | NodeResult:
        """Ask for a human.

        ``key`` must be the same whenever the workflow runs this visit of the node again
        (``run-7/node-3``, say): then nothing is asked twice. Returns at once with the result when
        there is nothing to wait for. Raises ``UnknownBot``, ``InvalidInput``, ``StoreError``.
        """
        chosen = self.settings
        limit = chosen.transcript_limit
        handoff = await self._dispatcher.request(
            HandoffRequest(
                key=key,
                conversation_id=conversation_id,
                bot=chosen.bot,
                user=user,
                reason=chosen.reason,
                summary=summary,
                language=chosen.language,
                transcript=tuple(transcript)[-limit:] if limit else (),
                survey=tuple(survey),
                queue=chosen.queue,
                group=chosen.group,
                agent=chosen.agent,
                priority=chosen.priority,
                skills=chosen.skills,
                tags=chosen.tags,
                attributes={**chosen.attributes, **(attributes or {})},
            ),
            wait=wait,
        )
        if handoff.is_live:
            return Waiting(handoff_id=handoff.id, key=key, conversation_id=conversation_id)
        return await self._result(handoff)

    async def resume(
        self, waiting: Waiting, ended: HandoffEnded | None = None, *, wait: float = 0.0
    ) -> Waiting | NodeResult:
        """The result, if the handoff has ended; else the same token again.

        ``ended`` is what the channel got; without it the ledger is asked, for up to ``wait`` seconds.
        Raises ``InvalidInput`` when ``ended`` belongs to another handoff.
        """
        if ended is not None:
            if ended.handoff_id != waiting.handoff_id:
                raise InvalidInput(
                    f"this node waits for handoff {waiting.handoff_id}, the end is that of {ended.handoff_id}"
                )
            return NodeResult(
                branch=ended.end.outcome,
                handoff_id=ended.handoff_id,
                owner_number=ended.owner_number,
                reason=ended.end.reason,
                undelivered=ended.undelivered,
                survey=ended.survey,
                next_opening=ended.end.next_opening,
                existing=ended.end.existing,
            )
        handoff = await self._dispatcher.until_ended(waiting.handoff_id, wait=wait)
        return waiting if handoff.is_live else await self._result(handoff)

    async def _result(self, handoff: Handoff) -> NodeResult:
        if handoff.end is None:
            raise AssertionError("an ended handoff has its end")
        return NodeResult(
            branch=handoff.end.outcome,
            handoff_id=handoff.id,
            owner_number=handoff.owner_number,
            reason=handoff.end.reason,
            undelivered=tuple(await self._dispatcher.undelivered(handoff.id)),
            survey=handoff.survey,
            next_opening=handoff.end.next_opening,
            existing=handoff.end.existing,
        )


def check_branches(wired: Iterable[str], *, node: str = "LiveChatNode") -> None:
    """Check that a workflow goes on from every branch, and from none that does not exist.

    Raises ``ConfigurationError`` that names each one.
    """
    names = [str(name) for name in wired]
    problems = [
        Problem(
            code="LC310",
            message=f"branch {branch!r} of {node} leads nowhere",
            suggestion=f"connect {branch!r}; a person in this branch would be left without an answer",
        )
        for branch in BRANCHES
        if branch not in names
    ]
    problems += [
        Problem(
            code="LC311",
            message=f"{node} has no branch {name!r}",
            suggestion="the branches are " + ", ".join(BRANCHES),
        )
        for name in dict.fromkeys(names)
        if name not in BRANCHES
    ]
    if problems:
        raise ConfigurationError(problems)
