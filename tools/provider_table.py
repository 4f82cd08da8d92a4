"""Writes the support tables from certificates: ``python -m tools.provider_table``.

Puts every installed provider, ticket system and CRM to the proof (``livechat certify``) and writes what was
proved between the marks of ``docs/reference/providers.md``. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk_testing.conformance import (
    SYSTEM_TIER_RULES,
    TIER_RULES,
    AnyCertificate,
    Certificate,
    Result,
    SystemCertificate,
    Tier,
)
from livechat_sdk_testing.conformance.installed import certify_installed, installed_rigs
from tools.made_part import MadePart

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "providers.md"
PART = MadePart(PAGE, "tools/provider_table.py")


def _both(first: bool, second: bool) -> str:
    return f"{_word(first)} / {_word(second)}"


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _bytes(size: int | None) -> str:
    return "no limit" if size is None else f"{size / 1_000_000:g} MB"


def _doubt(able: Capabilities) -> str:
    if able.dedupes_by_key:
        return "sent again: the vendor knows it by its key"
    if able.looks_up_by_key:
        lag = f", {able.lookup_lag:g} s later" if able.lookup_lag else ""
        return f"looked up{lag}"
    return "doubtful"


ROWS: tuple[tuple[str, Callable[[Capabilities], object]], ...] = (
    ("events come by", lambda able: f"{able.inbound}{' and stream' if able.stream else ''}"),
    ("webhooks are proved by", lambda able: able.webhook_auth.value.replace("_", " ")),
    ("typing, to the agent / to the end user", lambda able: _both(able.typing_to_agent, able.typing_to_user)),
    (
        "receipts, to the agent / to the end user",
        lambda able: _both(able.receipts_to_agent, able.receipts_to_user),
    ),
    ("files", lambda able: ", ".join(f"`{kind}`" for kind in able.attachment_types) or "as links"),
    ("largest file", lambda able: _bytes(able.attachment_limit)),
    ("longest text", lambda able: "no limit" if able.text_limit is None else f"{able.text_limit:,}"),
    ("quick replies of the end user's side", lambda able: able.choices),
    ("transfer", lambda able: able.transfer),
    ("place in the queue", lambda able: able.queue_position),
    ("availability", lambda able: able.availability),
    ("details after opening", lambda able: able.update),
    ("messages before an agent joins", lambda able: "kept" if able.send_before_join else "held by us"),
    (
        "the order of an agent's messages",
        lambda able: "by their times" if able.tells_order else "as they come",
    ),
    (
        "an opening whose answer is lost is",
        lambda able: "made again: the chat is found" if able.finds_by_ref else "doubtful: the next provider",
    ),
    ("a send that may have arrived is", _doubt),
    ("missed messages (`history`)", lambda able: able.history),
    ("the truth of a chat (`status`)", lambda able: able.status),
    ("can be ended from our side", lambda able: able.closes),
)


SYSTEM_ROWS: Mapping[str, Mapping[str, str]] = {
    "ticketing": {
        "create_at_most_once": "a second ticket is kept from being made by",
        "vendor_window": "seconds for which the vendor knows a key",
        "find_lag": "seconds after which a new ticket is found",
        "internal_comment": "internal comments",
        "public_comment": "public comments",
        "attachments": "files",
        "subject_limit": "longest subject",
        "body_limit": "longest text; what is longer goes along as a file or in comments",
    },
    "crm": {
        "keys": "contacts are found by",
        "several": "several matches are",
        "links": "links",
        "accounts": "company of a contact",
        "cases": "cases or tickets of a contact",
        "languages": "words in the end user's language",
        "lag": "seconds after which a new contact is found",
        "cache": "seconds for which an answer is used again",
    },
}
"""What is declared, and how the page says it."""


def system_table(kind: str, certificates: Sequence[SystemCertificate]) -> str:
    """The table of ticket systems, or of CRMs."""
    lines = _head(certificates)
    for name, said in SYSTEM_ROWS[kind].items():
        lines.append(_row(said, [_value(one.able.get(name)) for one in certificates]))
    return "\n".join([*lines, *_foot(certificates, SYSTEM_TIER_RULES)]) + "\n"


def _value(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return _word(value)
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value).replace("_", " ")


def table(certificates: Sequence[Certificate]) -> str:
    """The table of live-chat providers."""
    lines = _head(certificates)
    for name, cell in ROWS:
        if name == "webhooks are proved by" and all(
            one.capabilities.inbound is not Inbound.WEBHOOK for one in certificates
        ):
            continue
        lines.append(_row(name, [_word(cell(one.capabilities)) for one in certificates]))
    return "\n".join([*lines, *_foot(certificates, TIER_RULES)]) + "\n"


def _head(certificates: Sequence[AnyCertificate]) -> list[str]:
    columns = [f"`{one.provider}`" for one in certificates]
    return [
        f"| | {' | '.join(columns)} |",
        f"|---{'|---' * len(columns)}|",
        _row("distribution", [f"{one.distribution} {one.version}" for one in certificates]),
        _row("tier", [f"**{one.tier or 'none'}**{_excused(one)}" for one in certificates]),
        _row(
            "cases passed / failed / not applicable",
            [
                " / ".join(
                    str(one.count(kind)) for kind in (Result.PASSED, Result.FAILED, Result.NOT_APPLICABLE)
                )
                for one in certificates
            ],
        ),
    ]


def _foot(certificates: Sequence[AnyCertificate], rules: Mapping[Tier, str]) -> list[str]:
    lines = ["", *(f"- `{one.provider}`: {one.sentence}" for one in certificates)]
    excuses = [
        f"- `{one.provider}`, `{case.name}`: {case.reason}"
        for one in certificates
        for case in one.cases
        if case.result is Result.EXCUSED
    ]
    lines += ["", "Excused:" if excuses else "Nothing is excused.", *([""] if excuses else []), *excuses]
    lines += ["", "| tier | what it means |", "|---|---|"]
    return [*lines, *(f"| {tier} | {rule} |" for tier, rule in rules.items())]


def _excused(certificate: AnyCertificate) -> str:
    return f" ({certificate.excused} excused)" if certificate.excused else ""


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def certified() -> Sequence[AnyCertificate]:
    """Prove everything that is installed."""
    return sorted(certify_installed(list(installed_rigs())), key=lambda one: one.provider)


def generated(certificates: Sequence[AnyCertificate]) -> str:
    """The tables of certificates, which are in order."""
    systems = [one for one in certificates if isinstance(one, SystemCertificate)]
    parts = [
        "## Live chat\n",
        table([one for one in certificates if isinstance(one, Certificate)]),
        "## Ticket systems\n",
        system_table("ticketing", [one for one in systems if one.kind == "ticketing"]),
        "## CRMs\n",
        system_table("crm", [one for one in systems if one.kind == "crm"]),
    ]
    return "\n".join(parts)


def updated(current: str, certificates: Sequence[AnyCertificate]) -> str:
    """The page with its tables made anew. Raises ``ValueError`` when it has no marks."""
    return PART.within(current, f"\n{generated(certificates)}\n")


if __name__ == "__main__":
    PART.write(f"\n{generated(certified())}\n")
