"""What a million events and an idle month cost: counted from the functions' own calls and the template, then priced.

What no test can count is assumed below, a line each. ``pytest -s`` prints the figures; README.md has them.
"""

import io
import json
import logging
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import uuid4

import boto3
import pytest

from benchmarks.purchases import body, purchase
from sluice.envelope import decode
from sluice.outside.secrets import FRESH_SECONDS, SettingsStore
from sluice.sources import KINDS
from sluice.tend import tend
from tests.functions import prices
from tests.functions.conftest import Functions
from tests.functions.prices import PER_GB, PER_GB_MONTH, PER_MONTH, PER_REQUEST, FindItem
from tests.functions.test_ingest import call, events
from tests.functions.test_sender import call as deliver
from tests.recorder import Call
from tests.samples import NOW, ROOT
from tests.stack_template import functions_of, read_template

MILLION = 1_000_000
INGEST_SECONDS = 0.025
"""Assumed: benchmarks/results.md has 3.6 ms on a whole core; 512 MB are 0.29 of one, and SQS answers in some 10 ms."""
SENDER_SECONDS = 0.65
"""Assumed: Meta answers most requests within 600 ms (its end-to-end guide), DynamoDB four calls in some 10 ms each."""
STEWARD_SECONDS = 0.1
"""Assumed, for two or three calls of DynamoDB."""
POLLERS, POLLS_A_MINUTE = 5, 3
"""Lambda asks a queue over five connections, each for up to 20 s (its guide to SQS event sources)."""
DOOR_HEADERS = 250
"""Assumed bytes that HTTP adds to an answer of the door; what goes to Meta is counted with its headers."""
ACCESS = {
    "routeKey": "POST /{version}/{dataset}/events",
    "status": "200",
    "requestId": "JKJaXmPLvHcESHA=",
    "responseLatency": "25",
    "integrationErrorMessage": "-",
    "protocol": "HTTP/1.1",
}
"""What API Gateway writes into a line of its log, as its documentation shows them."""

TEMPLATE = read_template()
RESOURCES: Mapping[str, Any] = TEMPLATE["Resources"]
MEMORY_GB = {name: function["MemorySize"] / 1_024 for name, function in functions_of(TEMPLATE).items()}
WINDOW_SECONDS: int = TEMPLATE["Parameters"]["BatchingWindowSeconds"]["Default"]
BATCH = int(1 + MILLION / (prices.HOURS * 3_600) * WINDOW_SECONDS)
"""Messages of a batch when a million requests come evenly over a month: the first one, and what its window brings.

Evenly is the dearest; more in a busy hour share a batch. Assumed: Lambda collects them in one place.
"""
BATCHES = 2
DELIVERIES = "functions-deliveries"
CHAPTER = (ROOT / "README.md").read_text().partition("## What it costs")[2].partition("\n## ")[0]


class Run(NamedTuple):
    """What some single-event requests caused, from the door to Meta.

    ``queued``: the message bodies. ``out``: bytes sent to the caller and to Meta.
    """

    queued: list[str]
    ingest: list[Call]
    sender: list[Call]
    lines: list[str]
    out: int

    @property
    def batches(self) -> list[list[str]]:
        """The bodies, batch by batch."""
        return [self.queued[first : first + BATCH] for first in range(0, len(self.queued), BATCH)]


@pytest.fixture(name="find")
def items_of_the_tables(aws: Callable[[str], Any]) -> FindItem:
    """Reads an item, past the recorder."""
    dynamodb = aws("dynamodb")
    return lambda table, key: dynamodb.get_item(TableName=table, Key=key).get("Item", {})


@pytest.fixture(name="lines")
def log_lines(functions: Functions, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[str]]]:
    """Takes what the functions wrote since the last time: logs and metrics."""
    assert functions
    written = io.StringIO()
    handlers: list[Any] = [logging.getLogger(room).handlers[0] for room in ("ingest", "sender", "steward")]
    streams = [handler.setStream(written) for handler in handlers]

    def take() -> list[str]:
        found = written.getvalue() + capsys.readouterr().out
        written.seek(0)
        written.truncate()
        return found.splitlines()

    take()
    yield take
    for handler, stream in zip(handlers, streams, strict=True):
        handler.setStream(stream)


