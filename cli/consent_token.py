"""`sluice consent token` and `sluice consent secret`: signed consent tokens, and what a shop needs to make its own."""

import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from typing import IO, Final, Literal, NamedTuple, TypeVar

import typer

from cli import answers, options
from cli.documents import checked
from cli.persons import settings_of
from cli.problems import Problem
from cli.stack import choose
from sluice.consent import regions
from sluice.consent.malformed import Malformed
from sluice.consent.subject import IDENTIFIERS, identifiers, subject_keys, subject_secrets
from sluice.consent.token import Claims, Expected, mint, verify
from sluice.match_keys import to_match_keys
from sluice.settings import Secret, SettingsDocument

CONSENT_KEY: Final = "SLUICE_CONSENT_KEY"
SUBJECT_SECRET: Final = "SLUICE_SUBJECT_SECRET"  # noqa: S105 - the name of a variable
_KINDS: Final = (*IDENTIFIERS, "cmp", "checkout")
_MAX_SUBJECTS: Final = 20
_LONGEST_SECONDS: Final = 86_400
"""A token travels through browsers, so it ends soon; the ledger keeps the decision."""
_HEX: Final = re.compile(r"([0-9a-fA-F]{2}){8,64}")
_T = TypeVar("_T")


class _Signer(NamedTuple):
    """What a token is made with. ``subject_secrets``: of the site, hex."""

    key: Secret
    subject_secrets: Sequence[str]
    default_country: str | None


class _Said(NamedTuple):
    """What the options say, under the names of the claims."""

    dec: Literal["grant", "deny"]
    dts: int
    exp: int
    jur: str | None
    src: str | None
    txt: str | None


