"""From what a person decided to the consent ledger: who says so, about whom, recorded under each of their keys.

Nothing is answered before it is recorded, and the answer is the same whether the person is known or not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal, NamedTuple

from sluice.consent import token
from sluice.consent.malformed import Malformed
from sluice.door import Answer, cors_headers, is_allowed_origin
from sluice.errors import Rejected, Unavailable
from sluice.ingest import Ingest, keyed_dataset, with_fresh_settings
from sluice.policy import ConsentPolicy
from sluice.settings import Dataset, SettingsDocument
from sluice.sources.graph import presented_key
from sluice.sources.payload import decode, refusing
from sluice.sources.request import Request
from sluice.statements import Named, Teller, name_person, record_told
from sluice.told import MAX_PURPOSES, MAX_TEXT, Proof, Told

_KNOWN_TO_BROWSERS: Final = {"fbp"}


class Body(Told, kw_only=True, forbid_unknown_fields=True):
    """The body of both doors. ``dataset``: whose site it is about.

    ``token``: a signed consent token, which says by itself who decided and, at ``POST /consent``, what and when;
    nothing else stands beside it.
    """

    dataset: str
    token: str | None = None


class _Speaker(NamedTuple):
    """Who tells it: a server with a key, a browser of an allowed origin, or the holder of a token (``claims``)."""

    dataset: Dataset
    source: Literal["server", "browser", "token"]
    claims: token.Claims | None = None


def record_consent(request: Request, ingest: Ingest) -> Answer:
    """``POST /consent``: a server, or the holder of a signed token, records what a person decided.

    A token counts as it would beside an event: in force, and for every purpose that the policy asks for.
    """
    body = _read(request)
    with _readable(body, request, ingest) as headers:
        document, speaker = with_fresh_settings(ingest, lambda settings: _speaker(body, request, settings))
        claims = speaker.claims
        if claims:
            required = (speaker.dataset.consent or ConsentPolicy()).required_purposes
            expected = token.Expected(body.dataset, None, required, ingest.clock())
            if isinstance(token.verify(body.token or "", speaker.dataset.consent_keys, expected), Malformed):
                raise Rejected("bad_consent_token")
            body.decision, body.at = claims.dec, claims.dts
            body.proof = _proof(claims)
        _record(body, speaker, document, request, ingest)
    return Answer(204, {}, headers)


def withdraw_consent(request: Request, ingest: Ingest) -> Answer:
    """``POST /consent/withdraw``: as ``record_consent``, and a browser of an allowed origin for what it knows itself.

    A token withdraws also when it is no longer in force: taking consent back is as easy as giving it. Only a server
    may date a withdrawal back.
    """
    body = _read(request)
    with _readable(body, request, ingest) as headers:
        document, speaker = with_fresh_settings(
            ingest, lambda settings: _speaker(body, request, settings, browser_may=True)
        )
        body.decision = "withdraw"
        if speaker.source != "server":
            body.at = None
        _record(body, speaker, document, request, ingest)
    return Answer(204, {}, headers)


@contextmanager
def _readable(body: Body, request: Request, ingest: Ingest) -> Iterator[dict[str, str]]:
    """The headers by which a page of an origin that the dataset allows may read the answer, a refusal too."""
    headers: dict[str, str] = {}
    try:
        yield headers
    except (Rejected, Unavailable) as error:
        error.headers = headers
        raise
    finally:  # by the settings that it was judged by: they may have been read again
        origin, dataset = request.headers.get("origin", ""), ingest.settings.document().datasets.get(body.dataset)
        if dataset and is_allowed_origin(origin, dataset.allowed_origins):
            headers |= cors_headers(origin)


def _proof(claims: token.Claims) -> Proof:
    """What a token says of how the decision came about, cut to what a proof may hold: more could not be read back."""
    purposes = [str(purpose)[:MAX_TEXT] for purpose in claims.pur[:MAX_PURPOSES]]
    return Proof(cmp=claims.src, consent_id=claims.cid, purposes=purposes, text_version=claims.txt, region=claims.jur)


def _read(request: Request) -> Body:
    """The body; text/plain is JSON too, because a browser's beacon sends that without asking first."""
    with refusing():
        return decode(request.body, Body)


def _speaker(body: Body, request: Request, settings: SettingsDocument, *, browser_may: bool = False) -> _Speaker:
    """Who tells it. Raises Rejected for whoever may not."""
    dataset = settings.datasets.get(body.dataset)
    if dataset is None:
        raise Rejected("unknown_dataset")
    if body.token is not None:
        if body != Body(dataset=body.dataset, token=body.token):
            raise Rejected("bad_body")  # nobody vouches for the rest, and to pass it over would lose a refusal
        claims = token.read(body.token, dataset.consent_keys)
        if isinstance(claims, Malformed) or claims.aud != body.dataset:
            raise Rejected("bad_consent_token")
        return _Speaker(dataset, "token", claims)
    key = presented_key(request)
    if not key and browser_may and "origin" in request.headers and body.user_data.keys() <= _KNOWN_TO_BROWSERS:
        if not is_allowed_origin(request.headers["origin"], dataset.allowed_origins):
            raise Rejected("bad_origin")
        if body.proof != Proof():
            raise Rejected("bad_body")  # it is kept as it comes, and nobody vouches for what a page writes
        return _Speaker(dataset, "browser")
    return _Speaker(keyed_dataset(settings, body.dataset, key), "server")


def _record(body: Body, speaker: _Speaker, document: SettingsDocument, request: Request, ingest: Ingest) -> None:
    """Record what was told, under each of the person's keys, or nothing: a part of it would be taken for the whole."""
    now = ingest.clock()
    named = Named(speaker.claims.subjects) if speaker.claims else name_person(body, body.dataset, document, now)
    if named.unreadable:
        raise Rejected("identifier_unreadable")
    teller = Teller(body.dataset, document, speaker.source, request, now, body.token)
    record_told(body, named, teller, ingest.consent, ingest.telemetry)
