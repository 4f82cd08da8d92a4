"""Asks ``livechat explain route`` and the evaluator the same, and tells where they differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cli.tests.helpers import invoke
from tests.oracle.requests import RouteCase
from tests.oracle.routing import Decision, as_targets, decide, from_reasons

__all__ = ["explained", "route_differences"]

_TOLD = ("contact.known", "contact.source", "contact.open_cases")
_PERSONAL = ("user.", "contact.", "origin", "conversation_id", "summary")
_NAMED_ONLY = ("reason", "survey.", "attributes.", "metadata.")


def explained(case: RouteCase, folder: Path) -> list[dict[str, Any]]:
    """What the command answers to the requests of a case."""
    file, requests = folder / "livechat.yaml", folder / "requests.json"
    file.write_text(json.dumps(case.settings), "utf-8")
    requests.write_text(json.dumps(case.items), "utf-8")
    done = invoke("explain", "route", "--request", requests, "--json", file)
    assert done.returncode == 0, f"seed {case.seed}: {done.stdout}{done.stderr}"
    said = json.loads(done.stdout)
    assert said["schema_version"] == 1
    answers: list[dict[str, Any]] = said["answers"]
    return answers


def _decision(answer: Mapping[str, Any]) -> Decision:
    """The answer of the command in the form of the evaluator's."""
    reasons = answer["reasons"] or {}
    return Decision(
        answer["result"],
        answer.get("by"),
        answer["rule"],
        answer["name"],
        answer["chain"],
        answer["closed"],
        [(rule["outcome"], rule.get("failed_at")) for rule in answer["rules"]],
        reasons.get("share"),
        sorted(int(number) for number in reasons.get("errors", {})),
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value.strip().casefold()


def _told_too_much(case: RouteCase, item: Mapping[str, Any], reasons: Mapping[str, Any]) -> Iterator[str]:
    """Facts about the person that stand in the reasons though they should be told by their form."""
    named = "\n".join(_texts([case.settings.get("routing"), case.settings["bots"][item["request"]["bot"]]]))
    for field, fact in reasons.get("seen", {}).items():
        for text in _texts(fact):
            form = text.startswith(("text of ", "a number", "a mapping"))
            if field.startswith(_PERSONAL) and field not in _TOLD and not form:
                yield f"  seen: {field} tells {text!r}"
            if field.startswith(_NAMED_ONLY) and not form and text not in named:
                yield f"  seen: {field} tells {text!r}, which no rule names"


def _wrong_with(case: RouteCase, item: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    page, code = asdict(decide(case.settings, item, case.expressions)), asdict(_decision(answer))
    for part, expected in page.items():
        if code[part] != expected:
            yield f"  {part}: by the page {expected}, by the code {code[part]}"
    reasons = answer["reasons"]
    if reasons is None:
        return
    again = from_reasons(case.settings, item, reasons)
    if again != answer["chain"] or again != as_targets(reasons.get("chain")):
        yield f"  the reasons give {again}, the chain is {answer['chain']}, stored {reasons.get('chain')}"
    for part in ("by", "rule", "name"):
        if reasons.get(part) != answer.get(part):
            yield f"  the reasons have {part} {reasons.get(part)}, the answer {answer.get(part)}"
    yield from _told_too_much(case, item, reasons)


def route_differences(case: RouteCase, folder: Path) -> list[str]:
    """What is wrong, in words that say how to see it again; nothing when both agree on everything."""
    pairs = zip(case.items, explained(case, folder), strict=True)
    return [
        "\n".join([f"seed {case.seed}, request {number}:", *wrong])
        for number, (item, answer) in enumerate(pairs)
        if (wrong := list(_wrong_with(case, item, answer)))
    ]
