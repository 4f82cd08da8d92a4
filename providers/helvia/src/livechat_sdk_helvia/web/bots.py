"""Admin Panel: the settings of single bots. One form for the bot, one for its words in a language."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk.domain.moments import KNOWN_AT, Moment
from livechat_sdk.policies.catalogue import LANGUAGES, nearest
from livechat_sdk.policies.languages import normal_tag
from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.bots import MemberNames, StoredBot, made_bot_settings
from livechat_sdk_helvia.faults import Changed, DeskFault, InvalidField
from livechat_sdk_helvia.records import Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf
from livechat_sdk_helvia.web.bodies import Fields, read_form
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["BotRoutes"]

_LONGEST: Final = 200


class BotRoutes:
    """The page Bots. Only a LiveChat Admin gets in."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the page; the bot is in the query, because its name may be anything."""
        return [
            Route("/admin/bots", self._show, methods=["GET"]),
            Route("/admin/bots", self._save, methods=["POST"]),
            Route("/admin/bots/words", self._save_words, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        query = request.query_params
        bot = query.get("bot", "").strip()[:_LONGEST]
        if not bot:
            values = page_values(request, desk, signed_in, "admin", admin_page="bots")
            values["bots"] = [await desk.bots.stored(name) for name in await desk.bots.known()]
            return self._templates.page("admin_bots.html", **values)
        done = "The settings are saved." if "saved" in query else None
        language = normal_tag(query.get("language", ""))[:35]
        return await self._page(request, desk, signed_in, await desk.bots.stored(bot), language, done=done)

    async def _save(self, request: Request) -> Response:
        desk, signed_in, fields, stored = await self._entered(request)
        form = {name: fields.text(name, "").strip() for name in ("available", "names", "team_name")}
        given = {
            "available": form["available"] == "1",
            "names": form["names"] or None,
            "team_name": form["team_name"] or None,
        }
        return await self._replace(request, desk, signed_in, fields, stored, given, "", form)

    async def _save_words(self, request: Request) -> Response:
        desk, signed_in, fields, stored = await self._entered(request)
        language = normal_tag(fields.text("language"))[:35]
        written = {moment.value: fields.text(f"words-{moment.value}", "").strip() for moment in Moment}
        words = {
            tag: texts
            for tag, texts in stored.settings.system_messages.items()
            if normal_tag(tag) != language
        }
        own = {moment: None if text == "SILENT" else text for moment, text in written.items() if text}
        given: dict[str, Any] = {"system_messages": words | ({language: own} if own else {})}
        return await self._replace(request, desk, signed_in, fields, stored, given, language, written)

    async def _entered(self, request: Request) -> tuple[Desk, SignedIn, Fields, StoredBot]:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        fields = await read_form(request)
        check_csrf(request, signed_in, fields)
        return desk, signed_in, fields, await desk.bots.stored(fields.text("bot"))

    async def _replace(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        fields: Fields,
        stored: StoredBot,
        given: dict[str, Any],
        language: str,
        form: dict[str, str],
    ) -> Response:
        """Save what one of the two forms changes, and leave the rest of the record as it is."""
        try:
            settings = made_bot_settings(stored.settings.model_dump() | given)
            await desk.bots.replace(signed_in.user, stored.bot, settings, revision=fields.number("revision"))
        except (InvalidField, Changed) as fault:
            return await self._page(request, desk, signed_in, stored, language, form=form, fault=fault)
        query = {"bot": stored.bot, "saved": "1"} | ({"language": language} if language else {})
        return RedirectResponse(f"{base_of(request)}/admin/bots?{urlencode(query)}", status_code=303)

    async def _page(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        stored: StoredBot,
        language: str,
        *,
        form: dict[str, str] | None = None,
        fault: DeskFault | None = None,
        done: str | None = None,
    ) -> Response:
        settings = stored.settings
        known = {normal_tag(tag): texts for tag, texts in settings.system_messages.items()}
        shown = language or next(iter(known), "") or (await desk.settings.get()).member_language
        built_in = nearest(shown)
        own = known.get(shown, {})
        written = {moment: "SILENT" if text is None else text for moment, text in own.items()}
        basics = {
            "available": "1" if settings.available else "",
            "names": settings.names.value if settings.names else "",
            "team_name": settings.team_name or "",
        }
        values = page_values(request, desk, signed_in, "admin", admin_page="bots")
        values |= {
            "bot": stored.bot,
            "revision": stored.revision,
            "form": form if form and not language else basics,
            "names": list(MemberNames),
            "language": shown,
            "languages": sorted({*LANGUAGES, *known, shown}),
            "worded": sorted(known),
            "moments": [
                {
                    "name": moment.value,
                    "label": moment.value.replace("_", " ").capitalize(),
                    "placeholders": sorted(KNOWN_AT[moment]),
                    "built_in": _text(built_in.texts.get(moment) if built_in else None),
                    "text": (form if form and language else written).get(moment.value, ""),
                }
                for moment in Moment
            ],
            "fault": fault,
            "done": done,
        }
        return self._templates.page("admin_bot.html", status=fault.status if fault else 200, **values)


def _text(words: object) -> str:
    return words if isinstance(words, str) else ""
