"""One event's story: what is known of it from the delivery table and the queues, in order, and what happens next."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cli.delivery_items import Item, evidence
from cli.delivery_items import meaning as meaning_of
from cli.letters import Letter, as_json, code_meaning, facts_of, meaning
from cli.times import iso
from sluice.delivery.breaker import CLOSED, Breaker
from sluice.outside.deliveries import LEASE_SECONDS

_HALTED: Final = {
    "meta_refuses_token": "Meta refuses its token. Put a new one into the settings: `sluice settings edit`.",
    "meta_refuses_dataset": "Meta refuses the dataset or a permission. Mend that in Meta's Business settings.",
    "unknown_dataset": "The dataset is not in the settings. Put it back: `sluice settings edit`.",
}
_FEWER: Final = "meta_received_fewer"
_BROUGHT_BACK: Final = "Each minute the steward asks Meta, and brings it back as soon as Meta answers."


@dataclasses.dataclass(frozen=True)
class Story:
    """One event by its delivery key: its delivery item, its dead letter and the message that holds it, where they are.

    There is an item, or a letter, or a message. ``breakers``: those that are not closed, by dataset. ``saw_all``:
    whether every dead letter was looked at.
    """

    key: str
    item: Item | None
    letter: Letter | None
    held: Letter | None
    breakers: Mapping[str, Breaker]
    saw_all: bool

    @property
    def breaker(self) -> Breaker:
        """The breaker of its dataset."""
        return self.breakers.get(str(self.facts["dataset"]), CLOSED)

    @property
    def facts(self) -> dict[str, Any]:
        """Evidence of the delivery item, or as much of it as the message holds."""
        message = self.letter or self.held
        return facts_of(message, self.key) if message and not self.item else evidence(self.item or {})

    def number(self, name: str) -> int:
        """A number of the delivery item; 0 when it has none."""
        return int(self.item[name]["N"]) if self.item and name in self.item else 0


def story_as_json(story: Story, now: int) -> dict[str, Any]:
    """The story as JSON values, times in ISO 8601; what is not known is absent."""
    times = {name: story.number(name) for name in ("next_attempt_at", "lease_until", "unknown_since")}
    shown = {**story.facts, **{name: iso(at) for name, at in times.items() if at}}
    if story.letter:
        shown["dead_letter"] = as_json(story.letter)
    if story.held:
        shown["held_since"] = iso(story.held.sent_at)
    if story.breaker != CLOSED:
        shown["breaker"] = {"state": story.breaker.state, "slug": story.breaker.slug, "since": iso(story.breaker.since)}
    return {**shown, "next": what_next(story, now)}


def timeline(story: Story) -> list[tuple[str, str]]:
    """Moments in ISO 8601, each with what happened then, in order."""
    return sorted(_moments(story), key=lambda moment: moment[0])


def _moments(story: Story) -> Iterator[tuple[str, str]]:
    facts = story.facts
    if "consent_at" in facts:
        yield facts["consent_at"], "The person agreed."
    yield facts["accepted_at"], f"Accepted from {facts['source']}."
    yield facts["decided_at"], f"Allowed: {facts['reason']}. {meaning_of(facts['reason'])}"
    if since := story.number("unknown_since"):
        yield iso(since), "Sent without an answer: Meta may have it since then."
    if "settled_at" in facts:
        yield facts["settled_at"], _settled(facts)
    if facts.get("state") == "claimed":
        started = iso(story.number("lease_until") - LEASE_SECONDS)
        yield started, f"A sender took it up, attempt {facts['attempts']}."
    if story.breaker.state == "open":
        yield iso(story.breaker.since), f"Sending for the dataset was halted: {story.breaker.slug}."
    if story.held:
        yield iso(story.held.sent_at), "Put into the hold queue."
    if story.letter:
        yield iso(story.letter.given_up_at), f"Put into the dead-letter queue as {story.letter.short_id}."


def _settled(facts: dict[str, Any]) -> str:
    """How the last attempt ended."""
    attempts = facts["attempts"]
    trace = f" Meta's fbtrace_id: {facts['fbtrace_id']}." if "fbtrace_id" in facts else ""
    failure = _failure(facts)
    match facts["state"]:
        case "delivered" if facts.get("slug") == _FEWER:
            return f"Delivered, attempt {attempts}, but Meta counted fewer events than the request held.{trace}"
        case "delivered":
            before = f" An attempt before had failed: {failure}." if failure else ""
            return f"Delivered, attempt {attempts}.{trace}{before}"
        case "withdrawn":
            return f"Withdrawn before attempt {attempts} was sent: {failure}. {meaning_of(str(facts.get('slug')))}"
        case "dead":
            return f"Given up after attempt {attempts}: {failure}.{trace}"
        case "claimed":
            return f"Attempt {attempts - 1} failed: {failure}.{trace}"
    return f"Attempt {attempts} failed: {failure}.{trace}"


def _failure(facts: dict[str, Any]) -> str:
    """The last failure with Meta's code."""
    slug = str(facts.get("slug", ""))
    if "code" not in facts:
        return slug
    subcode = f" subcode {facts['subcode']}" if "subcode" in facts else ""
    return f"{slug} code {facts['code']}{subcode} ({code_meaning(facts['code'], facts.get('subcode')).rstrip('.')})"


