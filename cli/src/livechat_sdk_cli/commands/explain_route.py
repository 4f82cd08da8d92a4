"""``livechat explain route``: why a handoff went where it went, or where a request would go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livechat_sdk_cli import completing, terminal
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.settings import DEFAULT_FILE, load_settings

if TYPE_CHECKING:
    from livechat_sdk.policies.routing import RuleBook
    from livechat_sdk_cli.routing.offline import Answer, Asked
    from livechat_sdk_cli.routing.stored import StoredDecision
    from livechat_sdk_cli.stores import StoreAddress

__all__ = ["explain_route"]


def explain_route(
    handoff: Annotated[
        str | None,
        typer.Argument(
            metavar="HANDOFF",
            help="Id of a handoff, or a beginning that only it has; not with --request.",
            autocompletion=completing.handoffs,
        ),
    ] = None,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="The settings.")] = None,
    request: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-", help="A request as JSON, or a list of requests, that nobody has made yet."
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL|FILE",
            help="Read this store instead: an address (sqlite:///…, postgresql://…) or a file's path.",
        ),
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(metavar="NAME", help="The workspace, instead of the one in the settings.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Explain where a handoff goes: which rule decided, what each of the others failed at, who is next.

    Of a handoff the store tells it, with the reasons that were stored when it was decided. Of a request
    the settings tell it alone: no vendor, CRM, plugin or store is asked.
    """
    import asyncio

    if (request is None and handoff is None) or None not in (request, handoff, file):
        raise CommandError(
            "name either a handoff or, with --request, a request",
            code=ExitCode.USAGE,
            next_step="`livechat show` lists handoffs; --request - reads a request from standard input",
        )
    if request is not None:
        settings = Path(handoff) if handoff is not None else file or DEFAULT_FILE
        asyncio.run(_of_requests(request, settings, as_json=as_json))
        return
    from livechat_sdk_cli.stores import find_store

    settings = file or DEFAULT_FILE
    address = find_store(settings, store=store, workspace=workspace)
    asyncio.run(_of_handoff(str(handoff), address, settings, as_json=as_json))


# --------------------------------------------------------------------------------------------------- requests
async def _of_requests(source: str, file: Path, *, as_json: bool) -> None:
    from livechat_sdk_cli.routing.answering import answer_document
    from livechat_sdk_cli.routing.asked import read_requests
    from livechat_sdk_cli.routing.offline import Offline

    settings, _ = load_settings(file)
    asked, several = read_requests(source)
    offline = Offline(settings)
    answers = [await offline.decide(one) for one in asked]
    if as_json:
        terminal.out_json({"schema_version": 1, "answers": [answer_document(one) for one in answers]})
        return
    for number, (one, answer) in enumerate(zip(asked, answers, strict=True), start=1):
        if several:
            title = f"{number}. {one.request.conversation_id}"
            terminal.out(terminal.screen().style(terminal.visible(title), "bold"))
        _print_answer(one, answer)
        if number < len(asked):
            terminal.out()


def _print_answer(asked: Asked, answer: Answer) -> None:
    from livechat_sdk_cli.routing.answering import rule_rows
    from livechat_sdk_cli.routing.text import decision_lines

    result = answer.result.replace("_", " ")
    pairs = [("result", f"{result}: {answer.detail}" if answer.detail else result)]
    pairs += [("bot", asked.request.bot), ("at", asked.at.isoformat(timespec="seconds"))]
    reasons = None if answer.decision is None else answer.decision.reasons
    rows = [] if reasons is None else rule_rows(answer.book, reasons, answer.facts)
    for line in decision_lines(pairs, reasons, rows, terminal.screen()):
        terminal.out(line)


# --------------------------------------------------------------------------------------------------- handoffs
async def _of_handoff(wanted: str, address: StoreAddress, file: Path, *, as_json: bool) -> None:
    from livechat_sdk_cli.routing.stored import read_decision
    from livechat_sdk_cli.showing.gather import find
    from livechat_sdk_cli.stores import open_reader

    async with open_reader(address) as reader:
        stored = await read_decision(reader, await find(reader, address.workspace, wanted))
    book = _book(file, stored)
    if as_json:
        terminal.out_json({"schema_version": 1, **_stored_document(stored, book)})
    else:
        _print_stored(stored, book)


def _book(file: Path, stored: StoredDecision) -> RuleBook | None:
    """The rules of today; ``None``, with a note, where the settings cannot be read."""
    from livechat_sdk.errors import ConfigurationError
    from livechat_sdk.policies.routing import RuleBook

    try:
        settings, _ = load_settings(file)
    except ConfigurationError:
        terminal.note(f"{file} cannot be read here (`livechat validate` says why): rules go by their numbers")
        return None
    bot = stored.handoff.request.bot
    return settings.rule_books().get(bot) or RuleBook(bot)


def _stored_document(stored: StoredDecision, book: RuleBook | None) -> dict[str, Any]:
    from livechat_sdk_cli.routing.answering import rule_rows
    from livechat_sdk_cli.routing.stored import repeats

    reasons = stored.reasons
    known = book is not None and reasons is not None and reasons.rules == book.revision
    return {
        "handoff": stored.handoff.id,
        "state": str(stored.handoff.state),
        "decided_at": None if stored.entry is None else stored.entry.at.isoformat(),
        "refusal": stored.detail.get("refusal"),
        "detail": stored.detail.get("why"),
        "left_out": stored.detail.get("left_out", []),
        "reasons": None if reasons is None else reasons.model_dump(mode="json", exclude_defaults=True),
        "rules_are_the_same": None if book is None or reasons is None else known,
        "reproduced": None if book is None else repeats(stored, book),
        "rules": rule_rows(book, reasons, None) if book is not None and reasons is not None and known else [],
    }


def _print_stored(stored: StoredDecision, book: RuleBook | None) -> None:
    from livechat_sdk_cli.routing.answering import rule_rows
    from livechat_sdk_cli.routing.stored import repeats
    from livechat_sdk_cli.routing.text import decision_lines
    from livechat_sdk_cli.showing.words import moment

    reasons = stored.reasons
    pairs = [("handoff", stored.handoff.id), ("bot", stored.handoff.request.bot)]
    if stored.entry is None:
        pairs.append(("decision", "not made yet" if stored.handoff.is_live else "none was made"))
    else:
        pairs.append(("decided", f"{moment(stored.entry.at)} UTC"))
    detail = stored.detail
    if detail.get("refusal"):
        pairs.append(("result", f"{detail['refusal']}: {detail.get('why', '')}".rstrip(": ")))
    pairs += [("left out", str(one)) for one in detail.get("left_out", ())]
    if stored.entry is not None and reasons is None:
        pairs.append(("reasons", "none were stored"))
    rows: list[dict[str, Any]] = []
    if reasons is not None and book is not None:
        same = reasons.rules == book.revision
        if reasons.by != "plugin":
            again = repeats(stored, book)
            told = {
                True: "the reasons give the same targets again",
                False: "the reasons DO NOT give these targets",
            }
            pairs.append(("rules", told[again] if again is not None else "they have changed since"))
        rows = rule_rows(book, reasons, None) if same else []
    if reasons is not None and not rows:
        pairs += [("failed", f"at {key}: rules {ranges}") for key, ranges in reasons.failed.items()]
    for line in decision_lines(pairs, reasons, rows, terminal.screen()):
        terminal.out(line)
