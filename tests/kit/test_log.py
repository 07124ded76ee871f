import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import structlog

from services.kit import log
from services.kit.log import fields, output

UUID_TEXT = "9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab"
CANARY = "Maasikas"
LIBRARIES = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", *output._NOISY)


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leaves the process's logging as it was found."""
    config = structlog.get_config() if structlog.is_configured() else None
    kept = {name: dict(vars(logging.getLogger(name))) for name in LIBRARIES}
    handlers, level = list(logging.root.handlers), logging.root.level
    monkeypatch.setattr(output, "_own", dict(output._own))
    monkeypatch.setattr(output, "_mode", dict(output._mode))
    monkeypatch.setattr(fields, "_FIELDS", dict(fields._FIELDS))
    yield
    if config is None:
        structlog.reset_defaults()
    else:
        structlog.configure(**config)
    for name, state in kept.items():
        vars(logging.getLogger(name)).update(state)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def lines() -> Callable[..., Callable[[], list[dict[str, Any]]]]:
    """Configures the log to a buffer; the result reads what was written."""

    def configure(*, strict: bool = False, level: str = "INFO") -> Callable[[], list[dict[str, Any]]]:
        stream = io.StringIO()
        log.configure("cases", level, strict=strict, stream=stream)
        return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]

    return configure


Lines = Callable[..., Callable[[], list[dict[str, Any]]]]


def test_a_line_has_time_level_service_room_event_and_fields(lines: Lines) -> None:
    read = lines()
    log.get_logger("services.cases.worker").info("referral-scored", count=3, message_id=UUID(UUID_TEXT))
    (line,) = read()
    assert datetime.fromisoformat(line.pop("time")).utcoffset() is not None
    assert line == {
        "level": "info",
        "service": "cases",
        "room": "services.cases.worker",
        "event": "referral-scored",
        "count": 3,
        "message_id": UUID_TEXT,
    }


def test_an_unconfigured_log_is_strict() -> None:
    structlog.reset_defaults()
    with pytest.raises(log.LogRefusedError):
        log.get_logger("x").info("event", name=CANARY)


@pytest.mark.parametrize(
    "given",
    [
        {"name": CANARY},
        {"reason": "Mari Maasikas"},
        {"reason": "60001019906"},
        {"code": CANARY},
        {"count": "3"},
        {"count": True},
        {"duration_ms": float("nan")},
        {"request_id": CANARY},
        {"route": "/cases?name=Mari"},
        {"method": CANARY},
        {"frames": [CANARY]},
        {"frames": ["a.py:1"] * 41},
        {"room": "Mari Maasikas"},
        {"status": {"a": 1}},
        {"exception": "Mari Maasikas"},
    ],
)
def test_what_does_not_fit_is_refused_without_being_repeated(lines: Lines, given: dict[str, Any]) -> None:
    read = lines(strict=True)
    (field,) = given
    with pytest.raises(log.LogRefusedError, match=field) as caught:
        log.get_logger("x").info("event", **given)
    assert CANARY not in str(caught.value)
    assert "60001019906" not in str(caught.value)
    assert read() == []


@pytest.mark.parametrize("event", ["Mari Maasikas", "maasikas mari", "", "Event", "a_b", f"case {CANARY}"])
def test_an_event_is_a_kebab_case_name(lines: Lines, event: str) -> None:
    lines(strict=True)
    with pytest.raises(log.LogRefusedError):
        log.get_logger("x").info(event)


def test_a_name_cannot_be_slipped_into_the_event(lines: Lines) -> None:
    read = lines()
    log.get_logger("x").info("case of %s", CANARY)
    (line,) = read()
    assert line["event"] == "unnamed-event"
    assert CANARY not in json.dumps(line)


def test_in_production_the_rest_is_written_and_the_loss_counted(lines: Lines) -> None:
    read = lines()
    before = log.DROPPED._value.get()
    log.get_logger("x").warning("odd", name=CANARY, reason="Mari Maasikas", count=1)
    (line,) = read()
    assert line["count"] == 1
    assert line["dropped"] == 2
    assert CANARY not in json.dumps(line)
    assert log.DROPPED._value.get() - before == 2


@pytest.mark.parametrize(
    "given",
    [
        {"count": 0},
        {"duration_ms": 1.5},
        {"duration_ms": 2},
        {"reason": "stale-version"},
        {"operation": "create_score"},
        {"route": "/api/cases/v1/cases/{case_id}"},
        {"message_id": UUID_TEXT},
        {"reason": None},
        {"exception": "builtins.ValueError"},
        {"method": "other"},
    ],
)
def test_what_fits_is_written(lines: Lines, given: dict[str, Any]) -> None:
    read = lines(strict=True)
    log.get_logger("x").info("event", **given)
    assert {key: read()[0][key] for key in given} == given


