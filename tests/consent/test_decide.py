"""The decision: default deny."""

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.cmp import CmpReading
from sluice.consent.decide import Decision, decide, no_policy, policy_version
from sluice.consent.ledger import Standing
from sluice.consent.reasons import REASONS
from sluice.consent.regions import Ldu
from sluice.consent.signals import Case, hear, names, read_tools
from sluice.consent.token import Claims, mint
from sluice.event import Consent, Signals
from sluice.policy import ConsentPolicy
from sluice.settings import Secret
from tests.consent.tc_strings import bit_field, changed, tc_string
from tests.samples import DATASET, NOW
from tests.strategies import any_text, json_values, seconds

DAY = 86_400
EVENT = NOW - 3_600
SUBJECT = "A" * 22
KEYS = {"k1": Secret("consent-key-of-the-shop")}
FLAG = {"granted": True, "at": EVENT}
NOTE = "marketing=granted;ts=2026-11-20T17:00:00Z;src=cmp"  # 40 minutes before the event
NOTE_AT = NOW - 6_000
AC = {"ac": "2~43.89~dv.7"}
COOKIE = {"cookies": {"cmplz_marketing": "allow", "cmplz_banner-status": "dismissed"}}
REFUSED_COOKIE = {"cookies": {"cmplz_marketing": "deny", "cmplz_banner-status": "dismissed"}}
CC = '{"categories":["marketing"],"expirationTime":%d000}'
BORLABS = '{"consents":{"marketing":["meta-pixel"]},"expires":"Sat, 20 Nov %d 09:00:00 GMT"}'
VERSIONED = {"cookies": {"cmplz_marketing": "allow", "cmplz_policy_id": "42"}}
GCD = {"gcd": "11r1r1r1r5"}


def tc_of(at: int, *purposes: int) -> str:
    """A TC string of that day with consent for these purposes."""
    midnight = at // DAY * DAY * 10
    consented = bit_field(24, purposes or (1, 3, 4, 7))
    fields = {"created_deciseconds": midnight, "last_updated_deciseconds": midnight, "purposes_consent": consented}
    return tc_string(changed(**fields))


TC, NO_PURPOSES = tc_of(NOW), tc_of(NOW, 1, 3)


def token(**changes: Any) -> dict[str, str]:
    """A signed token for the event's person."""
    claims: dict[str, Any] = {
        "v": 1, "kid": "k1", "aud": DATASET, "sub": SUBJECT, "dec": "grant", "dts": EVENT - 60, "iat": EVENT,
        "exp": NOW + DAY, "jti": "1",
    }  # fmt: skip
    return {"token": mint(Claims(**(claims | changes)), KEYS["k1"])}


def policy(**keys: Any) -> ConsentPolicy:
    """A policy as the settings have it; it takes flags unless it says otherwise."""
    return msgspec.convert({"allow_boolean_flag": True, **keys}, ConsentPolicy)


def case(
    given_consent: dict[str, Any] | None = None, rules: ConsentPolicy | None = None, /, *notes: str, **changes: Any
) -> Case:
    """An event of an hour ago with one subject key, from a German visitor unless ``changes`` say otherwise."""
    signals = Signals(
        given=Consent(**given_consent) if given_consent is not None else None,
        notes=notes,
        sec_gpc=changes.pop("sec_gpc", None),
        from_browser=changes.pop("from_browser", False),
    )
    rules = rules or policy()
    known: dict[str, Any] = {"subjects": [SUBJECT], "event_time": EVENT, "now_seconds": NOW, "country": "DE"}
    return Case(signals, read_tools(signals, rules), rules, DATASET, KEYS, **(known | changes))


US = {"country": "US", "state": "CA", "public_ip": True}
US_RULES = policy(mode="us_opt_out")
CUSTOM = policy(mode="custom", regions_strict=["BR"])

