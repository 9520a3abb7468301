"""From a browser's beacon to the queue: origin, bots, map, match keys, decide, queue, and only then answer.

Nobody vouches for a page. Its Origin keeps other sites' pages out, no program: whoever writes a request by hand can
claim any. So an event holds only what a visitor's browser can know, and the answer says nothing that it did not bring.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

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
from sluice.judge import Terms
from sluice.rules import EventWarning, Problem
from sluice.sources.beacon import read_body, read_item
from sluice.sources.request import Request
from sluice.telemetry import Metric

_SOURCE: Final = "collect"
_COUNTRY: Final = "cloudfront-viewer-country"


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
    cookies, browser = _browser(request, terms)
    taken, ignored, warnings = Taken(terms), [], []
    for position, item in enumerate(items):
        reading = read_item(item, terms.dataset.collect, _shown(request), terms.now_seconds)
        event = reading.event
        if event is None:
            taken.invalid[position] = reading.problems
        elif _is_purchase(event) and not terms.dataset.collect.purchase:
            ignored.append("browser_purchase")
        else:
            browser.identify(event, int(ingest.chance() * 2**31))
            signals = _signals(request, reading.consent, cookies)
            # A key of its own: by a guessed event_id nobody keeps a server's event, or an order, from being sent.
            event_id = given_event_id(event)
            dedup_key = f"browser:{event_id}" if event_id else None
            judged = take(Arrival(event, signals, dedup_key), position, taken, reading)
            warnings += [_named(position, warning) for warning in judged.warnings]
    answer = _answer(taken, ignored, warnings, ingest)
    if taken.entries:
        answer = answer._replace(cookies=browser.cookies())
    for undecided in taken.undecided.values():
        if undecided.judged.event.user_data.get("fbp") == browser.made.get("fbp"):
            undecided.judged.event.user_data.pop("fbp", None)  # no cookie comes of it: it would name nobody
    ask_about_undecided(taken, ingest)
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


def _browser(request: Request, terms: Terms) -> tuple[Mapping[str, str], Browser]:
    """The request's cookies, and what they make of the browser; both are empty unless page and gateway share a site.

    Elsewhere a browser sends no cookie of the shop's, and would not keep one of ours.
    """
    options, origin = terms.dataset.collect, request.headers["origin"]
    if not (origin.startswith("https://") and options.shares_cookies(host_of(origin), request.host)):
        return {}, Browser({}, None, terms.now_seconds)
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    cookies = {name: value for name, equals, value in pairs if equals}
    held = valid_ids({"fbp": cookies.pop("_fbp", None), "fbc": cookies.pop("_fbc", None)}, terms.now_seconds)
    return cookies, Browser(held, options.cookie_domain, terms.now_seconds)


def _shown(request: Request) -> dict[str, str]:
    """The match keys that the request itself shows; behind CloudFront no address, since it is CloudFront's."""
    shown = {"client_user_agent": request.headers["user-agent"]}
    return shown if _COUNTRY in request.headers else {**shown, "client_ip_address": request.client_ip}


def _signals(request: Request, given: Consent | None, cookies: Mapping[str, str]) -> Signals:
    """The consent evidence: the page's, with the request's cookies where the page names none of that name.

    The region comes of headers that CloudFront sets and no page can: a preflight that asks for them is refused.
    """
    if cookies:
        given = given or Consent()
        given = msgspec.structs.replace(given, cookies={**cookies, **(given.cookies or {})})
    codes = [request.headers.get(name, "") for name in (_COUNTRY, f"{_COUNTRY}-region")]
    region = "-".join(filter(None, codes)) or None
    return Signals(given, sec_gpc=request.headers.get("sec-gpc"), region=region, from_browser=True)


def _is_purchase(event: Event) -> bool:
    """Whether Meta could take it for a Purchase: also in other letters, or with spaces around."""
    return event.event_name.strip().casefold() == "purchase"
