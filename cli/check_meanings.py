"""What `sluice check` says about the slugs of an event, and about the reason codes of its match keys."""

from collections.abc import Mapping
from typing import Final

from sluice.errors import REJECTIONS
from sluice.match_keys import Reason
from sluice.rules import MEANINGS, WARNINGS

MATCH_KEYS: Final[Mapping[str, str]] = {
    Reason.AMBIGUOUS_DATE: "Day and month could be swapped. It is not sent. Send YYYYMMDD.",
    Reason.AMBIGUOUS_NUMBER: "It could be a number at home or one of another country. It is not sent. Send it with a "
    "plus sign and its country code.",
    Reason.EMPTY: "Nothing is left of the value, or it is the digest of nothing. Leave the key out when you know no "
    "value.",
    Reason.IMPOSSIBLE_DATE: "No day between 1900 and today. It is not sent. Send the date of birth as YYYYMMDD.",
    Reason.IMPOSSIBLE_NUMBER: "No telephone number of its country has this length. It is not sent. Compare it with "
    "what the person typed.",
    Reason.IMPOSSIBLE_TIME: "The id says that it was made before 2010 or in the future. It is not sent. Write its time "
    "in milliseconds.",
    Reason.MALFORMED: "The value does not have the form of this key. It is not sent. Send it as Meta describes the "
    "key.",
    Reason.MD5: "Meta cannot match MD5. It is not sent. Send the raw value, or its SHA-256.",
    Reason.NO_COUNTRY: "A national telephone number of nobody knows which country. It is not sent. Send its country "
    "code or user_data.country, or set the dataset's default_country.",
    Reason.NOT_AN_EMAIL: "Not one e-mail address with a domain. It is not sent. Send one address a value.",
    Reason.PLACEHOLDER: "Text that stands for nobody: all such events would look like one person. It is not sent. "
    "Leave the key out when you know no value.",
    Reason.PRIVATE_ADDRESS: "No browser on the internet has this address. It is not sent. Send the address of the "
    "visitor, not that of a proxy.",
    Reason.REWRITTEN: "It is sent, with other letters or digits than came. See that the change is what you mean "
    "(--show-values shows it).",
    Reason.TOO_LONG: "Longer than any true value of this key. It is not sent. Send the value and nothing beside it.",
    Reason.TOO_MANY: "There are more values than are read for one key. The rest is not sent. Send fewer.",
    Reason.UNKNOWN_FIELD: "Meta has no such key in user_data. It is not sent, the rest of the event is. Use Meta's own "
    "name (em for an e-mail address, ph for a telephone number), and put nothing personal elsewhere in the event.",
    Reason.UNKNOWN_VALUE: "Not one of the values that this key can take. It is not sent. Send one that Meta lists.",
    Reason.WRONG_TYPE: "The value is not text. It is not sent. Send text, or a list of texts.",
}
"""A sentence for every reason code of a match key. Such a value never stops its event by itself."""


def of_problem(slug: str) -> str:
    """Why the event, or the text that should hold it, is refused, and what its sender should do."""
    if found := MEANINGS.get(slug):
        return f"{found.meaning} {found.fix}"
    return REJECTIONS[slug].fix


def of_warning(slug: str) -> str:
    """What the sender should know of the event or of one of its match keys. A problem may have the same slug."""
    if found := WARNINGS.get(slug):
        return f"{found.meaning} {found.fix}"
    return MATCH_KEYS[slug]
