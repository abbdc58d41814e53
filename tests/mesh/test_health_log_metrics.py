"""What a service shows of itself: health over HTTP, log lines, metrics, and values as JSON."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from mesh import codec
from mesh.clock import TurnedClock, from_micros, iso, micros
from mesh.errors import ERROR_CLASSES, MeshError, Refused, Unavailable, error_of_status
from mesh.health import health_routes
from mesh.ids import derived_id, is_id, new_id
from mesh.life import Life
from mesh.log import Log, correlation, set_up_logging
from mesh.metrics import MESH_METRICS, Metrics, MetricSpec


@pytest.fixture
async def client() -> AsyncIterator[tuple[Life, TestClient]]:
    life = Life("grader")
    app = web.Application()
    app.add_routes(health_routes(life, Metrics("grader", (*MESH_METRICS, MetricSpec("runs_total", "counter", "Runs", ("verdict",))))))
    async with TestClient(TestServer(app)) as one:
        yield life, one


async def test_live_is_not_ready(client) -> None:
    life, http = client
    assert (await http.get("/health/live")).status == 200
    assert (await http.get("/health/ready")).status == 503
    assert "palestra_grader_ready 0.0" in await (await http.get("/metrics")).text()
    life.mark_ready()
    assert (await http.get("/health/ready")).status == 200
    assert "palestra_grader_ready 1.0" in await (await http.get("/metrics")).text()
    await life.begin_stop()
    assert (await http.get("/health/ready")).status == 503
    assert (await http.get("/health/live")).status == 200


async def test_detail_names_what_is_wrong(client) -> None:
    life, http = client
    life.mark_ready()

    async def broken() -> str:
        return "connection refused"

    life.watch("queue", broken)
    answer = await http.get("/health/")
    body = await answer.json()
    assert (answer.status, body["status"], body["checks"]) == (200, "degraded", {"queue": "connection refused"})


async def test_metrics_are_prometheus_text(client) -> None:
    _, http = client
    text = await (await http.get("/metrics")).text()
    assert "# TYPE palestra_grader_runs_total counter" in text
    assert "process_resident_memory_bytes" in text


def test_two_services_of_one_process_keep_their_metrics_apart() -> None:
    first, second = Metrics("grader", MESH_METRICS), Metrics("runner", MESH_METRICS)
    first.counter("calls_total").labels("grader.claim", "runner", "ok").inc()
    assert b'peer="runner"' in first.text()
    assert b'peer="runner"' not in second.text()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    before = logging.getLogger().handlers[:]
    stream = io.StringIO()
    set_up_logging("json", "info", stream)
    yield stream
    logging.getLogger().handlers[:] = before


def test_a_log_line_is_one_json_object_with_its_correlation(lines) -> None:
    token = correlation.set("c-1")
    try:
        Log("grader").info("run-judged", verdict="AC", duration_s=0.25)
    finally:
        correlation.reset(token)
    line = orjson.loads(lines.getvalue())
    assert line | {"at": ""} == {
        "at": "", "level": "info", "service": "grader", "event": "run-judged", "correlation": "c-1", "verdict": "AC", "duration_s": 0.25,
    }  # fmt: skip


def test_a_log_line_has_the_trace_of_its_cause(lines) -> None:
    try:
        raise ValueError("bent")
    except ValueError as wrong:
        Log("grader").error("run-broke", cause=wrong)
    assert "ValueError: bent" in orjson.loads(lines.getvalue())["cause"]


def test_text_lines_are_readable(lines) -> None:
    stream = io.StringIO()
    set_up_logging("text", "info", stream)
    Log("grader").warning("peer-away", peer="gitserver", message="not there")
    assert stream.getvalue().rstrip().endswith("grader      WARNING peer-away  peer=gitserver message='not there'")


@dataclass(frozen=True)
class Parcel:
    """Something sent."""

    score: Fraction
    at: datetime
    names: tuple[str, ...] = ()


def test_codec_round_trip_keeps_exact_fractions_and_times() -> None:
    parcel = Parcel(Fraction(1, 3), datetime(2026, 1, 2, tzinfo=UTC), ("a",))
    assert codec.decode(Parcel, codec.encode(parcel)) == parcel
    assert codec.as_builtins(parcel)["score"] == "1/3"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "bad-json"), (b"\xff\xfe", "bad-json"), (b'{"score": "1/0", "at": "2026-01-02T00:00:00Z"}', "bad-shape"), (b'{"score": "1"}', "bad-shape")],
)
def test_codec_names_what_is_wrong(body: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        codec.decode(Parcel, body)
    assert caught.value.code == code


def test_error_classes_and_statuses_are_one_to_one() -> None:
    assert len({kind.status for kind in ERROR_CLASSES}) == len(ERROR_CLASSES)
    assert all(error_of_status(kind.status) is kind for kind in ERROR_CLASSES)
    assert error_of_status(418).status == 500
    error: MeshError = Unavailable("later", retry_after_s=2)
    assert error.as_object() == {"error": {"code": "unavailable", "message": "later", "retry_after_s": 2}}


def test_ids_are_ordered_by_making_and_derived_ids_repeat() -> None:
    made = [new_id() for _ in range(100)]
    assert all(is_id(one) and one[14] == "7" for one in made)
    assert len(set(made)) == 100
    assert derived_id("verdict", "r1") == derived_id("verdict", "r1") != derived_id("verdict", "r2")


def test_times_survive_the_record_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
    assert from_micros(micros(moment)) == moment
    assert iso(moment) == "2026-11-22T01:02:03.456Z"


def test_a_turned_clock_moves_both_times() -> None:
    clock = TurnedClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.turn(90)
    assert (iso(clock.now()), clock.monotonic()) == ("2026-01-01T00:01:30.000Z", 90)
