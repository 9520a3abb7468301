"""Ingest: API Gateway's request in, an event queued, an answer out."""

from typing import Any

from sluice import wiring
from sluice.accept import accept_events, accept_webhook
from sluice.collect import collect
from sluice.cors import preflight
from sluice.door import Answer, health, read_request, refusal, write_response
from sluice.errors import Rejected, Unavailable
from sluice.ingest import Ingest
from sluice.record import record_consent, withdraw_consent
from sluice.telemetry import Metric

ROOM = wiring.ingest()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request. API Gateway has matched the route; ``$default`` is whatever matched none."""
    try:
        answer = _answer(event, ROOM)
    except (Rejected, Unavailable) as error:
        ROOM.telemetry.count(Metric.REQUESTS_REFUSED, isinstance(error, Rejected))
        ROOM.telemetry.log("refused", slug=error.slug)
        answer = refusal(error, event["requestContext"]["requestId"])._replace(headers=error.headers)
    except Exception as error:  # noqa: BLE001 - the last line: a failure of ours is answered 503, so the sender retries
        ROOM.telemetry.failure(error)
        answer = refusal(Unavailable("internal_error"), event["requestContext"]["requestId"])
    ROOM.telemetry.flush()
    return write_response(answer)


def _answer(event: dict[str, Any], room: Ingest) -> Answer:
    path = event.get("pathParameters") or {}
    match event["routeKey"]:
        case "GET /health":
            return health()
        case "POST /{version}/{dataset}/events":
            return accept_events(read_request(event), path["version"], path["dataset"], room)
        case "POST /collect/{dataset}":
            return collect(read_request(event), path["dataset"], room)
        case "OPTIONS /collect/{dataset}" | "OPTIONS /consent/withdraw":
            return preflight(read_request(event), path.get("dataset"), room)
        case "POST /consent":
            return record_consent(read_request(event), room)
        case "POST /consent/withdraw":
            return withdraw_consent(read_request(event), room)
        case "GET /webhooks/{source}" | "POST /webhooks/{source}":
            return accept_webhook(read_request(event), path["source"], room)
        case _:
            raise Rejected("no_such_route")
