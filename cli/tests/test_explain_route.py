"""``livechat explain route``: for requests by the settings alone, for handoffs from the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.tests.helpers import assert_golden, invoke
from cli.tests.history import World, live
from livechat_sdk.config.models import LivechatFile
from livechat_sdk_testing.toy import ToyPlugin

SETTINGS = """\
version: 1
integrations:
  desk: {type: HELVIA_LIVECHAT}
  night: {type: HELVIA_LIVECHAT}
bots:
  shop-bot:
    livechat:
      integrations: [desk, night]
      business_hours: {timezone: Europe/Athens, weekly: {mon-fri: ["09:00-17:00"]}}
      routing:
        - name: vip
          when: {tags: vip}
          to: {integration: desk, group: vip, last_agent: 90d}
  open-bot: {livechat: {integrations: [night, desk]}}
routing:
  - name: big orders
    if: attributes.order > 100
    to: desk
  - name: nights
    when: {time: {timezone: Europe/Athens, hours: "17:00-09:00"}, user.email: {glob: "*@acme.com"}}
    to: {integration: night, priority: high, fallback: []}
  - name: trial
    when: {channel: webchat}
    to: [{share: 10, integration: night}, {share: 90, integration: desk}]
  - {name: never, when: {bot: shop-bot, country: IS}, to: night}
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "livechat.yaml").write_text(SETTINGS, "utf-8")
    return tmp_path


def a_request(**more: Any) -> dict[str, Any]:
    user = {"id": "u-1", **more.pop("user", {})}
    return {"key": "k", "conversation_id": "c-1", "bot": "shop-bot", "user": user, **more}


def ask(here: Path, content: Any, *, as_json: bool = True) -> Any:
    (here / "request.json").write_text(json.dumps(content), "utf-8")
    more = ["--json"] if as_json else []
    done = invoke("explain", "route", "--request", here / "request.json", here / "livechat.yaml", *more)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)["answers"] if as_json else done.stdout


def asked(at: str = "2026-11-26T10:00:00Z", **more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        name: more.pop(name) for name in ("contacts", "earlier", "business_hours") if name in more
    }
    return {"request": a_request(**more), "at": at, **known}


def test_rules_are_a_list_with_what_became_of_each(here: Path) -> None:
    text = ask(
        here, asked(user={"channel": "webchat", "email": "ann@other.com"}, bot="open-bot"), as_json=False
    )
    assert_golden("explain-route.txt", text)


def test_night_rule_decides_at_night_and_the_bots_hours_close_it(here: Path) -> None:
    request = asked("2026-11-26T20:00:00Z", user={"email": "ann@acme.com"})
    (answer,) = ask(here, request)
    assert (answer["result"], answer["rule"], answer["name"]) == ("out_of_hours", 3, "nights")
    assert answer["chain"] == []
    assert [one["integration"] for one in answer["closed"]] == ["night"]
    assert "mon-fri 09:00-17:00" in answer["detail"]
    (opened,) = ask(here, {**request, "business_hours": "open"})
    assert opened["result"] == "routed"
    assert opened["chain"] == [
        {
            "integration": "night",
            "queue": None,
            "group": None,
            "agent": None,
            "priority": "high",
            "skills": [],
        }
    ]


def test_every_rule_is_told_with_its_outcome(here: Path) -> None:
    (answer,) = ask(here, asked(user={"channel": "webchat"}, attributes={"order": 7}))
    assert [
        (row["number"], row["place"], row["outcome"], row.get("failed_at")) for row in answer["rules"]
    ] == [
        (1, "bots.shop-bot.livechat.routing[0]", "failed", "tags"),
        (2, "routing[0]", "failed", "if"),
        (3, "routing[1]", "failed", "time"),
        (4, "routing[2]", "matched", None),
        (5, "routing[3]", "not_looked_at", None),
    ]
    why = [row.get("why") for row in answer["rules"]]
    assert why[0] == "tags is not known; wanted {tags: vip}"
    assert why[1] == "it is false: attributes.order > 100"
    assert why[2] == 'it is Thu 2026-11-26 12:00 in Europe/Athens, not {hours: "17:00-09:00"}'
    assert answer["reasons"]["share"]["total"] == 100


def test_contacts_and_earlier_handoffs_may_be_told(here: Path) -> None:
    earlier = [{"integration": "desk", "agent": "ann", "ended_at": "2026-11-01T10:00:00Z"}]
    (answer,) = ask(here, asked(tags=["VIP"], earlier=earlier))
    assert answer["chain"][0] | {"skills": []} == {
        "integration": "desk",
        "queue": None,
        "group": "vip",
        "agent": "ann",
        "priority": None,
        "skills": [],
    }
    assert answer["reasons"]["last_agent"] == {"1": "ann"}


def test_list_of_requests_gives_a_list_of_answers_in_order(here: Path) -> None:
    answers = ask(here, [a_request(bot="open-bot"), asked(bot="nobody"), asked(tags=["vip"])])
    assert [one["result"] for one in answers] == ["routed", "unavailable", "routed"]
    assert [one.get("by") for one in answers] == ["default", None, "rule"]
    assert answers[1]["detail"] == "there is no bot 'nobody'"
    text = ask(here, [a_request(bot="open-bot"), asked(bot="nobody")], as_json=False)
    assert text.startswith("1. c-1\nresult  routed\n")
    assert "\n2. c-1\nresult  unavailable: there is no bot 'nobody'\n" in text


