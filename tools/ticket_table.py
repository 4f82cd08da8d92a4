"""Writes the table of the page on choosing a ticket system: ``python -m tools.ticket_table``.

What each ticket system declares and has proved, from its certificate (``livechat certify``), in the words of
somebody who has to choose one. ``tools/provider_table.py`` writes the support tables; a test compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from livechat_sdk_testing.conformance import AnyCertificate, Result, SystemCertificate
from livechat_sdk_testing.conformance.installed import certify_installed, installed_rigs
from tools.made_part import MadePart

PAGE = Path(__file__).resolve().parent.parent / "docs" / "how-to" / "choose-a-ticket-system.md"
PART = MadePart(PAGE, "tools/ticket_table.py")

Able = Mapping[str, str | bool | float | None]
"""What a ticket system declares, by name."""

_MEGABYTE = 1024**2
_IN_FLIGHT = 60.0
"""Seconds for which a call without an answer may still be on its way: ``LONGEST_CALL`` of the adapters."""


def _number(able: Able, name: str) -> float | None:
    value = able.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _yes(name: str) -> Callable[[Able], str]:
    return lambda able: {True: "yes", False: "no", None: "-"}.get(able.get(name), "-")  # type: ignore[arg-type]


def _once(able: Able) -> str:
    window = _number(able, "vendor_window")
    match able.get("create_at_most_once"):
        case "vendor":
            return "the vendor" if window is None else f"the vendor, for {window / 60:.0f} minutes"
        case "look_up":
            return "looking for it"
        case _:
            return "nobody"


def _doubt(able: Able) -> str:
    """What becomes of a create that was not answered and is not found."""
    if able.get("create_at_most_once") == "vendor":
        return "is made again"
    lag = (_number(able, "find_lag") or 0.0) + _IN_FLIGHT
    return f"is *doubtful* after {lag / 60:.0f} min"


def _files(able: Able) -> str:
    if not able.get("attachments"):
        return "no"
    limit = _number(able, "file_limit")
    small = limit is not None and limit < 1024 * _MEGABYTE
    return f"up to {limit / _MEGABYTE:.0f} MB" if small and limit is not None else "yes"


def _text(able: Able) -> str:
    limit = _number(able, "body_limit")
    return "-" if limit is None else f"{limit:,.0f} characters"


ROWS: Sequence[tuple[str, Callable[[Able], str]]] = (
    ("a second ticket is kept away by", _once),
    ("a ticket whose making was not answered, and that is not found,", _doubt),
    ("notes that only the team can read", _yes("internal_comment")),
    ("comments that the requester can read", _yes("public_comment")),
    ("the person with the address is the requester", _yes("requester_by_email")),
    ("files of the conversation", _files),
    ("in the ticket itself", _text),
)
"""What the page says of each ticket system, and how it is read from what is declared."""


def generated(certificates: Sequence[AnyCertificate]) -> str:
    """The table, of those certificates that are of ticket systems."""
    found = sorted(
        (one for one in certificates if isinstance(one, SystemCertificate) and one.kind == "ticketing"),
        key=lambda one: one.provider,
    )
    lines = [
        f"| | {' | '.join(f'`{one.provider}`' for one in found)} |",
        f"|---{'|---' * len(found)}|",
        *(_row(said, [cell(one.able) for one in found]) for said, cell in ROWS),
        _row("proved by the kit", [_proved(one) for one in found]),
    ]
    return "\n".join(lines) + "\n"


def _proved(certificate: SystemCertificate) -> str:
    return f"{certificate.tier or 'nothing'}, {certificate.count(Result.PASSED)} cases"


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def updated(current: str, certificates: Sequence[AnyCertificate]) -> str:
    """The page with its table made anew. Raises ``ValueError`` when it has no marks."""
    return PART.within(current, f"\n{generated(certificates)}\n")


if __name__ == "__main__":
    types = [name for name in installed_rigs() if name.endswith("_TICKETING")]
    PART.write(f"\n{generated(list(certify_installed(types)))}\n")