def what_next(story: Story, now: int) -> str:
    """What happens to the event from now on, and what an operator can do."""
    facts, letter = story.facts, story.letter
    state = facts.get("state")
    if state == "delivered":
        left_over = f" Its dead letter is left over: `sluice dead drop {letter.short_id}`." if letter else ""
        if facts.get("slug") == _FEWER:
            return f"Nothing: Meta may lack it. Nobody knows which it left out, so none is sent again.{left_over}"
        return f"Nothing: Meta has it.{left_over}"
    if state == "withdrawn":
        again = "also if it comes again" if facts.get("slug") == "withdrawn" else "unless it comes again"
        return f"Nothing: it is not sent, {again}."
    if letter:
        return f"Nothing by itself. {_about_letter(story, letter, now)}"
    if state == "dead":
        return _without_letter(story)
    if story.breaker.state == "open":
        where = "It waits in the hold queue" if story.held else "It waits, or is on its way to the hold queue"
        why = _HALTED.get(story.breaker.slug, "Meta does not take its requests.")
        return f"{where}: nothing is sent for its dataset now. {why} {_BROUGHT_BACK}"
    if story.held:
        return "It waits in the hold queue, though its dataset is open: the steward's log says why it is still there."
    if state == "claimed":
        return _claimed(story.number("lease_until"), now)
    due = story.number("next_attempt_at")
    if due > now:
        return f"A sender tries it again at {iso(due)}."
    return f"It was due at {iso(due)}. If it stays so for an hour, the sender's log says why."


def _about_letter(story: Story, letter: Letter, now: int) -> str:
    """What can be done with its dead letter."""
    deadline = facts_of(letter, story.key)["meta_takes_it_until"]
    if deadline < iso(now):
        return f"Meta takes it no more. Drop it: `sluice dead drop {letter.short_id}`."
    until = min(deadline, iso(letter.leaves_at))
    return f"{meaning(letter)} Until {until}: `sluice dead redrive {letter.short_id}`, or `sluice dead drop`."


def _without_letter(story: Story) -> str:
    """It was given up, and its letter is not there."""
    if not story.saw_all:
        return "It was given up. Its dead letter was not among those that could be read; try again in 15 minutes."
    return (
        "It was given up, and its dead letter is gone: dropped, over 14 days old, or redriven just now. "
        "In the last case a sender takes it up within minutes."
    )


def _claimed(lease_until: int, now: int) -> str:
    """A sender has it."""
    if lease_until >= now:
        return "A sender works on it now. Look again in two minutes."
    return "Its sender ended before it could note the result. The queue shows it again, and another sender goes on."
