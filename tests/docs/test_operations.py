"""The page for whoever is woken up by an alarm knows every alarm, and every date of a version."""

import re
from pathlib import Path

from sluice.delivery.versions import ENDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
TEMPLATE = (ROOT / "template.yaml").read_text()


def rows(section: str) -> list[list[str]]:
    """The rows of a section's table, without its head."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    found = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)[2:]
    return [[cell.strip() for cell in row.split("|")] for row in found]


def test_every_alarm_is_on_the_page() -> None:
    """Each alarm of the template has a row with what it means and what to do, and each row is about one that exists."""
    alarms = re.findall(r"^  (\w+):\n    Type: AWS::CloudWatch::Alarm$", TEMPLATE, re.MULTILINE)
    assert sorted(name for row in rows("Alarms") for name in re.findall(r"`(\w+)`", row[0])) == sorted(alarms)
    assert all(len(row) == 3 and all(row) for row in rows("Alarms"))


def test_the_page_has_the_dates_of_the_versions() -> None:
    """Until when Meta answers each version, as the steward counts it."""
    assert {row[0]: row[1] for row in rows("Version")} == {f"`{name}`": end.isoformat() for name, end in ENDS.items()}
