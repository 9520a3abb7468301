"""What the cookies of a consent tool say about Meta, in one form for all tools."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

Says = Literal["allow", "deny", "unknown"]
Verdict = tuple[Says, str]
"""What a tool says, and why."""

ALLOW: Final[Verdict] = ("allow", "")
"""The person agreed by an act of their own."""
DENIED: Final[Verdict] = ("deny", "denied")
"""The person decided, and not for Meta."""
UNPARSABLE: Final[Verdict] = ("unknown", "cookie_unparsable")
"""The cookie does not follow the tool's format to the letter, or contradicts itself."""
NO_ACT: Final[Verdict] = ("unknown", "cookie_no_user_act")
"""The cookie shows no decision of the person on the group, service or vendor that stands for Meta."""
OUTDATED: Final[Verdict] = ("unknown", "text_outdated")
"""The person agreed to an earlier text, and the site asks again."""
_WORST_FIRST: Final = (DENIED, UNPARSABLE, NO_ACT, OUTDATED, ALLOW)


class CmpReading(NamedTuple):
    """What one consent tool says.

    ``reason``: "" when it allows. ``raw``: the cookies' values as they came, one a line, for whoever takes their hash;
    personal data, never stored. ``at``: Unix seconds of the person's decision, where the tool records it.
    ``consent_id``: the tool's name for the person's record. ``text_version``: of the text or settings agreed to.
    ``custom_vendors``: vendors agreed to by the tool's own ids. ``tc_string``, ``ac_string``, ``gpp``: strings that
    the tool keeps in cookies of its own, undecoded. ``us_opt_out``: the tool recorded an opt-out of sale (or GPC).
    ``expires_at``: Unix seconds from which the tool asks again, where it records that.
    """

    tool: str
    says: Says
    reason: str
    raw: str
    at: int | None = None
    consent_id: str | None = None
    text_version: str | None = None
    custom_vendors: frozenset[str] = frozenset()
    tc_string: str | None = None
    ac_string: str | None = None
    gpp: str | None = None
    us_opt_out: bool | None = None
    expires_at: int | None = None

    def __repr__(self) -> str:
        """Without anything that the cookies hold."""
        return f"CmpReading({self.tool!r}, {self.says!r}, {self.reason!r})"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The one of several verdicts that must hold: a refusal before doubt, doubt before consent; of none, no act."""
    found = set(verdicts)
    return next((verdict for verdict in _WORST_FIRST if verdict in found), NO_ACT)


def word_verdict(word: str | None) -> Verdict:
    """The verdict of the WordPress tools' words: ``allow``, ``deny``, or nothing yet. None: not readable."""
    return {"allow": ALLOW, "deny": DENIED, "": NO_ACT}.get("?" if word is None else word, UNPARSABLE)


def values(cookies: Mapping[str, str], *names: str) -> str:
    """The values of those cookies that are there, one a line."""
    return "\n".join(cookies[name] for name in names if name in cookies)
