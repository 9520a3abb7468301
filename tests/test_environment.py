"""The environment of the rooms."""

import dataclasses

import pytest

from sluice.environment import IngestEnvironment, SenderEnvironment, StewardEnvironment, read_environment

SENDER = {
    "EVENT_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/events",
    "HOLD_QUEUE_URL": "http://127.0.0.1:4566/000000000000/hold",
    "DEAD_LETTER_QUEUE_URL": "http://127.0.0.1:4566/000000000000/dead",
    "DELIVERY_TABLE": "sluice-Deliveries-1A2B",
    "CONSENT_TABLE": "sluice-Consent-3C4D",
    "SETTINGS_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Settings-abc",
    "GRAPH_API_URL": "https://graph.facebook.com",
    "GRAPH_API_VERSION": "v26.0",
    "EVIDENCE_RETENTION_DAYS": "400",
}


def test_environment() -> None:
    """The environment is read into values with units; other variables do not matter."""
    found = read_environment(SenderEnvironment, {**SENDER, "PATH": "/bin"})
    assert dataclasses.asdict(found) == {
        **{name.lower(): value for name, value in SENDER.items()},
        "evidence_retention_days": 400,
    }
    assert read_environment(IngestEnvironment, SENDER).event_queue_url == SENDER["EVENT_QUEUE_URL"]
    assert read_environment(StewardEnvironment, SENDER).consent_table == SENDER["CONSENT_TABLE"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80", "https://graph.facebook.com"]
)
def test_graph_url(url: str) -> None:
    """Meta is reached by HTTPS, a simulator on this machine by HTTP."""
    assert read_environment(SenderEnvironment, {**SENDER, "GRAPH_API_URL": url}).graph_api_url == url


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *((variable, "") for variable in SENDER),
        ("GRAPH_API_URL", "http://graph.facebook.com"),
        ("GRAPH_API_URL", "http://127.0.0.1.example.com"),
        ("GRAPH_API_URL", "https://graph.facebook.com/"),
        ("GRAPH_API_VERSION", "26.0"),
        ("GRAPH_API_VERSION", "v26.0/../x"),
        ("EVIDENCE_RETENTION_DAYS", "0"),
        ("EVIDENCE_RETENTION_DAYS", "-1"),
        ("EVIDENCE_RETENTION_DAYS", "٤٠٠"),
        ("EVENT_QUEUE_URL", "queue"),
        ("DELIVERY_TABLE", 'table"; DROP'),
        ("CONSENT_TABLE", "a b"),
    ],
)
def test_wrong_environment(variable: str, value: str) -> None:
    """A wrong variable stops the function at its start, named without its value."""
    with pytest.raises(ValueError, match=f"environment variable {variable} is missing or invalid") as raised:
        read_environment(SenderEnvironment, {**SENDER, variable: value})
    assert not value or value not in str(raised.value)