TABLE: list[tuple[Case, str]] = [
    # Nothing said.
    (case(), "no_signal"),
    (case({}), "no_signal"),
    # The plain flag.
    (case(FLAG), "ok_flag"),
    (case(FLAG, policy(allow_boolean_flag=False)), "flag_not_permitted"),
    (case(FLAG, from_browser=True), "flag_not_permitted"),
    (case(FLAG, policy(accepted_signals=["token"])), "signal_not_accepted"),
    (case({"granted": True}), "flag_without_time"),
    (case({"granted": False, "at": EVENT}), "denied"),
    (case({"granted": False}, policy(allow_boolean_flag=False)), "denied"),
    (case({"granted": True, "at": EVENT + 300}), "ok_flag"),
    (case({"granted": True, "at": EVENT + 301}), "consent_after_event"),
    (case({"granted": True, "at": NOW + 60}), "consent_after_event"),
    (case({"granted": True, "at": NOW + 61}), "consent_in_future"),
    (case({"granted": True, "at": NOW - 395 * DAY}), "ok_flag"),
    (case({"granted": True, "at": NOW - 395 * DAY - 1}), "consent_expired"),
    (case({"granted": True, "at": NOW - 180 * DAY - 1}, policy(max_consent_age_days=180)), "consent_expired"),
    (case({"granted": True, "at": -1}), "consent_expired"),
    (case({**FLAG, "text_version": "3"}, policy(min_text_version="3")), "ok_flag"),
    (case({**FLAG, "text_version": "2"}, policy(min_text_version="10")), "text_outdated"),
    (case(FLAG, policy(min_text_version="3")), "text_outdated"),
    # The note of an order.
    (case(None, None, NOTE), "ok_note"),
    (case(None, None, NOTE, NOTE), "ok_note"),
    (case(None, policy(accepted_signals=["token", "flag"]), NOTE), "signal_not_accepted"),
    (case(None, None, NOTE.replace("granted", "denied")), "denied"),
    (case(None, None, NOTE.replace("granted", "unknown")), "denied"),
    (case(None, None, "marketing=granted"), "note_unreadable"),
    (case(None, None, ""), "note_unreadable"),
    (case(None, None, "marketing=granted;ts=2026-11-20T17:40:00Z"), "ok_note"),
    (case(None, None, "marketing=granted;ts=2026-11-20T17:40:01Z"), "consent_after_event"),
    (case(None, None, "marketing=granted;ts=2025-01-01T00:00:00Z"), "consent_expired"),
    (case(None, None, NOTE, NOTE.replace("granted", "denied")), "signal_conflict"),
    (case(None, None, f"{NOTE};token={token()['token']}"), "ok_token"),
    (case(None, None, f"{NOTE};token={token(dec='deny')['token']}"), "signal_conflict"),
    # Signed tokens.
    (case(token()), "ok_token"),
    (case(token(), from_browser=True), "ok_token"),
    (case(token(dec="deny")), "denied"),
    (case(token(sub="B" * 22)), "token_wrong_subject"),
    (case(token(aud="1")), "token_wrong_pixel"),
    (case(token(exp=NOW - DAY)), "token_expired"),
    (case({**FLAG, **token(exp=NOW - DAY, dec="deny")}), "signal_conflict"),
    (case(token(pur=[1])), "token_purpose_missing"),
    (case({"token": "v1.x.y"}), "token_malformed"),
    (case({"token": token()["token"] + "A"}), "token_bad_mac"),
    (case(token(dts=EVENT + 301)), "consent_after_event"),
    (case(token(dts=NOW - 396 * DAY)), "consent_expired"),
    (case(token(txt="1"), policy(min_text_version="2")), "text_outdated"),
    # TC and AC strings.
    (case({"tcf": TC, **AC}), "ok_tcf"),
    (case({"tcf": TC}), "meta_vendor_missing"),
    (case({"tcf": TC, "ac": "2~43~dv.89"}), "meta_vendor_missing"),
    (case({"tcf": TC, "ac": "junk"}), "meta_vendor_missing"),
    (case(AC), "no_signal"),
    (case({"tcf": NO_PURPOSES, **AC}), "tcf_purpose_missing"),
    (case({"tcf": NO_PURPOSES, **AC}, policy(required_purposes=[1, 3])), "ok_tcf"),
    (case({"tcf": TC[:20], **AC}), "tcf_malformed:truncated"),
    (case({"tcf": "", **AC}), "tcf_malformed:empty_segment"),
    (case({"tcf": tc_of(NOW - 400 * DAY), **AC}), "tcf_stale"),
    (case({"tcf": tc_of(NOW + 2 * DAY), **AC}), "tcf_future"),
    (case({"tcf": TC, **AC}, event_time=NOW - 3 * DAY), "consent_after_event"),
    (case({"gpp": f"DBABMA~{TC}", **AC}), "ok_tcf"),
    (case({"cookies": {"euconsent-v2": TC, "addtl_consent": AC["ac"]}}), "ok_tcf"),
    # Consent tools, and Google's consent mode.
    (case(COOKIE), "ok_cookie"),
    (case(COOKIE, policy(accepted_signals=["tcf"])), "signal_not_accepted"),
    (case(REFUSED_COOKIE), "denied"),
    (case({"cookies": {"CookieConsent": "-1"}}), "cookie_no_user_act"),
    (case({"cookies": {"klaro": "{"}}), "cookie_unparsable"),
    (case({"cookies": {"cc_cookie": CC % (NOW + 1)}}), "ok_cookie"),
    (case({"cookies": {"cc_cookie": CC % NOW}}), "consent_expired"),
    (case({"cookies": {"borlabs-cookie": BORLABS % 2027}}), "ok_cookie"),
    (case({"cookies": {"borlabs-cookie": BORLABS % 2025}}), "consent_expired"),
    (case({**VERSIONED, "text_version": "1"}, policy(min_text_version="2")), "text_outdated"),
    (case(VERSIONED, policy(min_text_version="2")), "ok_cookie"),
    (case({"shopify": {"marketing": "yes"}}), "ok_cookie"),
    (case({"shopify": {"marketingAllowed": True}}), "cookie_no_user_act"),
    (case({"cookies": {"unknown": "1"}}), "no_signal"),
    (case(GCD), "signal_not_accepted"),
    (case(GCD, policy(accepted_signals=["gcd"])), "ok_gcd"),
    (case({"gcd": "11t1t1t1t5"}, policy(accepted_signals=["gcd"])), "gcd_default_only"),
    (case({"gcd": "11p1p1p1p5"}), "denied"),
    (case({"gcs": "G111"}), "no_signal"),
    (case({"gcs": "G100"}), "denied"),
    (case({"gcs": "?", "gcd": "?"}), "no_signal"),
    # Several signals: a broken one neither allows nor contradicts, a refusal contradicts.
    (case({**FLAG, "tcf": "junk!"}), "ok_flag"),
    (case({**FLAG, **token(), "tcf": TC, **AC}), "ok_token"),
    (case({**FLAG, **REFUSED_COOKIE}), "signal_conflict"),
    (case({**token(), "tcf": NO_PURPOSES}), "signal_conflict"),
    (case({**FLAG, "gcs": "G100"}), "signal_conflict"),
    (case({"granted": False, **token()}), "signal_conflict"),
    (case({**token(dec="deny"), "granted": False}), "denied"),
    # An opt-out by the law of the United States is a refusal where the person must opt in.
    (case(FLAG, sec_gpc="1"), "signal_conflict"),
    (case({"usp": "1YYN"}), "denied"),
    (case({**FLAG, "usp": "1YNN"}), "ok_flag"),
    (case({**FLAG, "usp": "junk"}), "ok_flag"),
    # Nobody to withdraw.
    (case(FLAG, subjects=[]), "no_subject_key"),
    (case(None, None, NOTE, subjects=[]), "no_subject_key"),
    (case(FLAG, subjects=None), "ok_flag"),
    # The United States, in the mode for it and only there.
    (case(None, None, **US), "no_signal"),
    (case(None, US_RULES, **US), "ok_us"),
    (case(None, US_RULES, **US, subjects=[]), "ok_us"),
    (case(None, US_RULES), "no_signal"),
    (case(None, US_RULES, country=None), "unknown_region_no_signal"),
    (case(FLAG, US_RULES, **US), "ok_flag"),
    (case({"granted": False}, US_RULES, **US), "denied"),
    (case({**FLAG, **REFUSED_COOKIE}, US_RULES, **US), "signal_conflict"),
    (case(None, US_RULES, **US, sec_gpc="1"), "ok_us_ldu"),
    (case(None, US_RULES, **US, sec_gpc="0"), "ok_us"),
    (case({"usp": "1YYN"}, US_RULES, **US), "ok_us_ldu"),
    (case({"cookies": {"usprivacy": "1YYN"}}, US_RULES, **US), "ok_us_ldu"),
    (case({"usp": "1"}, US_RULES, **US), "ok_us_ldu"),
    (case({"gpp": "DBABLA~CVQVAAAAAACA.YA"}, US_RULES, **US), "ok_us_ldu"),
    (case({"gpp": "DBABLA~CVQ"}, US_RULES, **US), "ok_us_ldu"),
    (case({"shopify": {"saleOfDataAllowed": False}}, US_RULES, **US), "ok_us_ldu"),
    (case({"usp": "1YYN", **FLAG}, US_RULES, **US), "ok_us_ldu"),
    (case({"usp": "1YYN"}, policy(mode="us_opt_out", us_opt_out_action="drop"), **US), "us_opt_out_drop"),
    (case({"usp": "1YYN"}, US_RULES, country="US", state="VA"), "us_opt_out_unsupported_state"),
    (case({"usp": "1YYN"}, US_RULES, country="US", public_ip=True), "ok_us_ldu"),
    (case({"usp": "1YYN"}, US_RULES, country="US"), "us_opt_out_drop"),
    # Regions that the policy names.
    (case(None, CUSTOM), "no_signal"),
    (case(None, CUSTOM, country="CH"), "no_signal"),
    (case(None, CUSTOM, country="BR"), "no_signal"),
    (case(None, CUSTOM, country=None), "unknown_region_no_signal"),
    (case(None, CUSTOM, country="JP"), "ok_region"),
    (case(None, CUSTOM, country="US"), "ok_us"),
    (case({"granted": False}, CUSTOM, country="JP"), "denied"),
    (case({"usp": "1YYN"}, CUSTOM, **US), "us_opt_out_drop"),
    (case(REFUSED_COOKIE, policy(mode="custom", regions_strict=[]), country="GB"), "denied"),
]