@pytest.fixture(name="run")
def single_event_requests(functions: Functions, lines: Callable[[], list[str]]) -> Run:
    """Requests with one event each, which pass at the first attempt; the settings were read before."""
    now = functions.ingest.ROOM.clock()
    functions.ingest.ROOM.settings.document()
    functions.sender.ROOM.settings.document()
    functions.queue()
    start, out = len(functions.calls), 0
    for number in range(BATCH * BATCHES):
        event = purchase(number, now) | {"event_id": uuid4().hex[:13]}
        status, answer = call(functions, events(body([event]).decode()))
        assert (status, answer["events_received"]) == (200, 1)
        out += len(json.dumps(answer).encode()) + DOOR_HEADERS
    ingest = functions.calls[start:]
    run = Run([message["Body"] for message in functions.queue()], ingest, [], [], 0)
    start, posted = len(functions.calls), len(functions.meta.requests)
    for batch in run.batches:
        assert deliver(functions, *batch) == []
    assert len(functions.meta.requests) == posted + BATCHES
    out += sum(map(len, functions.meta.requests[posted:]))
    return run._replace(sender=functions.calls[start:], lines=lines(), out=out)


def test_capacity_of_an_event(run: Run, find: FindItem) -> None:
    """Two write units an event, a read unit for each distinct subject key, one a batch for its dataset's breaker."""
    entries = [[entry for text in batch for entry in decode(text).entries] for batch in run.batches]
    subjects = [{subject for entry in batch for subject in entry.subjects} for batch in entries]
    assert prices.units(run.ingest, find) == (0, 0)
    write, read = prices.units(run.sender, find)
    assert write <= 2 * len(run.queued)
    assert read == sum(map(len, subjects)) + BATCHES


def price_of_events(run: Run, find: FindItem) -> dict[str, float]:
    """USD for what the run did, by service."""
    number = len(run.queued)
    write, read = prices.units(run.sender, find)
    received, deleted = number, BATCHES * math.ceil(BATCH / 10)  # a poll ends with the first message that it finds
    gb_seconds = (
        MEMORY_GB["IngestFunction"] * INGEST_SECONDS * number + MEMORY_GB["SenderFunction"] * SENDER_SECONDS * BATCHES
    )
    return {
        "API Gateway": number * PER_REQUEST["API Gateway (HTTP API)"],
        "Lambda": (number + BATCHES) * PER_REQUEST["Lambda"] + gb_seconds * prices.LAMBDA_GB_SECOND,
        "SQS": (prices.sqs_requests(run.ingest) + received + deleted)
        * (PER_REQUEST["SQS"] + PER_REQUEST["SQS fair queue"]),
        "DynamoDB": write * PER_REQUEST["DynamoDB write unit"] + read * PER_REQUEST["DynamoDB read unit"],
        "logs": prices.log_bytes([*run.lines, *[json.dumps(ACCESS)] * number]) / prices.GB * PER_GB["logs"],
        "data transfer": run.out / prices.GB * PER_GB["data transfer out"],
    }


def evidence(run: Run, find: FindItem) -> float:
    """USD a month for keeping what the run wrote."""
    keys = [entry.key for text in run.queued for entry in decode(text).entries]
    size = sum(prices.stored_bytes(find(DELIVERIES, {"pk": {"S": key}})) for key in keys)
    return size / prices.GB * sum(PER_GB_MONTH.values())


def metrics(lines: Iterable[str]) -> set[tuple[str, str]]:
    """Service and name of each metric in the lines."""
    found = [json.loads(line) for line in lines if '"_aws"' in line]
    return {
        (line["service"], metric["Name"])
        for line in found
        for described in line["_aws"]["CloudWatchMetrics"]
        for metric in described["Metrics"]
    }


