"""Statuses, broken answers, expired credentials, throttling, and a CRM that does not answer."""

from __future__ import annotations

import asyncio
from typing import Final

from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.hooks import Hooks
from livechat_sdk_testing.conformance.case import CaseFailed, SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases, faulty, http
from livechat_sdk_testing.conformance.systems.contacts_bench import CONTACTS, ContactBench

_cases = SystemCases(CONTACTS, "answers", SystemTopic.STATUS_CODES)
_PASSING: Final = frozenset({408, 429, 500, 502, 503, 504})
_HTML: Final = "<!DOCTYPE html><html><body>Please log in</body></html>"
_SHORT: Final = 0.2
"""Seconds of real time."""


def _status_case(status: int) -> None:
    passing = status in _PASSING

    @_cases.on_bench(
        f"find_{status}",
        Tier.SAFE if status in {400, 403, 429, 500, 503} else Tier.COMPLETE,
        f"A {status} is an error, and never 'nobody'; {'it may pass' if passing else 'asked once'}.",
        look_at="errors of look-ups: raise them (livechat_sdk.http maps them)",
        needs=[http, faulty("contact", "status", status=status)],
    )
    async def run(bench: ContactBench) -> None:
        await bench.people()
        before = bench.rig.calls("contact")
        bench.rig.faults.script("contact", "status", times=50, status=status)
        error = await bench.failure(bench.find(**bench.by(bench.key)), f"a look-up answered with {status}")
        that(isinstance(error, ProviderError), f"{type(error).__name__} is no ProviderError: {error}")
        if passing:
            that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
        else:
            that(not isinstance(error, RetryableError), f"it would be asked again and again: {error}")
            asked = bench.rig.calls("contact") - before
            that(asked <= 2, f"it was asked {asked} times")
        bench.rig.faults.clear()
        await bench.clock.advance(600)
        await bench.found(**bench.by(bench.key))


for _status in (400, 403, 405, 422, 408, 429, 500, 502, 503, 504):
    _status_case(_status)


def _broken_case(fault: str, **details: object) -> None:
    name = "html" if details else fault

    @_cases.on_bench(
        f"find_{name}",
        Tier.SAFE,
        f"An answer that cannot be read ({name}) is an error, and never 'nobody'.",
        look_at="answers that are not as documented: a list that is missing is no empty list",
        needs=[http, faulty("contact", fault, **details)],
        topic=SystemTopic.MALFORMED,
    )
    async def run(bench: ContactBench) -> None:
        await bench.people()
        bench.rig.faults.script("contact", fault, times=50, **details)
        error = await bench.failure(bench.find(**bench.by(bench.key)), f"a look-up whose answer is {name}")
        that(isinstance(error, RetryableError | ProtocolError), f"{type(error).__name__}: {error}")

    @_cases.on_bench(
        f"get_{name}",
        Tier.COMPLETE,
        f"The same when a contact is read ({name}).",
        look_at="answers that are not as documented",
        needs=[http, faulty("contact", fault, **details)],
        topic=SystemTopic.MALFORMED,
    )
    async def get(bench: ContactBench) -> None:
        eleni = await bench.people()
        bench.rig.faults.script("contact", fault, times=50, **details)
        error = await bench.failure(bench.get(eleni), f"a read whose answer is {name}")
        that(isinstance(error, RetryableError | ProtocolError), f"{type(error).__name__}: {error}")


_broken_case("malformed")
_broken_case("truncated")
_broken_case("status", status=200, body=_HTML)
_broken_case("time_out_before")
_broken_case("drop_after")


@_cases.on_bench(
    "empty_object",
    Tier.SAFE,
    "An answer without the list that is documented is an error, and never 'nobody'.",
    look_at="a list that is missing is no empty list",
    needs=[http, faulty("contact", "status", status=200, body="{}")],
    topic=SystemTopic.MALFORMED,
)
async def _object(bench: ContactBench) -> None:
    await bench.people()
    bench.rig.faults.script("contact", "status", times=50, status=200, body="{}")
    error = await bench.failure(bench.find(**bench.by(bench.key)), "a look-up answered with {}")
    that(isinstance(error, RetryableError | ProtocolError), f"{type(error).__name__}: {error}")


