"""``GET /metrics``: everything that was counted, in the text format of Prometheus.

The gateway stands on a public address, and counts tell a stranger how busy a team is: the route needs a
token. Loopback is no exception: behind a proxy on the same machine everybody comes from there.
``gateway.metrics_tokens`` open this route and nothing else, so that whoever scrapes need not be able to read
conversations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from pydantic import SecretStr
from starlette.responses import Response

from livechat_sdk.gateway.auth import BearerGuard
from livechat_sdk.gateway.incoming import Incoming
from livechat_sdk.gateway.operations import Operation
from livechat_sdk.gateway.refusals import SAFE_HEADERS
from livechat_sdk.telemetry.meters import Book, Distribution, Family

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher

__all__ = ["MetricsRoutes", "RequestMeters", "as_text"]


class RequestMeters:
    """Counts what the gateway answers, refusals included."""

    def __init__(self) -> None:
        self.book = Book()
        self._requests = self.book.counter(
            "livechat_requests", "Requests to the gateway by operation and status.", "operation", "status"
        )
        self._refusals = self.book.counter(
            "livechat_requests_refused",
            "Requests that the gateway refused, by operation and code.",
            "operation",
            "code",
        )

        self._bodies = self.book.counter(
            "livechat_webhook_bodies_refused",
            "Deliveries that were refused before anybody looked at them, by integration and code.",
            "integration",
            "code",
        )

    def body_refused(self, integration: str, code: str) -> None:
        """A delivery for an integration of the settings was too large, too slow or cut short."""
        self._bodies.add(integration, code)

    def answered(self, operation: str, status: int, code: str | None) -> None:
        """One request was answered; ``code`` is that of a refusal."""
        self._requests.add(operation, str(status))
        if code is not None:
            self._refusals.add(operation, code)


class MetricsRoutes:
    """``GET /metrics``."""

    def __init__(self, dispatcher: Dispatcher, meters: RequestMeters, tokens: Sequence[SecretStr]) -> None:
        self._dispatcher = dispatcher
        self._meters = meters
        self._guard = BearerGuard(tokens) if tokens else None

    def operations(self) -> Sequence[Operation]:
        """The operation of this room, for the table."""
        return (
            Operation(
                "GET",
                "/metrics",
                "getMetrics",
                "Counts and times in the text format of Prometheus.",
                self.show,
                answers={200: (None, "text format 0.0.4")},
                guard=self._guard,
                media_type="text/plain",
            ),
        )

    async def show(self, incoming: Incoming) -> Response:
        """Everything as it is now."""
        families = [*await self._dispatcher.metrics(), *self._meters.book.families()]
        headers = {**SAFE_HEADERS, "content-type": CONTENT_TYPE_PLAIN_0_0_4}
        return Response(as_text(families), headers=headers)


def as_text(families: Sequence[Family]) -> bytes:
    """Families in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(families))
    return generate_latest(registry)


class _Collector:
    """Our families as the client library wants them."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._families:
            yield _metric(family)


def _metric(family: Family) -> Metric:
    if family.kind == "histogram":
        histogram = HistogramMetricFamily(family.name, family.help, labels=family.labels)
        for sample in family.samples:
            if isinstance(sample.value, Distribution):
                buckets = [
                    *zip(map(_bound, sample.value.bounds), sample.value.counts, strict=True),
                    ("+Inf", sample.value.count),
                ]
                histogram.add_metric(sample.labels, buckets, sample.value.sum)
        return histogram
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.help, labels=family.labels)
    for sample in family.samples:
        if not isinstance(sample.value, Distribution):
            metric.add_metric(sample.labels, sample.value)
    return metric


def _bound(bound: float) -> str:
    return str(float(bound))
