"""Random settings with rules, and requests for them, by ``docs/reference/routing.md``; all from a seed.

Requests are made first; rules then ask for what is in them as often as not, so that many rules match.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from livechat_sdk.domain.people import SEVERAL
from tests.oracle.expressions import Expression, random_expression

__all__ = ["CISCO", "RouteCase", "route_case"]

WORDS = (
    "el", "EL", "el-GR", "el_GR", "pt", "pt-BR", "en", "vip", " VIP ", "gold", "billing", "Billing", "refund",
    "Straße", "STRASSE", "GR", "gr", "CY", "webchat", "viber", "10", "10.0", "+10", " 7.5", "-3", "1e3", "٣",
    "2026-12-24", "2026-12-24T10:00", "2026-12-24x", "2026-02-30", "2027-01-01 09:00", "order 10 is late",
    "a*b?", "İstanbul", "vip\u00a0", "0" * 28 + "10", "0" * 29 + "10",
)  # fmt: skip
_LANGUAGES = ("el", "EL", "el-GR", "el_GR", "pt", "pt-BR", "en")
_NUMBERS = (0, 1, 5, 7.5, 10, 10.0, -3, 1000)
_DATES = ("2026-12-24", "2026-12-25", "2027-01-01", "2024-02-29")
_NOT_QUITE_DATES = ("2026-12-24T10:00", " 2026-12-25 9:00", "2026-02-30", "2026-12-24x", "24.12.2026")
CISCO = {"type": "CISCO_LIVECHAT", "chatId": "7", "ccxQueueTag": "Chat_Q"}
_KINDS: Mapping[str, Mapping[str, Any]] = {
    "desk": {"type": "HELVIA_LIVECHAT"},
    "zen": {
        "type": "ZENDESK_LIVECHAT",
        "baseUrl": "https://acme.zendesk.com",
        "appId": "5fe1",
        "keyId": "app_1",
        "secret": "not-a-secret-0123456789-0123456789",
        "webhookKey": "not-a-key-0123456789-0123456789",
    },
    "ccx": {
        "type": "CISCO_LIVECHAT",
        "endpoint": "https://ccx.example",
        "chatId": "7",
        "ccxQueueTag": "Chat_Q",
    },
    "ccx2": {
        "type": "CISCO_LIVECHAT",
        "endpoint": "https://ccx2.example",
        "chatId": "8",
        "ccxQueueTag": "Chat_R",
    },
}
_TEXT_FIELDS = (
    "conversation_id", "reason", "summary", "priority", "queue", "group", "agent", "language", "country",
    "channel", "origin", "user.id", "user.name", "user.email", "user.language", "user.country",
)  # fmt: skip
_OTHER_FIELDS = (
    "skills", "tags", "tags", "survey.topic", "survey.order number", "survey.a.b", "user.attributes.tier",
    "attributes.tier", "attributes.amount", "attributes.flag", "attributes.list", "attributes.deep.er.value",
    "attributes.deep", "metadata.source", "metadata.long", "contact.known", "contact.source", "contact.name",
    "contact.account", "contact.account_id", "contact.open_cases", "contact.fields.Tier",
    "contact.fields. segment ",
)  # fmt: skip
_BOUNDS = frozenset(("min", "max", "above", "below"))
_BOTS = (*["shop-bot"] * 9, *["sales-bot"] * 9, "off-bot", "nobody")
_WEEK = {"timezone": "Europe/Athens", "weekly": {"mon-fri": ["09:00-17:00"], "sat": ["22:00-02:00"]}}
_HOURS: tuple[Any, ...] = (
    _WEEK,
    {"calendar": "office", "for": [{"queue": "billing", "hours": {**_WEEK, "timezone": "UTC"}}]},
    {**_WEEK, "for": [{"group": "vip", "hours": "always"}, {"language": "el", "hours": "always"}]},
)  # fmt: skip


@dataclass(frozen=True)
class RouteCase:
    """Settings, the meaning of the expressions in them, and requests for ``livechat explain route``."""

    seed: int
    settings: Mapping[str, Any]
    expressions: Mapping[str, Expression]
    items: Sequence[Mapping[str, Any]]


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  (a test wants the same again)
        self.expressions: dict[str, Expression] = {}
        self.times: list[datetime] = []
        self.said: list[tuple[str, Any]] = []

    def likely(self, chance: float) -> bool:
        return self.random.random() < chance

    def word(self) -> str:
        return self.random.choice(WORDS)

    def some(self, source: Sequence[Any], most: int) -> list[Any]:
        return self.random.sample(list(source), self.random.randint(0, min(most, len(source))))

    # ------------------------------------------------------------ requests

    def value(self) -> Any:
        """A value of an attribute."""
        return self.random.choice(
            (
                self.word(),
                self.word(),
                self.random.choice(_NUMBERS),
                self.likely(0.5),
                None,
                "  ",
                self.some([*WORDS, *_NUMBERS, True, None, {"a": 1}, ["b"], ""], 4),
                {},
                {"value": self.word()},
            )
        )

    def attributes(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.likely(0.6):
            found["tier"] = self.word()
        if self.likely(0.7):
            found["amount"] = self.random.choice((*_NUMBERS, "10", "7.50", True, "many"))
        if self.likely(0.6):
            found["flag"] = self.random.choice((True, False, "true", 1))
        if self.likely(0.5):
            found["list"] = self.value()
        if self.likely(0.5):
            found["deep"] = self.random.choice(({}, {"er": {"value": self.value()}}, {"er": 1}, "flat"))
        return found

    def user(self) -> dict[str, Any]:
        found: dict[str, Any] = {"id": self.random.choice(("u-1", "u-2", "vip"))}
        for name, values in (
            ("name", ("Maria", "Straße")),
            ("email", ("maria@example.org",)),
            ("language", _LANGUAGES),
            ("country", ("GR", "gr", "CY", "DE", None)),
            ("channel", ("webchat", "Viber", "  ")),
            ("origin", ("https://shop.example/billing",)),
        ):
            if self.likely(0.6):
                found[name] = self.random.choice(values)
        if self.likely(0.4):
            found["attributes"] = self.attributes()
        return found

    def contact(self, source: str) -> dict[str, Any]:
        if self.likely(0.25):
            return {"source": source, "id": SEVERAL, "matches": [{"id": "1"}, {"id": "2"}]}
        found: dict[str, Any] = {"source": source, "id": f"c-{self.random.randrange(3)}"}
        if self.likely(0.6):
            found["name"] = self.random.choice(("Maria", "Nikos"))
        if self.likely(0.5):
            found["account"] = {"id": "a-1", "name": self.random.choice((None, "Acme"))}
        found["cases"] = [
            {"id": str(number), "open": self.likely(0.5)} for number in range(self.random.randrange(4))
        ]
        found["fields"] = [
            {"label": label, "value": self.word(), **({"raw": self.word()} if self.likely(0.4) else {})}
            for label in self.some(("tier ", "Segment"), 2)
        ]
        return found

    def request(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = {
            "key": f"k-{number}",
            "conversation_id": f"c-{self.random.randrange(10_000)}",
            "bot": self.random.choice(_BOTS),
            "user": self.user(),
        }  # fmt: skip
        for name, values in (
            ("reason", WORDS),
            ("summary", (*WORDS, "  ", "x" * 999 + "y-end", " " * 1000 + "vip")),
            ("language", _LANGUAGES),
            ("priority", ("high", "low")),
            ("queue", ("billing", "returns")),
            ("group", ("vip", "sales")),
            ("agent", ("anna", "ben")),
        ):
            if self.likely(0.4):
                found[name] = self.random.choice(values)
        for name in ("skills", "tags"):
            if self.likely(0.5):
                found[name] = self.some(("vip", "Gold", "greek", "billing", "10", " ", "vip"), 4)
        if self.likely(0.05):
            found["tags"] = [f"tag {index}" for index in range(100)] + ["vip"]
        if self.likely(0.6):
            ids = ("topic", "topic", "order number", "a.b")
            found["survey"] = [
                {"id": self.random.choice(ids), "question": "?", "answer": self.random.choice((*WORDS, " "))}
                for _ in range(self.random.randint(1, 3))
            ]
        if self.likely(0.7):
            found["attributes"] = self.attributes()
        if self.likely(0.5):
            found["metadata"] = {
                "source": self.value(),
                "long": self.random.choice((["a"] * 100 + ["vip"], "b")),
                "due": self.random.choice((*_DATES, *_NOT_QUITE_DATES, 7)),
            }
        return found

    def instant(self) -> datetime:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=self.random.randrange(730 * 1440))
        if self.likely(0.3):
            at = at.replace(minute=0)
        return at + timedelta(microseconds=self.random.choice((0, 0, 1, -1)))

    def item(self, number: int) -> dict[str, Any]:
        at = self.instant()
        self.times.append(at)
        found: dict[str, Any] = {"request": self.request(number), "at": at.isoformat()}
        if self.likely(0.5):
            found["contacts"] = [self.contact(source) for source in self.some(("crm-a", "crm-b"), 2)]
        if self.likely(0.6):
            ago = sorted(self.random.randint(1, 60 * 1440) for _ in range(self.random.choice((1, 2, 5, 25))))
            found["earlier"] = [
                {
                    "integration": self.random.choice(tuple(_KINDS)),
                    "agent": self.random.choice(("anna", "ben", "chris")),
                    "ended_at": (at - timedelta(minutes=minutes)).isoformat(),
                }
                for minutes in ago
            ]
        if self.likely(0.6):
            found["business_hours"] = "open" if self.likely(0.8) else "closed"
        return found

    # ------------------------------------------------------------ rules

    def scalar(self) -> Any:
        if self.said and self.likely(0.6):
            return self.random.choice(self.said)[1]
        return self.random.choice(
            (self.word(), self.word(), self.word(), self.random.choice(_NUMBERS), self.likely(0.5))
        )

    def text(self) -> str:
        said = self.scalar()
        return said if isinstance(said, str) else self.word()

    def bounds(self, dates: float = 0.4) -> dict[str, Any]:
        source: Sequence[Any] = _DATES if self.likely(dates) else _NUMBERS
        low, high = sorted({self.random.choice(source) for _ in range(9)})[:2]
        lower = dict.fromkeys(self.some(("min", "above"), 2), low)
        upper = dict.fromkeys(self.some(("max", "below"), 2), high)
        return {**lower, **upper} or {"min": low}

    def glob(self) -> str:
        text = self.text()[:100]
        cut = self.random.randint(0, len(text))
        kinds = (
            f"{text[:cut]}*",
            f"*{text[cut:]}",
            f"{text[:cut]}?{text[cut + 1 :]}",
            "*",
            f"*{text[cut : cut + 2]}*",
        )
        return self.random.choice(kinds)

    def test(self, depth: int = 2) -> Any:
        kind = self.random.random()
        if kind < 0.35:
            return self.scalar()
        if kind < 0.5:
            return [self.scalar() for _ in range(self.random.randint(1, 4))]
        found: dict[str, Any] = {}
        for _ in range(self.random.choice((1, 1, 1, 2))):
            more = self.named_test(depth)
            if not (_BOUNDS.intersection(more) and _BOUNDS.intersection(found)):
                found.update(more)
        return found

    def named_test(self, depth: int) -> dict[str, Any]:
        kinds = ["is", "prefix", "glob", "bounds", "exists", *(("not", "all", "any") if depth else ())]
        name = self.random.choice(kinds)
        if name == "bounds":
            return self.bounds()
        if name in {"all", "any"}:
            return {name: [self.test(depth - 1) for _ in range(self.random.randint(1, 3))]}
        if name in {"exists", "not"}:
            return {name: self.likely(0.6) if name == "exists" else self.test(depth - 1)}
        makers: Mapping[str, Callable[[], Any]] = {
            "is": self.scalar,
            "prefix": lambda: self.text().strip()[: self.random.randint(1, 6)],
            "glob": self.glob,
        }
        make = makers[name]
        return {name: make() if self.likely(0.5) else [make(), make()]}

    def time(self) -> dict[str, Any]:
        at = self.random.choice(self.times)
        local = at.astimezone(UTC)
        days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        hour = local.hour
        found: dict[str, Any] = {}
        if self.likely(0.5):
            found["weekday"] = self.random.choice(
                (days[local.weekday()], "mon-fri", ["fri-mon"], "sat,sun", ["monday", "wednesday-thursday"])
            )
        if self.likely(0.5):
            found["hours"] = self.random.choice(
                (
                    f"{hour:02}:00-{hour + 1:02}:00",
                    ["22:00-06:00"],
                    f"00:00-{hour:02}:00",
                    "09:00-09:00",
                    ["00:00-24:00"],
                )
            )
        if self.likely(0.5) or not found:
            day = local.date().isoformat()
            found["dates"] = self.random.choice(
                (day, [f"{day}..2027-12-31"], day[5:], "12-24..01-06", ["02-29", "03-01..09-30"])
            )
        return {
            "timezone": self.random.choice(("UTC", "UTC", "Europe/Athens", "Australia/Lord_Howe")),
            **found,
        }

    def entry(self, depth: int) -> tuple[str, Any]:
        kind = self.random.random()
        if kind < 0.25 and depth:
            name = self.random.choice(("all", "any", "not"))
            several = [self.condition(depth - 1) for _ in range(self.random.randint(1, 3))]
            return name, several[0] if name == "not" else several
        if kind < 0.5:
            bots = ("shop-bot", ["sales-bot", "SHOP-bot"], {"prefix": "s"}, {"glob": "*-bot"})
            return self.random.choice(
                (
                    ("time", self.time()),
                    ("time", self.time()),
                    ("business_hours", self.random.choice(("open", "closed"))),
                    ("metadata.due", self.bounds(dates=0.9)),
                    ("bot", self.random.choice(bots)),
                    ("summary", {"glob": self.random.choice(("*y", "*-end", "*vip"))}),  # behind what is cut
                    (self.random.choice(("metadata.long", "tags")), "vip"),
                )
            )
        field = self.random.choice(_TEXT_FIELDS if self.likely(0.5) else _OTHER_FIELDS)
        return self.right() if self.likely(0.5) else (field, self.test())

    def right(self) -> tuple[str, Any]:
        """An entry that holds for one of the requests, more often than not."""
        field, value = self.random.choice(self.said)
        tests: list[Any] = [value, {"is": [self.scalar(), value]}, [value, self.scalar()], {"exists": True}]
        tests += [{"not": self.scalar()}, {"any": [self.test(1), value]}, {"not": {"not": value}}]
        if isinstance(value, str):
            text = value.strip()
            if text[:4] in {"2026", "2027"}:  # perhaps a date, perhaps not quite
                tests += [{"min": text[:10], "below": "2028-01-01"}] * 9 if text[:10] in _DATES else []
                tests += [{"above": self.random.choice(_DATES)}, {"max": self.random.choice(_DATES)}] * 5
            tests += [{"prefix": text[:2]}, {"glob": f"*{text[-2:]}"}, text.swapcase(), f" {text} "]
        elif not isinstance(value, bool):
            tests += [{"min": value}, {"max": value, "above": value - 1}, str(value), {"below": value}]
        return field, self.random.choice(tests)

    def condition(self, depth: int = 2) -> dict[str, Any]:
        return dict(self.entry(depth) for _ in range(self.random.choice((1, 1, 1, 2, 3))))

    def target(self, names: Sequence[str], *, fallback: bool = True) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.likely(0.85):
            found["integration"] = self.random.choice(names)
        for name, values in (
            ("queue", ("billing", "returns")),
            ("group", ("vip", "sales")),
            ("agent", ("anna",)),
        ):
            if self.likely(0.25):
                found[name] = self.random.choice(values)
        if "agent" not in found and self.likely(0.3):
            found["last_agent"] = self.random.choice((True, "2d", "90d", "36h", "600m"))
        if self.likely(0.3):
            found["priority"] = self.random.choice(("urgent", "low"))
        if self.likely(0.3):
            found["skills"] = self.random.sample(("greek", "vip", "english"), 2)
        if fallback and self.likely(0.4):
            found["fallback"] = []
            stated = [_where(found)]
            for _ in range(self.random.choice((0, 1, 2, 3))):
                one = self.random.choice(names) if self.likely(0.3) else self.target(names, fallback=False)
                if _where(one) not in stated:  # the same twice is refused
                    stated.append(_where(one))
                    found["fallback"].append(one)
        return found or {"integration": names[0]}

    def rule(self, number: int, names: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.likely(0.7):
            found["name"] = f"rule {number} ü"
        if self.likely(0.85):
            found["when"] = self.condition()
        if self.likely(0.3) or "when" not in found:
            made = random_expression(self.random, [word for word in WORDS if word.isascii()], self.times)
            self.expressions[made.text] = made
            found["if"] = made.text
        found["to"] = self.random.choice((self.target(names), self.target(names), self.random.choice(names)))
        if self.likely(0.3):
            targets = [self.target(names) for _ in range(self.random.randint(2, 4))]
            found["to"] = [{**target, "share": self.random.choice((1, 10, 90, 333))} for target in targets]
        return found

    def settings(self) -> dict[str, Any]:
        integrations: dict[str, Any] = {name: dict(kind) for name, kind in _KINDS.items()}
        for name in self.some(tuple(_KINDS), 1):
            if self.likely(0.5):
                integrations[name]["enabled"] = False
        for name in ("crm-a", "crm-b"):
            integrations[name] = {"type": "CSV_CONTACTS", "path": f"{name}.csv"}
        bots: dict[str, Any] = {}
        for bot in ("shop-bot", "sales-bot", "off-bot"):
            names = self.random.sample(tuple(_KINDS), self.random.randint(1, 4))
            livechat: dict[str, Any] = {"integrations": names}
            if bot == "off-bot":
                livechat["enabled"] = False
            if self.likely(0.6):
                livechat["routing"] = [
                    self.rule(number, names) for number in range(1, self.random.randint(1, 6))
                ]
            if self.likely(0.6):
                livechat["business_hours"] = self.random.choice(_HOURS)
            bots[bot] = {
                "livechat": livechat,
                "crm": self.random.choice((["crm-a", "crm-b"], ["crm-b", "crm-a"])),
            }
        listed = sorted({name for bot in bots.values() for name in bot["livechat"]["integrations"]})
        return {
            "version": 1,
            "integrations": integrations,
            "calendars": {
                "office": _WEEK,
                "always": {"timezone": "UTC", "weekly": {"daily": ["00:00-24:00"]}},
            },
            "bots": bots,
            "routing": [self.rule(number, listed) for number in range(1, self.random.randint(2, 12))],
        }


def _where(target: Any) -> tuple[Any, ...]:
    if isinstance(target, str):
        target = {"integration": target}
    return tuple(target.get(name) for name in ("integration", "queue", "group", "agent"))


def _said(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """The texts and numbers in a request that are not too long for a rule, each with its field."""
    if isinstance(value, Mapping) and "answer" in value:
        return [(f"survey.{value['id']}", value["answer"])] if value["answer"].strip() else []
    if isinstance(value, Mapping):
        return [found for key, one in value.items() for found in _said(one, f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        return [found for one in value for found in _said(one, path)]
    if isinstance(value, str) and not (value.strip() and len(value) < 200):
        return []
    return [] if value is None or path in {"key", "bot"} else [(path, value)]


def route_case(seed: int, requests: int = 10) -> RouteCase:
    """The settings and requests with this number."""
    make = _Maker(seed)
    items = [make.item(number) for number in range(requests)]
    said = [found for item in items for found in _said(item["request"])]
    make.said = list({repr(found): found for found in said}.values())
    settings = make.settings()
    return RouteCase(seed, settings, make.expressions, items)
