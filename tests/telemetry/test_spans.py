"""Spans of real handoffs, as OpenTelemetry's own memory exporter sees them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from livechat_sdk import Handoff, HandoffRequest, hookimpl
from livechat_sdk.domain.handoff import Route
from livechat_sdk.errors import RejectedError
from livechat_sdk.telemetry import spans
from tests.dispatcher.bench import Bench

_EXPORTER = InMemorySpanExporter()


class OnlyHere(SimpleSpanProcessor):
    """Keeps spans of the tests of this file; other tests of the process make some, too."""

    on = False

    def on_end(self, span: ReadableSpan) -> None:
        if self.on:
            super().on_end(span)


_PROCESSOR = OnlyHere(_EXPORTER)


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Every finished span of one test. OpenTelemetry takes a provider once for the whole process."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        provider = TracerProvider()
        provider.add_span_processor(_PROCESSOR)
        trace.set_tracer_provider(provider)
    monkeypatch.setattr(_PROCESSOR, "on", True)
    yield _EXPORTER
    _EXPORTER.clear()


class Router:
    """A plugin with a span of its own, in a thread."""

    @hookimpl
    def livechat_route(self, request: HandoffRequest) -> Route:
        with trace.get_tracer("plugin").start_as_current_span("inside the plugin"):
            return Route(integration="toy", bot=request.bot)


@pytest.fixture
async def bench(tmp_path: Path, exporter: InMemorySpanExporter) -> AsyncIterator[Bench]:
    async with Bench(tmp_path / "ledger.db", plugins=[Router()]) as one:
        yield one


class Seen:
    """Finished spans by name."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self.all = exporter.get_finished_spans()

    def __call__(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.all if span.name == name]
        return found


def about(span: ReadableSpan, name: str) -> Any:
    return dict(span.attributes or {}).get(f"livechat.{name}")


def trace_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.trace_id)


def is_child(child: ReadableSpan, parent: ReadableSpan) -> bool:
    return child.parent is not None and child.parent == parent.context


async def _finished(bench: Bench) -> Handoff:
    handoff = await bench.active()
    await bench.say(handoff, "words of a user")
    await bench.event("message", text="words of an agent")
    await bench.event("ended")
    return await bench.reload(handoff)


async def test_one_trace_holds_what_was_done_for_a_handoff(
    bench: Bench, exporter: InMemorySpanExporter
) -> None:
    handoff = await _finished(bench)
    seen = Seen(exporter)
    request = seen("livechat.request")
    assert about(request, "handoff.id") == handoff.id
    assert (about(request, "bot"), about(request, "integration")) == ("shop-bot", "toy")
    for name in ("decide", "open_chat", "send_message", "deliver_message", "deliver_ended"):
        span = seen(f"livechat.{name}")
        assert trace_of(span) == trace_of(request)
        assert is_child(span, request)
        assert about(span, "handoff.id") == handoff.id
        assert (about(span, "result"), about(span, "try")) == ("done", 1)
    assert about(seen("livechat.open_chat"), "integration") == "toy"
    assert about(seen("livechat.open_chat"), "attempt") == 1
    assert about(seen("livechat.deliver_ended"), "outcome") == "completed"
    assert seen("livechat.send_message").kind is SpanKind.CLIENT
    assert seen("livechat.deliver_message").kind is SpanKind.INTERNAL


async def test_handoff_joins_the_trace_of_its_caller(bench: Bench, exporter: InMemorySpanExporter) -> None:
    with trace.get_tracer("platform").start_as_current_span("workflow"):
        await bench.active()
    await bench.event("message", text="hi")
    seen = Seen(exporter)
    assert is_child(seen("livechat.request"), seen("workflow"))
    assert trace_of(seen("livechat.deliver_message")) == trace_of(seen("workflow"))


async def test_traces_of_two_handoffs_do_not_mix(bench: Bench, exporter: InMemorySpanExporter) -> None:
    first = await bench.request()
    await bench.request("run-2/node-1", "c-2")
    await bench.say(first, "hello")
    seen = Seen(exporter)
    requests = [span for span in seen.all if span.name == "livechat.request"]
    assert len({trace_of(span) for span in requests}) == 2
    (of_first,) = [span for span in requests if about(span, "handoff.id") == first.id]
    assert trace_of(seen("livechat.send_message")) == trace_of(of_first)


