"""Which programs make up a system, and in which environment each runs."""

from collections.abc import Iterator

from system import environment, gateway
from system.children import Child, Executed
from system.environment import Layout
from system.forking import Forked
from system.ports import LOOPBACK
from system.postgres import Cluster
from system.programs import SERVICES, WORKERS


def gateway_of(layout: Layout) -> Child:
    """Give the gateway."""
    told = gateway.environment(
        layout.doors, layout.service_urls(), layout.secret, layout.data / "gateway", layout.certificates
    )
    return Executed(
        name="gateway",
        command=gateway.command(),
        environment=environment.passed_on() | told | {"TURVAVORK_TRAINING": "1" if layout.training else "0"},
        log=layout.logs / "gateway.log",
        port=layout.doors.api_port,
    )


def programs_of(layout: Layout, cluster: Cluster | None) -> Iterator[Child]:
    """Give the services, their workers, and the simulated security server."""
    for name in SERVICES:
        port = layout.ports[name]
        told = environment.of_service(name, layout, cluster)
        yield _forked(name, "serve", (name, LOOPBACK, port), told, layout)
    for name in WORKERS:
        yield _forked(
            f"{name}-worker", "work", (name,), environment.of_service(name, layout, cluster), layout
        )
    arguments = (LOOPBACK, layout.ports["simulator"])
    yield _forked("simulator", "simulate", arguments, environment.of_simulator(layout), layout)


def _forked(
    name: str, function: str, arguments: tuple[object, ...], told: dict[str, str], layout: Layout
) -> Child:
    return Forked(
        name=name,
        function=f"system.programs:{function}",
        arguments=arguments,
        environment=told,
        log=layout.logs / f"{name}.log",
        port=layout.ports.get(name),
    )
