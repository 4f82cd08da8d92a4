"""The base of every CRM: the two hooks once, with their time limit, the cache, and who of several is meant.

A CRM that is slow, down or wrong costs its own answer and nothing else: the hook gives up in good time, and
what was found by then is told with a word about what is missing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import ClassVar, Final, Generic, TypeVar

from livechat_sdk.domain.people import SEVERAL, Contact, ContactMatch, EndUser
from livechat_sdk.errors import RetryableError
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.policies.contact_cache import ContactCache
from livechat_sdk.policies.contact_keys import Key, fits
from livechat_sdk.policies.contact_settings import ContactSettings
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk.provider.interface import ProviderHost

__all__ = ["MOST_MATCHES", "SECONDS", "Candidate", "ContactSource"]

SECONDS: Final = 8.0
"""Seconds that a look-up may take; the hook itself is given up after ten."""
MOST_MATCHES: Final = 5
"""Contacts that are shown where several fit."""

_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


Settings = TypeVar("Settings", bound=ContactSettings)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contact that a CRM found.

    ``known``: by the kind of a key, what the CRM has of it. ``record``: the answer for ``tell``, so
    that nothing is read twice.
    """

    match: ContactMatch
    known: dict[str, Sequence[str | None]] = field(repr=False)
    changed_at: datetime | None = None
    record: object = field(default=None, repr=False, compare=False)

    def fitting(self, keys: Sequence[Key]) -> list[Key]:
        """The keys of the end user that this contact has."""
        return [key for key in keys if fits(key, self.known.get(key.kind, ()))]


class ContactSource(ABC, Generic[Settings]):
    """An adapter to one CRM.

    Errors: raise the ``ProviderError`` family only; a look-up that raises found nothing.
    """

    type: ClassVar[str]

    def __init__(self, context: IntegrationContext, settings: Settings) -> None:
        self.context = context
        self.settings = settings
        self._cache: ContactCache | None = None

    @property
    def name(self) -> str:
        """The integration's name in the settings: the ``source`` of its contacts."""
        return self.context.name

    async def start(self, host: ProviderHost) -> None:
        """Called once before the first look-up: makes the cache."""
        if self.settings.cache_for:
            cache = ContactCache(host.database, self.context.workspace, self.name, self.settings.cache_for)
            await cache.prepare()
            self._cache = cache

    async def stop(self) -> None:
        """Called once when the dispatcher stops: close what a call opened."""

    # ------------------------------------------------------------------------------- what an adapter gives
    @abstractmethod
    def keys(self, user: EndUser) -> Sequence[Key]:
        """What the end user can be looked up by, the strongest first."""

    @abstractmethod
    async def candidates(self, key: Key) -> Sequence[Candidate]:
        """The contacts with this key, ``MOST_MATCHES`` + 1 at most."""

    @abstractmethod
    async def read(self, contact_id: str, language: str | None = None) -> Contact | None:
        """One contact with all that is shown, as it is now; ``None`` when there is none with this id."""

    async def tell(self, found: Candidate, language: str | None) -> Contact | None:
        """The one contact that was found, with all that is shown. Reads it; better, uses its ``record``."""
        return await self.read(found.match.id, language)

    @abstractmethod
    async def check(self) -> Sequence[Finding]:
        """Look at credentials and set-up; reads only."""

    # -------------------------------------------------------------------------------------------- the hooks
    @hookimpl
    async def livechat_find_contact(self, user: EndUser, bot: str) -> Contact | None:
        """The contact who is the end user, from the cache while it is young enough.

        The strongest key that anybody has decides. Several who have it are told as several.
        """
        keys = self.keys(user)
        if not keys:
            return None
        now = self.context.now()
        if self._cache is None:
            return await self._ask(keys, user, now)
        asked = self._question(keys, user)
        kept = await self._cache.get(user.id, asked, now)
        if kept is not None:
            return kept
        told = await self._ask(keys, user, now)
        if told is not None and not told.incomplete:
            await self._cache.put(user.id, asked, told, now)
        return told

    @hookimpl
    async def livechat_get_contact(self, source: str, contact_id: str) -> Contact | None:
        """The contact with this id as it is now, when ``source`` is this integration."""
        if source != self.name:
            return None
        async with _limit(self.name):
            found = await self.read(contact_id)
        return None if found is None else found.model_copy(update={"found_at": self.context.now()})

    # ----------------------------------------------------------------------------------- what it decides
    async def _ask(self, keys: Sequence[Key], user: EndUser, now: datetime) -> Contact | None:
        async with _limit(self.name):
            found = await self._find(keys, user)
        return None if found is None else found.model_copy(update={"found_at": now})

    async def _find(self, keys: Sequence[Key], user: EndUser) -> Contact | None:
        for key in keys:
            # What a vendor takes for equal may be somebody else: accents, say.
            found = [one for one in await self.candidates(key) if fits(key, one.known.get(key.kind, ()))]
            if len(found) == 1:
                return await self.tell(found[0], user.language)
            if found:
                return self._several(found, keys, user)
        return None

    def _several(self, found: Sequence[Candidate], keys: Sequence[Key], user: EndUser) -> Contact:
        """Nobody is picked: all of them, the one with most in common first, then the latest change."""
        name = (user.name or "").strip().casefold()

        def likeness(one: Candidate) -> tuple[int, bool, datetime]:
            same_name = bool(name) and (one.match.name or "").casefold() == name
            return len(one.fitting(keys)), same_name, one.changed_at or _EARLIEST

        ranked = sorted(found, key=likeness, reverse=True)
        return Contact(
            source=self.name,
            id=SEVERAL,
            matches=tuple(
                one.match.model_copy(update={"by": tuple(key.words for key in one.fitting(keys))})
                for one in ranked[:MOST_MATCHES]
            ),
            more_matches=len(ranked) > MOST_MATCHES,
        )

    @cached_property
    def _set(self) -> str:
        """The settings as text, secrets masked."""
        return self.settings.model_dump_json()

    def _question(self, keys: Sequence[Key], user: EndUser) -> str:
        """What was asked, and by which settings, as a digest: other words or settings have other answers."""
        asked = [[key.kind, key.words, *key.values] for key in keys]
        told = json.dumps([asked, user.name, user.language, self._set])
        return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


@asynccontextmanager
async def _limit(source: str) -> AsyncGenerator[None]:
    """``SECONDS`` for what is done inside, then ``RetryableError``."""
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except TimeoutError:
        raise RetryableError(
            f"no contact within {SECONDS:g} s", provider=source, operation="contact"
        ) from None
