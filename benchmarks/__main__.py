"""Every benchmark, in one table, each as a ratio to a baseline of the same run. Asserts nothing: machines are noisy.

``benchmarks/results.md`` keeps what was found, and says how to read it.
"""

import os
import platform
import tempfile
from typing import Final

from benchmarks import accepting, deciding, init, memory, sending, warm
from benchmarks.loopback import serving

_ROW: Final = "{:50} {:>12} {:>12}  {:34} {:>9}  {}"


def main() -> None:
    """Measure and print."""
    load = os.getloadavg()[0]
    print(f"python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f} before the start\n")
    _print("", "Sluice", "baseline", "what the baseline is", "ratio", "target")
    _print_accepting(accepting.measure())
    _print_deciding(deciding.measure())
    with serving() as url, tempfile.TemporaryDirectory() as cache:
        _print_init(init.measure(url, cache))
        _print_warm(warm.measure(url, cache))
        _print_sending(sending.measure(url))
        _print_memory(memory.measure(url))
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")


def _print(*cells: str) -> None:
    """One line; the last cells may be missing."""
    print(_ROW.format(*cells, *[""] * (6 - len(cells))).rstrip(), flush=True)


def _print_accepting(found: accepting.Accepting) -> None:
    """(a) and (b)."""
    single, single_sdk, thousand, thousand_sdk = (f"{seconds * 1e6:.0f} µs" for seconds in found)
    ratios = found.single / found.single_sdk, found.thousand / found.single, found.thousand / found.thousand_sdk
    a, b, b_sdk = (f"{ratio:.2f}" for ratio in ratios)
    _print(
        "(a) a request with one Purchase, per event", single, single_sdk, "facebook-business, one event", a, "<= 0.5"
    )
    _print("(b) a request with 1000 Purchases, per event", thousand, single, "(a)", b, "<= 1.0")
    _print("    the same", thousand, thousand_sdk, "facebook-business, 1000 events", b_sdk)


def _print_deciding(found: dict[str, deciding.Deciding]) -> None:
    """(e), printed after (b): both need no server."""
    targets = {"flag": "<= 15 µs", "token": "<= 15 µs", "TC and AC string": "<= 60 µs"}
    for name, (decision, reading) in found.items():
        times = f"{decision * 1e6:.1f} µs", f"{reading * 1e6:.1f} µs"
        ratio = f"{decision / reading:.1f}"
        _print(f"(e) decision on a {name}", *times, "json.loads of the same", ratio, targets[name])


def _print_init(found: dict[str, float]) -> None:
    """(c), first part."""
    for name, target in (("ingest", "<= 1.25"), ("sender", "")):
        ours, bare = found[name], found["bare"]
        what = f"(c) init of {name}, median"
        _print(what, f"{ours * 1e3:.0f} ms", f"{bare * 1e3:.0f} ms", "bare handler", f"{ours / bare:.2f}", target)


def _print_warm(found: dict[str, warm.Warm]) -> None:
    """(c), second part: differences, not ratios."""
    ours = found["ingest"]
    baselines = {
        "bare_queueing": ("bare handler that queues the body", "<= +1.5 ms"),
        "bare_resolving": ("bare handler that queues nothing", ""),
    }
    for name, (baseline, target) in baselines.items():
        for centile, mine, bare in zip(("p50", "p99"), ours, found[name], strict=True):
            numbers = f"{mine * 1e3:.2f} ms", f"{bare * 1e3:.2f} ms"
            aim = target if centile == "p50" else ""
            _print(
                f"(c) warm request with one Purchase, {centile}",
                *numbers,
                baseline,
                f"{(mine - bare) * 1e3:+.2f} ms",
                aim,
            )


def _print_sending(found: dict[str, sending.Sending]) -> None:
    """(d)."""
    ours = found["sluice"]
    baselines = {"sdk": ("EventRequest.execute", ">= 3"), "sdk_building": ("the same with building its objects", "")}
    for name, (baseline, target) in baselines.items():
        theirs = found[name]
        speeds = f"{ours.per_second:.0f}/s", f"{theirs.per_second:.0f}/s"
        _print(
            "(d) events sent by one process", *speeds, baseline, f"{ours.per_second / theirs.per_second:.2f}", target
        )
        work = f"{ours.cpu_seconds * 1e6:.0f} µs", f"{theirs.cpu_seconds * 1e6:.0f} µs"
        _print("    CPU time per event", *work, baseline, f"{ours.cpu_seconds / theirs.cpu_seconds:.2f}")


def _print_memory(found: memory.Memory) -> None:
    """(f)."""
    peaks = f"{found.all:.0f} MB", f"{found.tenth:.0f} MB"
    _print(
        "(f) the sender's memory after 100,000 events",
        *peaks,
        "after 10,000",
        f"{found.all / found.tenth:.2f}",
        "< 200 MB",
    )


if __name__ == "__main__":
    main()
