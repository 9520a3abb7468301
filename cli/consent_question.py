"""The questions of `sluice consent explain`: one JSON object a line, checked. Pure."""

import re
from typing import Annotated, Any, Final

import msgspec

from cli import answers
from cli.documents import syntax_error
from sluice.event import Consent
from sluice.policy import ConsentPolicy

Moment = Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | Annotated[float, msgspec.Meta(ge=0, lt=2**53)] | str
"""Unix seconds, also written as 1795188000.0, or ISO 8601 with its zone."""
Hex = Annotated[str, msgspec.Meta(pattern="^([0-9a-fA-F]{2}){8,64}$")]
_FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_PLACE: Final = re.compile(r"(?s)(.*?)(?: - at `\$\.?([\w.\[\]]*)`)?")


class Held(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the consent ledger would hold of the person.

    ``expires_at``, ``text_version``: of the grant; without ``expires_at`` it ends when the policy says.
    """

    granted_at: Moment = 0
    refused_at: Moment = 0
    expires_at: Moment | None = None
    text_version: str | None = None


class Question(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One object of the input.

    ``consent``: as a server puts it beside an event. ``headers``: of the browser's request. ``policy``: the dataset's;
    without it nothing is allowed. ``country``, ``state``: where the person is, as an authenticated caller knows it.
    ``dataset``: whom a token must be for. ``at``: the moment of the decision, without it now; ``event_time``: of the
    event, without it the same. ``user_data``: the event's match keys, which make the person known; ``subject_secret``:
    the site's, to compare them with a token's ``sub``. ``consent_keys``: the dataset's, by id. ``public_ip``: whether
    the browser's public address is sent; without it what ``user_data`` says, else yes. ``notes``: the order's
    ``_capi_consent`` attributes. ``ledger``: what the ledger would hold; without it no one looks,
    and an event that needs a grant there has none.
    """

    consent: Consent | None = None
    headers: dict[str, str] = {}
    policy: ConsentPolicy | None = None
    country: str | None = None
    state: str | None = None
    dataset: str | None = None
    at: Moment | None = None
    event_time: Moment | None = None
    user_data: dict[str, Any] | None = None
    subject_secret: Hex | None = None
    consent_keys: dict[str, str] = {}
    public_ip: bool | None = None
    notes: list[str] = []
    ledger: Held | None = None


class WrongQuestion(ValueError):
    """A line that cannot be answered. ``slug``: bad_json or bad_question; ``str()`` names place and rule, no value."""

    def __init__(self, slug: str, rule: str) -> None:
        super().__init__(rule)
        self.slug = slug


def read_question(line: bytes) -> Question:
    """The question of one line. Raises WrongQuestion."""
    try:
        text = line.decode()
        return msgspec.json.decode(text, type=Question)
    except UnicodeDecodeError:
        raise WrongQuestion("bad_json", "not UTF-8") from None
    except msgspec.ValidationError as error:
        if place := _syntax_error(text):
            raise WrongQuestion("bad_json", place) from None
        raise WrongQuestion("bad_question", _without_values(str(error))) from None
    except (ValueError, RecursionError):
        raise WrongQuestion("bad_json", _syntax_error(text) or "not JSON") from None


def seconds(place: str, moment: float | str) -> int:
    """The moment in Unix seconds. Raises WrongQuestion."""
    if isinstance(moment, int | float):
        if moment != int(moment):
            raise WrongQuestion("bad_question", f"{place}: not a whole number of seconds")
        return int(moment)
    try:
        return answers.moment(moment)
    except answers.WrongAnswer as wrong:
        raise WrongQuestion("bad_question", f"{place}: {wrong}") from None


def _syntax_error(text: str) -> str | None:
    """Column and rule of the first place that is not JSON; None when it is."""
    place = syntax_error(text.rstrip())
    return place and place.removeprefix("line 1, ")


def _without_values(message: str) -> str:
    """A message of msgspec as ``place: rule``, without the value or the odd name that it may quote."""
    match = _PLACE.fullmatch(message)
    rule, place = (match[1], match[2]) if match else (message, None)
    what, _, name = rule.partition("unknown field ")
    if name:
        rule = rule if _FIELD_NAME.fullmatch(name.strip("`")) else f"{what}unknown field"
    elif "value" in rule:
        rule = "a value that is not allowed"
    return f"{place or 'the object'}: {rule}"
