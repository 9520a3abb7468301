"""What each signal of an event says about consent, by itself: allow, deny, or nothing that counts. Pure and total.

``decide`` weighs the signals against each other. A signal that is broken, too old, or shows no act of the person is
``unknown``: it never allows and never contradicts, and its reason is given when nothing else decides.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from sluice.consent import additional_consent, gpp, tcf, tcf_gate, token
from sluice.consent.cmp import CmpReading, read, read_customer_privacy
from sluice.consent.cmp_api import CmpAnswer
from sluice.consent.consent_mode import decode_gcd, decode_gcs, marketing
from sluice.consent.ledger import MAX_AFTER_EVENT_SECONDS, is_outdated, is_too_old
from sluice.consent.malformed import Malformed
from sluice.consent.note import Note, parse_note
from sluice.event import Consent, Signals
from sluice.policy import ConsentPolicy
from sluice.settings import Secret

MAX_AHEAD_SECONDS: Final = 60
"""A decision dated further ahead than this was not made yet."""
_MAX_NAME_CHARACTERS: Final = 256
"""What withdrawals take as an id; an event kept under another name could never be withdrawn."""

_NOTHING: Final = Consent()

Verdict = Literal["allow", "deny", "unknown"]


class Said(NamedTuple):
    """What one signal says. ``at``: when the person decided, if the signal knows. ``reason``: empty for allow."""

    basis: str
    verdict: Verdict
    reason: str = ""
    at: int | None = None
    evidence: str = ""

    def __repr__(self) -> str:
        """Without the evidence, which is personal."""
        return f"Said({self.basis!r}, {self.verdict!r}, {self.reason!r}, at={self.at!r})"


class Case(NamedTuple):
    """The event that is decided about, and everything the decision may look at.

    ``subjects``: the subject keys of the event; None when nobody asked for them (`sluice consent explain` without
    ``user_data``). ``country``, ``state``: where the person is, as far as somebody trusted knows. ``public_ip``: the
    client's public address is sent. ``consent_keys``: the dataset's, by id. ``answer``: of the consent tool's own
    service, once it was asked.
    """

    signals: Signals
    readings: Sequence[CmpReading]
    policy: ConsentPolicy
    dataset: str
    consent_keys: Mapping[str, Secret]
    subjects: Sequence[str] | None
    event_time: int
    now_seconds: int
    country: str | None = None
    state: str | None = None
    public_ip: bool = False
    answer: CmpAnswer | None = None

    def __repr__(self) -> str:
        """Without anything that came with the event."""
        return f"Case(dataset={self.dataset!r}, event_time={self.event_time!r}, now_seconds={self.now_seconds!r})"


def read_tools(signals: Signals, policy: ConsentPolicy) -> list[CmpReading]:
    """What the consent tools said that left cookies (or Shopify's object) with the event."""
    given = signals.given
    if given is None or (given.cookies is None and given.shopify is None):
        return []
    readings = read(given.cookies, policy.cookies) if given.cookies else []
    return readings if given.shopify is None else [*readings, read_customer_privacy(given.shopify)]


def names(signals: Signals, readings: Sequence[CmpReading]) -> list[tuple[str, str]]:
    """What names the person beside the match keys, by kind: ids of consent tools and a shop's checkout token."""
    notes = [note.consent_id for note in map(parse_note, signals.notes) if note]
    ids = [*(reading.consent_id for reading in readings), *notes]
    found = [*signals.named_by, *(("cmp", text) for text in ids if text)]
    stripped = dict.fromkeys((kind, text.strip()) for kind, text in found)
    return [(kind, text) for kind, text in stripped if _is_name(text)]


def _is_name(text: str) -> bool:
    """Whether a withdrawal can give the text. U+FFFD stands for a byte that was lost."""
    if not 0 < len(text) <= _MAX_NAME_CHARACTERS:
        return False
    return not any(letter == "\ufffd" or unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)


def hear(case: Case) -> list[Said]:
    """Every signal of the event, highest rank first, each by the policy: a refusal always counts."""
    accepted = case.policy.accepted_signals
    heard = list(_each(case))
    for at, said in enumerate(heard):
        if said.verdict == "allow" and said.basis not in accepted:
            heard[at] = said._replace(verdict="unknown", reason="signal_not_accepted")
    return heard


def _each(case: Case) -> Iterator[Said]:
    """The signals in the order of their rank."""
    given = case.signals.given or _NOTHING
    notes = {text: parse_note(text) for text in case.signals.notes}
    if given.token is not None or notes:
        for text in strings(given.token, [note.token for note in notes.values() if note]):
            yield _token(text, case)
    if case.answer:
        verdict, reason, at, _, raw = case.answer
        yield _timed(Said("cmp_api", verdict, reason, at, raw), given.text_version, case)
    if (given.tcf, given.gpp, given.cookies) != (None, None, None) or case.readings:
        for text in _tc_strings(given, case.readings):
            yield _tc_string(text, given, case)
    for reading in case.readings:
        yield _tool(reading, given, case)
    if given.gcd is not None or given.gcs is not None:
        yield from _consent_mode(given, case)
    for text, note in notes.items():
        yield _note(text, note, case)
    if given.granted is not None:
        yield _flag(given, case)


def gpp_strings(given: Consent, readings: Sequence[CmpReading]) -> list[str]:
    """The different GPP strings of an event: given, or in a consent tool's cookie."""
    return strings(given.gpp, [reading.gpp for reading in readings])


def cookie(given: Consent, name: str) -> str | None:
    """The value of a cookie of that name; None without one."""
    return given.cookies.get(name) if given.cookies else None


def strings(given: str | None, carried: Iterable[str | None]) -> list[str]:
    """The different strings of one kind that came with an event."""
    return list(dict.fromkeys(text for text in (given, *carried) if text is not None))


def _token(text: str, case: Case) -> Said:
    expected = token.Expected(case.dataset, case.subjects, case.policy.required_purposes, case.now_seconds)
    claims = token.verify(text, case.consent_keys, expected)
    if isinstance(claims, Malformed):
        return Said("token", "unknown", claims.code, None, text)
    if claims.dec == "deny":
        return Said("token", "deny", "denied", claims.dts, text)
    return _timed(Said("token", "allow", "", claims.dts, text), claims.txt, case)


def _tc_strings(given: Consent, readings: Sequence[CmpReading]) -> list[str]:
    """The TC strings: given, in the customary cookie, inside a GPP string, or carried in a consent tool's cookie."""
    found = [cookie(given, "euconsent-v2"), *(reading.tc_string for reading in readings)]
    for text in gpp_strings(given, readings):
        string = gpp.decode(text)
        if not isinstance(string, Malformed):
            found.append(string.tc_string)
    return strings(given.tcf, found)


def _tc_string(text: str, given: Consent, case: Case) -> Said:
    """One TC string with the AC string beside it. Missing evidence for Meta alone is no refusal by the person."""
    acs = strings(given.ac, [cookie(given, "addtl_consent"), *(reading.ac_string for reading in case.readings)])
    evidence = "\n".join([text, *acs])
    tc = tcf.decode(text)
    if isinstance(tc, Malformed):
        return Said("tcf", "unknown", f"tcf_malformed:{tc.code}", None, evidence)
    ac = additional_consent.decode(acs[0]) if len(acs) == 1 else None
    refusal = tcf_gate.refusal(
        tc,
        None if isinstance(ac, Malformed) else ac,
        required_purposes=case.policy.required_purposes,
        meta_vendor=case.policy.require_meta_vendor,
        custom_vendors=[vendor for reading in case.readings for vendor in reading.custom_vendors],
        max_age_days=case.policy.max_consent_age_days,
        now_seconds=case.now_seconds,
    )
    if refusal is None:
        decided_at = min(tc.last_updated, case.now_seconds)  # the gate lets a string be a day ahead
        return _timed(Said("tcf", "allow", "", decided_at, evidence), given.text_version, case)
    refused = refusal.slug in {"tcf_purpose_missing", "publisher_restriction"}
    return Said("tcf", "deny" if refused else "unknown", refusal.slug, tc.last_updated, evidence)


def _tool(reading: CmpReading, given: Consent, case: Case) -> Said:
    """A consent tool's cookies count until the tool asks again."""
    said = Said("cookie", reading.says, reading.reason, reading.at, reading.raw)
    if said.verdict == "allow" and reading.expires_at is not None and reading.expires_at <= case.now_seconds:
        return said._replace(verdict="unknown", reason="consent_expired")
    return _timed(said, given.text_version or reading.text_version, case)


def _consent_mode(given: Consent, case: Case) -> Iterator[Said]:
    """``gcd`` may allow; ``gcs`` does not say whether the person acted, so it can only refuse."""
    for basis, text, decode in (("gcd", given.gcd, decode_gcd), ("gcs", given.gcs, decode_gcs)):
        letters = Malformed("") if text is None else decode(text)
        if not isinstance(letters, Malformed):
            answer, reason = marketing(letters)
            yield _timed(Said(basis, answer, reason or "", None, text or ""), given.text_version, case)


def _note(text: str, note: Note | None, case: Case) -> Said:
    """A note counts when it says granted, and was written before the order. A refusal counts also if it is broken."""
    if note is None and "marketing=denied" not in text:
        return Said("note", "unknown", "note_unreadable", None, text)
    if note is None:
        return Said("note", "deny", "denied", None, text)
    if note.marketing != "granted":
        return Said("note", "deny" if note.marketing == "denied" else "unknown", "denied", note.at, text)
    if note.at > min(case.signals.ordered_at or case.event_time, case.event_time):
        return Said("note", "unknown", "consent_after_event", note.at, text)
    return _timed(Said("note", "allow", "", note.at, text), None, case)


def _flag(given: Consent, case: Case) -> Said:
    """A flag counts from an authenticated server, where the policy takes it, with the time of the decision."""
    flag = {"granted": given.granted, "at": given.at, "text_version": given.text_version}
    evidence = msgspec.json.encode(flag).decode()
    if not given.granted:
        return Said("flag", "deny", "denied", given.at, evidence)
    if not case.policy.allow_boolean_flag or case.signals.from_browser:
        return Said("flag", "unknown", "flag_not_permitted", given.at, evidence)
    if given.at is None:
        return Said("flag", "unknown", "flag_without_time", None, evidence)
    return _timed(Said("flag", "allow", "", given.at, evidence), given.text_version, case)


def _timed(said: Said, text_version: str | None, case: Case) -> Said:
    """The signal, or why a decision of that time and text does not count for the event."""
    if said.verdict != "allow":
        return said
    reason = None
    if is_outdated(text_version, case.policy.min_text_version):
        reason = "text_outdated"
    elif said.at is None:
        pass
    elif said.at > case.now_seconds + MAX_AHEAD_SECONDS:
        reason = "consent_in_future"
    elif is_too_old(said.at, case.policy.max_consent_age_days, case.now_seconds):
        reason = "consent_expired"
    elif said.at > case.event_time + MAX_AFTER_EVENT_SECONDS:
        reason = "consent_after_event"
    return said._replace(verdict="unknown", reason=reason) if reason else said
