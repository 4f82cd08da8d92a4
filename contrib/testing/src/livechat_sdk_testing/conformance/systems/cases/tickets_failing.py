"""Statuses, broken answers, expired credentials, throttling: what each of them means."""

from __future__ import annotations

from typing import Final

from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import (
    AuthError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    UnavailableError,
)
from livechat_sdk_testing.conformance.case import CaseFailed, SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, faulty, http
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING, TicketBench, declares, has

_cases = SystemCases(TICKETING, "failing", SystemTopic.STATUS_CODES)

_PASSING: Final = frozenset({408, 500, 502, 503, 504})
_HTML: Final = "<!DOCTYPE html><html><body>Please log in</body></html>"


def _judge(error: Exception, status: int, operation: str) -> None:
    if status in _PASSING:
        wanted: tuple[type[Exception], ...] = (RetryableError,)
    elif status == 403:
        wanted = (AuthError, RejectedError)
    elif status == 409:
        wanted = (RejectedError, RetryableError)
    elif status == 404:
        wanted = (RejectedError, UnavailableError, ProtocolError)
    else:
        wanted = (RejectedError, UnavailableError)
    names = " or ".join(kind.__name__ for kind in wanted)
    if not isinstance(error, wanted):
        raise CaseFailed(f"{operation}: {type(error).__name__}, not {names}: {error}") from error
    same(getattr(error, "status", None), status, "the status of the error")


def _status_case(status: int) -> None:
    passing = status in _PASSING

    @_cases.on_bench(
        f"create_{status}",
        Tier.SAFE if status in {400, 403, 422, 500, 503} else Tier.COMPLETE,
        f"A {status} of a create is {'tried again later' if passing else 'final, and asked once'}.",
        look_at="the mapping of statuses to errors (livechat_sdk.http does it)",
        needs=[http, faulty("create", "status", status=status)],
    )
    async def run(bench: TicketBench) -> None:
        bench.rig.faults.script("create", "status", times=50, status=status)
        error = await bench.failure(bench.create(), f"a create answered with {status}")
        _judge(error, status, "create")
        if not passing and not isinstance(error, RetryableError):
            that(bench.rig.calls("create") <= 2, f"it was asked {bench.rig.calls('create')} times")
        bench.rig.faults.clear()
        await bench.at_most_one(await bench.persist())


for _status in (400, 403, 404, 405, 409, 413, 422, 408, 500, 502, 503, 504):
    _status_case(_status)


def _comment_case(status: int) -> None:
    @_cases.on_bench(
        f"comment_{status}",
        Tier.COMPLETE,
        f"A {status} of a comment is an error, and nothing is added.",
        look_at="errors of livechat_add_to_ticket",
        needs=[http, faulty("comment", "status", status=status)],
    )
    async def run(bench: TicketBench) -> None:
        made = await bench.create()
        bench.rig.faults.script("comment", "status", times=50, status=status)
        error = await bench.failure(bench.add(made), f"a comment answered with {status}")
        _judge(error, status, "comment")
        same(len((await bench.seen()).comments), 1, "comments")


for _status in (400, 403, 422, 503):
    _comment_case(_status)


# -------------------------------------------------------------------------------------------- broken answers
def _broken_case(fault: str, **details: object) -> None:
    name = "html" if details else fault

    @_cases.on_bench(
        f"create_{name}",
        Tier.SAFE,
        f"An answer that cannot be read ({name}) leaves a create in doubt: neither success nor refusal.",
        look_at="an answer that is not as documented: RetryableError or ProtocolError, sent not False",
        needs=[http, faulty("create", fault, **details)],
        topic=SystemTopic.MALFORMED,
    )
    async def run(bench: TicketBench) -> None:
        bench.rig.faults.script("create", fault, times=50, **details)
        error = await bench.failure(bench.create(), f"a create whose answer is {name}")
        that(isinstance(error, RetryableError | ProtocolError), f"{type(error).__name__}: {error}")
        that(getattr(error, "sent", None) is not False, "sent is False, after an answer")
        bench.rig.faults.clear()

    @_cases.on_bench(
        f"read_{name}",
        Tier.COMPLETE,
        f"A read whose answer cannot be read ({name}) raises.",
        look_at="an answer that is not as documented: RetryableError or ProtocolError",
        needs=[http, has("reads"), faulty("read", fault, **details)],
        topic=SystemTopic.MALFORMED,
    )
    async def read(bench: TicketBench) -> None:
        made = await bench.create()
        bench.rig.faults.script("read", fault, times=50, **details)
        error = await bench.failure(bench.rig.read(bench.system, made.id), f"a read whose answer is {name}")
        that(isinstance(error, RetryableError | ProtocolError), f"{type(error).__name__}: {error}")

    @_cases.on_bench(
        f"find_{name}",
        Tier.SAFE,
        f"A look-up whose answer cannot be read ({name}) is not taken for 'there is none'.",
        look_at="answers of the look-up: a list that is missing is no empty list, rubbish is no 404",
        needs=[http, declares("find"), faulty("find", fault, **details)],
        topic=SystemTopic.MALFORMED,
    )
    async def find(bench: TicketBench) -> None:
        await bench.create()
        await bench.clock.advance(bench.able.find_lag + 1)
        bench.rig.faults.script("find", fault, times=50, **details)
        error = await bench.failure(bench.listed(), f"a look-up whose answer is {name}")
        that(isinstance(error, ProviderError), f"{type(error).__name__}: {error}")


