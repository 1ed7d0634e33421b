"""
Counts for Prometheus.

Several workers count into files of one folder (prometheus-client's multiprocess mode, chosen by `server.create` before
this module is imported), so that whichever worker is asked answers for all of them.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from seawall.delivery.schedule import Meaning
from seawall.sandbox.sandbox import Sandbox
from seawall.screening.verdict import Verdict

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
STORIES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class Each:
    """One value for each name of a thing."""

    label: str  # what the names are of
    values: Mapping[str, float]


Figure = tuple[str, float | Each]
"""What it says, and its value, or one for each agreement or queue."""


class Gauges(Collector):
    """Figures that are asked for, not counted, by name."""

    def __init__(self, figures: Mapping[str, Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each as Prometheus wants it."""
        for name, (meaning, value) in self._figures.items():
            if not isinstance(value, Each):
                yield GaugeMetricFamily(f"seawall_{name}", meaning, value=value)
                continue
            family = GaugeMetricFamily(f"seawall_{name}", meaning, labels=(value.label,))
            for one, each in value.values.items():
                family.add_metric((one,), each)
            yield family


class Metrics:
    """What this worker has done so far."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        counter, histogram = self._counter, self._histogram
        self._requests = histogram(
            "request_seconds", "Time to answer.", SECONDS, "method", "route", "status"
        )
        self._screenings = counter("screenings", "Uploads screened, by measure.", "measure")
        self._not_screened = counter(
            "not_screened", "Signals that could not be read off an upload.", "what", "cause"
        )
        self._sandbox = counter("sandbox", "What happened to decoders.", "event")
        self._commits = histogram("commit_stories", "Requests written by one commit.", STORIES)
        self._deliveries = counter(
            "delivery_attempts", "Messages sent to endpoints, by what was answered.", "answer"
        )
        self._sandbox_before: dict[str, int] = {}
        self._answered = lru_cache(1024)(self._requests.labels)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._answered(method, route, str(status)).observe(seconds)

    def screened(self, verdict: Verdict) -> None:
        """An upload was screened and its verdict written."""
        self._screenings.labels(verdict.measure).inc()
        for absent in verdict.not_screened:
            self._not_screened.labels(absent.what, absent.cause).inc()

    def committed(self, stories: int) -> None:
        """One commit held this many requests."""
        self._commits.observe(stories)

    def attempted(self, meant: Meaning) -> None:
        """A message was sent, and this is what the answer meant."""
        self._deliveries.labels(meant).inc()

    def decoded(self, sandbox: Sandbox) -> None:
        """The sandbox has counted this far."""
        for event, count in decoder_events(sandbox).items():
            more = count - self._sandbox_before.get(event, 0)
            if more > 0:
                self._sandbox.labels(event).inc(more)
            self._sandbox_before[event] = count

    def text(self, figures: Mapping[str, Figure]) -> bytes:
        """Every count of every worker, and these figures, as Prometheus reads them."""
        registry = self._registry
        if FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        with _registered(registry, Gauges(figures)):
            return generate_latest(registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"seawall_{name}", meaning, labels, registry=self._registry)

    def _histogram(
        self, name: str, meaning: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(
            f"seawall_{name}", meaning, labels, buckets=buckets, registry=self._registry
        )


def decoder_events(sandbox: Sandbox) -> dict[str, int]:
    """How often a decoder served, was stopped for time or memory, or crashed."""
    return {name: getattr(sandbox, name) for name in ("served", "timed_out", "killed", "crashed")}


@contextmanager
def _registered(registry: CollectorRegistry, gauges: Gauges) -> Iterator[None]:
    registry.register(gauges)
    try:
        yield
    finally:
        registry.unregister(gauges)
