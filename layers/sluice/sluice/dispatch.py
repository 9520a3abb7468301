"""The events of one dataset on their way to Meta: in as few requests as their limits allow, a verdict on each event.

Before each request the consent ledger is asked again, after each the breaker learns how it went.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Final

import msgspec

from sluice.delivery.breaker import Breaker, after_request
from sluice.delivery.in_test import is_left_on
from sluice.delivery.isolate import send_isolated, split_requests
from sluice.delivery.parcel import Parcel, State
from sluice.delivery.recheck import look_up, recheck
from sluice.delivery.schedule import HALTED_WAIT_SECONDS, wait_seconds
from sluice.delivery.usage import pause_seconds
from sluice.delivery.verdict import Delivered, Halt, Refused, Reply, Retry, Verdict, judge
from sluice.errors import Unavailable
from sluice.sender import Sender
from sluice.settings import Dataset
from sluice.telemetry import Metric

_OUT_OF_TIME: Final = Retry("out_of_time")
_PAUSED: Final = Retry("meta_wants_a_pause")
_FEWER: Final = "meta_received_fewer"


def _failures(parcel: Parcel) -> int:
    """How often Meta was asked in vain, at most: none when no request was made the last time."""
    return 0 if parcel.failed_by in {"", _OUT_OF_TIME.slug, _PAUSED.slug} else parcel.attempts - 1


class Dispatch:
    """One dataset's requests of one batch. ``has_time`` says whether another request can still end in time."""

    def __init__(
        self, dataset_id: str, dataset: Dataset | None, breaker: Breaker, sender: Sender, has_time: Callable[[], bool]
    ) -> None:
        self._dataset_id = dataset_id
        self._dataset = dataset
        self._breaker = breaker
        self._sender = sender
        self._has_time = has_time

    def send(self, parcels: Sequence[Parcel]) -> None:
        """Post events that may share a request, and note the verdict on each."""
        if self._dataset is None and not self._renewed():
            self._note(parcels, self._learned(Halt("unknown_dataset", 0, None, ""), 0))
            return
        for group in split_requests(parcels, lambda parcel: len(parcel.entry.event), _failures):
            for batch, verdict in send_isolated(group, self._post, self._still_allowed):
                self._note(batch, verdict)

    def _post(self, batch: Sequence[Parcel]) -> Verdict:
        """One request, or two when the dataset's settings were mended meanwhile; none where nothing may be sent now."""
        if self._breaker.state == "open":
            return Halt(self._breaker.slug, 0, None, "")
        if self._breaker.paused_until > self._sender.clock():
            return _PAUSED
        if not self._has_time():
            return _OUT_OF_TIME
        verdict, pause = self._request(batch)
        if not isinstance(verdict, Halt) or not self._renewed():
            return self._learned(verdict, pause)
        if not self._has_time() or len(self._still_allowed(batch)) < len(batch):
            return Retry(verdict.slug, fbtrace_id=verdict.fbtrace_id)
        return self._learned(*self._request(batch))

    def _renewed(self) -> bool:
        """Whether the settings, read again, have the dataset now, or another token for it."""
        before = self._dataset
        now = self._dataset = self._sender.settings.reread().datasets.get(self._dataset_id, before)
        return now is not None and (before is None or now.access_token != before.access_token)

    def _request(self, batch: Sequence[Parcel]) -> tuple[Verdict, int]:
        """One request to Meta, and the seconds that Meta wants to be left alone. The events are the bytes of ingest."""
        assert self._dataset is not None  # noqa: S101 - only a known dataset's events are posted
        request = {"data": [parcel.entry.event for parcel in batch], **batch[0].envelope.passed_on}
        if self._test_event_code:
            request["test_event_code"] = self._test_event_code
        body = msgspec.json.encode(request)
        answer = self._sender.graph.post_events(self._dataset_id, self._dataset.access_token, body)
        verdict = judge(answer)
        self._sender.telemetry.count(Metric.GRAPH_REQUESTS)
        said = {
            "dataset": self._dataset_id,
            "events": len(batch),
            "fbtrace_id": verdict.fbtrace_id,
            "latency_ms": answer.latency_ms,
        }
        if isinstance(verdict, Delivered):
            if verdict.received < len(batch):
                verdict = verdict._replace(slug=_FEWER)
            self._sender.telemetry.log("sent", slug=verdict.slug, **said)
        else:
            self._sender.telemetry.log(
                "not_sent", slug=verdict.slug, code=verdict.code, subcode=verdict.subcode, **said
            )
        return verdict, pause_seconds(answer.headers) if isinstance(answer, Reply) else 0

    @cached_property
    def _test_event_code(self) -> str | None:
        """The dataset's own code, looked up once a batch; none when it was left on, or nobody knows for how long."""
        code = self._dataset and self._dataset.test_event_code
        if not code:
            return None
        now = self._sender.clock()
        first_seen = self._sender.sightings.first_seen(self._dataset_id, code, now)
        return None if first_seen is None or is_left_on(first_seen, now) else code

    def _learned(self, verdict: Verdict, pause: int) -> Verdict:
        """The verdict, after the breaker learnt how the request went; it is written only when that changes it."""
        breaker = after_request(self._breaker, verdict, pause, self._sender.clock())
        if breaker != self._breaker:
            self._sender.breakers.write(self._dataset_id, breaker)
            if breaker.state != self._breaker.state:
                self._sender.telemetry.log("breaker_opened", dataset=self._dataset_id, slug=breaker.slug)
            self._breaker = breaker
        return verdict

    def _still_allowed(self, batch: Sequence[Parcel]) -> Sequence[Parcel]:
        """Ask the consent ledger again. What it stops is withdrawn; while it does not answer, nothing may be sent."""
        assert self._dataset is not None  # noqa: S101 - as in _request
        try:
            standings = look_up(batch, self._sender.consent)
        except Unavailable as error:
            self._sender.telemetry.log("not_sent", dataset=self._dataset_id, events=len(batch), slug=error.slug)
            for parcel in batch:
                parcel.state, parcel.wait = State.WAITING, wait_seconds(parcel.attempts, self._sender.chance())
            return []
        recheck(batch, standings, self._dataset.consent, self._sender.clock())
        return [parcel for parcel in batch if parcel.state is State.CLAIMED]

    def _note(self, batch: Iterable[Parcel], verdict: Verdict) -> None:
        """Write the verdict onto each event of a request, except for what was withdrawn meanwhile."""
        now = self._sender.clock()
        for parcel in batch:
            if parcel.state is not State.CLAIMED:
                continue
            parcel.fbtrace_id = verdict.fbtrace_id
            if isinstance(verdict, Delivered):
                parcel.state = State.DELIVERED
                if verdict.slug == _FEWER:
                    parcel.slug = verdict.slug
                continue
            parcel.slug, parcel.code, parcel.subcode = verdict.slug, verdict.code, verdict.subcode
            if isinstance(verdict, Refused):
                parcel.state = State.DEAD
                continue
            parcel.state = State.WAITING
            if isinstance(verdict, Halt):
                parcel.wait = HALTED_WAIT_SECONDS
            else:
                parcel.wait = max(
                    wait_seconds(parcel.attempts, self._sender.chance()), self._breaker.paused_until - now
                )
                if verdict.maybe_received:
                    parcel.unknown_since = parcel.unknown_since or now
