"""Two short American opt-outs: the US Privacy string and the ``Sec-GPC`` request header.

The US Privacy string is IAB Tech Lab's form of before the GPP string, of which it is section 6 now; shops still send
it. ``Sec-GPC`` carries Global Privacy Control (W3C), an objection to sale and sharing that twelve states make binding.
"""

import re
from typing import Final, Literal, NamedTuple, cast

from sluice.consent.malformed import Malformed

_FORM: Final = re.compile(r"1([YN-])([YN-])([YN-])", re.IGNORECASE | re.ASCII)

Answer = Literal["Y", "N", "-"]
"""Yes, no, or that the law does not apply."""


class UsPrivacy(NamedTuple):
    """What the four characters say: version, notice given, opted out of sale, covered by the LSPA contract."""

    version: int
    notice: Answer
    opt_out_sale: Answer
    lspa_covered: Answer

    @property
    def opted_out(self) -> bool:
        """Whether the person objected to the sale of their data."""
        return self.opt_out_sale == "Y"


def decode(text: str) -> UsPrivacy | Malformed:
    """The US Privacy string; lower case is read like upper, so that no opt-out is missed. Takes any text."""
    match = _FORM.fullmatch(text)
    if match is None:
        return Malformed("not_us_privacy")
    notice, opt_out_sale, lspa_covered = (cast("Answer", answer.upper()) for answer in match.groups())
    return UsPrivacy(1, notice, opt_out_sale, lspa_covered)


def gpc(header: str | None) -> bool:
    """Whether the value of ``Sec-GPC`` objects: ``1`` does, and it is the only value that the standard knows."""
    return header is not None and header.strip(" \t") == "1"
