"""From a browser's beacon to the queue: origin, bots, map, match keys, decide, queue, and only then answer.

Nobody vouches for a page. Its Origin keeps other sites' pages out, no program: whoever writes a request by hand can
claim any. So an event holds only what a visitor's browser can know, and the answer says nothing that it did not bring.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from copy import copy
from typing import Any, Final
from unicodedata import normalize

import msgspec

from sluice.accept import Taken, ask_about_undecided, queue, take, terms_of
from sluice.bots import is_bot
from sluice.collect_options import host_of
from sluice.cors import allowed_dataset
from sluice.door import Answer, cors_headers
from sluice.errors import Rejected, Unavailable
from sluice.event import Arrival, Consent, Event, Signals, given_event_id
from sluice.first_party import Browser, valid_ids
from sluice.ingest import Ingest, with_fresh_settings
from sluice.judge import Terms, judge
from sluice.rules import EventWarning, Problem, Reading
from sluice.sources.beacon import MAX_NAME_CHARACTERS, read_body, read_item
from sluice.sources.request import Request
from sluice.telemetry import Metric

_SOURCE: Final = "collect"
_COUNTRY: Final = "cloudfront-viewer-country"
_MOST_VALUES: Final = 8
"""Of one cookie that are looked at; a browser has two or three, for as many paths and domains."""

_Cookies = Sequence[tuple[str, str]]


def collect(request: Request, dataset_id: str, ingest: Ingest) -> Answer:
    """``POST /collect/{dataset}``: events of a page of an allowed origin. 202 whatever becomes of them."""
    document, _ = with_fresh_settings(ingest, lambda settings: allowed_dataset(settings, dataset_id, request))
    headers = cors_headers(request.headers["origin"])
    try:
        return _accept(request, terms_of(dataset_id, document, ingest.clock()), ingest)._replace(headers=headers)
    except (Rejected, Unavailable) as error:
        error.headers = headers
        raise


def _accept(request: Request, terms: Terms, ingest: Ingest) -> Answer:
    """Take what may be taken. What it answers is known before the ledger is asked, so that it tells of nobody."""
    items = read_body(request)
    if is_bot(request.headers.get("user-agent", "")):
        return _answer(Taken(terms), ["bot"] * len(items), [], ingest)
    cookies, browser = _browser(request, terms, int(ingest.chance() * 2**31))
    host = host_of(request.headers["origin"])
    taken, ignored, warnings = Taken(terms), [], []
    for position, item in enumerate(items):
        reading = read_item(item, terms.dataset.collect, _shown(request), host, terms.now_seconds)
        event = reading.event
        if event is None:
            taken.invalid[position] = reading.problems
        elif _is_purchase(event) and not terms.dataset.collect.purchase:
            ignored.append("browser_purchase")
        else:
            made = browser.identify(event)
            # A key of its own: by a guessed event_id nobody keeps a server's event, or an order, from being sent.
            event_id = given_event_id(event)
            dedup_key = f"browser:{event_id}" if event_id else None
            arrivals = [Arrival(event, each, dedup_key) for each in _signals(request, reading.consent, cookies)]
            judged = take(_strictest(arrivals, terms, reading), position, taken, reading)
            if position in taken.entries:
                browser.keep(made, judged.event.user_data)
            warnings += [_named(position, warning) for warning in judged.warnings]
    answer = _answer(taken, ignored, warnings, ingest)
    if taken.entries:
        answer = answer._replace(cookies=browser.cookies())
    for undecided in taken.undecided.values():
        user_data = undecided.judged.event.user_data
        if "fbp" not in browser.kept and user_data.get("fbp") == browser.new_fbp:
            del user_data["fbp"]  # no cookie comes of it: it would name nobody
    try:
        ask_about_undecided(taken, ingest)
    finally:  # no browser repeats a beacon, so what its signals allow does not depend on the others
        queue(taken, _SOURCE, ingest)
    return answer


def _answer(taken: Taken, ignored: list[str], warnings: list[dict[str, Any]], ingest: Ingest) -> Answer:
    """What can be said of the request by itself; counts what makes no event."""
    ingest.telemetry.count(Metric.WEBHOOKS_IGNORED, len(ignored))
    if ignored:
        ingest.telemetry.log("ignored", source=_SOURCE, dataset=taken.terms.dataset_id, ignored=Counter(ignored))
    problems = [_named(at, problem) for at in sorted(taken.invalid) for problem in taken.invalid[at]]
    reasons = [taken.denied[at] for at in sorted(taken.denied)]
    said = {"problems": problems, "reasons": reasons, "ignored": ignored, "warnings": warnings}
    return Answer(202, {name: value for name, value in said.items() if value})


def _named(position: int, found: Problem | EventWarning) -> dict[str, Any]:
    """A problem or warning of the event at a position, as it is answered."""
    return {"index": position, **found._asdict()}


def _browser(request: Request, terms: Terms, number: int) -> tuple[_Cookies, Browser]:
    """The request's cookies, and what they make of the browser; both are empty unless page and gateway share a site.

    Elsewhere a browser sends no cookie of the shop's, and would not keep one of ours.
    """
    options, origin = terms.dataset.collect, request.headers["origin"]
    if not (origin.startswith("https://") and options.shares_cookies(host_of(origin), request.host)):
        return [], Browser({}, None, terms.now_seconds, number)
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    cookies = [(name, value) for name, equals, value in pairs if equals]
    held: dict[str, str] = {}
    for name, value in cookies:
        if name in {"_fbp", "_fbc"}:  # of several the first that can be read, whatever else was written beside it
            held = {**valid_ids({name.removeprefix("_"): value}, terms.now_seconds), **held}
    return cookies, Browser(held, options.cookie_domain, terms.now_seconds, number)


def _shown(request: Request) -> dict[str, str]:
    """The match keys that the request itself shows; behind CloudFront no address, since it is CloudFront's."""
    shown = {"client_user_agent": request.headers["user-agent"]}
    return shown if _COUNTRY in request.headers else {**shown, "client_ip_address": request.client_ip}


