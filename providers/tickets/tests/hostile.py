"""Five hundred names, mails, phones and subjects that want to be something else than text."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

PIECES = (
    "'",
    "''",
    "' or '1' eq '1",
    "') or contains(emailaddress1,'",
    "x' and statecode eq 0 or emailaddress1 ne '",
    "$filter=1 eq 1",
    "&$top=5000",
    "?$expand=ownerid",
    "#fragment",
    "%27%20or%201%20eq%201",
    "\\' or ''='",
    '"',
    '" OR type:user role:admin "',
    "type:ticket status<solved",
    "-status:closed",
    "requester:me",
    "*",
    "(a OR b)",
    "created>2020-01-01",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</div><b>bold</b>",
    "&lt;b&gt;",
    "&amp;#60;",
    "javascript:alert(1)",
    "\r\nBcc: everybody@example.com",
    "\nX-Injected: 1",
    "\r",
    "\x00",
    "\x1b[31m",
    "\u2028",
    "\u202egnp.exe",
    "{{ticket.requester.email}}",
    "{{current_user.id}}",
    "{% if true %}x{% endif %}",
    "{{dc.secret}}",
    "${jndi:ldap://x/y}",
    "#{7*7}",
    "{name}",
    "[{reason}|x]",
    "../../users/me",
    "/contacts(00000000-0000-0000-0000-000000000001)",
    ";",
    "|",
    "+",
    "%",
    "_",
    "[a-z]",
    "\ud800",
    "🙂",
    "Ελένη",
    "O'Hara & Sons <info@example.com>",
)


def hostile(count: int = 500, seed: int = 20261126) -> Iterator[dict[str, Any]]:
    """Fields of drafts, the same ones in every run."""
    dice = random.Random(seed)  # noqa: S311 - it only has to be the same again

    def made() -> str:
        return (
            "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 4)))
            .encode("utf-8", "replace")
            .decode()
        )

    for number in range(count):
        mail = dice.choice(
            [
                f"{made()}@example.com",
                f"u{number}@example.com{made()}",
                f"o'hara+{number}@example.com",
                f"a&b=c#{number}@example.com",
                f"' or 1 eq {number}@example.com",
                made(),
            ]
        )
        yield {
            "subject": f"{made()} {number}"[:1000],
            "body": f"Conversation:\nUser: {made()}\nBot: {made()}",
            "requester_name": made()[:1000],
            "requester_email": mail[:1000],
            "requester_phone": dice.choice([f"+30{number}{made()}", made(), f"+30 210 {1000 + number}"])[
                :1000
            ],
            "requester_external_id": made()[:1000],
            "tags": (made()[:200], made()[:200]),
            "fields": {"Product": made(), made()[:100]: made(), "Note": made()},
        }
