"""What Didomi's service says about a person: only a complete, own, readable agreement allows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.cmp_api import NOT_KNOWN, UNREACHABLE, CmpAnswer, read_didomi
from sluice.settings import CmpApi, Secret
from tests.strategies import any_text, json_values

PERSON = "customer-1001"
META = "c:facebook-abc123"
CONFIG = CmpApi(
    kind="didomi",
    organization_id="example-shop",
    key=Secret("key-of-the-account"),
    secret=Secret("secret-of-the-account"),
    vendor=META,
    purposes=("cookies", "create_ads_profile"),
)
AT = 1_795_197_672
AGREED = [{"id": "cookies", "enabled": True}, {"id": "create_ads_profile", "enabled": True}]


def consents(
    enabled: Any = (META, "google"), disabled: Any = (), purposes: Any = AGREED, **more: Any
) -> dict[str, Any]:
    """The status of a person who agreed to everything, as documented; parameters change it."""
    vendors = {"enabled": enabled, "enabled_li": [], "disabled": disabled, "disabled_li": []}
    return {"channels": [], "purposes": purposes, "vendors": vendors, "tcfcs": "CPXXXX", **more}


def user(**changes: Any) -> dict[str, Any]:
    """One record as documented."""
    return {
        "id": "8f3f2d6c-0000-4000-8000-000000000001",
        "organization_id": "example-shop",
        "organization_user_id": PERSON,
        "version": 3,
        "created_at": "2025-03-01T09:00:00.000Z",
        "updated_at": "2026-11-20T18:01:12.000Z",
        "metadata": {"email": "jo.sample@example.com"},
        "country": "DE",
        "last_seen_country": "DE",
        "consents": consents(),
        **changes,
    }


def page(*users: Any, **changes: Any) -> dict[str, Any]:
    """A page of records as documented."""
    return {"data": users, "limit": 100, "cursor": None, **changes}


def read(found: Any) -> CmpAnswer:
    """Read an answer given as JSON values."""
    return read_didomi(json.dumps(found).encode(), PERSON, CONFIG)


def choice(enabled: Any) -> list[dict[str, Any]]:
    """Agreement to the first purpose, and that about the second one."""
    return [AGREED[0], {"id": "create_ads_profile", "enabled": enabled}]


@pytest.mark.parametrize("found", [page(user()), [user()], page(user(), later="field")])
def test_agreement(found: Any) -> None:
    """A person who agreed to vendor and purposes is allowed, with record and time, in either documented shape."""
    answer = read(found)
    assert (answer.says, answer.reason, answer.at, answer.consent_id) == ("allow", "", AT, user()["id"])


@pytest.mark.parametrize(
    ("status", "says", "reason"),
    [
        (consents(disabled=[META], enabled=[]), "deny", "denied"),
        (consents(disabled=[META]), "deny", "denied"),
        (consents(enabled=["google"]), "unknown", "no_signal"),
        (consents(enabled=["c:facebook-abc1234", "c:facebook"]), "unknown", "no_signal"),
        (consents(enabled=[], enabled_li=[META]), "unknown", "no_signal"),
        (consents(purposes=choice(enabled=False)), "deny", "denied"),
        (consents(purposes=[*AGREED, *choice(enabled=False)]), "deny", "denied"),
        (consents(purposes=choice(enabled=None)), "unknown", "no_signal"),
        (consents(purposes=[AGREED[0], {"id": "create_ads_profile", "enabled_li": True}]), "unknown", "no_signal"),
        (consents(purposes=AGREED[:1]), "unknown", "no_signal"),
        (consents(purposes=[]), "unknown", "no_signal"),
        ({}, "unknown", "no_signal"),
    ],
)
def test_less_than_agreement(status: dict[str, Any], says: str, reason: str) -> None:
    """One refusal denies; a choice that is missing, open or about legitimate interest leaves it unknown."""
    answer = read(page(user(consents=status)))
    assert (answer.says, answer.reason) == (says, reason)


def test_person_without_a_status() -> None:
    """A record without consents is a person who did not decide."""
    record = user()
    del record["consents"]
    assert read(page(record)).says == "unknown"


def test_unknown_person() -> None:
    """No record, no decision."""
    assert read(page()) == read([]) == NOT_KNOWN


LATER = user(id="second", updated_at="2026-11-20T19:01:12Z")


@pytest.mark.parametrize(
    ("users", "says"),
    [
        ([user(), LATER], "allow"),
        ([user(consents=consents(disabled=[META])), LATER], "deny"),
        ([user(), {**LATER, "consents": consents(disabled=[META])}], "deny"),
        ([user(consents=consents(enabled=[])), LATER], "unknown"),
        ([user(), {**LATER, "consents": consents(enabled=[])}], "unknown"),
    ],
)
def test_several_records(users: list[Any], says: str) -> None:
    """A person on several devices is allowed by all of them or not at all; the latest record gives time and id."""
    for order in (users, users[::-1]):
        answer = read(page(*order))
        assert (answer.says, answer.at, answer.consent_id) == (says, AT + 3_600, "second")


@pytest.mark.parametrize(
    "found",
    [
        page(user(organization_user_id="customer-1002")),
        page(user(), user(organization_user_id="customer-1002")),
        page(user(organization_user_id=None)),
        page(user(organization_id="other-shop")),
        page(user(), cursor="more"),
        page(user(updated_at="yesterday")),
        page(user(updated_at=None)),
        page(user(consents=consents(purposes=choice(enabled="true")))),
        page(user(consents=consents(purposes=choice(enabled=1)))),
        page(user(consents=consents(purposes={"enabled": ["cookies"]}))),
        page(user(consents=consents(enabled=META))),
        page(user(consents=[])),
        page("user"),
        {"data": None},
        {"code": 404, "errors": {}, "message": "Page not found", "name": "NotFound"},
        user(),
        None,
    ],
)
def test_unreadable(found: Any) -> None:
    """An answer of another shape, about another person, or not all of it, is none."""
    assert read(found) == UNREACHABLE


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000, b"<html>", b'{"data":', b'{"data":["\\ud800"]}'])
def test_no_json(body: bytes) -> None:
    """What is no JSON is no answer either."""
    assert read_didomi(body, PERSON, CONFIG) == UNREACHABLE


def test_record_shows_nothing_personal() -> None:
    """Printed, an answer shows what was said; kept for its hash is what was read, without the shop's own id."""
    answer = read(page(user()))
    assert f"{answer} {answer!r}" == "CmpAnswer(allow, ) CmpAnswer(allow, )"
    assert json.loads(answer.raw) == [
        {
            "id": user()["id"],
            "updated_at": AT,
            "vendor": True,
            "purposes": {"cookies": True, "create_ads_profile": True},
        }
    ]


