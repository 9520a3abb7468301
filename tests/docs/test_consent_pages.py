"""What the pages about consent say is what the code does: every key, default, code and example."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from sluice.consent.reasons import REASONS
from sluice.consent.subject import identifiers, subject_keys
from sluice.consent.token import Claims, Expected, verify
from sluice.event import Consent
from sluice.match_keys import to_match_keys
from sluice.policy import ConsentPolicy
from sluice.record import Body, record_consent, withdraw_consent
from sluice.settings import CmpApi, Secret
from sluice.told import Proof
from tests import samples
from tests.fakes.rooms import IngestRoom

ENGLISH = (samples.ROOT / "docs" / "consent.md").read_text()
GERMAN = (samples.ROOT / "docs" / "de" / "einwilligung.md").read_text()
SUBJECT_SECRET = "0123456789abcdef" * 4
CONSENT_KEY = "sample-consent-key-of-the-shop"


def chapter(title: str, page: str = ENGLISH) -> str:
    """The text under a heading of the second level."""
    (text,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return str(text)


def rows(text: str) -> dict[str, list[str]]:
    """The rows of a chapter's tables whose first cell is one name in code: the name, and the cells after it."""
    lines = re.findall(r"^\| `([\w.]+)` \| (.*) \|$", text, re.MULTILINE)
    return {name: rest.split(" | ") for name, rest in lines}


