"""Figures for Prometheus."""

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.process_collector import ProcessCollector

from webapp.realtime.sockets import Hub

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
SOCKETS = Gauge("zaiseki_sockets", "Sockets connected to this process", registry=REGISTRY)
PEOPLE = Gauge("zaiseki_people_connected", "People with a socket here", registry=REGISTRY)
WAITING = Gauge("zaiseki_pump_waiting", "Rows waiting to be sent", registry=REGISTRY)
LAG = Gauge(
    "zaiseki_loop_lag_seconds_max", "Longest lag of the loop in the last minute", registry=REGISTRY
)


def observe(hub: Hub) -> None:
    SOCKETS.set(len(hub))
    PEOPLE.set(hub.people())
    WAITING.set(hub.pump.waiting())
    LAG.set(hub.lag.longest())
