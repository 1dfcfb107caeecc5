"""Figures for Prometheus: read from what the server counts anyway, when somebody asks."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from webapp.realtime.sockets import Hub

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


class _Sockets(Collector):
    """The hub that was asked for last; there is one in a process."""

    hub: Hub | None = None

    def collect(self) -> Iterator[Metric]:
        if self.hub is None:
            return
        for name, about, value in _now(self.hub):
            yield GaugeMetricFamily(f"zaiseki_{name}", about, value=value)
        for name, about, value in _so_far(self.hub):
            yield CounterMetricFamily(f"zaiseki_{name}", about, value=value)


def _now(hub: Hub) -> Iterator[tuple[str, str, float]]:
    engine = hub.engine
    yield "sockets", "Sockets connected to this process", len(hub)
    yield "people_connected", "People with a socket here", hub.people()
    yield "pump_waiting", "Rows waiting to be sent", hub.pump.waiting()
    yield "loop_lag_seconds_max", "Longest lag of the loop in the last minute", hub.lag.longest()
    yield (
        "connections",
        "Connections of clients, with those who have not said who they are",
        len(engine.sockets),
    )
    yield "connecting", "Connections that have not said who they are", len(engine.strangers)
    yield (
        "connecting_limit",
        "How many may connect at once, by the lag of the loop",
        int(hub.admission.limit),
    )
    yield "messages_waiting", "Clients whose message waits for its turn", engine.waiting()
    yield "lost_waiting", "Lost connections waiting for their turn", engine.untold()
    yield "queued_bytes", "Bytes that wait here for clients to read", engine.counters.queued


def _so_far(hub: Hub) -> Iterator[tuple[str, str, float]]:
    counters = hub.engine.counters
    yield "frames_sent", "Frames written to clients", counters.frames
    yield "sent_bytes", "Bytes written to clients", counters.bytes
    yield "slow_cut_off", "Connections closed because the client did not read", counters.cut_off
    yield (
        "ping_timeouts",
        "Connections closed because the client did not answer",
        counters.timed_out,
    )
    yield "broke_rules", "Connections closed because of what the client sent", counters.broke_rules
    yield "handshakes_refused", "Handshakes answered with 503", hub.admission.refused
    yield "resyncs", "Clients told to fetch again", hub.resyncs
    yield "phantoms", "Members without a connection that the sweep found", hub.phantoms


SOCKETS = _Sockets()
REGISTRY.register(SOCKETS)


def observe(hub: Hub) -> None:
    SOCKETS.hub = hub
