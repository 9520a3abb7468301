"""The rules for single answers: each takes what was typed and gives the value, or says how to mend it.

No rule quotes the answer: it may be a secret pasted into the wrong question.
"""

import re
from datetime import datetime
from typing import Final

from phonenumbers import country_code_for_region

from sluice.settings import DATASET_ID, SLUG
from sluice.sources.shopify import ORDER_TOPICS

_SHOP_DOMAIN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com")
_ONE_WORD: Final = re.compile(r"[!-~]{16,}")
_LONGEST_NAME: Final = 100
_UNIX_SECONDS: Final = re.compile(r"[0-9]{1,10}")
_DURATION: Final = re.compile(r"(\d{1,5})([smhd])", re.ASCII)
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class WrongAnswer(ValueError):
    """An answer that cannot be used; ``str()`` is a sentence that says how to mend it."""


def shop_domain(text: str) -> str:
    """The permanent domain of a shop at Shopify, as its webhooks name it; empty for none."""
    domain = text.lower().removeprefix("https://").rstrip("/")
    if domain and not _SHOP_DOMAIN.fullmatch(domain):
        raise WrongAnswer(
            "This must be the shop's permanent name, such as example-outdoor.myshopify.com, and not the address that "
            "customers see. Shopify's admin shows it under Settings > Domains."
        )
    return domain


def dataset_id(text: str) -> str:
    """The id of a dataset at Meta."""
    if not DATASET_ID.fullmatch(text):
        raise WrongAnswer(
            "A dataset id has 5 to 20 digits and nothing else. "
            "Meta's Events Manager shows it in the dataset's settings (it is the former pixel id)."
        )
    return text


def name(text: str) -> str:
    """What the operator calls the dataset."""
    if not text or len(text) > _LONGEST_NAME or not text.isprintable():
        raise WrongAnswer(f"Give it a name of 1 to {_LONGEST_NAME} characters, such as Example Outdoor.")
    return text


def token(text: str) -> str:
    """Meta's access token for the dataset."""
    if not _ONE_WORD.fullmatch(text):
        raise WrongAnswer(
            "An access token is one long word without spaces. Copy the whole of it from Meta's Events Manager: "
            "the dataset's settings, Conversions API, Generate access token."
        )
    return text


def country(text: str) -> str:
    """The country whose telephone numbers may lack a country code; empty for none."""
    code = text.upper()
    if code and not country_code_for_region(code):
        raise WrongAnswer("Give the two letters of ISO 3166, such as DE, AT or GB (not UK), or nothing at all.")
    return code


def topic(text: str) -> str:
    """The topic that is the Purchase."""
    if text not in ORDER_TOPICS:
        raise WrongAnswer(f"Choose {' or '.join(ORDER_TOPICS)}.")
    return text


def source(text: str) -> str:
    """The name of a source, which ends its webhook address."""
    if not SLUG.fullmatch(text):
        raise WrongAnswer(
            "Use up to 63 lower-case letters, digits, - and _, beginning with a letter or digit: example-outdoor."
        )
    return text


def webhook_secret(text: str) -> str:
    """What the shop signs its webhooks with."""
    if not _ONE_WORD.fullmatch(text):
        raise WrongAnswer(
            "A signing secret is one word of at least 16 letters and digits. "
            "Copy the whole of it from where the webhook was made."
        )
    return text


def moment(text: str) -> int:
    """A moment, in Unix seconds."""
    if _UNIX_SECONDS.fullmatch(text):
        return int(text)
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        named = None
    if named is None or named.tzinfo is None or named.timestamp() < 0:
        raise WrongAnswer("Give Unix seconds (1795200000), or ISO 8601 with Z or an offset (2026-11-20T18:40:00Z).")
    return int(named.timestamp())


def duration(text: str) -> int:
    """A length of time, in seconds."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise WrongAnswer("Give a number and s, m, h or d: 90s, 30m, 12h, 7d.")
    return int(match[1]) * _UNITS[match[2]]