def test_request_may_come_through_standard_input(here: Path) -> None:
    done = invoke(
        "explain", "route", "--request", "-", here / "livechat.yaml", stdin=json.dumps(asked(tags=["vip"]))
    )
    assert done.returncode == 0
    assert "rule 1 (vip)" in done.stdout


@pytest.mark.parametrize("wrapped", [False, True])
def test_nobody_has_to_think_of_ids_to_ask_a_question(here: Path, wrapped: bool) -> None:
    question: dict[str, object] = {"bot": "shop-bot", "tags": ["vip"], "user": {"language": "el"}}
    content = json.dumps({"request": question} if wrapped else question)
    done = invoke("explain", "route", "--request", "-", here / "livechat.yaml", stdin=content)
    assert done.returncode == 0
    assert "rule 1 (vip)" in done.stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"request": {"key": "k"}}', "request.bot: Field required"),
        ('{"bot": "b", "user": 5}', "user: Input should be"),
        ('{"request": {}, "tme": 1}', "tme: Extra inputs are not permitted"),
        ("5", "the request: Input should be"),
        (json.dumps([{"key": "k"}]), "0.request.bot: Field required"),
        ("[" + ",".join(["{}"] * 1001) + "]", "at most 1,000 at once"),
    ],
)
def test_request_that_is_none_is_refused_with_its_place(here: Path, content: str, told: str) -> None:
    done = invoke("explain", "route", "--request", "-", here / "livechat.yaml", stdin=content)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "next: " in done.stderr


def test_handoff_and_request_exclude_each_other(here: Path) -> None:
    assert invoke("explain", "route").returncode == 2
    done = invoke("explain", "route", "h-1", here / "livechat.yaml", "--request", "-")
    assert done.returncode == 2
    assert "name either a handoff or" in done.stderr


# -------------------------------------------------------------------------------- from the store
RULES = [
    {"name": "vip", "when": {"tags": "vip"}, "to": "toy"},
    {
        "name": "refunds",
        "when": {"reason": {"glob": "*refund*"}, "user.name": {"prefix": "mar"}},
        "to": {"queue": "money"},
    },
    {"name": "rest", "to": "toy"},
]


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A handoff that rules have sent to the toy vendor, and the settings that did it, without its secret."""
    real = LivechatFile.model_validate

    def with_rules(content: dict[str, Any]) -> LivechatFile:
        return real({**content, "routing": RULES})

    monkeypatch.setattr(LivechatFile, "model_validate", with_rules)

    async def story(world: World) -> str:
        return (await world.request()).id

    handoff = live(tmp_path / "a.db", story, toy=ToyPlugin())
    monkeypatch.undo()
    settings = {
        "version": 1,
        "store": f"sqlite:///{tmp_path / 'a.db'}",
        "integrations": {"toy": {"type": "HELVIA_LIVECHAT"}},
        "bots": {"shop-bot": {"livechat": {"integrations": ["toy"]}}},
        "routing": RULES,
    }
    (tmp_path / "livechat.yaml").write_text(json.dumps(settings), "utf-8")
    return tmp_path, handoff


def test_stored_reasons_are_told_and_give_the_same_again(played: tuple[Path, str]) -> None:
    folder, handoff = played
    done = invoke("explain", "route", handoff[:12], folder / "livechat.yaml")
    assert done.returncode == 0, done.stderr
    assert_golden("explain-route-stored.txt", done.stdout.replace(handoff, "HANDOFF"))
    done = invoke("explain", "route", handoff, folder / "livechat.yaml", "--json")
    document = json.loads(done.stdout)
    assert document["reproduced"] is True
    assert document["rules_are_the_same"] is True
    assert document["reasons"]["rule"] == 2
    assert document["reasons"]["failed"] == {"tags": "1"}
    assert [row["outcome"] for row in document["rules"]] == ["failed", "matched", "not_looked_at"]
    assert "maria" not in done.stdout.lower()
    assert "wants a refund" not in done.stdout


def test_rules_that_have_changed_since_are_not_taken_for_those_that_decided(played: tuple[Path, str]) -> None:
    folder, handoff = played
    file = folder / "livechat.yaml"
    file.write_text(file.read_text("utf-8").replace("money", "other"), "utf-8")
    document = json.loads(invoke("explain", "route", handoff, file, "--json").stdout)
    assert (document["rules_are_the_same"], document["reproduced"], document["rules"]) == (False, None, [])
    assert "they have changed since" in invoke("explain", "route", handoff, file).stdout


def test_reasons_are_told_without_the_settings(played: tuple[Path, str]) -> None:
    folder, handoff = played
    done = invoke("explain", "route", handoff, folder / "none.yaml", "--store", folder / "a.db")
    assert done.returncode == 0
    assert "rule 2 (refunds)" in done.stdout
    assert "at tags: rules 1" in done.stdout
    assert "rules go by their numbers" in done.stderr


def test_show_has_the_short_form(played: tuple[Path, str]) -> None:
    folder, handoff = played
    shown = invoke("show", handoff, folder / "livechat.yaml").stdout
    assert "routing       rule 2 (refunds); tags failed in 1\n" in shown
    assert '"rules":' not in shown
