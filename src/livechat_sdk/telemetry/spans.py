"""OpenTelemetry spans, behind its API package alone, and only where that is installed.

Nothing here imports it before ``activate``; without it every call is a look at one variable, and without a
provider of spans in this process (the API alone is installed) not much more. Attributes are
ids, names and kinds: never what somebody wrote, and of an error only its type.

A trace holds one handoff: ``Traces`` remembers in which trace a handoff was requested, so that its later
calls join that trace. What another process does about it, or this one after a restart, has traces of its own;
the attribute ``livechat.handoff.id`` is on all of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanContext, Tracer

__all__ = ["HANDOFF", "MOST_TRACES", "Attributes", "Traces", "activate", "annotate", "are_on", "span"]

HANDOFF: Final = "livechat.handoff.id"
"""The attribute by which everything about one handoff is found."""

MOST_TRACES: Final = 10_000
"""Handoffs whose traces are remembered; the oldest is forgotten first."""

Attributes = Mapping[str, str | int | bool | None]
"""Values that are ``None`` are left out."""

_NOTHING: Final = nullcontext()


class _State:
    """Whether OpenTelemetry is there. One for the process, as OpenTelemetry itself is."""

    tracer: Tracer | None = None

    @classmethod
    def current(cls) -> Tracer | None:
        """The tracer, if somebody takes the spans: the program may say so at any time."""
        if cls.tracer is None:
            return None
        from opentelemetry import trace

        nobody = isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
        return None if nobody else cls.tracer


def activate() -> bool:
    """Use OpenTelemetry from now on if it is installed; says whether it is."""
    if _State.tracer is None:
        try:
            from opentelemetry import trace
        except ModuleNotFoundError:
            return False
        _State.tracer = trace.get_tracer("livechat_sdk")
    return True


def are_on() -> bool:
    """Whether spans are made."""
    return _State.current() is not None


def span(
    name: str, attributes: Attributes, *, traces: Traces | None = None, outward: bool = False
) -> AbstractContextManager[None]:
    """A span around a block, the current one within it.

    Its parent is the current span; with ``traces``, the one in which the handoff of the attributes was
    requested, and none when that is not known. ``outward``: it is a call to another system.
    """
    tracer = _State.current()
    if tracer is None:
        return _NOTHING
    return _span(tracer, name, attributes, traces, outward=outward)


@contextmanager
def _span(
    tracer: Tracer, name: str, attributes: Attributes, traces: Traces | None, *, outward: bool
) -> Generator[None]:
    from opentelemetry.trace import SpanKind, Status, StatusCode

    with tracer.start_as_current_span(
        name,
        context=None if traces is None else traces.context_of(str(attributes[HANDOFF])),
        kind=SpanKind.CLIENT if outward else SpanKind.INTERNAL,
        attributes=_without_none(attributes),
        record_exception=False,  # the text of an error may hold anything
        set_status_on_exception=False,
    ) as started:
        try:
            yield
        except BaseException as error:
            started.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def annotate(attributes: Attributes) -> None:
    """Add attributes to the current span, if there is one."""
    if _State.current() is None:
        return
    from opentelemetry import trace

    trace.get_current_span().set_attributes(_without_none(attributes))


def _without_none(attributes: Attributes) -> dict[str, str | int | bool]:
    return {name: value for name, value in attributes.items() if value is not None}


class Traces:
    """In which trace each handoff was requested."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, SpanContext] = OrderedDict()

    def remember(self, handoff_id: str) -> None:
        """The handoff belongs to the current span."""
        if _State.current() is None:
            return
        from opentelemetry import trace

        current = trace.get_current_span().get_span_context()
        if current.is_valid:
            self._known[handoff_id] = current
            if len(self._known) > MOST_TRACES:
                self._known.popitem(last=False)

    def join(self, handoff_id: str) -> None:
        """The current span is about this handoff, and may be of another trace: say so by a link."""
        if _State.current() is None:
            return
        from opentelemetry import trace

        current = trace.get_current_span()
        current.set_attribute(HANDOFF, handoff_id)
        known = self._known.get(handoff_id)
        if known is not None and known.trace_id != current.get_span_context().trace_id:
            current.add_link(known)

    def context_of(self, handoff_id: str) -> Context:
        """What a new span of this handoff starts from; nothing when its trace is not known."""
        from opentelemetry import trace
        from opentelemetry.context import Context

        known = self._known.get(handoff_id)
        if known is None:
            return Context()
        return trace.set_span_in_context(trace.NonRecordingSpan(known), Context())
