"""How the end user sees the names of agents: in full, the first name, an alias, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from livechat_sdk.domain.base import Model, ShortText

if TYPE_CHECKING:
    from livechat_sdk.domain.people import Agent

__all__ = ["NOBODY", "AgentNames", "HiddenName", "hide", "pseudonym"]

NOBODY: Final = "***"
"""Stands in a text for a name that is not shown at all."""

_WORD: Final = re.compile(r"\w+", re.UNICODE)
_LONGEST: Final = 12
"""Words of a name that are looked for, at most."""
_SHORTEST: Final = 3
"""Characters of a name of one word that is looked for, at least."""


class AgentNames(Model):
    """What is shown of an agent's name.

    ``aliases`` are by the agent's id at the vendor, or by the name that the vendor gives; whoever has none
    goes by ``alias`` and, without one, by no name.
    """

    show: Literal["full", "first", "alias", "none"] = "full"
    """Everything, the first name, an alias, or nothing."""
    alias: ShortText | None = None
    """The name of everybody without one of ``aliases``."""
    aliases: dict[str, ShortText] = Field(default_factory=dict)
    """Names by the agent's id at the vendor, or by the name that the vendor gives."""

    def shown(self, agent: Agent) -> Agent:
        """An agent as the end user may see them; the id is not for them and stays."""
        from livechat_sdk.domain.people import Agent

        return agent if self.show == "full" else Agent(id=agent.id, name=self._name(agent))

    def _name(self, agent: Agent) -> str | None:
        match self.show:
            case "first":
                return _first_name(agent.name)
            case "alias":
                named = self.aliases.get(agent.id) or self.aliases.get(agent.name or "")
                return named or self.alias or None
            case _:
                return None


class HiddenName(Model):
    """A name that must not reach the end user, as a digest: the name itself is written down nowhere.

    ``words`` is how many words it has, ``shown`` what stands in its place.
    """

    words: int = Field(ge=1, le=_LONGEST)
    digest: str
    shown: ShortText | None = None

    @classmethod
    def of(cls, agent: Agent, names: AgentNames, salt: str) -> Sequence[HiddenName]:
        """What is to be hidden of an agent: the name, and an id that is made of words."""
        if names.show == "full":
            return ()
        shown = names.shown(agent).name
        found: dict[tuple[str, ...], HiddenName] = {}
        for words in (*_forms(agent.name or ""), _words(agent.id)):
            if len(words) > 1 or (words and " ".join(words) == agent.name and len(words[0]) >= _SHORTEST):
                found[words] = cls(words=len(words), digest=_digest(words, salt), shown=shown)
        found.pop(_words(shown or ""), None)
        return [one for words, one in found.items() if any(word.isalpha() for word in words)]


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text)[:_LONGEST])


def _forms(name: str) -> Iterable[tuple[str, ...]]:
    """How a name may be written: as it is, without titles, the family name behind or before, none between."""
    plain = _words(" ".join(_in_order(name)))
    return (_words(name), plain, plain[::-1], (*plain[:1], *plain[1:][-1:]))


def hide(text: str, names: Iterable[HiddenName], salt: str, *, whole: bool) -> str:
    """``text`` without the names. ``whole``: names of several words only.

    Names of several words are found however they are capitalised and whatever stands between the words;
    those of one word only as they are written, because many are ordinary words besides.
    """
    wanted = {(one.words, one.digest): one for one in names if one.words > 1 or not whole}
    if not wanted:
        return text
    places = list(_WORD.finditer(text))
    words = [place[0] for place in places]
    lengths = sorted({number for number, _ in wanted}, reverse=True)
    parts: list[str] = []
    done = at = 0
    while at < len(words):
        for length in lengths:
            if at + length > len(words):
                continue
            found = wanted.get((length, _digest(words[at : at + length], salt)))
            if found is not None:
                parts += [text[done : places[at].start()], found.shown or NOBODY]
                done = places[at + length - 1].end()
                at += length
                break
        else:
            at += 1
    return "".join(parts) + text[done:] if parts else text


def pseudonym(agent_id: str, salt: str) -> str:
    """An id in place of an agent's own, from which nobody can tell that one."""
    return f"agent-{_hash(salt, agent_id)[:12]}"


def _hash(salt: str, text: str) -> str:
    from hashlib import sha256  # needed only where names are hidden

    return sha256(f"{salt}/{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _digest(words: Sequence[str], salt: str) -> str:
    name = words[0] if len(words) == 1 else " ".join(words).casefold()
    from unicodedata import normalize

    known = normalize("NFKC", name)
    return _hash(salt, known)[:20]


def _in_order(name: str) -> list[str]:
    """The parts of a name, the first name first, without titles such as "Dr."."""
    before, comma, behind = name.partition(",")
    words = (f"{behind} {before}" if comma else name).replace(",", " ").split()
    return [word for word in words if not word.endswith(".")]


def _first_name(name: str | None) -> str | None:
    return None if name is None or "@" in name else next(iter(_in_order(name)), None)