def leaves(struct: type[msgspec.Struct], place: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of a struct with its default as JSON, those of a struct within it with dots."""
    for field in msgspec.structs.fields(struct):
        name, default = f"{place}{field.name}", field.default
        if isinstance(default, msgspec.Struct):
            yield from leaves(type(default), f"{name}.")
        else:
            yield name, json.loads(msgspec.json.encode(default))


def code_blocks(text: str, language: str) -> list[str]:
    """The examples in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_every_policy_key_with_its_default() -> None:
    """The table of the policy has each key, the options of the cookies too, no other, and its true default."""
    told = {name: json.loads(cells[0].strip("`")) for name, cells in rows(chapter("The policy")).items()}
    assert told == dict(leaves(ConsentPolicy))


@pytest.mark.parametrize("name", [name for name, _ in leaves(ConsentPolicy)])
def test_the_example_of_each_policy_key(name: str) -> None:
    """What the table gives as an example can be written into the settings."""
    value = json.loads(rows(chapter("The policy"))[name][1].strip("`"))
    for key in reversed(name.split(".")):
        value = {key: value}
    msgspec.convert(value, ConsentPolicy)


def test_the_whole_policy_that_is_shown() -> None:
    """The example policy can be written into the settings."""
    (example,) = code_blocks(chapter("The policy"), "json")
    msgspec.json.decode(example, type=ConsentPolicy)


@pytest.mark.parametrize(
    ("title", "struct"),
    [
        ("Where a signal may stand", Consent),
        ("The consent ledger", Body),
        ("The consent ledger", Proof),
        ("Signed tokens", Claims),
        ("A consent tool's own service", CmpApi),
    ],
)
def test_every_key_has_a_row(title: str, struct: type[msgspec.Struct]) -> None:
    """What somebody may write stands in the table of its chapter."""
    assert set(struct.__struct_fields__) <= rows(chapter(title)).keys()


def test_every_reason_is_named() -> None:
    """Each code that a decision can have is on the page, and no other in its table."""
    _, _, table = chapter("What is checked, in which order").partition("### Reason codes")
    table, _, _ = table.partition("###")
    named = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\|.*", table, re.MULTILINE))))
    assert named == REASONS.keys()


def test_every_attribute_of_the_proof_is_named() -> None:
    """Whatever a delivery item keeps of a decision is listed under Proof; retry state is not."""
    (parcel,) = samples.parcels(samples.entry())
    kept = set(msgspec.structs.asdict(parcel.entry.decision)) - {"allow", "ldu", "undecided", "by_ledger"}
    assert kept <= set(re.findall(r"`(\w+)`", chapter("Proof")))


@pytest.mark.parametrize("name", ConsentPolicy.__struct_fields__)
def test_the_german_page_has_every_rule(name: str) -> None:
    """Whoever reads German misses no key of the policy."""
    assert f"`{name}`" in GERMAN


def test_event_beside_its_consent() -> None:
    """The example of a consent object is one."""
    (example, *_) = code_blocks(chapter("Where a signal may stand"), "json")
    msgspec.convert(json.loads(example)["consent"], Consent)


def test_order_attribute() -> None:
    """The form of the order's note is the one that is read, part by part."""
    text = chapter("Where a signal may stand")
    (form,) = re.findall(r"^marketing=.*$", text, re.MULTILINE)
    assert [part.partition("=")[0] for part in form.split(";")] == ["marketing", "ts", "src", "cid", "token"]
    assert {"marketing", "ts", "src", "cid", "token"} <= rows(text).keys()


def test_a_server_records_and_withdraws(ingest: IngestRoom) -> None:
    """The two requests of a server, as the page shows them, are answered 204."""
    record, withdraw, _ = code_blocks(chapter("The consent ledger"), "sh")
    headers = {"authorization": f"Bearer {samples.SERVER_KEY}"}
    assert record_consent(samples.request(_body(record), headers), ingest.ingest).status == 204
    assert withdraw_consent(samples.request(_body(withdraw), headers), ingest.ingest).status == 204


def test_a_token_withdraws(ingest: IngestRoom) -> None:
    """The request with a token, as the page shows it with a token of the page's own code, needs no key."""
    ingest.configure(samples.dataset_changed(consent_keys={"k1": CONSENT_KEY}))
    *_, withdraw = code_blocks(chapter("The consent ledger"), "sh")
    body = _body(withdraw).replace("v1.…".encode(), minted("jo.sample@example.com").encode())
    assert withdraw_consent(samples.request(body), ingest.ingest).status == 204


def test_a_browser_withdraws(ingest: IngestRoom) -> None:
    """What the page's script sends is answered 204 for an allowed origin."""
    ingest.configure(samples.dataset_changed(allowed_origins=["https://shop.example.de"]))
    (script,) = code_blocks(chapter("The consent ledger"), "js")
    (fbp,) = re.findall(r'fbp: "([^"]+)"', script)
    body = json.dumps({"dataset": samples.DATASET, "user_data": {"fbp": fbp}}).encode()
    answer = withdraw_consent(samples.request(body, {"origin": "https://shop.example.de"}), ingest.ingest)
    assert answer.status == 204


def test_source_of_a_consent_tool() -> None:
    """The example of a consent tool's source can be written into the settings."""
    (example,) = code_blocks(chapter("The consent ledger"), "json")
    samples.settings(samples.document(sources={"cmp-demo": json.loads(example)}))


@pytest.mark.parametrize("address", ["jo.sample@example.com", " John_Smith@Example.com ", "MÜLLER@example.de"])
def test_a_shop_mints_its_own_tokens(address: str) -> None:
    """The page's Python makes a token that counts for an event of the same person, and names it as the event does."""
    now = int(time.time())
    matched = to_match_keys({"em": address}, default_country=None, now_seconds=now)
    subjects = subject_keys(identifiers(matched.keys), [SUBJECT_SECRET])
    expected = Expected(samples.DATASET, subjects, (1, 3, 4, 7), now)
    claims = verify(minted(address), {"k1": Secret(CONSENT_KEY)}, expected)
    assert isinstance(claims, Claims)
    assert (claims.dec, claims.dts, claims.subjects) == ("grant", now - 60, subjects)


def minted(address: str) -> str:
    """A token made by the Python of the page."""
    (code,) = code_blocks(chapter("Signed tokens"), "python")
    names: dict[str, Any] = {}
    exec(compile(code, "docs/consent.md", "exec"), names)  # the page is ours
    now = int(time.time())
    return str(names["consent_token"](address, now - 60, samples.DATASET, "k1", CONSENT_KEY, SUBJECT_SECRET))


def _body(command: str) -> bytes:
    """What a curl command sends."""
    (body,) = re.findall(r"--data '(.*?)'", command, re.DOTALL)
    return str(body).encode()
