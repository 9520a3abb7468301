"""From the queue to Meta: open, set aside, claim, send by dataset, settle; what is not done returns to the queue.

Order is safety: an event is claimed before it is sent, the consent ledger is asked directly before each request
(``dispatch.py``), a dead letter is stored before its event is settled, and a message is let go only when each of its
events is settled or stands in the hold queue.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sluice.delivery.breaker import CLOSED, Breaker
from sluice.delivery.parcel import Message, Parcel, State
from sluice.delivery.schedule import unanswered_wait_seconds, wait_seconds
from sluice.dispatch import Dispatch
from sluice.envelope import decode
from sluice.errors import BadEnvelope, Unavailable
from sluice.sender import Sender
from sluice.telemetry import Metric

_EXPIRY_MARGIN_SECONDS: Final = 60
"""Meta measures the age when it receives: room for the way there."""
_RETENTION_SECONDS: Final = 13 * 86_400
"""SQS drops a message silently after 14 days; a day earlier its events become dead letters."""
_UNKNOWN_SECONDS: Final = 48 * 3_600
"""For so long Meta drops a second event of the same id; later it would count twice (Meta's deduplication page)."""
_NEAR_SECONDS: Final = 86_400
_DATASETS_AT_ONCE: Final = 8


def deliver(messages: Sequence[Message], sender: Sender, has_time: Callable[[], bool]) -> list[str]:
    """Deliver a batch; the ids of the messages that must return to the queue.

    ``has_time`` says whether another request to Meta can still end before the function is stopped.
    """
    owner, now = sender.owner(), sender.clock()
    try:
        settings = sender.settings.document()
    except Unavailable:
        return _all_wait(messages, sender)
    parcels, returning = _open(messages, sender, now)
    try:
        breakers = sender.breakers.read({parcel.envelope.dataset for parcel in parcels})
    except Unavailable:
        return _all_wait(messages, sender)
    parcels, set_aside = _set_aside(parcels, messages, breakers, sender, now)
    doubles = _claim(parcels, owner, sender, now)
    claimed = [parcel for parcel in parcels if parcel.state is State.CLAIMED]
    sent_at = {message.message_id: message.sent_at for message in messages}
    _look_at_ages(parcels, sent_at, now)

    def send(dataset_id: str, groups: Iterable[Sequence[Parcel]]) -> None:
        breaker = breakers.get(dataset_id, CLOSED)
        dispatch = Dispatch(dataset_id, settings.datasets.get(dataset_id), breaker, sender, has_time)
        for group in groups:
            dispatch.send(group)

    _for_each_dataset(_by_request(claimed), send)
    _bury([parcel for parcel in claimed if parcel.state is State.DEAD], sender)
    unsettled = sender.deliveries.settle(claimed, owner, sender.clock())
    for parcel in unsettled:
        parcel.state, parcel.wait = State.WAITING, unanswered_wait_seconds(now - sent_at[parcel.message_id])
    for double, first in doubles:
        double.state, double.wait, double.repeated = first.state, first.wait, True
    _report(parcels, sender)
    return [*returning, *set_aside, *_return_waiting(parcels, messages, sender)]


def _all_wait(messages: Sequence[Message], sender: Sender) -> list[str]:
    """Let the whole batch return untouched; the ids of its messages."""
    ages = {message.receipt: sender.clock() - message.sent_at for message in messages}
    sender.telemetry.count(Metric.OLDEST_WAITING_SECONDS, max(ages.values()))
    sender.queues.delay({receipt: unanswered_wait_seconds(age) for receipt, age in ages.items()})
    return [message.message_id for message in messages]


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


def _set_aside(
    parcels: Sequence[Parcel],
    messages: Sequence[Message],
    breakers: Mapping[str, Breaker],
    sender: Sender,
    now: int,
) -> tuple[list[Parcel], list[str]]:
    """Take out the events that may not be sent now: an open dataset's go to the hold queue, a paused one's return.

    The events that are left, and the ids of the messages that return. No attempt is counted. An event whose time is
    over is left: it becomes a dead letter in any case.
    """
    by_id = {message.message_id: message for message in messages}
    held: dict[str, list[Parcel]] = defaultdict(list)
    paused: dict[str, int] = {}
    left = []
    for parcel in parcels:
        breaker = breakers.get(parcel.envelope.dataset, CLOSED)
        if _why_dead(parcel, by_id[parcel.message_id].sent_at, now):
            left.append(parcel)
        elif breaker.state == "open":
            held[parcel.message_id].append(parcel)
        elif breaker.paused_until > now:
            paused[parcel.message_id] = breaker.paused_until - now
        else:
            left.append(parcel)
    stored = sender.queues.hold(held) if held else set()
    _count_near_deadline((parcel for group in held.values() for parcel in group), sender)
    sender.telemetry.count(Metric.EVENTS_HELD, sum(len(held[message_id]) for message_id in stored))
    ages = {message_id: now - by_id[message_id].sent_at for message_id in held if message_id not in stored}
    waits = paused | {message_id: unanswered_wait_seconds(age) for message_id, age in ages.items()}
    if waits:
        sender.queues.delay({by_id[message_id].receipt: wait for message_id, wait in waits.items()})
    return left, list(waits)


def _claim(parcels: Sequence[Parcel], owner: str, sender: Sender, now: int) -> list[tuple[Parcel, Parcel]]:
    """Claim the first parcel of each key. The others come back, each with its first, whose fate they share."""
    firsts: dict[str, Parcel] = {}
    for parcel in parcels:
        firsts.setdefault(parcel.entry.key, parcel)
    sender.deliveries.claim(list(firsts.values()), owner, now)
    pairs = ((parcel, firsts[parcel.entry.key]) for parcel in parcels)
    return [(parcel, first) for parcel, first in pairs if parcel is not first]


def _look_at_ages(parcels: Iterable[Parcel], sent_at: Mapping[str, int], now: int) -> None:
    """Give up what is too old; let what nobody could claim wait the longer, the older its message is."""
    for parcel in parcels:
        stored_at = sent_at[parcel.message_id]
        if parcel.state is State.WAITING:
            parcel.wait = unanswered_wait_seconds(now - stored_at, parcel.wait)
        elif parcel.state is State.CLAIMED and (slug := _why_dead(parcel, stored_at, now)):
            parcel.state, parcel.slug = State.DEAD, slug


def _why_dead(parcel: Parcel, sent_at: int, now: int) -> str | None:
    """Why an event must not be tried again, whatever Meta would say: too old for Meta, for its id, or for the queue."""
    if parcel.entry.deadline - _EXPIRY_MARGIN_SECONDS < now:
        return "expired"
    if parcel.unknown_since and now - parcel.unknown_since > _UNKNOWN_SECONDS:
        return "outcome_unknown"
    return "retention_reached" if now - sent_at > _RETENTION_SECONDS else None


def _by_request(claimed: Iterable[Parcel]) -> dict[str, list[list[Parcel]]]:
    """By dataset, the events that may share a request: those with the same fields beside them."""
    groups: dict[str, dict[object, list[Parcel]]] = defaultdict(lambda: defaultdict(list))
    for parcel in claimed:
        if parcel.state is State.CLAIMED:
            groups[parcel.envelope.dataset][*sorted(parcel.envelope.passed_on.items())].append(parcel)
    return {dataset: list(found.values()) for dataset, found in groups.items()}


def _for_each_dataset(
    groups: Mapping[str, list[list[Parcel]]], send: Callable[[str, Iterable[Sequence[Parcel]]], None]
) -> None:
    """Send the datasets' events, several datasets at once: none waits for another one's slow answer."""
    if len(groups) <= 1:
        for dataset_id, found in groups.items():
            send(dataset_id, found)
        return
    with ThreadPoolExecutor(max_workers=min(len(groups), _DATASETS_AT_ONCE)) as threads:
        for done in [threads.submit(send, dataset_id, found) for dataset_id, found in groups.items()]:
            done.result()


def _bury(dead: Sequence[Parcel], sender: Sender) -> None:
    """Store dead letters; an event whose letter could not be stored waits instead."""
    stored = sender.queues.dead_letter(dead, sender.clock()) if dead else set()
    for parcel in dead:
        if parcel.entry.key not in stored:
            parcel.state, parcel.wait = State.WAITING, wait_seconds(parcel.attempts, sender.chance())


def _count_near_deadline(waiting: Iterable[Parcel], sender: Sender) -> None:
    """Count those that Meta will refuse within a day."""
    limit = sender.clock() + _NEAR_SECONDS
    sender.telemetry.count(Metric.EVENTS_NEAR_DEADLINE, sum(parcel.entry.deadline < limit for parcel in waiting))


def _report(parcels: Sequence[Parcel], sender: Sender) -> None:
    """Count what became of every event of the batch."""
    now, telemetry = sender.clock(), sender.telemetry
    ours = [parcel for parcel in parcels if not parcel.repeated]
    waiting = [parcel for parcel in parcels if parcel.state is State.WAITING]
    telemetry.count(Metric.EVENTS_DELIVERED, sum(parcel.state is State.DELIVERED for parcel in ours))
    telemetry.count(Metric.EVENTS_WITHDRAWN, sum(parcel.state is State.WITHDRAWN for parcel in ours))
    telemetry.count(Metric.EVENTS_DEAD, sum(parcel.state is State.DEAD for parcel in ours))
    telemetry.count(
        Metric.EVENTS_EXPIRED, sum(parcel.state is State.DEAD and parcel.slug == "expired" for parcel in ours)
    )
    _count_near_deadline(waiting, sender)
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
