"""Consent of a browser: what it says itself, and that its answer betrays nothing that it did not say."""

from typing import Any

import pytest

from sluice.errors import Unavailable
from tests.collect.beacons import AGREED, FBP, REFUSED, beacon, page_event, shop
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, consent_request

COOKIES = "cmplz_marketing=allow; cmplz_banner-status=dismissed"
PERSON = {"em": "jo.sample@example.com"}


def american(**policy: Any) -> dict[str, Any]:
    """Settings of a shop that asks Americans to opt out."""
    whole = shop()
    whole["datasets"][DATASET]["consent"] = {"mode": "us_opt_out", **policy}
    return whole


@pytest.mark.parametrize(
    ("consent", "reasons"),
    [
        (AGREED, None),
        (REFUSED, ["denied"]),
        (None, ["no_signal"]),
        ({"granted": True, "at": NOW - 60}, ["flag_not_permitted"]),
        ({"granted": False, "at": NOW - 60}, ["denied"]),
        ({**AGREED, "granted": False}, ["signal_conflict"]),
    ],
    ids=str,
)
def test_page_s_consent(room: IngestRoom, consent: Any, reasons: list[str] | None) -> None:
    """A consent tool's cookies count; the plain flag of a page only refuses, whatever the policy says of servers."""
    body = room.collect(beacon(page_event(consent=consent))).body
    assert body == ({"reasons": reasons} if reasons else {})
    assert bool(room.queued) is (reasons is None)


@pytest.mark.parametrize(
    ("domain", "cookie", "consent", "allowed"),
    [
        ("shop.example", COOKIES, None, True),
        ("shop.example", COOKIES, {"region": "DE"}, True),
        ("shop.example", COOKIES, REFUSED, False),
        ("shop.example", COOKIES.replace("allow", "deny"), None, False),
        ("shop.example", COOKIES.replace("allow", "deny"), AGREED, False),
        ("shop.example", COOKIES.replace("dismissed", "show"), AGREED, False),
        ("shop.example", COOKIES.replace("allow", "maybe"), AGREED, False),
        ("shop.example", f"{COOKIES}; cmplz_marketing=deny", None, False),
        ("shop.example", f"cmplz_marketing=deny; {COOKIES}", None, False),
        ("shop.example", f"{COOKIES}; cmplz_marketing=deny; cmplz_marketing=allow", AGREED, False),
        ("shop.example", f"{COOKIES}; cmplz_marketing=%61llow; session=1; session=2", AGREED, True),
        ("shop.example", "cmplz_banner-status", None, False),
        (None, COOKIES, None, False),
    ],
)
def test_cookies_of_the_request(room: IngestRoom, domain: str | None, cookie: str, consent: Any, allowed: bool) -> None:
    """The request's cookies are read where pages and gateway share a domain; where two differ, all must agree."""
    room.configure(shop(cookie_domain=domain))
    room.collect(beacon(page_event(consent=consent), cookie=cookie))
    assert bool(room.queued) is allowed


@pytest.mark.parametrize(
    ("headers", "consent", "reasons"),
    [
        ({}, None, ["unknown_region_no_signal"]),
        ({"cloudfront_viewer_country": "US"}, None, None),
        ({"cloudfront_viewer_country": "US", "cloudfront_viewer_country_region": "CA"}, None, None),
        ({"cloudfront_viewer_country": "DE"}, None, ["no_signal"]),
        ({"cloudfront_viewer_country": "US"}, {"region": "DE"}, ["unknown_region_no_signal"]),
        ({}, {"region": "US"}, ["unknown_region_no_signal"]),
        ({"cloudfront_viewer_country": "DE"}, {"region": "US"}, ["unknown_region_no_signal"]),
        ({"cloudfront_viewer_country": "?"}, None, ["unknown_region_no_signal"]),
    ],
)
def test_region(room: IngestRoom, headers: dict[str, str], consent: Any, reasons: list[str] | None) -> None:
    """CloudFront says where the visitor is; what the page says of it can only make that stricter."""
    room.configure(american())
    assert room.collect(beacon(page_event(consent=consent), **headers)).body.get("reasons") == reasons


