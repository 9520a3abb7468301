"""Send every sample through its door and say what Meta received, or why it did not."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import urllib3
from rich.table import Table

from local import samples, settings

ARRIVAL_SECONDS: Final = 30
BAD: Final = 400
_HTTP: Final = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=2, read=30))


def send_samples(values: Mapping[str, Any]) -> Table:
    """Send them one after another; a table of sample, answer and outcome."""
    document = settings.checked(Path(values["settings_file"]).read_text())
    table = Table("sample", "what it shows", "answer", "what Meta received", title="Samples", title_justify="left")
    for name, sample in samples.read_samples().items():
        prepared = samples.prepare(sample, document, datetime.now(UTC), values["ingest_url"])
        if prepared is None:
            table.add_row(name, sample.name, "", "[yellow]not sent:[/] the settings have no source of its kind")
            continue
        before = _received(values)
        response = _HTTP.request(
            sample.request.method, values["ingest_url"] + prepared.path, headers=prepared.headers, body=prepared.body
        )
        answer = _json(response)
        table.add_row(name, sample.name, _answer(response.status, answer), _outcome(values, answer, before))
    return table


def _json(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    """The answer of a door; of one that answers in another way, no more than that it took the request."""
    answer = json.loads(response.data) if response.headers.get("content-type") == "application/json" else {}
    is_outcome = not answer.keys().isdisjoint({"accepted", "events_received", "reasons", "ignored"})
    return answer if is_outcome or response.status >= BAD else {"accepted": 1}


def _answer(status: int, answer: Mapping[str, Any]) -> str:
    error = answer.get("error")
    return f"{status} {error['slug']}" if error else str(status)


def _outcome(values: Mapping[str, Any], answer: Mapping[str, Any], before: int) -> str:
    """What the simulator received after an accepted event; the reason for any other."""
    if answer.get("recorded"):
        return "nothing: it is recorded"
    accepted = answer.get("accepted", answer.get("events_received", 0))
    if not accepted:
        reasons = answer.get("reasons") or answer.get("messages") or answer.get("ignored") or ["refused"]
        return f"[yellow]nothing:[/] {', '.join(reasons)}"
    if not values["events_page_url"]:
        return "queued for your own Graph API"
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while time.monotonic() < deadline:
        if _received(values) >= before + accepted:
            newest = _graph(values, f"/_graph/events?limit={accepted}")["events"]
            return ", ".join(f"[green]{event['event_name']}[/] ({', '.join(event['match_keys'])})" for event in newest)
        time.sleep(0.2)
    return "[yellow]nothing yet:[/] it waits in the queue, or it was delivered by an earlier run"


def _received(values: Mapping[str, Any]) -> int:
    return int(_graph(values, "/_graph/counters")["received"]) if values["events_page_url"] else 0


def _graph(values: Mapping[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = _HTTP.request("GET", values["graph_api_url"] + path).json()
    return found
