"""From the queue to Meta: open, claim, re-check, send by dataset, settle; what is not done returns to the queue.

Order is safety: an event is claimed before it is sent, the consent ledger is asked directly before each request, a
dead letter is stored before its event is settled, and a message is let go only when each of its events is settled.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from sluice.consent.ports import ConsentStore
from sluice.delivery.isolate import send_isolated, split_requests
from sluice.delivery.parcel import Message, Parcel, State
from sluice.delivery.ports import Deliveries, Graph, Queues
from sluice.delivery.recheck import look_up, recheck
from sluice.delivery.schedule import HALTED_WAIT_SECONDS, wait_seconds
from sluice.delivery.verdict import Delivered, Halt, NoReply, Refused, Verdict, judge
from sluice.envelope import decode
from sluice.errors import BadEnvelope, Unavailable
from sluice.settings import Dataset, SettingsReader
from sluice.telemetry import Metric, Telemetry

_EXPIRY_MARGIN_SECONDS: Final = 60
"""Meta measures the age when it receives: room for the way there."""
_RETENTION_SECONDS: Final = 13 * 86_400
"""SQS drops a message silently after 14 days; a day earlier its events become dead letters."""
_TOKEN_CODE: Final = 190
_UNSETTLED_WAIT_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Sender:
    """What the sender function works with.

    ``clock`` gives Unix seconds, ``chance`` a random number in [0, 1), ``owner`` a new id for each batch.
    """

    settings: SettingsReader
    graph: Graph
    deliveries: Deliveries
    consent: ConsentStore
    queues: Queues
    telemetry: Telemetry
    clock: Callable[[], int]
    chance: Callable[[], float]
    owner: Callable[[], str]


def deliver(messages: Sequence[Message], sender: Sender, has_time: Callable[[], bool]) -> list[str]:
    """Deliver a batch; the ids of the messages that must return to the queue.

    ``has_time`` says whether another request to Meta can still end before the function is stopped.
    """
    owner, now = sender.owner(), sender.clock()
    try:
        settings = sender.settings.document()
    except Unavailable:
        sender.telemetry.count(Metric.OLDEST_WAITING_SECONDS, now - min(message.sent_at for message in messages))
        sender.queues.delay({message.receipt: HALTED_WAIT_SECONDS for message in messages})
        return [message.message_id for message in messages]
    parcels, returning = _open(messages, sender, now)
    doubles = _claim(parcels, owner, sender, now)
    claimed = [parcel for parcel in parcels if parcel.state is State.CLAIMED]
    _expire(claimed, messages, now)
    for group in _by_request(claimed).values():
        _send(settings.datasets.get(group[0].envelope.dataset), group, sender, has_time)
    _bury([parcel for parcel in claimed if parcel.state is State.DEAD], sender)
    unsettled = sender.deliveries.settle(claimed, owner, sender.clock())
    for parcel in unsettled:
        parcel.state, parcel.wait = State.WAITING, _UNSETTLED_WAIT_SECONDS
    for double, first in doubles:
        double.state, double.wait, double.repeated = first.state, first.wait, True
    _report(parcels, sender)
    return [*returning, *_return_waiting(parcels, messages, sender)]


def _open(messages: Iterable[Message], sender: Sender, now: int) -> tuple[list[Parcel], list[str]]:
    """Every event of the messages. What is no envelope becomes a dead letter; if that fails, the message returns."""
    parcels: list[Parcel] = []
    returning: list[str] = []
    for message in messages:
        try:
            envelope = decode(message.body)
        except BadEnvelope as error:
            if sender.queues.dead_letter_text(message.message_id, message.body, error.slug, now):
                sender.telemetry.count(Metric.EVENTS_DEAD)
            else:
                returning.append(message.message_id)
            continue
        parcels += [Parcel(message.message_id, envelope, entry) for entry in envelope.entries]
    return parcels, returning


def _claim(parcels: Sequence[Parcel], owner: str, sender: Sender, now: int) -> list[tuple[Parcel, Parcel]]:
    """Claim the first parcel of each key. The others come back, each with its first, whose fate they share."""
    firsts: dict[str, Parcel] = {}
    for parcel in parcels:
        firsts.setdefault(parcel.entry.key, parcel)
    sender.deliveries.claim(list(firsts.values()), owner, now)
    pairs = ((parcel, firsts[parcel.entry.key]) for parcel in parcels)
    return [(parcel, first) for parcel, first in pairs if parcel is not first]


def _expire(claimed: Iterable[Parcel], messages: Iterable[Message], now: int) -> None:
    """Take out what Meta would refuse for its age, and what the queue is about to drop."""
    sent_at = {message.message_id: message.sent_at for message in messages}
    for parcel in claimed:
        if parcel.entry.deadline - _EXPIRY_MARGIN_SECONDS < now:
            parcel.state, parcel.slug = State.DEAD, "expired"
        elif now - sent_at[parcel.message_id] > _RETENTION_SECONDS:
            parcel.state, parcel.slug = State.DEAD, "retention_reached"


def _by_request(claimed: Iterable[Parcel]) -> dict[object, list[Parcel]]:
    """The events that may share a request: of one dataset, with the same fields beside them."""
    groups: dict[object, list[Parcel]] = defaultdict(list)
    for parcel in claimed:
        if parcel.state is State.CLAIMED:
            groups[parcel.envelope.dataset, *sorted(parcel.envelope.passed_on.items())].append(parcel)
    return groups


def _send(dataset: Dataset | None, parcels: Sequence[Parcel], sender: Sender, has_time: Callable[[], bool]) -> None:
    """Post events that may share a request, in as few as their limits allow, and note the verdict on each."""
    dataset_id = parcels[0].envelope.dataset
    if dataset is None:
        _note(parcels, Halt("unknown_dataset", 0, None, ""), sender)
        return
    current = dataset

    def post(batch: Sequence[Parcel]) -> Verdict:
        nonlocal current
        if not has_time():
            return judge(NoReply("out_of_time"))
        verdict = _post(dataset_id, current, batch, sender)
        if isinstance(verdict, Halt) and verdict.code == _TOKEN_CODE:
            renewed = sender.settings.reread().datasets.get(dataset_id, current)
            if renewed.access_token != current.access_token:
                current = renewed
                if len(still_allowed(batch)) == len(batch):
                    return _post(dataset_id, current, batch, sender)
        return verdict

    def still_allowed(batch: Sequence[Parcel]) -> Sequence[Parcel]:
        return _still_allowed(batch, dataset_id, current, sender)

    for group in split_requests(parcels, lambda parcel: len(parcel.entry.event)):
        for batch, verdict in send_isolated(group, post, still_allowed):
            _note(batch, verdict, sender)


def _still_allowed(batch: Sequence[Parcel], dataset_id: str, dataset: Dataset, sender: Sender) -> Sequence[Parcel]:
    """Ask the consent ledger again. What it stops is withdrawn; while it does not answer, nothing may be sent."""
    try:
        standings = look_up(batch, sender.consent)
    except Unavailable as error:
        sender.telemetry.log("not_sent", dataset=dataset_id, events=len(batch), slug=error.slug)
        for parcel in batch:
            parcel.state, parcel.wait = State.WAITING, wait_seconds(parcel.attempts, sender.chance())
        return []
    recheck(batch, standings, dataset.consent, sender.clock())
    return [parcel for parcel in batch if parcel.state is State.CLAIMED]


def _post(dataset_id: str, dataset: Dataset, batch: Sequence[Parcel], sender: Sender) -> Verdict:
    """One request to Meta. The events are the bytes that ingest made."""
    request = {"data": [parcel.entry.event for parcel in batch], **batch[0].envelope.passed_on}
    if dataset.test_event_code:
        request["test_event_code"] = dataset.test_event_code
    verdict = judge(sender.graph.post_events(dataset_id, dataset.access_token, msgspec.json.encode(request)))
    sender.telemetry.count(Metric.GRAPH_REQUESTS)
    if isinstance(verdict, Delivered):
        slug = "delivered" if verdict.received == len(batch) else "meta_received_fewer"
        sender.telemetry.log("sent", dataset=dataset_id, events=len(batch), slug=slug, fbtrace_id=verdict.fbtrace_id)
    else:
        sender.telemetry.log(
            "not_sent",
            dataset=dataset_id,
            events=len(batch),
            slug=verdict.slug,
            code=verdict.code,
            subcode=verdict.subcode,
            fbtrace_id=verdict.fbtrace_id,
        )
    return verdict


def _note(batch: Iterable[Parcel], verdict: Verdict, sender: Sender) -> None:
    """Write the verdict onto each event of a request, except for what was withdrawn meanwhile."""
    for parcel in batch:
        if parcel.state is not State.CLAIMED:
            continue
        parcel.fbtrace_id = verdict.fbtrace_id
        if isinstance(verdict, Delivered):
            parcel.state = State.DELIVERED
            continue
        parcel.slug, parcel.code, parcel.subcode = verdict.slug, verdict.code, verdict.subcode
        if isinstance(verdict, Refused):
            parcel.state = State.DEAD
        else:
            parcel.state = State.WAITING
            halted = isinstance(verdict, Halt)
            parcel.wait = HALTED_WAIT_SECONDS if halted else wait_seconds(parcel.attempts, sender.chance())


def _bury(dead: Sequence[Parcel], sender: Sender) -> None:
    """Store dead letters; an event whose letter could not be stored waits instead."""
    stored = sender.queues.dead_letter(dead, sender.clock()) if dead else set()
    for parcel in dead:
        if parcel.entry.key not in stored:
            parcel.state, parcel.wait = State.WAITING, wait_seconds(parcel.attempts, sender.chance())


def _report(parcels: Sequence[Parcel], sender: Sender) -> None:
    """Count what became of every event of the batch."""
    now, telemetry = sender.clock(), sender.telemetry
    ours = [parcel for parcel in parcels if not parcel.repeated]
    waiting = [parcel for parcel in parcels if parcel.state is State.WAITING]
    telemetry.count(Metric.EVENTS_DELIVERED, sum(parcel.state is State.DELIVERED for parcel in ours))
    telemetry.count(Metric.EVENTS_WITHDRAWN, sum(parcel.state is State.WITHDRAWN for parcel in ours))
    telemetry.count(Metric.EVENTS_DEAD, sum(parcel.state is State.DEAD for parcel in ours))
    telemetry.count(Metric.EVENTS_REPEATED, sum(p.repeated and p.state is not State.WAITING for p in parcels))
    telemetry.count(Metric.EVENTS_WAITING, len(waiting))
    ages = [now - parcel.envelope.accepted_at for parcel in waiting]
    telemetry.count(Metric.OLDEST_WAITING_SECONDS, max(ages, default=0))


def _return_waiting(parcels: Iterable[Parcel], messages: Iterable[Message], sender: Sender) -> list[str]:
    """The ids of messages with an event that waits; each is shown again when its first event is due."""
    waits: dict[str, int] = {}
    for parcel in parcels:
        if parcel.state is State.WAITING:
            waits[parcel.message_id] = min(parcel.wait, waits.get(parcel.message_id, parcel.wait))
    receipts = {message.receipt: waits[message.message_id] for message in messages if message.message_id in waits}
    if receipts:
        sender.queues.delay(receipts)
    return list(waits)