@pytest.mark.parametrize(("state", "options"), [("CA", (["LDU"], 1, 1000)), (None, None), ("VA", None)])
def test_global_privacy_control(room: IngestRoom, state: str | None, options: Any) -> None:
    """The browser's Sec-GPC header is an opt-out; without state and address, or where Meta has no code, not sent."""
    room.configure(american())
    places = {"cloudfront_viewer_country": "US", "cloudfront_viewer_country_region": state}
    room.collect(beacon(page_event(consent=None), sec_gpc="1", **places))
    assert len(room.queued) == (options is not None)
    for envelope in room.queue.envelopes:
        ldu = envelope.entries[0].decision.ldu
        assert ldu is not None
        assert tuple(ldu) == options


@pytest.mark.parametrize(("cookie", "page"), [("1YYN", "1YNN"), ("1YNN", "1YYN"), ("1YNN; usprivacy=1YYN", "1YNN")])
def test_opt_out_in_one_of_two_cookies(room: IngestRoom, cookie: str, page: str) -> None:
    """An American opt-out limits the event wherever it stands."""
    whole = american()
    whole["datasets"][DATASET]["collect"] = {"cookie_domain": "shop.example"}
    room.configure(whole)
    places = {"cloudfront_viewer_country": "US", "cloudfront_viewer_country_region": "CA"}
    consent = {"cookies": {"usprivacy": page}}
    room.collect(beacon(page_event(consent=consent), cookie=f"usprivacy={cookie}", **places))
    (envelope,) = room.queue.envelopes
    assert envelope.entries[0].decision.reason == "ok_us_ldu"


def test_global_privacy_control_where_opt_in_is_needed(room: IngestRoom) -> None:
    """Sec-GPC refuses, also beside a consent tool's yes."""
    assert room.collect(beacon(page_event(), sec_gpc="1")).body == {"reasons": ["signal_conflict"]}


@pytest.mark.parametrize("decision", ["grant", "deny", None])
def test_the_ledger_is_not_betrayed(room: IngestRoom, decision: str | None) -> None:
    """Whoever forges a beacon about a stranger cannot tell what the ledger holds: answer and cookies are the same."""
    room.configure(shop(contact_keys=True, cookie_domain="shop.example"))
    if decision:
        room.tell(consent_request(user_data=PERSON, decision=decision, at=NOW - 60))
    answer = room.collect(beacon(page_event(user_data=PERSON, consent=None)))
    assert (answer.body, answer.cookies) == ({"reasons": ["no_signal"]}, ())
    assert bool(room.queued) is (decision == "grant")


def test_an_id_that_the_browser_never_got_is_not_sent(room: IngestRoom) -> None:
    """An event that only the ledger allows sets no cookie, so it has no new fbp either."""
    room.configure(shop(contact_keys=True, cookie_domain="shop.example"))
    room.tell(consent_request(user_data=PERSON, decision="grant", at=NOW - 60))
    room.collect(beacon(page_event(user_data=PERSON, consent=None)))
    (entry,) = room.queue.envelopes[-1].entries
    assert b"fbp" not in bytes(entry.event)


def test_withdrawn_before(room: IngestRoom) -> None:
    """A withdrawal in the ledger stops a page that says nothing itself."""
    room.withdraw(consent_request(user_data={"fbp": FBP}))
    assert room.collect(beacon(page_event(consent=None))).body == {"reasons": ["no_signal"]}
    assert room.queued == []


def test_nobody_to_withdraw(room: IngestRoom) -> None:
    """Without anything that names the browser lastingly, a yes could not be taken back: it is not sent."""
    assert room.collect(beacon(page_event(user_data={}))).body["reasons"] == ["no_subject_key"]


def test_ledger_down(room: IngestRoom) -> None:
    """While the ledger does not answer, a page that needs it is told so, and may read it."""
    room.consent.down = True
    with pytest.raises(Unavailable, match="consent_store_unavailable") as down:
        room.collect(beacon(page_event(consent=None)))
    assert down.value.headers["access-control-allow-origin"] == "https://www.shop.example"


def test_ledger_down_for_another_event(room: IngestRoom) -> None:
    """What its own signals allow is queued all the same: no browser sends a beacon again."""
    room.consent.down = True
    with pytest.raises(Unavailable, match="consent_store_unavailable"):
        room.collect(beacon(page_event(consent=None), page_event(event_id="allowed")))
    assert room.queued == ["allowed"]
