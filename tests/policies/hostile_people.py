"""Five hundred names, mails, phones and ids that want to be something else than text."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

PIECES = (
    "'",
    "''",
    "'''",
    "' or '1' eq '1",
    "') or contains(emailaddress1,'",
    "x' and statecode eq 0 or emailaddress1 ne '",
    "' or statecode eq 0 or emailaddress1 eq '",
    ") or (1 eq 1",
    "$filter=1 eq 1",
    "&$top=5000",
    "&$filter=statecode eq 0",
    "?$expand=ownerid",
    "#fragment",
    "%27%20or%201%20eq%201",
    "%2527",
    "\\' or ''='",
    "\\",
    '"',
    '" OR type:user role:admin "',
    "type:user role:admin",
    "role:admin",
    "-status:closed",
    "*",
    "(a OR b)",
    "created>2020-01-01",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "\r\nPrefer: odata.maxpagesize=5000",
    "\nX-Injected: 1",
    "\r",
    "\x00",
    "\x1b[31m",
    "\u2028",
    "\u202egnp.exe",
    "{{ticket.requester.email}}",
    "{% if true %}x{% endif %}",
    "${jndi:ldap://x/y}",
    "{id}",
    "../../users/me",
    "/contacts(00000000-0000-0000-0000-000000000001)",
    "@p1",
    ";",
    "|",
    "+",
    "%",
    "_",
    "[a-z]",
    "＇ or 1 eq 1",
    "ʼ",
    "🙂",
    "Ελένη",
    "O'Hara & Sons <info@example.com>",
    "null",
)


def hostile(count: int = 500, seed: int = 20261126) -> Iterator[dict[str, Any]]:
    """Fields of end users, the same ones in every run."""
    dice = random.Random(seed)  # noqa: S311 - it only has to be the same again

    def made() -> str:
        return "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 4)))[:200]

    for number in range(count):
        yield {
            "name": made(),
            "email": dice.choice(
                [
                    f"{made()}@example.com",
                    f"u{number}@example.com{made()}",
                    f"o'hara+{number}@example.com",
                    f"a&b=c#{number}'or'1'eq'1@example.com",
                    f"'{number}'@example.com",
                    made(),
                ]
            ),
            "phone": dice.choice([f"+30{number}{made()}", made(), f"+30 210 {100_000 + number}"]),
            "language": dice.choice(["el", "en", made()[:50]]),
            "attributes": {
                "loyalty": dice.choice([made(), f"{number}'", number, None, [made()], {"a": made()}])
            },
        }
