from prometheus_client import REGISTRY

from services.kit import metrics


def test_requests_are_counted_by_service_method_route_and_status() -> None:
    labels = {"service": "metrics-test", "method": "GET", "route": "/a/{id}", "status": "200"}
    metrics.REQUESTS.labels(*labels.values()).observe(0.02)
    assert REGISTRY.get_sample_value("http_request_seconds_count", labels) == 1
    assert REGISTRY.get_sample_value("http_request_seconds_bucket", {**labels, "le": "0.025"}) == 1
    assert REGISTRY.get_sample_value("http_request_seconds_bucket", {**labels, "le": "0.01"}) == 0


def test_the_figures_are_rendered_as_text() -> None:
    metrics.CRASHES.labels("metrics-test").inc()
    assert b'http_crashes_total{service="metrics-test"} ' in metrics.render()
    assert metrics.MEDIA_TYPE.startswith("text/plain")