@pytest.mark.parametrize(("event", "reason"), TABLE)
def test_reason(event: Case, reason: str) -> None:
    """Each combination of signals, policy and place has one reason, and only ``ok`` allows."""
    decision = decide(event)
    assert (decision.reason, decision.allow) == (reason, reason.startswith("ok_"))
    assert reason.partition(":")[0] in REASONS


@pytest.mark.parametrize(
    ("state", "ip", "ldu"),
    [("CA", False, Ldu(["LDU"], 1, 1000)), ("TX", True, Ldu(["LDU"], 1, 1005)), (None, True, Ldu(["LDU"], 0, 0))],
)
def test_limited_data_use(state: str | None, ip: bool, ldu: Ldu) -> None:
    """An opt-out that is sent names its state to Meta, or lets Meta find it from the address."""
    decision = decide(case(None, US_RULES, country="US", state=state, public_ip=ip, sec_gpc="1"))
    assert (decision.ldu, decision.basis) == (ldu, "us")


@pytest.mark.parametrize(
    ("event", "standing", "reason"),
    [
        (case(), Standing(), "no_signal"),
        (case(), Standing(granted_at=EVENT, expires_at=NOW + 1), "ok_ledger"),
        (case({"tcf": "junk!"}), Standing(granted_at=EVENT, expires_at=NOW + 1), "ok_ledger"),
        (case({"tcf": "junk!"}), Standing(), "tcf_malformed:bad_character"),
        (case(), Standing(granted_at=EVENT, expires_at=NOW), "consent_expired"),
        (case(None, policy(max_consent_age_days=180)), Standing(NOW - 300 * DAY, 0, NOW + DAY), "consent_expired"),
        (case(), Standing(granted_at=EVENT + 301, expires_at=NOW + 1), "consent_after_event"),
        (case(), Standing(refused_at=EVENT), "withdrawn"),
        (case(), Standing(granted_at=EVENT - 2, refused_at=EVENT - 1, expires_at=NOW + 1), "withdrawn"),
        (case(None, policy(min_text_version="2")), Standing(EVENT, 0, NOW + 1, "1"), "text_outdated"),
    ],
)
def test_the_ledger_is_asked_when_signals_decide_nothing(event: Case, standing: Standing, reason: str) -> None:
    """Without a signal that counts, a grant in the ledger allows; what it holds against it is marked so."""
    assert decide(event).undecided
    decision = decide(event, standing)
    assert (decision.reason, decision.allow) == (reason, reason == "ok_ledger")
    assert decision.by_ledger == (reason in {"consent_expired", "consent_after_event", "withdrawn", "text_outdated"})
    if decision.allow:
        assert (decision.basis, decision.consent_at) == ("ledger", EVENT)