def test_a_service_adds_its_own_fields(lines: Lines) -> None:
    read = lines(strict=True)
    rule = log.matching(r"[a-z-]+/[A-Z]+/[0-9]{8}/[a-z]+")
    log.allow(xroad_client=rule)
    log.get_logger("x").info("event", xroad_client="ee-dev/GOV/70008747/polis")
    assert read()[0]["xroad_client"] == "ee-dev/GOV/70008747/polis"
    with pytest.raises(log.LogRefusedError):
        log.get_logger("x").info("event", xroad_client="Mari")
    log.allow(xroad_client=rule)
    with pytest.raises(ValueError, match="xroad_client has a rule"):
        log.allow(xroad_client=log.flag)


def test_an_exception_is_told_by_type_and_frames_only(lines: Lines) -> None:
    read = lines(strict=True)
    try:
        try:
            int(CANARY)
        except ValueError as error:
            raise RuntimeError(f"case of {CANARY}") from error
    except RuntimeError:
        log.get_logger("x").exception("crashed")
    (line,) = read()
    assert line["exception"] == "builtins.RuntimeError"
    assert line["cause"] == "builtins.ValueError"
    assert [frame.rpartition(":")[0] for frame in line["frames"]] == ["tests/kit/test_log.py"] * 2
    assert CANARY not in json.dumps(line)


def test_odd_names_of_files_and_types_do_not_stop_a_crash_from_being_logged(lines: Lines) -> None:
    read = lines(strict=True)
    odd = type("Õ dd!" * 40, (Exception,), {})
    try:
        exec(compile("raise odd", "/tmp/ö d/<frozen x y>.py", "exec"), {"odd": odd})  # noqa: S102, S108 - a file with such a name
    except odd as error:
        log.get_logger("x").error("crashed", exc_info=error)
    assert len(read()) == 1


def test_only_the_last_frames_of_a_deep_stack_are_told(lines: Lines) -> None:
    read = lines(strict=True)

    def deeper(levels: int) -> None:
        if levels == 0:
            raise RuntimeError
        deeper(levels - 1)

    try:
        deeper(100)
    except RuntimeError as error:
        log.get_logger("x").error("crashed", exc_info=(RuntimeError, error, error.__traceback__))
    assert len(read()[0]["frames"]) == 40


def test_the_request_id_is_on_every_line_of_the_request(lines: Lines) -> None:
    read = lines()
    token = log.REQUEST_ID.set(UUID_TEXT)
    try:
        log.get_logger("x").info("event")
        logging.getLogger("some.library").error("x")
    finally:
        log.REQUEST_ID.reset(token)
    log.get_logger("x").info("event")
    assert [line.get("request_id") for line in read()] == [UUID_TEXT, UUID_TEXT, None]


def test_the_level_hides_what_is_below(lines: Lines) -> None:
    read = lines(level="warning")
    logger = log.get_logger("x")
    logger.info("quiet")
    logger.warning("loud")
    logging.getLogger("uvicorn.error").info("quiet")
    assert [line["event"] for line in read()] == ["loud"]


def test_an_unknown_level_is_told() -> None:
    with pytest.raises(ValueError, match="debug, info"):
        log.configure("cases", "loud")


@pytest.mark.parametrize("name", ["uvicorn.error", "asyncio", "sqlalchemy.engine", "root"])
def test_what_a_library_says_is_left_out_but_not_that_it_spoke(lines: Lines, name: str) -> None:
    read = lines()
    try:
        int(CANARY)
    except ValueError:
        logging.getLogger(name).exception("case of %s", CANARY)
    (line,) = read()
    assert line["event"] == "library-message"
    assert line["room"] == name
    assert line["exception"] == "builtins.ValueError"
    assert line["place"].startswith("test_log.py:")
    assert CANARY not in json.dumps(line)


def test_the_servers_access_log_is_off_and_chatter_is_not_written(lines: Lines) -> None:
    read = lines(level="debug")
    logging.getLogger("uvicorn.access").error("GET /cases?name=Mari")
    logging.getLogger("httpx").info("HTTP Request: GET /cases?name=Mari")
    assert read() == []


def test_a_configured_process_is_lenient_unless_told() -> None:
    stream = io.StringIO()
    log.configure("cases", stream=stream)
    log.get_logger("x").info("event", name=CANARY)
    assert json.loads(stream.getvalue())["dropped"] == 1


def test_the_server_speaks_at_the_level_and_other_libraries_from_warning(lines: Lines) -> None:
    server = logging.getLogger("uvicorn")
    server.propagate = False
    server.addHandler(logging.StreamHandler())
    read = lines()
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").warning("worry")
    assert [(line["room"], line["level"]) for line in read()] == [
        ("uvicorn.error", "info"),
        ("some.library", "warning"),
    ]


def test_a_log_whose_reader_is_gone_stops_nobody() -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    log.configure("cases", stream=Closed())
    logging.getLogger("some.library").error("x")


def test_lines_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("cases")
    log.get_logger("x").info("event")
    logging.getLogger("some.library").error("x")
    out, err = capsys.readouterr()
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["event", "library-message"]
    assert err == ""