@_cases.on_bench(
    "token_expires",
    Tier.SAFE,
    "A token that the vendor takes no more is renewed once, and the contact is found.",
    look_at="a 401: a new token, and the same call again",
    needs=[http, faulty("contact", "expire_token")],
    topic=SystemTopic.EXPIRED_AUTH,
)
async def _expired(bench: ContactBench) -> None:
    await bench.people()
    await bench.found(**bench.by(bench.key))
    tokens = bench.rig.calls("token")
    bench.rig.faults.script("contact", "expire_token")
    await bench.clock.advance(bench.able.cache + 1)
    await bench.found(**bench.by(bench.key))
    that(bench.rig.calls("token") - tokens <= 1, "the token is renewed more than once")


@_cases.on_bench(
    "credentials_are_refused",
    Tier.SAFE,
    "Credentials that are refused for good are an AuthError, after a few calls at most.",
    look_at="a 401 after a renewal",
    needs=[http, faulty("contact", "status", status=401)],
    topic=SystemTopic.EXPIRED_AUTH,
)
async def _refused(bench: ContactBench) -> None:
    await bench.people()
    before = bench.rig.calls("contact")
    bench.rig.faults.script("contact", "status", times=50, status=401)
    error = await bench.failure(bench.find(**bench.by(bench.key)), "a look-up without credentials")
    that(isinstance(error, AuthError), f"{type(error).__name__}, not AuthError: {error}")
    asked = bench.rig.calls("contact") - before
    that(asked <= 2, f"it was asked {asked} times")


@_cases.on_bench(
    "throttled_with_a_wish",
    Tier.SAFE,
    "A 429 with Retry-After is told with the vendor's wish, and nothing is asked before it.",
    look_at="retry_after of the error",
    needs=[http, faulty("contact", "status", status=429, retry_after=90)],
    topic=SystemTopic.THROTTLING,
)
async def _throttled(bench: ContactBench) -> None:
    await bench.people()
    before = bench.rig.calls("contact")
    bench.rig.faults.script("contact", "status", times=50, status=429, retry_after=90)
    error = await bench.failure(bench.find(**bench.by(bench.key)), "a look-up that is throttled")
    that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
    same(getattr(error, "retry_after", None), 90, "retry_after")
    same(bench.rig.calls("contact") - before, 1, "calls")


@_cases.on_bench(
    "read_of_what_is_gone",
    Tier.RELAYS,
    "An id that the vendor does not know is nobody.",
    look_at="livechat_get_contact answers None",
    topic=SystemTopic.MATCHES,
)
async def _gone(bench: ContactBench) -> None:
    eleni = await bench.people()
    unknown = "".join("9" if one.isdigit() else one for one in eleni)
    try:
        same(await bench.get(unknown), None, f"who is read as {unknown!r}")
    except RejectedError:
        raise CaseFailed("an id that is not known raises; it is None") from None


@_cases.on_bench(
    "gives_up_in_time",
    Tier.SAFE,
    "A vendor that does not answer costs the time limit and no more: the look-up can be cut off.",
    look_at="cancellation: let CancelledError through",
    needs=[http],
    topic=SystemTopic.DELAY,
)
async def _in_time(bench: ContactBench) -> None:
    await bench.people()
    hold = bench.rig.hold_up("contact", applied=False)
    hurried = Hooks(contact_timeout=_SHORT)
    hurried.register(bench.system, bench.name, selectable=True)
    asked = asyncio.create_task(
        hurried.find_contacts(bench.user(**bench.by(bench.key)), "shop-bot", only=(bench.name,))
    )
    await asyncio.wait({asked}, timeout=10 * _SHORT)
    in_time = asked.done()
    hold.release()
    found = await asked
    hurried.close()
    that(in_time, "the look-up cannot be cut off")
    same(found, (), "contacts")


@_cases.on_bench(
    "works_after_it_was_cut_off",
    Tier.SAFE,
    "A look-up that was cut off leaves nothing behind: the next one finds.",
    look_at="what a cancelled call leaves: locks, half a token, half a cache",
    needs=[http],
    topic=SystemTopic.DELAY,
)
async def _after(bench: ContactBench) -> None:
    eleni = await bench.people()
    hold = bench.rig.hold_up("contact", applied=False)
    asked = asyncio.create_task(bench.find(**bench.by(bench.key)))
    async with asyncio.timeout(5):
        await hold.reached.wait()
    asked.cancel()
    await asyncio.wait({asked}, timeout=10 * _SHORT)
    cut_off = asked.cancelled()
    bench.rig.hold = None
    hold.release()
    await asyncio.gather(asked, return_exceptions=True)
    that(cut_off, "the look-up cannot be cut off")
    same((await bench.found(**bench.by(bench.key))).id, eleni, "who is found")