def _signals(request: Request, given: Consent | None, cookies: _Cookies) -> list[Signals]:
    """The consent evidence: the page's and the request's cookies, once for each value that a cookie has in them.

    The region comes of headers that CloudFront sets and no page can: a preflight that asks for them is refused.
    """
    codes = [request.headers.get(name, "") for name in (_COUNTRY, f"{_COUNTRY}-region")]
    region = "-".join(filter(None, codes)) or None
    signals = Signals(given, sec_gpc=request.headers.get("sec-gpc"), region=region, from_browser=True)
    if not cookies:
        return [signals]
    given = given or Consent()
    values: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in (*(given.cookies or {}).items(), *cookies):
        if value not in values[name] and len(values[name]) < _MOST_VALUES:
            values[name].append(value)
    most = max(map(len, values.values()))
    jars = [{name: each[min(at, len(each) - 1)] for name, each in values.items()} for at in range(most)]
    return [msgspec.structs.replace(signals, given=msgspec.structs.replace(given, cookies=jar)) for jar in jars]


def _strictest(arrivals: Sequence[Arrival], terms: Terms, reading: Reading) -> Arrival:
    """Of one event with cookies that contradict each other, the arrival by which it may least be sent."""

    def strictness(arrival: Arrival) -> tuple[bool, ...]:
        attempt = msgspec.structs.replace(arrival, event=copy(arrival.event))
        decision = judge(attempt, terms, reading).decision
        return (not decision.allow, not decision.undecided, decision.ldu is not None) if decision else ()

    return max(arrivals, key=strictness) if len(arrivals) > 1 else arrivals[0]


def _is_purchase(event: Event) -> bool:
    """Whether Meta could take it for a Purchase: also in other letters, with spaces around, or what nobody sees.

    A longer name is refused in any case.
    """
    seen = "".join(filter(str.isprintable, normalize("NFKC", event.event_name[:MAX_NAME_CHARACTERS])))
    return seen.strip().casefold() == "purchase"
