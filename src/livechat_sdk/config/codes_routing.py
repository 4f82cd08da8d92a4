"""Codes for rules of routing: LC7xx. The last ones, LC79x, are warnings."""

from __future__ import annotations

from typing import Final

__all__ = ["ROUTING"]

ROUTING: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "LC701",
        "Unknown field in a condition",
        "A rule asks for something that is not known of a request, so it could never match.",
        "Take the suggested name; `docs/reference/routing.md` lists all fields.",
    ),
    (
        "LC702",
        "Unknown test in a condition",
        "The key is none of the tests that a field can be put to, and none of the keys of `time`.",
        "Take the suggested name.",
    ),
    (
        "LC703",
        "A test of the wrong form",
        "The value under a field or test has a form that cannot be compared with anything.",
        "Write what the message says; put texts that look like something else in quotes.",
    ),
    (
        "LC704",
        "An empty condition, or too long a list",
        "An empty condition holds always or never, which is hardly what was meant.",
        "Say what must hold, or leave `when` out of a rule that always holds.",
    ),
    (
        "LC705",
        "A range that cannot be",
        "The bounds of a range are no numbers or dates, of two kinds, or the wrong way round.",
        "Write two numbers or two dates, the lower one first.",
    ),
    (
        "LC706",
        "Too many stars in a pattern",
        "A pattern with many `*` fits almost everything and takes long.",
        "Use `prefix`, or several patterns.",
    ),
    (
        "LC707",
        "Unknown weekday",
        "The text under `weekday` names no day.",
        "Write mon, tue, wed, thu, fri, sat, sun, a range such as mon-fri, or several with commas.",
    ),
    (
        "LC708",
        "Not a span of hours",
        "The text under `hours` is no span between 00:00 and 24:00.",
        'Write "09:00-17:00"; a span whose end is not after its start goes over midnight.',
    ),
    (
        "LC709",
        "Not a date",
        "The text under `dates` is no date, or mixes dates with and without a year.",
        'Write "2026-12-24", "12-24" for every year, or two of one kind with `..` between them.',
    ),
    (
        "LC710",
        "No such time zone",
        "Weekdays, hours and dates are those of a place: without a zone nobody knows when they are.",
        "Write an IANA name such as Europe/Athens under `timezone`.",
    ),
    (
        "LC711",
        "Too large a condition",
        "Conditions are limited in depth and number, so that a decision stays quick.",
        "Make two rules of it.",
    ),
    (
        "LC712",
        "The expression cannot be read",
        "`if` is not an expression in CEL, or names something that there is not.",
        "Mend it where the message points; `docs/reference/routing.md` lists the variables.",
    ),
    (
        "LC713",
        "The expression gives no truth value",
        "A rule matches where its expression is true; this one gives something else.",
        "Compare it with something.",
    ),
    (
        "LC714",
        "The expression may take too long",
        "Expressions are limited in length, loops and additions, so that a decision stays quick.",
        "Say it with `when`, or with two rules.",
    ),
    (
        "LC715",
        "The extra `routing` is not installed",
        "Expressions need a library that only those install who use them.",
        'pip install "livechat-sdk[routing]", or say it with `when`.',
    ),
    (
        "LC717",
        "A rule leads to an unknown integration",
        "The integration under `to` or `fallback` is not in the file.",
        "Take the suggested name, or add the integration under `integrations:`.",
    ),
    (
        "LC718",
        "A rule leads to something that is not for live chat",
        "The integration is a CRM or a ticket system.",
        "Name an integration for live chat.",
    ),
    (
        "LC719",
        "A rule leads where the bot cannot go",
        "A bot's handoffs only go to the integrations that it lists, so the target could never be used.",
        "List the integration under `livechat: integrations:` of the bot, or name another one.",
    ),
    (
        "LC720",
        "Shares that do not add up",
        "Each target of a list needs its share, and a target that is alone has none.",
        "Give each of 2 to 20 targets a whole number from 1 to 10000 as `share`.",
    ),
    (
        "LC721",
        "Two agents for one target",
        "`agent` names one agent, `last_agent` looks for another.",
        "Keep one of them; for another try use `fallback`.",
    ),
    (
        "LC722",
        "Two rules have one name",
        "Reasons and shares go by the name of a rule.",
        "Give every rule of a list its own name.",
    ),
    (
        "LC723",
        "A rule asks for an unknown bot",
        "The file has no bot of this name, so the rule could never match.",
        "Take the suggested name.",
    ),
    (
        "LC724",
        "A fallback repeats a target",
        "Whoever could not take the chat would be asked for the same a second time.",
        "Remove it, or name another queue, group or agent.",
    ),
    (
        "LC725",
        "Not a time for the last agent",
        "`last_agent` is true, or says how long ago the agent may have had the user.",
        "Write true, or a text such as 12h or 90d, at most 366d.",
    ),
    (
        "LC791",
        "A rule that is never looked at",
        "A rule without `when` and `if` comes before it and always matches.",
        "Move the rule without conditions to the end.",
    ),
    (
        "LC792",
        "A rule leads to a disabled integration",
        "The target is passed over as long as the integration is switched off.",
        "Switch it on with `enabled: true`, or take it out of the rule.",
    ),
)
"""Code, title, what it means, what to do."""