@given(st.binary())
def test_total_over_bytes(body: bytes) -> None:
    """No bytes raise, and none that is no record allows."""
    assert read_didomi(body, PERSON, CONFIG).says != "allow"


@given(json_values, st.sampled_from(["id", "organization_id", "organization_user_id", "updated_at", "consents"]))
def test_total_over_json(value: Any, field: str) -> None:
    """Any value in any field is an answer, and consents that are none do not allow."""
    answer = read(page(user(**{field: value})))
    assert answer.says != "allow" or field == "id"


@given(any_text, st.lists(st.sampled_from([True, False, None]), min_size=2, max_size=2), st.booleans())
def test_only_full_agreement_allows(person: str, purposes: list[bool | None], vendor: bool) -> None:
    """Whatever the choices, allowed is the person asked about who agreed to all of them."""
    said = [{"id": name, "enabled": enabled} for name, enabled in zip(CONFIG.purposes, purposes, strict=True)]
    status = consents(enabled=[META] if vendor else [], purposes=said)
    body = json.dumps(page(user(consents=status))).encode()
    allowed = read_didomi(body, person, CONFIG).says == "allow"
    assert allowed == (person == PERSON and vendor and all(purposes))
    assert (read(page(user(consents=status))).says == "allow") == (vendor and all(purposes))
