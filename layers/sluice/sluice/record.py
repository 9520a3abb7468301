"""From what a person decided to the consent ledger: who says so, about whom, recorded under each of their keys.

Nothing is answered before it is recorded, and the answer is the same whether the person is known or not.
"""

import hashlib
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from sluice.accept import Ingest, keyed_dataset, with_fresh_settings
from sluice.consent import token
from sluice.consent.ledger import Proof, Statement
from sluice.consent.malformed import Malformed
from sluice.consent.subject import identifiers, subject_keys, subject_secrets
from sluice.door import Answer, is_allowed_origin
from sluice.errors import Rejected
from sluice.event import Count
from sluice.match_keys import to_match_keys
from sluice.policy import ConsentPolicy
from sluice.settings import Dataset, SettingsDocument
from sluice.sources.graph import presented_key
from sluice.sources.request import Request, decode
from sluice.telemetry import Metric

_DAY_SECONDS: Final = 86_400
_KNOWN_TO_BROWSERS: Final = {"fbp"}
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """What a decision is recorded from.

    ``dataset``: whose site it is about. ``user_data``: the person by ``em``, ``ph``, ``external_id`` or ``fbp``, raw
    or hashed as in an event. ``cmp_consent_id``, ``checkout_token``: the person by a consent tool's id or a shop's
    checkout. ``token``: a signed consent token in place of all these. ``decision``, ``at`` (Unix seconds): what the
    person decided and when; a grant needs both. ``proof``: how, where and on which text.
    """

    dataset: str
    user_data: dict[str, Any] = {}
    cmp_consent_id: _Name | None = None
    checkout_token: _Name | None = None
    token: str | None = None
    decision: Literal["grant", "deny"] | None = None
    at: Count | None = None
    proof: Proof = Proof()


class _Speaker(NamedTuple):
    """Who tells it: a server with a key, a browser of an allowed origin, or the holder of a token (``claims``)."""

    dataset: Dataset
    source: Literal["server", "browser", "token"]
    claims: token.Claims | None = None


def record_consent(request: Request, ingest: Ingest) -> Answer:
    """``POST /consent``: a server, or the holder of a signed token, records a grant or a refusal."""
    told = _read(request)
    document, speaker = with_fresh_settings(ingest, lambda settings: _speaker(told, request, settings))
    claims = speaker.claims
    if claims:
        if not token.is_in_force(claims, ingest.clock()):
            raise Rejected("bad_consent_token")
        told.decision, told.at = claims.dec, claims.dts
        told.proof = Proof(cmp=claims.src, consent_id=claims.cid, text_version=claims.txt, region=claims.jur)
    if told.decision is None or (told.decision == "grant" and told.at is None):
        raise Rejected("no_decision")
    _write(told, told.decision, speaker, document, request, ingest)
    return Answer(204, {})


def withdraw_consent(request: Request, ingest: Ingest) -> Answer:
    """``POST /consent/withdraw``: as ``record_consent``, and a browser of an allowed origin for what it knows itself.

    A token withdraws also when it is no longer in force: taking consent back is as easy as giving it.
    """
    told = _read(request)
    document, speaker = with_fresh_settings(
        ingest, lambda settings: _speaker(told, request, settings, browser_may=True)
    )
    _write(told, "withdraw", speaker, document, request, ingest)
    if speaker.source == "browser":
        return Answer(204, {}, {"access-control-allow-origin": request.headers["origin"], "vary": "origin"})
    return Answer(204, {})


def subjects_of(told: Told, document: SettingsDocument, now_seconds: int) -> list[str]:
    """The subject keys of the person that is named, under every pepper. Raises Rejected ``no_subject``.

    Both match-key rules are asked, whatever the dataset sends, so that a withdrawal finds what any setting sent.
    """
    dataset = document.datasets[told.dataset]
    matched = to_match_keys(
        told.user_data, default_country=dataset.default_country, now_seconds=now_seconds, candidates="both"
    )
    named = [("cmp", told.cmp_consent_id), ("checkout", told.checkout_token)]
    found = [*identifiers(matched.keys), *((kind, name) for kind, name in named if name)]
    if not found:
        raise Rejected("no_subject")
    return subject_keys(found, subject_secrets(document, told.dataset))


def _read(request: Request) -> Told:
    """The body; text/plain is JSON too, because a browser's beacon sends that without asking first."""
    try:
        return decode(request.body, Told)
    except msgspec.ValidationError:
        raise Rejected("bad_body") from None
    except (ValueError, RecursionError):
        raise Rejected("bad_json") from None


def _speaker(told: Told, request: Request, settings: SettingsDocument, *, browser_may: bool = False) -> _Speaker:
    """Who tells it. Raises Rejected for whoever may not."""
    dataset = settings.datasets.get(told.dataset)
    if dataset is None:
        raise Rejected("unknown_dataset")
    if told.token is not None:
        claims = token.read(told.token, dataset.consent_keys)
        if isinstance(claims, Malformed) or claims.aud != told.dataset:
            raise Rejected("bad_consent_token")
        return _Speaker(dataset, "token", claims)
    key = presented_key(request)
    if not key and browser_may and "origin" in request.headers and told.user_data.keys() <= _KNOWN_TO_BROWSERS:
        if not is_allowed_origin(request.headers["origin"], dataset.allowed_origins):
            raise Rejected("bad_origin")
        return _Speaker(dataset, "browser")
    return _Speaker(keyed_dataset(settings, told.dataset, key), "server")


def _write(  # noqa: PLR0913, PLR0917 - what, who, where
    told: Told,
    decision: Literal["grant", "deny", "withdraw"],
    speaker: _Speaker,
    document: SettingsDocument,
    request: Request,
    ingest: Ingest,
) -> None:
    """Record it under each of the person's keys. Raises Unavailable unless all are written; to repeat it is safe.

    Only a server may date a withdrawal back.
    """
    now = ingest.clock()
    dated = told.at is not None and (decision != "withdraw" or speaker.source == "server")
    decided_at = min(told.at or 0, now) if dated else now
    policy = speaker.dataset.consent or ConsentPolicy()
    statement = Statement(
        decision=decision,
        decided_at=decided_at,
        recorded_at=now,
        expires_at=decided_at + policy.max_consent_age_days * _DAY_SECONDS if decision == "grant" else 0,
        source=speaker.source,
        evidence=hashlib.sha256(request.body).hexdigest(),
        request_id=request.request_id,
        proof=told.proof,
    )
    subjects = speaker.claims.subjects if speaker.claims else subjects_of(told, document, now)
    ingest.consent.record(speaker.dataset.site or told.dataset, subjects, statement)
    ingest.telemetry.count(Metric.CONSENT_RECORDED)
    ingest.telemetry.log("recorded", dataset=told.dataset, source=speaker.source, decision=decision)