@pytest.mark.parametrize(
    "event",
    [
        case(FLAG),
        case({"granted": False}),
        case({**FLAG, **REFUSED_COOKIE}),
        case(subjects=[]),
        case(None, policy(accepted_signals=["flag"])),
        case(None, US_RULES, **US),
    ],
)
def test_the_ledger_is_not_asked(event: Case) -> None:
    """Where the signals decide, nobody names the person, or the policy takes no ledger, the door does not look."""
    assert not decide(event).undecided


@pytest.mark.parametrize(
    ("given_id", "found"),
    [(" 4f2a ", ["4f2a"]), ("a" * 256, ["a" * 256]), ("a" * 257, []), ("a\ufffd", []), ("a\x07b", []), (" ", [])],
)
def test_names_that_a_withdrawal_can_give(given_id: str, found: list[str]) -> None:
    """A consent tool's id names the person only where a withdrawal can name them by it."""
    signals = Signals(given=Consent(**COOKIE))
    reading = CmpReading("complianz", "allow", "", "", consent_id=given_id)
    assert names(signals, [reading]) == [("cmp", text) for text in found]


def test_nothing_personal_is_printed() -> None:
    """A case, its readings and what was heard print no string of the person."""
    event = case({"cookies": {"cmplz_marketing": "allow", "cmplz_id": "jo-sample"}, "tcf": "jo-sample"})
    assert "jo-sample" not in f"{event!r}{event.readings!r}{hear(event)!r}"
    assert SUBJECT not in repr(event)


