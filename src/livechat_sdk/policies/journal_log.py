"""An observer that writes one line into the log for every change of a handoff, without personal data."""

from __future__ import annotations

import logging
import re

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.hooks.markers import hookimpl

__all__ = ["JournalLog"]

_UNSAFE = re.compile(r"[^\w.,:+@/-]+")


class JournalLog:
    """Answers ``livechat_handoff_changed`` with one INFO line of ``key=value`` pairs.

    The line has ids and names from the settings, states and numbers; never who the end user is, what was
    said, the conversation's id (in some channels it is a phone number) or a vendor's own words. The same
    values are in the record's ``livechat`` attribute for structured logs.
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._log = logger or logging.getLogger("livechat_sdk.journal")

    @hookimpl
    def livechat_handoff_changed(self, before: Handoff | None, after: Handoff, cause: str) -> None:
        """Write the line for one change."""
        if not self._log.isEnabledFor(logging.INFO):
            return
        facts = _facts(before, after, cause)
        line = " ".join(f"{key}={value}" for key, value in facts.items())
        self._log.info("handoff changed: %s", line, extra={"livechat": facts})


def _facts(before: Handoff | None, after: Handoff, cause: str) -> dict[str, str]:
    facts = {
        "workspace": after.workspace,
        "handoff": after.id,
        "bot": after.request.bot,
        "cause": cause,
        "from": before.state.value if before else "none",
        "to": after.state.value,
        "version": str(after.version),
        "owner": "human" if after.is_live else "bot",
        "owner_number": str(after.owner_number),
        "integration": after.integration or "none",
        "attempts": str(len(after.attempts)),
        "held": str(len(after.held)),
    }
    if after.end:
        facts |= {
            "outcome": after.end.outcome.value,
            "ended_by": after.end.reason.by,
            "ended_why": after.end.reason.why,
        }
    return {key: _UNSAFE.sub("_", value)[:200] for key, value in facts.items()}
