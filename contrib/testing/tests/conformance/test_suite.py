"""The suite itself: what it covers, what it refuses, what its certificate says."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable

import jsonschema
import pytest

from contrib.testing.tests.conformance.rigs import GOOD, toy
from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.chats import Chat
from livechat_sdk.provider.interface import AnyProvider, ChatOpening, PlannedMessage, Sent
from livechat_sdk.registry import Registry
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance import (
    Case,
    CaseFailed,
    CaseResult,
    Certificate,
    Level,
    ProviderConformance,
    Result,
    Rig,
    Tier,
    Topic,
    all_cases,
    certify,
    conformance_suite,
    excused,
    json_schema,
    run_case,
    runner,
)
from livechat_sdk_testing.conformance.certificate import tier_of
from livechat_sdk_testing.conformance.suite import silent_overrides
from livechat_sdk_testing.conformance.toy_rig import ToyRig
from livechat_sdk_testing.toy import ToyProvider

CASES = all_cases()

# The things that a provider must be proved in, and words that the names of their cases hold.
COVERED: dict[Topic, tuple[str, ...]] = {
    Topic.OPENING_TWICE: ("opening.twice_is_one_chat", "opening.after_a_lost_answer"),
    Topic.EARLY_EVENTS: ("early.join_before_open_returned", "early.end_before_open_returned"),
    Topic.ORDER: ("order.of_the_end_user", "order.of_the_agent"),
    Topic.DUPLICATES: ("duplicates.on_their_way", "duplicates.of_a_key_are_one_message"),
    Topic.ECHO: ("echo.of_our_message_is_no_agent",),
    Topic.UNKNOWN_EVENTS: ("unknown.events_are_told", "unknown.fields_are_ignored"),
    Topic.LONG_TEXT: ("texts.over_the_limit_are_split", "texts.are_never_cut"),
    Topic.ATTACHMENTS: (
        "attachments.of_kind_png",
        "attachments.of_kind_audio",
        "attachments.over_the_limit_are_linked",
        "attachments.of_the_agent_arrive",
    ),
    Topic.FAILING_ATTACHMENTS: (
        "attachments.that_the_vendor_refuses",
        "attachments.that_cannot_be_carried_now",
    ),
    Topic.TYPING: ("typing.reaches_the_agent", "typing.comes_from_the_agent"),
    Topic.RECEIPTS: ("receipts.never_go_back", "receipts.raise_the_fate"),
    Topic.PRESENCE: (
        "presence.accepted_is_not_joined",
        "presence.joined_names_the_agent",
        "presence.left_is_not_ended",
        "presence.transferred_is_not_ended",
        "presence.ended_is_told_once",
    ),
    Topic.ENDS: (
        "ending.by_the_agent_completes",
        "ending.by_the_end_user_completes",
        "ending.by_the_clock_is_missed",
    ),
    Topic.END_RACES: ("ending.from_both_sides_at_once", "ending.while_a_message_is_on_its_way"),
    Topic.LATE_EVENTS: ("late.message_is_not_shown",),
    Topic.REVIVED: ("revived.chat_is_closed", "revived.agent_is_not_heard"),
    Topic.HISTORY: (
        "histories.transcript_of_0",
        "histories.transcript_of_1",
        "histories.transcript_of_1000",
        "histories.missed_0",
        "histories.missed_1",
        "histories.missed_1000",
    ),
    Topic.DOWNTIME: ("downtime.loses_no_message", "downtime.loses_no_end"),
    Topic.UNICODE: ("scripts.greek", "scripts.arabic", "scripts.bidirectional", "scripts.emoji"),
    Topic.EXPIRED_AUTH: ("auth.expires_before_a_send", "auth.expires_in_a_conversation"),
    Topic.THROTTLING: ("throttling.tells_when_to_come_back", "throttling.without_a_wish"),
    Topic.STATUS_CODES: tuple(
        f"statuses.{status}_of_send"
        for status in (400, 403, 404, 405, 408, 409, 410, 413, 415, 422, 500, 502, 503, 504)
    ),
    Topic.MALFORMED: (
        "malformed.open_malformed",
        "malformed.send_truncated",
        "malformed.webhook_half",
        "malformed.webhook_with_a_field_missing",
    ),
    Topic.TIME_OUTS: (
        "doubt.send_time_out_before",
        "doubt.send_time_out_after",
        "doubt.in_a_conversation_time_out_before",
        "doubt.in_a_conversation_time_out_after",
    ),
    Topic.WEBHOOK_AUTH: (
        "webhooks.missing_proof",
        "webhooks.wrong_secret",
        "webhooks.old",
        "webhooks.replayed_at_once",
        "webhooks.one_bit_of_the_proof",
        "webhooks.one_bit_of_the_body",
        "webhooks.oversize",
        "webhooks.wrong_content_type",
        "webhooks.rotated_secrets",
        "webhooks.each_of_several_signatures_counts",
        "webhooks.refusals_tell_no_right_proof",
    ),
    Topic.SECRETS: (
        "secrets.are_in_no_log",
        "secrets.are_in_no_file",
        "secrets.are_not_in_the_state",
        "secrets.of_the_end_user_are_in_no_error_of_send_400",
    ),
    Topic.AVAILABILITY: ("availability.yes", "availability.no", "availability.unknown"),
    Topic.TWO_OF_A_TYPE: ("pairs.have_their_own_secrets", "pairs.keep_conversations_apart"),
    Topic.CONTRACT: ("contract.is_what_it_says",),
    Topic.DETAILS: ("details.that_come_late_are_shown",),
}


def test_every_topic_has_the_cases_that_it_cannot_do_without() -> None:
    assert set(COVERED) == set(Topic)
    for topic, names in COVERED.items():
        for name in names:
            assert CASES[name].topic is topic, name


def test_there_are_many_cases_and_each_says_what_it_proves_and_where_to_look() -> None:
    assert len(CASES) >= 100
    for case in CASES.values():
        assert case.proves.endswith("."), case.name
        assert len(case.look_at) > 3, case.name
        assert (case.on_provider is None) is (case.level is Level.DISPATCHER), case.name
    assert len({case.method for case in CASES.values()}) == len(CASES)


def test_every_case_is_played_by_a_good_vendor_or_needs_http() -> None:
    def applies(case: Case) -> bool:
        for make_rig in GOOD.values():
            rig = make_rig(VirtualClock())
            able = _capabilities(rig)
            if case.missing(able, rig) is None:
                return True
        return False

    idle = [case for case in CASES.values() if not applies(case)]
    wanted = {"speaks HTTP", "webhooks proved by body_hmac_time", "webhooks with several signatures"}
    unexplained = [
        case.name
        for case in idle
        if not any(
            need.name in wanted
            or need.name.startswith(("fault ", "agents can ", "declares ", "does not declare "))
            for need in case.needs
        )
    ]
    assert unexplained == []


def _capabilities(rig: Rig) -> Capabilities:
    provider: AnyProvider = Registry({"x": rig.plugin}).build(rig.settings)
    return provider.capabilities


async def test_a_certificate_says_what_was_proved_and_fits_its_schema() -> None:
    names = ("opening.names_the_chat", "webhooks.genuine", "scripts.greek", "histories.missed_1")
    told: list[str] = []
    certificate = await certify(
        toy,
        cases=[CASES[name] for name in names],
        excuses=[excused("scripts.greek", reason="only to see how it looks in a certificate")],
        progress=lambda result: told.append(result.name),
    )
    assert told == list(names)
    assert certificate.provider == "TOY_LIVECHAT"
    assert (certificate.distribution, certificate.version) == ("livechat-sdk-testing", "0.1.0")
    assert [case.result for case in certificate.cases] == [
        Result.PASSED,
        Result.PASSED,
        Result.EXCUSED,
        Result.NOT_APPLICABLE,
    ]
    assert certificate.excused == 1
    assert certificate.cases[2].reason == "only to see how it looks in a certificate"
    assert "not declared" in certificate.cases[3].reason
    assert "no repetition of webhooks" in certificate.outage
    document = json.loads(certificate.model_dump_json())
    jsonschema.validate(document, json_schema())
    assert Certificate.model_validate(document) == certificate


async def test_a_failed_case_says_how_and_where_to_look_and_takes_the_tier() -> None:
    class Forgetful(ToyProvider):
        async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
            return Sent()

    certificate = await certify(
        lambda clock: ToyRig(clock, Forgetful),
        cases=[CASES["opening.names_the_chat"], CASES["contract.send_answers_with_sent"]],
    )
    failed = certificate.failed[0]
    assert failed.name == "contract.send_answers_with_sent"
    assert failed.reason == "what the agent sees: wanted ['hello'], found []"
    assert failed.look_at
    assert certificate.tier is None
    assert not certificate.passed


async def test_a_provider_that_cannot_be_built_fails_each_case_and_not_the_kit() -> None:
    class Broken(ToyProvider):
        def __init__(self, *args: object) -> None:
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await run_case(CASES["opening.names_the_chat"], lambda clock: ToyRig(clock, Broken))


def a_result(tier: Tier, result: Result) -> CaseResult:
    return CaseResult(
        name="x", topic=Topic.ORDER, tier=tier, level=Level.PROVIDER, result=result, proves="Something."
    )


@pytest.mark.parametrize(
    ("failing", "reached"),
    [(None, Tier.COMPLETE), (Tier.COMPLETE, Tier.SAFE), (Tier.SAFE, Tier.RELAYS), (Tier.RELAYS, None)],
)
def test_a_tier_is_reached_when_nothing_in_it_or_before_it_failed(
    failing: Tier | None, reached: Tier | None
) -> None:
    cases = [a_result(tier, Result.FAILED if tier is failing else Result.PASSED) for tier in Tier]
    assert tier_of(tuple(cases)) is reached


def test_an_excuse_names_a_case_and_gives_a_reason() -> None:
    with pytest.raises(ValueError, match=r"no case 'opening\.never'"):
        excused("opening.never", reason="there is no such case at all")
    with pytest.raises(ValueError, match="says in a sentence"):
        excused("opening.twice_is_one_chat", reason="  later  ")


def overriding(suite: type[ProviderConformance]) -> list[str]:
    with pytest.raises(pytest.fail.Exception) as failure:
        suite().test_no_case_is_overridden_in_silence()
    assert "excused" in str(failure.value)
    return silent_overrides(suite)


def test_the_guard_refuses_a_case_that_is_redefined() -> None:
    suite = type(
        "Suite",
        (ProviderConformance,),
        {"make_rig": lambda _, clock: toy(clock), "test_opening_twice_is_one_chat": lambda _: None},
    )
    assert overriding(suite) == ["opening.twice_is_one_chat is redefined"]


def test_the_guard_refuses_a_case_that_is_switched_off_in_a_class_between() -> None:
    between = type("Between", (ProviderConformance,), {"test_webhooks_missing_proof": None})
    suite = type("Suite", (between,), {"make_rig": lambda _, clock: toy(clock)})
    assert overriding(suite) == ["webhooks.missing_proof is redefined"]


@pytest.mark.parametrize("mark", [pytest.mark.skip(reason="no"), pytest.mark.xfail(reason="no")])
def test_the_guard_refuses_a_class_that_is_skipped(mark: pytest.MarkDecorator) -> None:
    suite = type("Suite", (ProviderConformance,), {"pytestmark": [mark]})
    assert overriding(suite) == [f"Suite is marked with {mark.name}"]


def test_the_guard_refuses_to_be_replaced() -> None:
    suite = type("Suite", (ProviderConformance,), {"test_no_case_is_overridden_in_silence": lambda _: None})
    assert silent_overrides(suite) == ["test_no_case_is_overridden_in_silence is redefined"]


def test_an_excused_case_may_be_redefined() -> None:
    excuse = excused("opening.twice_is_one_chat", reason="the vendor opens a second chat, see its docs")
    suite = type(
        "Suite",
        (ProviderConformance,),
        {"excuses": (excuse,), "test_opening_twice_is_one_chat": lambda _: None},
    )
    suite().test_no_case_is_overridden_in_silence()


async def test_an_excused_case_is_skipped_with_its_reason() -> None:
    excuse = excused("opening.twice_is_one_chat", reason="the vendor opens a second chat, see its docs")
    suite = conformance_suite(toy, excuses=[excuse])
    test: Callable[[object], Awaitable[None]] = getattr(suite, CASES["opening.twice_is_one_chat"].method)
    with pytest.raises(pytest.skip.Exception, match="excused: the vendor opens"):
        await test(suite())


async def test_a_capability_that_the_rig_cannot_play_is_not_taken_on_trust() -> None:
    class Mute(ToyRig):
        can = ToyRig.can - {"typing"}

    with pytest.raises(CaseFailed, match="the rig cannot play it"):
        await run_case(CASES["typing.comes_from_the_agent"], Mute)


async def test_a_case_that_hangs_is_over_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(ToyProvider):
        async def open(self, opening: ChatOpening) -> Chat:
            await asyncio.Event().wait()
            return await super().open(opening)

    monkeypatch.setattr(runner, "CASE_LIMIT", 0.05)
    with pytest.raises(CaseFailed, match="not over after"):
        await run_case(CASES["opening.names_the_chat"], lambda clock: ToyRig(clock, Hanging))


def test_the_tiers_are_all_used() -> None:
    used = Counter(case.tier for case in CASES.values())
    assert all(used[tier] >= 20 for tier in Tier), used
