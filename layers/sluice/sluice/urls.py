"""Addresses of pages without what they may tell about a person. Pure."""

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_MAX_CHARACTERS: Final = 2_048
_EMAIL: Final = re.compile(r"[^\s@/]+(?:@|%40)[^\s@/]+\.[^\s@/]+", re.IGNORECASE)
_PERSONAL_NAME: Final = re.compile(
    r"(?:^|[^a-z])(?:e-?mail|mail|phone|tel|mobile|name|firstname|lastname|user|username|login|pass|password|pwd|token"
    r"|key|secret|auth|session|sid|sig|signature|hmac|hash|code|address|street|zip|city|birthday|dob|customer|checkout"
    r"|order)(?:$|[^a-z])",
    re.IGNORECASE,
)
_PHONE: Final = re.compile(r"(?:\+|00?)[\d\s()./-]{6,20}")
_TOKEN: Final = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w.~+/=-]{20,}")
_KEPT: Final = re.compile(r"fbclid|gclid|utm_[a-z]{1,20}", re.IGNORECASE)


def without_personal_data(url: str) -> str | None:
    """The address without what may tell who visits; None for what is no http(s) address.

    Credentials and fragment go, and query values that look like an e-mail address, a telephone number or a token.
    ``fbclid`` and ``utm_*`` stay. A path that holds an e-mail address is cut to ``/``.
    """
    try:
        parts = urlsplit(url.strip()[:_MAX_CHARACTERS])
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
        query = urlencode([(name, value) for name, value in pairs if not _is_personal(name, value)])
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    path = "/" if _EMAIL.search(parts.path) else parts.path
    return urlunsplit((parts.scheme, f"[{host}]{port}" if ":" in host else f"{host}{port}", path, query, ""))


def _is_personal(name: str, value: str) -> bool:
    """Whether a query parameter may tell who visits."""
    if _EMAIL.search(value) or _EMAIL.search(name):
        return True
    if _KEPT.fullmatch(name):
        return False
    return bool(_PERSONAL_NAME.search(name) or _PHONE.fullmatch(value.strip()) or _TOKEN.fullmatch(value))