def token(  # noqa: PLR0913 - each option of a command is a parameter
    *,
    dataset: options.ConsentDataset,
    kid: options.KeyId,
    subject: options.Subjects,
    decision: options.TokenDecision = "grant",
    decided_at: options.DecidedAt = None,
    valid_for: options.ValidFor = "1h",
    text_version: options.TextVersion = None,
    jurisdiction: options.Jurisdiction = None,
    source: options.ConsentSource = None,
    settings: options.SettingsFile = None,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Print a signed consent token: one person's decision, for one dataset, for a short time.

    Put it beside an event as `"consent": {"token": "..."}`, into an order's `_capi_consent` attribute, or send it to
    `/consent`. It is signed with the key of the id `--kid` in the dataset's `consent_keys`. That key and the site's
    subject secret come from the file of `--settings`, else from SLUICE_CONSENT_KEY and SLUICE_SUBJECT_SECRET, else
    from the stack's settings; neither is ever an argument.

    Example: `sluice consent token --dataset 1234567890123456 --kid k1 --subject em=jo.sample@example.com`
    """
    now = int(time.time())
    until = now + _duration(valid_for)
    said = _Said(decision, _moment(decided_at, now), until, _region_code(jurisdiction), source, text_version)
    _answer(answers.dataset_id, dataset, "--dataset")
    signer = None if settings else _from_environment()
    if signer is None:
        signer = _from_settings(_document(settings, stack, region, profile, local=local), dataset, kid)
    subjects = _subjects(subject, signer, now)
    jti = secrets.token_urlsafe(12)
    claims = Claims(v=1, kid=kid, aud=dataset, sub=subjects, iat=now, jti=jti, **said._asdict())
    typer.echo(_signed(claims, signer.key))


def secret(  # noqa: PLR0913 - as for token
    *,
    dataset: options.ConsentDataset,
    reveal: options.RevealSubjectSecret = False,
    settings: options.SettingsFile = None,
    stack: options.StackName = "sluice",
    region: options.Region = None,
    profile: options.Profile = None,
    local: options.Local = False,
) -> None:
    """Show the subject secret of a dataset's site: with it and a consent key a shop makes tokens of its own.

    A token's `sub` is made with it. Whoever holds it can tell which entry of the consent ledger belongs to an e-mail
    address, of this site and of no other: hand it over as carefully as a key. It changes with the pepper.

    Example: `sluice consent secret --dataset 1234567890123456`

    Example: `sluice consent secret --dataset 1234567890123456 --reveal | wl-copy`
    """
    document = _document(settings, stack, region, profile, local=local)
    _check_dataset(document, dataset)
    found = subject_secrets(document, dataset)[0]
    if not reveal:
        typer.echo(f"*** ({len(found)} hex digits; --reveal shows them)")
        return
    if sys.stdout.isatty() and not typer.confirm("Show the subject secret on this screen?", err=True):
        raise Problem("Nothing was shown.")
    typer.echo(found)


def _signed(claims: Claims, key: Secret) -> str:
    """The token. Raises Problem for one that the gateway would not read."""
    expected = Expected(claims.aud, claims.subjects, [], claims.iat)
    try:
        written = mint(claims, key)
    except UnicodeEncodeError:
        raise Problem("A text is not UTF-8. Set your terminal to UTF-8, or write it in ASCII.") from None
    if isinstance(verify(written, {claims.kid: key}, expected), Malformed):
        raise Problem("A text is longer than 256 characters, or the whole token than 2048. Shorten what you give.")
    return written


def _document(
    file: IO[str] | None, stack: str, region: str | None, profile: str | None, *, local: bool
) -> SettingsDocument:
    """The settings of the file, or of the stack that the options mean."""
    if file:
        return checked(file.read())
    return settings_of(choose(stack, region, profile, local=local))


def _check_dataset(document: SettingsDocument, dataset_id: str) -> None:
    """Raises Problem for a dataset that the settings do not have."""
    if dataset_id not in document.datasets:
        raise Problem(f"The settings have no such dataset. They have {', '.join(document.datasets)}.")


def _from_settings(document: SettingsDocument, dataset_id: str, key_id: str) -> _Signer:
    """What the settings hold for the dataset."""
    _check_dataset(document, dataset_id)
    dataset = document.datasets[dataset_id]
    key = dataset.consent_keys.get(key_id)
    if key is None or not key.reveal():
        has = ", ".join(dataset.consent_keys) or "none"
        raise Problem(
            f"The dataset has no consent key of this id (--kid); it has {has}. "
            "Add one under consent_keys, id to secret: `sluice settings edit`"
        )
    return _Signer(key, subject_secrets(document, dataset_id), dataset.default_country)


def _from_environment() -> _Signer | None:
    """What the environment holds; None when it holds nothing of it."""
    key, subject_secret = os.environ.get(CONSENT_KEY), os.environ.get(SUBJECT_SECRET)
    if not key and not subject_secret:
        return None
    if not (key and subject_secret):
        raise Problem(f"{CONSENT_KEY} and {SUBJECT_SECRET} belong together: set both, or none to read the settings.")
    if not _HEX.fullmatch(subject_secret):
        raise Problem(f"{SUBJECT_SECRET} must be hex digits, as `sluice consent secret --reveal` prints them.")
    return _Signer(Secret(key), [subject_secret], None)


def _subjects(named: Sequence[str], signer: _Signer, now_seconds: int) -> list[str]:
    """The subject keys of what names the person, as an event's are made. Raises Problem, which quotes no value."""
    found: dict[str, None] = {}
    for position, text in enumerate(named, 1):
        kind, _, value = text.partition("=")
        if kind not in _KINDS or not value:
            raise Problem(f"--subject {position}: write KIND=VALUE, KIND one of {', '.join(_KINDS)}.")
        pairs = [(kind, value)]
        if kind in IDENTIFIERS:
            matched = to_match_keys({kind: value}, default_country=signer.default_country, now_seconds=now_seconds)
            pairs = identifiers(matched.keys)
        if not pairs:
            raise Problem(
                f"--subject {position}: this is no {kind} that Meta would take. "
                "Telephone numbers need their country code; docs/match-keys.md has the rules."
            )
        found |= dict.fromkeys(subject_keys(pairs, signer.subject_secrets))
    if len(found) > _MAX_SUBJECTS:
        raise Problem(f"A token holds at most {_MAX_SUBJECTS} subject keys. Give fewer --subject.")
    return list(found)


def _answer(rule: Callable[[str], _T], text: str, option: str) -> _T:
    """What the rule makes of the option's text."""
    try:
        return rule(text)
    except answers.WrongAnswer as wrong:
        raise typer.BadParameter(str(wrong), param_hint=option) from None


def _moment(text: str | None, now_seconds: int) -> int:
    """The moment of --decided-at."""
    moment = _answer(answers.moment, text, "--decided-at") if text else now_seconds
    if moment > now_seconds:
        raise typer.BadParameter("The person cannot have decided in the future.", param_hint="--decided-at")
    return moment


def _duration(text: str) -> int:
    """The seconds of --valid-for."""
    seconds = _answer(answers.duration, text, "--valid-for")
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise typer.BadParameter("Give 1s to 1d.", param_hint="--valid-for")
    return seconds


def _region_code(text: str | None) -> str | None:
    """The code of --jurisdiction as the gateway reads it."""
    region = regions.parse(text) if text else None
    if text and region is None:
        raise typer.BadParameter("Give ISO 3166: DE, or US-CA.", param_hint="--jurisdiction")
    return "-".join(part for part in region if part) if region else None
