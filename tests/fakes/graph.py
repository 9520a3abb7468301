"""Meta's events edge, scripted."""

import json
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from sluice.delivery.verdict import Delivered, NoReply, Reply, judge
from sluice.settings import Secret

Events = list[dict[str, Any]]
Script = Callable[[Events], Reply | NoReply]


class Posted(NamedTuple):
    """One request as Meta saw it."""

    dataset: str
    token: str
    events: Events
    test_event_code: str | None
    partner_agent: str | None


class FakeGraph:
    """``script`` answers each request; it takes everything until a test says otherwise.

    ``scripts`` by dataset go first. ``requests``: all so far. ``received``: the event ids that Meta took, in order.
    """

    def __init__(self) -> None:
        self.script: Script = takes_all
        self.scripts: dict[str, Script] = {}
        self.good_token: str | None = None
        self.requests: list[Posted] = []
        self.received: list[str] = []

    def post_events(self, dataset: str, token: Secret, body: bytes) -> Reply | NoReply:
        """Note the request and answer it."""
        data = json.loads(body)
        events = data["data"]
        beside = data.get("test_event_code"), data.get("partner_agent")
        self.requests.append(Posted(dataset, token.reveal(), events, *beside))
        if self.good_token not in (None, token.reveal()):
            return error(190)
        answer = self.scripts.get(dataset, self.script)(events)
        if isinstance(judge(answer), Delivered):
            if any(not event for event in events):
                return error(100, error_subcode=2804019, error_user_msg="$['data'][0]: a key is missing")
            self.received += [event["event_id"] for event in events]
        return answer


def takes_all(events: Events) -> Reply:
    """Meta's answer to events that it takes."""
    return Reply(200, json.dumps({"events_received": len(events), "messages": [], "fbtrace_id": "trace-ok"}).encode())


def error(code: int, message: str = "Refused", status: int = 400, **more: object) -> Reply:
    """Meta's error envelope."""
    details = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "trace-error", **more}
    return Reply(status, json.dumps({"error": details}).encode())


def refuses(bad: Collection[str], *, naming: bool) -> Script:
    """Refuses every request that holds a bad event (by id); says which one when ``naming``."""

    def script(events: Events) -> Reply:
        position = next((at for at, event in enumerate(events) if event["event_id"] in bad), None)
        if position is None:
            return takes_all(events)
        place = f"$['data'][{position}]['user_data']" if naming else "a parameter"
        return error(100, error_subcode=2804019, error_user_msg=f"Wrong type at {place}")

    return script


def always(answer: Reply | NoReply) -> Script:
    """The same answer to every request."""
    return lambda _: answer
