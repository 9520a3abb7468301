"""The dashboard shows what is really written: a typing error in it would only be an empty picture."""

import json
import re
from typing import Any

import pytest

from sluice.match_keys.fields import FIELDS
from sluice.telemetry import SAFE_FIELDS, Metric

MOST_METRICS = 50
"""Of a dashboard that is one of the account's three free ones (CloudWatch's price list)."""
OWN = "${AWS::StackName}"
"""The namespace of our metrics."""
OF_INSIGHTS = {"message", "requests", "events", "reasons", "tried", "p50", "p95", "longest"}
"""What a query may name beside the fields of a log line: the line's own word, and names that it gives itself."""


@pytest.fixture(name="body")
def body_of_the_dashboard(resources: dict[str, Any]) -> str:
    """The dashboard as written in the template."""
    text: str = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    return text


@pytest.fixture(name="widgets")
def widgets_of_the_dashboard(body: str) -> list[dict[str, Any]]:
    """Its widgets, with the names in place of what CloudFormation puts there."""
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


def metrics(widgets: list[dict[str, Any]]) -> list[list[Any]]:
    """Every metric: namespace, name, dimension, its value, how it is drawn."""
    return [metric for widget in widgets for metric in widget["properties"].get("metrics", [])]


def queries(widgets: list[dict[str, Any]]) -> dict[str, str]:
    """The queries of logs by the title of their widget."""
    found = (widget["properties"] for widget in widgets if widget["type"] == "log")
    return {each["title"]: each["query"] for each in found}


def test_own_metrics_are_sent_by_the_code(widgets: list[dict[str, Any]], functions: dict[str, dict[str, Any]]) -> None:
    """Each metric in our namespace is one that the code may count, under a service that exists."""
    rooms = {function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for function in functions.values()}
    own = [metric for metric in metrics(widgets) if metric[0] == OWN]
    assert {metric[1] for metric in own} <= set(Metric)
    assert {metric[2] for metric in own} == {"service"}
    assert {metric[3] for metric in own} <= rooms
    assert len(metrics(widgets)) <= MOST_METRICS


@pytest.mark.parametrize(
    "metric",
    [
        Metric.EVENTS_ACCEPTED,
        Metric.EVENTS_DENIED,
        Metric.EVENTS_DELIVERED,
        Metric.EVENTS_WAITING,
        Metric.EVENTS_HELD,
        Metric.EVENTS_DEAD,
        Metric.EVENTS_EXPIRED,
        Metric.OLDEST_WAITING_SECONDS,
    ],
)
def test_what_an_operator_asks_first(widgets: list[dict[str, Any]], metric: Metric) -> None:
    """Where events are, and how long they have waited."""
    assert [each[3] for each in metrics(widgets) if each[1] == metric] == [
        "ingest" if metric in {Metric.EVENTS_ACCEPTED, Metric.EVENTS_DENIED} else "sender"
    ]


def test_metrics_of_aws_are_about_the_stack(widgets: list[dict[str, Any]], resources: dict[str, Any]) -> None:
    """A queue is named by its name and a function by its reference; each is a resource of that kind."""
    kinds = {
        "AWS/SQS": ("QueueName", r"\$\{(\w+)\.QueueName\}", "AWS::SQS::Queue"),
        "AWS/Lambda": ("FunctionName", r"\$\{(\w+)\}", "AWS::Serverless::Function"),
    }
    for namespace, _, dimension, value, _ in metrics(widgets):
        if namespace != OWN:
            name, pattern, kind = kinds[namespace]
            assert dimension == name
            assert resources[re.fullmatch(pattern, value)[1]]["Type"] == kind  # type: ignore[index]


def test_queries_ask_for_fields_that_are_logged(widgets: list[dict[str, Any]], resources: dict[str, Any]) -> None:
    """Reasons, coverage and latency come from a log group of the stack, and from fields of its lines."""
    found = queries(widgets)
    assert {"Denied, by reason (events of a request)", "Latency of Meta, in milliseconds"} <= set(found)
    for query in found.values():
        group = re.match(r"SOURCE '\$\{(\w+)\}' \|", query)
        assert group
        assert resources[group[1]]["Type"] == "AWS::Logs::LogGroup"
        used = set(re.findall(r"(?:sum|max|pct|ispresent)\((\w+)", query))
        used |= {name for by in re.findall(r" by ([\w, ]+?)(?: \||$)", query) for name in by.split(", ")}
        assert used <= SAFE_FIELDS | OF_INSIGHTS


def test_coverage_is_of_match_keys(widgets: list[dict[str, Any]]) -> None:
    """Each column is a match key, under its own name."""
    (query,) = [query for title, query in queries(widgets).items() if title.startswith("Match-key coverage")]
    columns = re.findall(r"100 \* sum\(keys\.(\w+)\) / sum\(accepted\) as (\w+)", query)
    assert len(columns) == query.count("keys.") == 12
    assert all(key == name and key in FIELDS for key, name in columns)


def test_every_widget_stands_beside_the_others(widgets: list[dict[str, Any]]) -> None:
    """No widget covers another, and each says where it is and of which region."""
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        left, top = widget["x"], widget["y"]
        cells = {(x, y) for x in range(left, left + widget["width"]) for y in range(top, top + widget["height"])}
        assert not cells & taken
        assert left + widget["width"] <= 24
        assert widget["properties"]["title"]
        assert widget["properties"]["region"] == "${AWS::Region}"
        taken |= cells
