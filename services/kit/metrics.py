"""Figures about HTTP, by route template; services add their own to prometheus_client's registry."""

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest

REQUESTS: Final = Histogram(
    "http_request_seconds",
    "Time from the request's first byte to the answer's last.",
    ("service", "method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
CRASHES: Final = Counter("http_crashes", "Requests that ended in an unforeseen exception.", ("service",))
MEDIA_TYPE: Final = CONTENT_TYPE_LATEST


def render() -> bytes:
    """All figures of this process in the Prometheus text format."""
    return generate_latest(REGISTRY)