async def test_webhook_names_its_handoff_and_links_to_its_trace(
    bench: Bench, exporter: InMemorySpanExporter
) -> None:
    handoff = await bench.active()
    seen = Seen(exporter)
    webhook, request = seen("livechat.webhook"), seen("livechat.request")
    assert about(webhook, "integration") == "toy"
    assert about(webhook, "handoff.id") == handoff.id
    assert trace_of(webhook) != trace_of(request)
    assert [link.context for link in webhook.links] == [request.context]


async def test_hook_calls_are_child_spans_and_plugins_may_add_their_own(
    bench: Bench, exporter: InMemorySpanExporter
) -> None:
    await bench.request()
    seen = Seen(exporter)
    route = seen("livechat.hook livechat_route")
    assert is_child(route, seen("livechat.decide"))
    assert (about(route, "plugin"), about(route, "result")) == ("Router.1", "answered")
    assert is_child(seen("inside the plugin"), route)


async def test_failed_try_has_the_type_of_its_error_and_not_its_text(
    bench: Bench, exporter: InMemorySpanExporter
) -> None:
    bench.vendor.fail["open"] = [RejectedError("the text of an error")]
    await bench.request()
    span = Seen(exporter)("livechat.open_chat")
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "RejectedError"
    assert about(span, "result") == "error"


async def test_no_span_holds_what_somebody_wrote(bench: Bench, exporter: InMemorySpanExporter) -> None:
    bench.vendor.fail["send"] = [RejectedError("text of an error")]
    await _finished(bench)
    everything = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert "livechat.handoff.id" in everything
    for private in ("words of", "text of", "Maria", "u-1", bench.toy.key):
        assert private not in everything


async def test_what_is_left_after_a_restart_is_found_by_its_attribute(
    tmp_path: Path, exporter: InMemorySpanExporter
) -> None:
    async with Bench(tmp_path / "restarted.db") as first:
        first.channel.down = True
        handoff = await first.request()
    _EXPORTER.clear()
    async with Bench(tmp_path / "restarted.db", clock=first.clock) as second:
        await second.pass_time(60)
    said = [span for span in exporter.get_finished_spans() if span.name == "livechat.say"]
    assert said
    assert {about(span, "handoff.id") for span in said} == {handoff.id}
    assert [span.parent for span in said] == [None] * len(said)


async def test_traces_are_remembered_up_to_a_bound(
    exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spans.activate()
    monkeypatch.setattr(spans, "MOST_TRACES", 2)
    traces = spans.Traces()
    for handoff in ("h-1", "h-2", "h-3"):
        with spans.span("livechat.request", {}):
            traces.remember(handoff)
    for handoff in ("h-1", "h-3"):
        with spans.span(handoff, {spans.HANDOFF: handoff}, traces=traces):
            pass
    seen = Seen(exporter)
    assert seen("h-1").parent is None
    assert seen("h-3").parent is not None


WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from livechat_sdk.telemetry import spans
assert not spans.activate()
traces = spans.Traces()
with spans.span("livechat.open_chat", {spans.HANDOFF: "h-1"}, traces=traces):
    spans.annotate({"livechat.result": "done"})
    traces.remember("h-1")
    traces.join("h-1")
assert not spans.are_on()
print("fine")
"""


def test_nothing_is_needed_where_opentelemetry_is_not_installed() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr


WITH_THE_API_ALONE = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from livechat_sdk.telemetry import spans

assert spans.activate()
assert not spans.are_on()
with spans.span("nobody", {}):
    assert not trace.get_current_span().get_span_context().is_valid
trace.set_tracer_provider(TracerProvider())
assert spans.are_on()
with spans.span("somebody", {}):
    assert trace.get_current_span().get_span_context().is_valid
"""


def test_spans_are_made_from_when_the_program_has_a_place_for_them() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITH_THE_API_ALONE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
