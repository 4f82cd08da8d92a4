"""The models of the settings: durations, defaults, the policy of a handoff, the revision, no secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from livechat_sdk.config.annotations import kinds_of, models
from livechat_sdk.config.documents import IntegrationDocument, looks_secret, without_secrets
from livechat_sdk.config.durations import LONGEST, Age, Duration
from livechat_sdk.config.models import (
    BotSettings,
    FilesSettings,
    GatewaySettings,
    LivechatFile,
    LivechatSettings,
)
from livechat_sdk.domain.ends import Outcome
from livechat_sdk.domain.handoff import HandoffPolicy
from livechat_sdk.domain.retention import RetentionPlan
from livechat_sdk.policies.message_settings import SystemMessagesSettings

CANARY = "canary-2b7e151628aed2a6"
SECONDS = TypeAdapter[float](Duration)
AGES = TypeAdapter[float](Age)


# -------------------------------------------------------------------------------------------------- durations
@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90s", 90),
        ("2m", 120),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("2d", 172_800),
        ("1.5h", 5400),
        ("0.001s", 0.001),
        (90, 90),
        (0.25, 0.25),
        ("90", 90),
        (" 2m ", 120),
        ("1m1m", 120),
        ("366d", LONGEST),
    ],
)
def test_duration_is_read(written: object, seconds: float) -> None:
    assert SECONDS.validate_python(written) == seconds


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("15 min", "write 15m"),
        ("2 hours", "write 2h"),
        ("1 hour and 30 minutes", "write 1h30m"),
        ("1 hour, 30 sec", "write 1h30s"),
        ("5 M", "write 5m"),
        ("soon", "a duration looks like"),
        ("1:30", "a duration looks like"),
        ("2 weeks", "a duration looks like"),
        ("", "a duration looks like"),
        ("m", "a duration looks like"),
        ("1e3", "a duration looks like"),
        ("٣m", "a duration looks like"),
        (True, "a duration looks like"),
        (None, "a duration looks like"),
        (float("nan"), "a duration looks like"),
        (float("inf"), "a duration looks like"),
        ([], "a duration looks like"),
    ],
)
def test_other_words_are_no_duration_and_get_a_hint(written: object, hint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SECONDS.validate_python(written)
    (error,) = caught.value.errors()
    assert error["type"] == "LC210"
    assert error.get("ctx", {})["suggestion"].startswith(hint)


@pytest.mark.parametrize("written", [0, "0s", "0ms", -5, "-5m", "-1", "367d", 10**12, "1" * 12 + "d"])
def test_duration_out_of_range_is_refused(written: object) -> None:
    with pytest.raises(ValidationError) as caught:
        SECONDS.validate_python(written)
    assert caught.value.errors()[0]["type"] == "LC211"


@given(
    st.lists(st.tuples(st.integers(1, 50), st.sampled_from(["ms", "s", "m", "h"])), min_size=1, max_size=5)
)
def test_parts_of_a_duration_add_up(parts: list[tuple[int, str]]) -> None:
    unit = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
    text = "".join(f"{number}{name}" for number, name in parts)
    total = sum(number * unit[name] for number, name in parts)
    assert SECONDS.validate_python(text) == pytest.approx(total / 1000)


@given(st.text() | st.floats() | st.integers() | st.none() | st.booleans())
def test_anything_is_a_duration_in_range_or_a_validation_error(value: object) -> None:
    try:
        seconds = SECONDS.validate_python(value)
    except ValidationError:
        return
    assert 0 < seconds <= LONGEST


@pytest.mark.parametrize(
    ("written", "seconds"), [("90d", 7_776_000), ("1h", 3600), (3600, 3600), ("36h", 129_600)]
)
def test_age_is_read(written: object, seconds: float) -> None:
    assert AGES.validate_python(written) == seconds


@pytest.mark.parametrize("written", [90, "59m", "0", "-90d", "36526d", 0.5])
def test_age_out_of_range_is_refused(written: object) -> None:
    with pytest.raises(ValidationError) as caught:
        AGES.validate_python(written)
    assert caught.value.errors()[0]["type"] == "LC216"


# ------------------------------------------------------------------------------------------------- the models
def test_nothing_but_the_version_is_needed() -> None:
    settings = LivechatFile.model_validate({})
    assert settings.version == 1
    assert settings.store == "sqlite:///livechat.db"
    assert settings.workspace == "default"
    assert settings.gateway == GatewaySettings(host="127.0.0.1", port=8080, tokens=None, public_url=None)
    assert settings.plugins.hook_timeout == 2.0


def test_policy_of_default_settings_is_the_default_policy() -> None:
    assert LivechatSettings().policy() == HandoffPolicy()


def test_policy_carries_every_setting() -> None:
    settings = LivechatSettings.model_validate(
        {
            "enabled": False,
            "request_timeout": None,
            "inactivity": {"remind_after": "5m", "close_after": "15m"},
            "agent_silence": {
                "remind_after": 30,
                "release_after": "1m",
                "then": "requeue",
                "requeue_at_most": 1,
            },
            "max_duration": "4h",
            "queue": {"every": "10s", "fresh_for": "1m", "tells": ["wait"]},
            "agent_names": {"show": "alias", "alias": "Team"},
            "welcome": "vendor",
            "wait_for_contact": "1500ms",
            "allow_bot_while_waiting": True,
            "doubtful": "repeat",
            "survey": [{"id": "topic", "text": "Topic?", "choices": ["a", "b"]}],
            "tickets_on": ["missed"],
        }
    )
    policy = settings.policy()
    assert policy.model_dump(exclude={"survey", "ticket_on", "ticket_during", "closing_timeout"}) == {
        "enabled": False,
        "request_timeout": None,
        "user_remind_after": 300.0,
        "user_close_after": 900.0,
        "agent_remind_after": 30.0,
        "agent_release_after": 60.0,
        "agent_release_to": "requeue",
        "requeue_at_most": 1,
        "max_duration": 14_400.0,
        "queue_every": 10.0,
        "queue_fresh_for": 60.0,
        "queue_tells": ("wait",),
        "agent_names": {"show": "alias", "alias": "Team", "aliases": {}},
        "welcome": "vendor",
        "wait_for_contact": 1.5,
        "allow_bot_while_waiting": True,
        "doubtful": "repeat",
    }
    assert [(one.id, one.text, one.choices) for one in policy.survey] == [("topic", "Topic?", ("a", "b"))]
    assert policy.ticket_on == (Outcome.MISSED,)


@pytest.mark.parametrize("wait", ["2001ms", 3, 0])
def test_a_chat_waits_for_the_contact_two_seconds_at_most(wait: object) -> None:
    with pytest.raises(ValidationError) as refused:
        LivechatSettings.model_validate({"wait_for_contact": wait})
    assert [error["type"] for error in refused.value.errors()] == ["LC211"]


def test_every_field_of_the_policy_can_be_set_but_the_closing_timeout() -> None:
    livechat = {
        "enabled": False,
        "request_timeout": 1,
        "inactivity": {"remind_after": 1, "close_after": 2},
        "agent_silence": {"remind_after": 1, "release_after": 2, "then": "requeue", "requeue_at_most": 3},
        "max_duration": 9,
        "queue": {"every": 1, "fresh_for": 1, "tells": []},
        "agent_names": {"show": "first"},
        "welcome": "vendor",
        "wait_for_contact": 1,
        "allow_bot_while_waiting": True,
        "doubtful": "repeat",
        "survey": [{"id": "a", "text": "A"}],
        "tickets_on": ["failed"],
    }
    changed = BotSettings.model_validate({"livechat": livechat, "tickets": {"during": {}}}).policy()
    default = HandoffPolicy()
    same = {name for name in HandoffPolicy.model_fields if getattr(changed, name) == getattr(default, name)}
    assert same == {"closing_timeout"}


def test_nothing_is_erased_by_age_unless_it_is_set() -> None:
    plan = LivechatFile.model_validate({"bots": {"shop-bot": {}}}).retention_plan()
    assert plan == RetentionPlan()
    assert not plan.erases


def test_a_bot_may_keep_its_handoffs_longer_or_for_ever() -> None:
    plan = LivechatFile.model_validate(
        {
            "retention": {"after": "90d", "tombstones_after": "7d", "event_ids_after": "2d"},
            "bots": {
                "shop-bot": {},
                "bank-bot": {"retention": {"after": "3650d"}},
                "court-bot": {"retention": {"after": None}},
            },
        }
    ).retention_plan()
    day = 86_400.0
    assert plan == RetentionPlan(
        after=90 * day,
        by_bot={"bank-bot": 3650 * day, "court-bot": None},
        event_ids_after=2 * day,
        tombstones_after=7 * day,
    )
    assert plan.erases


def test_public_address_loses_its_last_slash() -> None:
    settings = GatewaySettings.model_validate({"public_url": "https://chat.example.com/live/"})
    assert settings.public_url == "https://chat.example.com/live"


@pytest.mark.parametrize(
    "url",
    [
        "chat.example.com",
        "ftp://a",
        "https://",
        "https://u:p@a",
        "https://a?x",
        "https://a#x",
        "https://a b",
        "//a",
    ],
)
def test_public_address_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate({"public_url": url})


@pytest.mark.parametrize("tag", ["en", "el", "pt-BR", "pt_BR", "zh-Hant-TW", "fil"])
def test_language_tags(tag: str) -> None:
    assert LivechatSettings.model_validate({"language": tag}).language == tag


@pytest.mark.parametrize("tag", ["", "e", "english language", "en-", "12", "en--us", "ελ"])
def test_words_that_are_no_language_tags(tag: str) -> None:
    with pytest.raises(ValidationError):
        LivechatSettings.model_validate({"language": tag})


@pytest.mark.parametrize(
    "store",
    [
        "",
        "livechat.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:////",
        "sqlite:///:memory:",
        "postgresql://u:p@h",
        "postgresql://u:p@h:db/d",
        "mysql://u:p@h/d",
    ],
)
def test_store_that_names_no_file_and_no_database_is_refused(store: str) -> None:
    with pytest.raises(ValidationError) as caught:
        LivechatFile.model_validate({"store": store})
    assert caught.value.errors()[0]["type"] == "LC213"


@pytest.mark.parametrize("store", ["postgresql://u:p@h/d", "postgres:///d?host=/run/postgresql"])
def test_store_may_be_a_postgresql_database_whose_address_is_not_shown(store: str) -> None:
    settings = LivechatFile.model_validate({"store": store})
    assert settings.store == store
    assert store not in repr(settings)


def test_integrations_of_a_bot_are_the_enabled_ones_in_order() -> None:
    settings = LivechatFile.model_validate(
        {
            "integrations": {
                "a": {"type": "X"},
                "b": {"type": "X", "enabled": "no"},
                "c": {"type": "X", "enabled": True},
            },
            "bots": {"shop-bot": {"livechat": {"integrations": ["c", "b", "a"]}}},
        }
    )
    assert [one.name for one in settings.integrations_of("shop-bot")] == ["c", "a"]


def test_models_are_frozen_and_refuse_unknown_keys() -> None:
    settings = BotSettings()
    with pytest.raises(ValidationError):
        settings.ticketing = "x"  # type: ignore[misc]  # frozen is the point
    with pytest.raises(ValidationError):
        BotSettings.model_validate({"tickets": "x"})


# -------------------------------------------------------------------------------------------------- revisions
def file(**changes: Any) -> LivechatFile:
    return LivechatFile.model_validate(
        {
            "store_key": "k" * 32,
            "gateway": {"tokens": "t" * 32, "platform": {"url": "https://a.example", "secret": "one"}},
            "integrations": {"a": {"type": "X", "clientSecret": "one", "region": "eu"}},
            "bots": {"shop-bot": {"livechat": {"integrations": ["a"]}}},
            **changes,
        }
    )


def test_revision_is_short_and_stable() -> None:
    assert file().revision == file().revision
    assert len(file().revision) == 12
    assert set(file().revision) <= set("0123456789abcdef")


def test_revision_does_not_depend_on_secrets_or_on_the_order_of_keys() -> None:
    changed = LivechatFile.model_validate(
        {
            "bots": {"shop-bot": {"livechat": {"integrations": ["a"], "request_timeout": "120s"}}},
            "integrations": {"a": {"region": "eu", "clientSecret": ["two", "one"], "type": "X"}},
            "gateway": {
                "tokens": ["another", "token"],
                "platform": {"url": "https://a.example", "secret": ["two", "one"]},
            },
        }
    )
    assert changed.revision == file().revision


@pytest.mark.parametrize(
    "changes",
    [
        {"workspace": "other"},
        {"integrations": {"a": {"type": "X", "region": "us"}}},
        {"bots": {"shop-bot": {"livechat": {"integrations": ["a"], "request_timeout": "121s"}}}},
        {"gateway": {"platform": {"url": "https://b.example", "secret": "one"}}},
    ],
)
def test_revision_changes_with_everything_else(changes: dict[str, Any]) -> None:
    assert file(**changes).revision != file().revision


# -------------------------------------------------------------------------------------------------- documents
def test_no_secret_shows_in_a_model() -> None:
    settings = LivechatFile.model_validate(
        {
            "store_key": CANARY,
            "gateway": {"tokens": [CANARY, CANARY]},
            "integrations": {
                "a": {
                    "type": "X",
                    "clientSecret": CANARY,
                    "accounts": [{"password": CANARY}],
                    "token": [CANARY],
                    "deep": {"api_key": {"value": CANARY}},
                }
            },
        }
    )
    shown = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        repr(settings.model_dump(mode="json")),
    ]
    shown += [
        repr(settings.integrations),
        str(settings.integrations["a"]),
        f"{settings.integrations['a'].public()}",
    ]
    assert not [text for text in shown if CANARY in text]
    assert settings.integrations["a"].as_dict()["clientSecret"] == CANARY


def test_secrets_that_only_the_model_knows_are_masked_too() -> None:
    document = IntegrationDocument(
        {"type": "X", "pin": CANARY, "in": [{"pin": CANARY}]}, secret=frozenset({"pin"})
    )
    assert document.public() == {"type": "X", "pin": "***", "in": [{"pin": "***"}]}


@pytest.mark.parametrize(
    "key",
    [
        "secret",
        "clientSecret",
        "client_secret",
        "token",
        "apiKey",
        "webhookKey",
        "webhook_key",
        "password",
        "privateKey",
    ],
)
def test_keys_that_look_secret(key: str) -> None:
    assert looks_secret(key)


@pytest.mark.parametrize(
    "key", ["keyId", "key_id", "tokenUrl", "token_endpoint", "secretName", "type", "name", "appId"]
)
def test_keys_that_do_not(key: str) -> None:
    assert not looks_secret(key)


def test_document_is_a_mapping_that_nobody_can_change_from_outside() -> None:
    source = {"type": "X", "list": [1]}
    document = IntegrationDocument(source)
    source["list"].append(2)  # type: ignore[attr-defined]  # the value is a list
    document.as_dict()["list"].append(3)
    assert dict(document) == {"type": "X", "list": [1]}
    assert document == {"type": "X", "list": [1]}
    assert (len(document), list(document), "type" in document) == (2, ["type", "list"], True)


def test_name_is_filled_in_once() -> None:
    assert IntegrationDocument({"type": "X"}).named("a").name == "a"
    assert IntegrationDocument({"type": "X", "name": "b"}).named("a").name == "b"


@pytest.mark.parametrize(
    ("value", "on"), [(True, True), ("yes", True), (False, False), ("off", False), ("0", False)]
)
def test_document_knows_whether_it_is_enabled(value: object, on: bool) -> None:
    assert IntegrationDocument({"enabled": value}).enabled is on
    assert IntegrationDocument({}).enabled


def test_integration_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        LivechatFile.model_validate({"integrations": {"a": "X"}})
    assert caught.value.errors()[0]["type"] == "LC410"


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_masking_keeps_the_shape(value: Any) -> None:
    masked = without_secrets(value)
    assert isinstance(masked, type(value))
    if isinstance(value, dict):
        assert masked.keys() == value.keys()


def test_password_of_the_store_is_in_no_dump_and_changes_no_revision() -> None:
    one, other = (
        LivechatFile.model_validate({"store": f"postgresql://livechat:{word}@db.example.com/livechat"})
        for word in ("first-password", "second-password")
    )
    assert "first-password" not in one.model_dump_json()
    assert one.model_dump()["store"] == "postgresql://***@db.example.com/livechat"
    assert one.revision == other.revision
    assert "first-password" in one.store


def parts_left_out(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The models of the parts that a file may leave out, however deep."""
    for info in model.model_fields.values():
        for part in models(kinds_of(info.annotation)):
            if info.default_factory is not None:
                yield part
                yield from parts_left_out(part)


def test_parts_that_a_file_leaves_out_are_what_checking_their_defaults_would_give() -> None:
    parts = {*parts_left_out(LivechatFile), *parts_left_out(BotSettings)}
    assert {GatewaySettings, LivechatSettings, FilesSettings} <= parts
    for part in parts:
        made = part.model_construct()
        checked = part()
        assert made == checked
        assert repr(made) == repr(checked)
        assert made.model_fields_set == checked.model_fields_set
        assert made.model_dump_json() == checked.model_dump_json()
    assert SystemMessagesSettings.model_construct({}) == SystemMessagesSettings({})
