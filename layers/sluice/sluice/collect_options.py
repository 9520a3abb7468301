"""What an operator takes from browsers for a dataset, and the domain whose cookies the gateway may set."""

import re
from typing import Annotated, Final

import msgspec

_DOMAIN = r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$"
_HOST_END: Final = re.compile(r"[:/?]")
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9_-][a-z0-9_.-]*(?::[0-9]{1,5})?")
_USUAL_PORT: Final = re.compile(r"http:.*:80|https:.*:443")


class Collect(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a page may say of a visitor beside what they did; nobody vouches for it.

    ``purchase``: events named Purchase. ``contact_keys``: the match keys of ``CONTACT_KEYS``. ``external_id``: the
    shop's own id of the person. ``cookie_domain``: the registrable domain that pages and gateway share, such as
    example.de; with it the gateway reads the browser's cookies and sets Meta's two.
    """

    purchase: bool = False
    contact_keys: bool = False
    external_id: bool = False
    cookie_domain: Annotated[str, msgspec.Meta(pattern=_DOMAIN)] | None = None

    def shares_cookies(self, *hosts: str) -> bool:
        """Whether every one of the hosts is the cookie domain or lies below it; no without such a domain."""
        return self.cookie_domain is not None and all(f".{host}".endswith(f".{self.cookie_domain}") for host in hosts)


def is_origin(text: str) -> bool:
    """Whether it is an origin as browsers write one: nothing that would lead elsewhere, or break a header."""
    return _ORIGIN.fullmatch(text) is not None


def can_allow(pattern: str) -> bool:
    """Whether an entry of ``allowed_origins`` can be some page's: an origin, without the port that browsers omit."""
    return is_origin(pattern.replace("://*.", "://")) and not _USUAL_PORT.fullmatch(pattern)


def host_of(address: str) -> str:
    """The host of an origin, of a pattern of origins, or of a page's address without credentials."""
    return _HOST_END.split(address.partition("://")[2], maxsplit=1)[0]
