"""Writes docs/behaviour.md: every slug with its meaning and what to do, from the tables of the code."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from sluice.consent.reasons import REASONS
from sluice.delivery.codes import SLUGS
from sluice.errors import REJECTIONS, UNAVAILABLE, Meaning
from sluice.match_keys import Reason
from sluice.rules import MEANINGS, WARNINGS, Explanation
from sluice.sources.ignored import IGNORED
from sluice.telemetry import Metric
from tools.match_keys_doc import meanings

TARGET: Final = Path(__file__).parent.parent / "docs/behaviour.md"
INTRODUCTION: Final = """\
<!-- Written by tools/behaviour_doc.py from the tables of the code; not to be edited. -->

# Behaviour

Every slug that Sluice answers, logs or counts, with its meaning and what to do.
The Conversions API door answers 200 with `events_received`, `messages` (one `data[3]: <slug>` for each event that was
not accepted), `problems` (every slug and path of those events) and `warnings`. Only a request of nothing but events
that cannot be read or sent is answered 400. A denied event is no error.
"""


def document() -> str:
    """The whole page."""
    return "\n".join(
        [
            INTRODUCTION,
            "## Requests that are refused\n",
            *_answers(REJECTIONS),
            "\n## When we cannot answer\n\nThe sender should send the same request again.\n",
            *_answers(UNAVAILABLE),
            "\n## Events that cannot be sent\n\nThe other events of the request are accepted.\n",
            *_explanations(MEANINGS),
            "\n## Warnings\n\nThey stop nothing.\n",
            *_explanations(WARNINGS),
            "\n## Match keys dropped or rewritten\n\nThe event is sent without the value, if enough is left.\n",
            *_table(("slug", "meaning"), meanings(Reason).items()),
            "\n## Consent decisions\n\n`ok_…` allows, every other reason stops the event, which is answered 200.\n",
            *_table(("reason", "meaning"), REASONS.items()),
            "\n## Webhooks that make no event\n\nThey are answered 200 with the reason under `ignored`, and counted.\n",
            *_table(("reason", "meaning"), IGNORED.items()),
            "\n## Requests to Meta\n\nIn the logs (`sent`, `not_sent`, `probed`) and in what `sluice trace` tells.\n",
            *_table(("slug", "meaning"), SLUGS.items()),
            "\n## Metrics\n\nNamespace: the stack's name. One dimension `service` (`ingest`, `sender` or `steward`).\n",
            *_table(("metric", "meaning"), meanings(Metric).items()),
            "",
        ]
    )


def _answers(slugs: Mapping[str, Meaning]) -> Iterator[str]:
    return _table(("slug", "answer", "what to do"), ((slug, str(m.status), m.fix) for slug, m in slugs.items()))


def _explanations(slugs: Mapping[str, Explanation]) -> Iterator[str]:
    rows = ((slug, f"`{e.field}`" if e.field else "", e.meaning, e.fix) for slug, e in slugs.items())
    return _table(("slug", "field", "meaning", "what to do"), rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for first, *cells in rows:
        yield f"| `{first}` | {' | '.join(cells)} |"


if __name__ == "__main__":
    TARGET.write_text(document())