def of_type(kind: str) -> int:
    """How many resources of a kind the stack has."""
    return sum(resource["Type"] == kind for resource in RESOURCES.values())


@pytest.fixture(name="idle")
def idle_month(functions: Functions, lines: Callable[[], list[str]], find: FindItem) -> dict[str, float]:
    """USD for a month in which nothing comes, from the steward's calls of an hour; two datasets."""
    room, now, start = functions.steward.ROOM, [NOW], len(functions.calls)
    settings = SettingsStore(
        lambda: boto3.client("secretsmanager"), os.environ["SETTINGS_SECRET_ARN"], KINDS, room.telemetry, lambda: now[0]
    )
    room = replace(room, clock=lambda: now[0], settings=settings)
    for _ in range(60):
        tend(room, lambda: True)
        room.telemetry.flush()
        now[0] += 60
    calls, written = functions.calls[start:], lines()
    write, read = prices.units(calls, find)
    secrets = sum(call.action.startswith("secretsmanager:") for call in calls)
    hour = {
        "Scheduler": 60 * PER_REQUEST["EventBridge Scheduler"],
        "Lambda": 60 * PER_REQUEST["Lambda"]
        + 60 * STEWARD_SECONDS * MEMORY_GB["StewardFunction"] * prices.LAMBDA_GB_SECOND,
        "SQS": (prices.sqs_requests(calls) + 60 * POLLERS * POLLS_A_MINUTE) * PER_REQUEST["SQS"],
        "DynamoDB": write * PER_REQUEST["DynamoDB write unit"] + read * PER_REQUEST["DynamoDB read unit"],
        "Secrets Manager": secrets * PER_REQUEST["Secrets Manager"],
        "logs": prices.log_bytes(written) / prices.GB * PER_GB["logs"],
    }
    month = {
        "secret": of_type("AWS::SecretsManager::Secret") * PER_MONTH["secret"],
        "alarms": of_type("AWS::CloudWatch::Alarm") * PER_MONTH["alarm"],
        "metrics": len(metrics(written)) * PER_MONTH["metric"],
    }
    assert of_type("AWS::CloudWatch::Dashboard") <= prices.FREE_DASHBOARDS
    return {name: usd * prices.HOURS for name, usd in hour.items()} | month


def told(row: str) -> float:
    """The figure at the end of a row of README's tables of costs."""
    (found,) = re.findall(
        rf"^\| (?:\*\*)?{re.escape(row)}[^|]*\| (?:\*\*)?([\d.]+)(?:\*\*)? \|$", CHAPTER, re.MULTILINE
    )
    return float(found)


def test_price_of_a_million_events(run: Run, find: FindItem) -> None:
    """A million single-event requests cost less than USD 5, and what the README says, row by row."""
    rows = {name: usd / len(run.queued) * MILLION for name, usd in price_of_events(run, find).items()}
    kept = evidence(run, find) / len(run.queued) * MILLION
    written = len(metrics(run.lines)) * PER_MONTH["metric"]
    print(f"batches of {BATCH}", rows, sum(rows.values()), kept, written)  # noqa: T201 - for pytest -s
    assert sum(rows.values()) < 5
    assert f"so that {BATCH} events share a batch" in " ".join(CHAPTER.split())
    assert {name: told(name) for name in rows} == pytest.approx(rows, abs=0.015)
    assert told("together") == pytest.approx(sum(rows.values()), abs=0.015)
    assert told("the evidence of a million events") == pytest.approx(kept, abs=0.015)
    assert told("metrics, while events come") == pytest.approx(written)


def test_price_of_an_idle_month(idle: dict[str, float]) -> None:
    """A month without any event costs less than USD 3, and what the README says."""
    print(idle, sum(idle.values()))  # noqa: T201 - for pytest -s
    assert sum(idle.values()) < 3
    assert told("nothing comes") == pytest.approx(sum(idle.values()), abs=0.015)
    assert told("settings, read") == pytest.approx(
        2 * prices.HOURS * 3_600 / FRESH_SECONDS * PER_REQUEST["Secrets Manager"], abs=0.015
    )
