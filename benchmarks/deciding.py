"""What one consent decision costs, signal by signal, from the consent object to the decision.

The baseline only reads the object's JSON with the standard library.
"""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from sluice.consent.decide import decide
from sluice.consent.signals import Case, read_tools
from sluice.consent.token import Claims, mint
from sluice.event import Consent, Signals
from sluice.policy import ConsentPolicy
from sluice.settings import Secret
from tests.consent.tc_strings import bit_field, changed, tc_string
from tests.samples import DATASET, NOW

ROUNDS: Final = 15
TIMES: Final = 2_000
_SUBJECT: Final = "A" * 22
_KEYS: Final = {"k1": Secret("consent-key-of-the-benchmark")}
_TODAY: Final = NOW // 86_400 * 864_000


class Deciding(NamedTuple):
    """CPU seconds per decision, and to read the same object with ``json``; medians."""

    decision: float
    reading: float


def measure() -> dict[str, Deciding]:
    """Each kind of signal by name."""
    found = {}
    for name, given in _objects().items():
        case, text = _case(given), json.dumps(given)
        if not decide(case).allow:
            raise SystemExit(f"the benchmark's {name} allows nothing")
        rounds = [(_seconds(decide, case), _seconds(json.loads, text)) for _ in range(ROUNDS)]
        found[name] = Deciding(*map(statistics.median, zip(*rounds, strict=True)))
    return found


def _objects() -> dict[str, dict[str, Any]]:
    """A flag, a token, and the strings of a consent tool: 1200 vendors as bits, 1000 providers."""
    claims = Claims(
        v=1, kid="k1", aud=DATASET, sub=_SUBJECT, dec="grant", dts=NOW, iat=NOW, exp=NOW + 3_600, jti="1", cid="c-1"
    )
    vendors = bit_field(1_200, range(1, 1_201, 2))
    tcf = tc_string(
        changed(
            created_deciseconds=_TODAY,
            last_updated_deciseconds=_TODAY,
            vendor_consents=vendors,
            vendor_li=vendors,
            disclosed_vendors=vendors,
        )
    )
    return {
        "flag": {"granted": True, "at": NOW},
        "token": {"token": mint(claims, _KEYS["k1"])},
        "TC and AC string": {"tcf": tcf, "ac": f"2~{'.'.join(map(str, range(1, 1_001)))}~dv.2000.3000"},
    }


def _case(given: dict[str, Any]) -> Case:
    """An event of a German visitor with this beside it."""
    policy = ConsentPolicy(allow_boolean_flag=True)
    signals = Signals(given=msgspec.convert(given, Consent))
    tools = read_tools(signals, policy)
    return Case(signals, tools, policy, DATASET, _KEYS, [_SUBJECT], NOW, NOW, country="DE")


def _seconds(work: Callable[[Any], object], given: object) -> float:
    started = time.process_time()
    for _ in range(TIMES):
        work(given)
    return (time.process_time() - started) / TIMES