_broken_case("malformed")
_broken_case("truncated")
_broken_case("status", status=200, body=_HTML, applied=True)


# ------------------------------------------------------------------------------------------------ credentials
@_cases.on_bench(
    "token_expires_before_a_create",
    Tier.SAFE,
    "A token that the vendor takes no more is renewed once, and the ticket is made once.",
    look_at="a 401: a new token, and the same call again",
    needs=[http, faulty("create", "expire_token")],
    topic=SystemTopic.EXPIRED_AUTH,
)
async def _expired(bench: TicketBench) -> None:
    await bench.create(bench.draft(key="h-0.ticket"))
    tokens = bench.rig.calls("token")
    bench.rig.faults.script("create", "expire_token")
    outcome = await bench.persist()
    that(isinstance(outcome, Ticket), f"it ends with {outcome!r}")
    same(len(await bench.rig.tickets()), 2, "tickets")
    that(bench.rig.calls("token") - tokens <= 1, "the token is renewed more than once")


@_cases.on_bench(
    "credentials_are_refused",
    Tier.SAFE,
    "Credentials that are refused for good are an AuthError, after a few calls at most.",
    look_at="a 401 after a renewal",
    needs=[http, faulty("create", "status", status=401)],
    topic=SystemTopic.EXPIRED_AUTH,
)
async def _refused(bench: TicketBench) -> None:
    bench.rig.faults.script("create", "status", times=50, status=401)
    error = await bench.failure(bench.create(), "a create with credentials that are refused")
    that(isinstance(error, AuthError), f"{type(error).__name__}, not AuthError: {error}")
    that(bench.rig.calls("create") <= 2, f"it was asked {bench.rig.calls('create')} times")
    same(len(await bench.rig.tickets()), 0, "tickets")


# ------------------------------------------------------------------------------------------------- throttling
@_cases.on_bench(
    "throttled_with_a_wish",
    Tier.SAFE,
    "A 429 with Retry-After is told with the vendor's wish, and nothing is asked before it.",
    look_at="retry_after of the error",
    needs=[http, faulty("create", "status", status=429, retry_after=90)],
    topic=SystemTopic.THROTTLING,
)
async def _wish(bench: TicketBench) -> None:
    bench.rig.faults.script("create", "status", times=50, status=429, retry_after=90)
    error = await bench.failure(bench.create(), "a create that is throttled")
    that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
    same(getattr(error, "retry_after", None), 90, "retry_after")
    same(bench.rig.calls("create"), 1, "calls")
    bench.rig.faults.clear()
    await bench.clock.advance(91)
    await bench.at_most_one(await bench.persist())


@_cases.on_bench(
    "throttled_without_a_wish",
    Tier.SAFE,
    "A 429 without Retry-After is tried again later.",
    look_at="429 is a RetryableError",
    needs=[http, faulty("create", "status", status=429)],
    topic=SystemTopic.THROTTLING,
)
async def _no_wish(bench: TicketBench) -> None:
    bench.rig.faults.script("create", "status", times=50, status=429)
    error = await bench.failure(bench.create(), "a create that is throttled")
    that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
    bench.rig.faults.clear()
    await bench.clock.advance(120)
    await bench.at_most_one(await bench.persist())


@_cases.on_bench(
    "comment_throttled",
    Tier.COMPLETE,
    "A comment that is throttled says when to come back, and is added then.",
    look_at="errors of livechat_add_to_ticket",
    needs=[http, faulty("comment", "status", status=429, retry_after=30)],
    topic=SystemTopic.THROTTLING,
)
async def _comment(bench: TicketBench) -> None:
    made = await bench.create()
    bench.rig.faults.script("comment", "status", times=50, status=429, retry_after=30)
    error = await bench.failure(bench.add(made), "a comment that is throttled")
    that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
    same(getattr(error, "retry_after", None), 30, "retry_after")
    bench.rig.faults.clear()
    await bench.clock.advance(91)
    await bench.add(made)
    same(len((await bench.seen()).comments), 2, "comments")


@_cases.on_bench(
    "slow",
    Tier.COMPLETE,
    "A vendor that answers too late is an error of the family, in doubt.",
    look_at="time limits of calls",
    needs=[http, faulty("create", "slow", seconds=300)],
)
async def _slow(bench: TicketBench) -> None:
    bench.rig.faults.script("create", "slow", times=50, seconds=300)
    try:
        made = await bench.create()
    except ProviderError as error:
        that(getattr(error, "sent", None) is not False, "sent is False, and it may be there")
    else:
        same((await bench.seen()).id, made.id, "the ticket")
