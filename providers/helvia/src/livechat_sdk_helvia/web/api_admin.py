"""The API for programs: what LiveChat Admins set and read, and the alerts, which are for every member."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk.domain.base import utc_text
from livechat_sdk_helvia.audit import AuditEntry
from livechat_sdk_helvia.bots import StoredBot, made_bot_settings
from livechat_sdk_helvia.desk_settings import StoredSettings, made_settings
from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.ids import MAX_ID
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.admin import audit_filter
from livechat_sdk_helvia.web.bodies import read_json, whole_number
from livechat_sdk_helvia.web.documents import waits_document
from livechat_sdk_helvia.web.programs import for_programs

__all__ = ["admin_api_routes", "bot_document", "replace_settings", "settings_document"]

_NAMES: Final = {
    "livechatMode": "mode",
    "agentDefaultLanguage": "member_language",
    "timezone": "timezone",
    "isTranslationEnabled": "translation",
    "idleReminderThreshold": "idle_reminder_threshold",
    "idleReminderTeamAfter": "idle_reminder_team_after",
}
_ASSISTANT_NAMES: Final = {"enabled": "enabled", "tenantId": "bot", "botDeploymentId": "deployment"}
_BOT_NAMES: Final = {
    "available": "available",
    "agentNames": "names",
    "teamName": "team_name",
    "systemMessages": "system_messages",
}
_REQUIRED: Final = ("livechatMode", "agentDefaultLanguage", "isTranslationEnabled", "idleReminderThreshold")


def admin_api_routes() -> list[BaseRoute]:
    """The routes, to be mounted under ``/api``."""
    return [
        Route("/settings", for_programs(_settings, Right.ADMINISTER), methods=["GET"]),
        Route("/settings", for_programs(replace_settings, Right.ADMINISTER), methods=["PUT"]),
        Route("/alerts", for_programs(_alerts), methods=["GET"]),
        Route("/bots", for_programs(_bots, Right.ADMINISTER), methods=["GET"]),
        Route("/bots/{bot:path}/settings", for_programs(_bot, Right.ADMINISTER), methods=["GET"]),
        Route("/bots/{bot:path}/settings", for_programs(_replace_bot, Right.ADMINISTER), methods=["PUT"]),
        Route("/audit", for_programs(_audit, Right.ADMINISTER), methods=["GET"]),
        Route("/callbacks", for_programs(_callbacks, Right.ADMINISTER), methods=["GET"]),
    ]


def settings_document(stored: StoredSettings) -> dict[str, Any]:
    """A ``LivechatSettings`` (``hbf-lcm.openapi.json``), with what the desk has beyond it."""
    settings, assistant = stored.settings, stored.settings.assistant
    return {
        "revision": stored.revision,
        "livechatMode": settings.mode.value,
        "agentDefaultLanguage": settings.member_language,
        "timezone": settings.timezone,
        "isTranslationEnabled": settings.translation,
        "idleReminderThreshold": settings.idle_reminder_threshold,
        "idleReminderTeamAfter": settings.idle_reminder_team_after,
        "botAssistantSettings": {
            "enabled": assistant.enabled,
            "tenantId": assistant.bot,
            "botDeploymentId": assistant.deployment,
        },
    }


def bot_document(stored: StoredBot) -> dict[str, Any]:
    """The settings of one bot. The published API has none; the names are ours."""
    settings = stored.settings
    return {
        "tenantId": stored.bot,
        "revision": stored.revision,
        "available": settings.available,
        "agentNames": settings.names.value if settings.names else None,
        "teamName": settings.team_name,
        "systemMessages": settings.system_messages,
    }


async def _settings(_: Request, desk: Desk, __: DeskUser) -> Response:
    return JSONResponse(settings_document(await desk.settings.stored()))


async def replace_settings(request: Request, desk: Desk, user: DeskUser) -> Response:
    """Put what was sent in the place of the whole record. Raises ``InvalidField``, ``Changed``."""
    fields = await read_json(request)
    given = fields.known(_NAMES)
    missing = [name for name in _REQUIRED if _NAMES[name] not in given]
    if missing:
        raise InvalidField(
            f"Settings are replaced as a whole: {', '.join(missing)} is missing.",
            hint="Read them first, change what should change, and send everything back.",
        )
    assistant = fields.part("botAssistantSettings").known(_ASSISTANT_NAMES)
    revision = fields.number("revision") if fields.has("revision") else None
    settings = made_settings(given | {"assistant": assistant})
    return JSONResponse(settings_document(await desk.settings.replace(user, settings, revision=revision)))


async def _alerts(_: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse({"items": [waits_document(alert) for alert in await desk.waits.alerts(user)]})


async def _bots(_: Request, desk: Desk, __: DeskUser) -> Response:
    return JSONResponse(
        {"items": [bot_document(await desk.bots.stored(bot)) for bot in await desk.bots.known()]}
    )


async def _bot(request: Request, desk: Desk, _: DeskUser) -> Response:
    return JSONResponse(bot_document(await desk.bots.stored(str(request.path_params["bot"]))))


async def _replace_bot(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields = await read_json(request)
    given = fields.known(_BOT_NAMES)
    if "available" not in given:
        raise InvalidField("Settings are replaced as a whole: available is missing.")
    revision = fields.number("revision") if fields.has("revision") else None
    bot = str(request.path_params["bot"])
    stored = await desk.bots.replace(user, bot, made_bot_settings(given), revision=revision)
    return JSONResponse(bot_document(stored))


async def _audit(request: Request, desk: Desk, user: DeskUser) -> Response:
    query = request.query_params
    before = whole_number(query.get("before", str(MAX_ID)), "before")
    take = whole_number(query.get("take", "50"), "take")
    entries = await desk.audit.entries(user, audit_filter(request), before=before, take=take)
    return JSONResponse({"items": [_entry_document(entry) for entry in entries]})


async def _callbacks(_: Request, desk: Desk, __: DeskUser) -> Response:
    """How many callbacks to services wait, since when, and what keeps the oldest of them."""
    standing = await desk.queue.standing()
    return JSONResponse(
        {
            "enabled": desk.callbacks is not None,
            "waiting": standing.waiting,
            "givenUp": standing.given_up,
            "waitingSince": None if standing.oldest is None else utc_text(standing.oldest),
            "error": standing.error,
        }
    )


def _entry_document(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "date": utc_text(entry.at),
        "by": {"id": entry.actor_id, "fullName": entry.actor_name},
        "action": entry.action,
        "subject": entry.subject,
        "facts": entry.facts,
    }