def test_event_dated_ahead() -> None:
    """Consent that was decided in the future does not count, whatever the event's own time says."""
    ahead = {"granted": True, "at": NOW + 61}
    assert decide(case(ahead, event_time=NOW + 61)).reason == "consent_in_future"
    assert decide(case(ahead | {"at": NOW + 60}, event_time=NOW + 61)).reason == "ok_flag"


def test_proof() -> None:
    """A decision says when, by whom and under which policy it was made, and can be shown to be about this signal."""
    assert decide(case(None, None, NOTE)) == Decision(
        allow=True,
        reason="ok_note",
        basis="note",
        policy_version=policy_version(policy()),
        decided_at=NOW,
        consent_at=NOTE_AT,
        evidence=hashlib.sha256(NOTE.encode()).hexdigest(),
    )


def test_nothing_to_prove() -> None:
    """Without a signal there is no evidence and no time of consent."""
    decision = decide(case())
    assert (decision.basis, decision.consent_at, decision.evidence) == ("none", None, None)


def test_no_policy() -> None:
    """A dataset without a policy sends nothing."""
    assert (no_policy(NOW).allow, no_policy(NOW).reason) == (False, "policy_missing")


def test_policy_version() -> None:
    """Another rule is another version; the same rule the same one."""
    assert policy_version(policy()) == policy_version(policy())
    assert policy_version(policy()) != policy_version(policy(max_consent_age_days=394))


def test_every_reason_is_reachable() -> None:
    """The tables here reach every reason but those that other tables have."""
    elsewhere = {
        "policy_missing", "ok_ledger", "withdrawn", "ledger_missing", "ok_cmp_api", "cmp_unreachable",
        "publisher_restriction", "tcf_policy_old", "tcf_not_service_specific", "tcf_no_disclosed_vendors",
    }  # fmt: skip
    assert {reason.partition(":")[0] for _, reason in TABLE} | elsewhere == REASONS.keys()


samples = [TC, NO_PURPOSES, AC["ac"], GCD["gcd"], "G111", "1YNN", token()["token"]]
texts = st.none() | any_text | st.sampled_from(samples)
cookies = st.dictionaries(st.sampled_from([*COOKIE["cookies"], "klaro", "OptanonConsent"]), any_text)
consents = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("token", "tcf", "ac", "gpp", "usp", "gcs", "gcd", "region", "text_version"), texts),
        "cookies": st.none() | cookies,
        "shopify": st.none() | st.dictionaries(st.sampled_from(["marketing", "marketingAllowed"]), json_values),
        "granted": st.none() | st.booleans(),
        "at": st.none() | st.integers(),
    },
)


@given(consents, st.lists(any_text | st.just(NOTE), max_size=3), st.booleans(), seconds, st.booleans(), seconds)
def test_default_deny(
    given_consent: dict[str, Any], notes: list[str], flags: bool, event_time: int, named: bool, now: int
) -> None:
    """Whatever the signals and the clock: a reason, and an allow only on evidence and for a named person."""
    decision = decide(
        case(
            given_consent,
            policy(allow_boolean_flag=flags),
            *notes,
            event_time=event_time,
            subjects=[SUBJECT] if named else [],
            now_seconds=now,
        )
    )
    assert decision.reason.partition(":")[0] in REASONS
    if decision.allow:
        assert named
        assert decision.evidence
        assert decision.consent_at is None or decision.consent_at <= now + 60
        assert decision.basis != "flag" or (flags and given_consent["granted"])
        assert decision.basis != "note" or NOTE in notes
