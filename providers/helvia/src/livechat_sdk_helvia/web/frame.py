"""What every page shows around its content: the sections of LiveChat that its reader may enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.records import Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, desk_of, page_session

__all__ = ["ADMIN_PAGES", "SECTIONS", "Place", "enter", "page_values"]


@dataclass(frozen=True, slots=True)
class Place:
    """A page that can be gone to. ``path`` is inside the desk, without a slash at its beginning."""

    name: str
    label: str
    path: str
    right: Right = Right.HANDLE


SECTIONS: Final = (
    Place("inbox", "Inbox", "inbox/new"),
    Place("history", "History", "history"),
    Place("analytics", "Analytics", "analytics", Right.ADMINISTER),
    Place("settings", "My settings", "settings"),
    Place("admin", "Admin", "admin/general", Right.ADMINISTER),
)
"""The top navigation, in its order."""

ADMIN_PAGES: Final = (
    Place("general", "General", "admin/general", Right.ADMINISTER),
    Place("canned", "Canned responses", "admin/canned", Right.ADMINISTER),
    Place("automations", "Automations", "admin/automations", Right.ADMINISTER),
    Place("team", "Users and groups", "admin/team", Right.ADMINISTER),
    Place("transcripts", "Transcripts", "admin/transcripts", Right.ADMINISTER),
    Place("hours", "Business hours", "admin/hours", Right.ADMINISTER),
    Place("bots", "Bots", "admin/bots", Right.ADMINISTER),
    Place("retention", "Retention", "admin/retention", Right.ADMINISTER),
    Place("audit", "Audit log", "admin/audit", Right.ADMINISTER),
)
"""The pages of the Admin Panel, in their order."""


async def enter(request: Request, right: Right = Right.HANDLE) -> tuple[Desk, SignedIn]:
    """The desk and who sits at the browser. Raises ``NotSignedIn`` or ``Forbidden``."""
    desk, signed_in = desk_of(request), await page_session(request)
    require(signed_in.user, right)
    await desk.presence.seen(signed_in.user)
    return desk, signed_in


def page_values(
    request: Request, desk: Desk, signed_in: SignedIn, section: str, *, admin_page: str = ""
) -> dict[str, Any]:
    """Values for ``page.html`` and ``admin.html``; ``section`` and ``admin_page`` say where the reader is."""
    return {
        "base": base_of(request),
        "csrf_token": signed_in.session.csrf_token,
        "desk_name": desk.name,
        "me": signed_in.user,
        "now": desk.context.now(),
        "section": section,
        "sections": [place for place in SECTIONS if signed_in.user.may(place.right)],
        "admin_page": admin_page,
        "admin_pages": [place for place in ADMIN_PAGES if signed_in.user.may(place.right)],
        "live": False,
        "fault": None,
        "done": None,
    }
