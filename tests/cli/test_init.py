"""`sluice settings init`."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sluice.settings import parse_settings
from sluice.sources import KINDS
from tests.cli.conftest import INGEST_URL, NEW_SECRET, NEW_TOKEN, Gateway, Run
from tests.samples import DATASET, document

SHOP = ("--shop-domain", "example-outdoor.myshopify.com")
NEW_DATASET = "3334567890123456"


@pytest.fixture
def secrets_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two secrets, in the environment."""
    monkeypatch.setenv("SLUICE_TOKEN", NEW_TOKEN)
    monkeypatch.setenv("SLUICE_WEBHOOK_SECRET", NEW_SECRET)


def typed(*answers: str) -> str:
    """What the operator types, an answer a line."""
    return "".join(f"{answer}\n" for answer in answers)


def test_a_dialogue_connects_the_first_shop(gateway: Gateway, run: Run) -> None:
    """The answers become a valid document with a server key and a pepper, and the addresses are told."""
    answers = typed("example-outdoor.myshopify.com", NEW_DATASET, "", NEW_TOKEN, "de", "n", "", "", NEW_SECRET, "y")
    result = run("init", typed=answers)
    stored = gateway.stored
    dataset = stored["datasets"][NEW_DATASET]
    assert dataset.pop("server_keys")[0] not in result.output
    assert dataset == {
        "name": "Example Outdoor",
        "access_token": NEW_TOKEN,
        "allowed_origins": [],
        "default_country": "DE",
        "test_event_code": None,
        "consent": {"mode": "strict"},
    }
    assert stored["sources"] == {
        "example-outdoor": {
            "kind": "shopify",
            "dataset": NEW_DATASET,
            "secrets": [NEW_SECRET],
            "options": {
                "shop_domain": "example-outdoor.myshopify.com",
                "purchase_topic": "orders/paid",
                "pixel": False,
            },
        }
    }
    assert stored["pepper"] not in result.output
    assert f"{INGEST_URL}/webhooks/example-outdoor\n" in result.output
    assert f"{INGEST_URL}/v26.0/{NEW_DATASET}/events" in result.output
    assert "sluice settings show --reveal" in result.output
    assert "up to five minutes" in result.output
    assert parse_settings(gateway.text or "", KINDS)


@pytest.mark.usefixtures("secrets_given")
def test_a_dataset_without_a_shop_at_shopify(gateway: Gateway, run: Run) -> None:
    """Whoever runs another system gets keys and the dataset, and is told how to go on."""
    output = run("init", typed=typed("", NEW_DATASET, "Kaffee", "", "y")).output
    assert gateway.stored["sources"] == {}
    assert gateway.stored["datasets"][NEW_DATASET]["name"] == "Kaffee"
    assert "sluice settings edit" in output
    assert "/webhooks/" not in output
    assert parse_settings(gateway.text or "", KINDS)


def test_nothing_to_add(gateway: Gateway, run: Run) -> None:
    """A dataset that is there already, and no shop, change nothing."""
    gateway.store(json.dumps(document()))
    result = run("init", "--shop-domain", "", "--dataset", DATASET, exit_code=1)
    assert "`sluice settings edit` adds a source" in result.output
    assert gateway.stored == document()


def test_wrong_answers_are_explained_and_asked_again(gateway: Gateway, run: Run) -> None:
    """Each wrong answer is followed by how to mend it and the same question."""
    answers = typed(
        *("shop.example.de", "https://Example-Outdoor.myshopify.com/"),
        *("my pixel", NEW_DATASET),
        "Outdoor",
        *("two words", NEW_TOKEN),
        *("UK", "GB"),
        "n",
        *("orders/updated", "orders/create"),
        *("Example Outdoor", "outdoor"),
        *("short", NEW_SECRET),
        "y",
    )
    output = run("init", typed=answers).output
    for hint in (
        "not the address that customers see",
        "5 to 20 digits",
        "one long word without spaces",
        "GB (not UK)",
        "Choose orders/paid or orders/create",
        "lower-case letters",
        "at least 16 letters",
    ):
        assert output.count(hint) == 1
    assert gateway.stored["sources"]["outdoor"]["options"]["purchase_topic"] == "orders/create"
    assert gateway.stored["datasets"][NEW_DATASET]["default_country"] == "GB"


@pytest.mark.usefixtures("secrets_given")
def test_nothing_is_asked_when_all_is_given(gateway: Gateway, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options, environment and suggestions are enough for a machine."""
    monkeypatch.setenv("SLUICE_DATASET", NEW_DATASET)
    run("init", *SHOP, "--country", "AT", "--yes")
    assert gateway.stored["datasets"][NEW_DATASET]["default_country"] == "AT"
    assert list(gateway.stored["sources"]) == ["example-outdoor"]


@pytest.mark.usefixtures("secrets_given")
def test_a_pixel_makes_the_created_order_the_purchase(gateway: Gateway, run: Run) -> None:
    """With a pixel there is no choice of topic, and the reason is told."""
    output = run("init", *SHOP, "--dataset", NEW_DATASET, "--yes", "--pixel").output
    assert "orders/paid may come days later" in output
    assert "Order creation" in output
    options = gateway.stored["sources"]["example-outdoor"]["options"]
    assert (options["pixel"], options["purchase_topic"]) == (True, "orders/create")


@pytest.mark.usefixtures("secrets_given")
def test_a_dry_run_writes_nothing(gateway: Gateway, run: Run) -> None:
    """The document is shown masked, and the secret stays without a value."""
    output = run("init", *SHOP, "--dataset", NEW_DATASET, "--yes", "--dry-run").output
    assert f'"access_token": "*** ({len(NEW_TOKEN)} characters)"' in output
    assert "Nothing was written" in output
    assert gateway.text is None


@pytest.mark.usefixtures("secrets_given")
def test_a_refusal_at_the_end_writes_nothing(gateway: Gateway, run: Run) -> None:
    """The operator sees the masked document before it is written, and may say no."""
    answers = typed("", "", "n", "", "", "n")
    result = run("init", *SHOP, "--dataset", NEW_DATASET, typed=answers, exit_code=1)
    assert "Nothing was written." in result.stderr
    assert gateway.text is None


@pytest.mark.usefixtures("secrets_given")
def test_a_second_shop_is_added(gateway: Gateway, run: Run) -> None:
    """What is stored stays, the pepper too; the dataset and the source come on top."""
    gateway.store()
    output = run("init", *SHOP, "--dataset", NEW_DATASET, "--yes").output
    assert "nothing there is changed" in output
    before: dict[str, Any] = document()
    stored = gateway.stored
    del stored["datasets"][NEW_DATASET], stored["sources"]["example-outdoor"]
    assert stored == before


@pytest.mark.usefixtures("secrets_given")
def test_a_known_dataset_gets_a_source_only(gateway: Gateway, run: Run) -> None:
    """A second shop of the same dataset is asked nothing about the dataset."""
    gateway.store()
    output = run("init", *SHOP, "--dataset", DATASET, "--name", "Other", typed=typed("n", "", "", "y")).output
    assert "stays as it is" in output
    assert gateway.stored["datasets"] == document()["datasets"]
    assert gateway.stored["sources"]["example-outdoor"]["dataset"] == DATASET


@pytest.mark.usefixtures("secrets_given")
def test_a_source_is_never_replaced(gateway: Gateway, run: Run) -> None:
    """A name in use is refused when given and asked again when typed."""
    gateway.store()
    arguments = ("init", *SHOP, "--dataset", DATASET)
    assert "--source: " in run(*arguments, "--source", "shopify-demo", "--yes", exit_code=1).stderr
    output = run(*arguments, typed=typed("n", "", "shopify-demo", "free", "y")).output
    assert output.count("have a source of this name") == 1
    assert list(gateway.stored["sources"]) == ["shopify-demo", "free"]


@pytest.mark.usefixtures("secrets_given")
def test_an_invalid_document_is_not_added_to(gateway: Gateway, run: Run) -> None:
    """The operator is sent to mend it first."""
    gateway.store('{"datasets": {}}')
    assert "sluice settings edit" in run("init", *SHOP, exit_code=1).stderr
    assert gateway.text == '{"datasets": {}}'


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("--shop-domain", "shop.example.de"), "--shop-domain: "),
        ((*SHOP, "--dataset", "12"), "--dataset: "),
        ((*SHOP, "--dataset", NEW_DATASET, "--name", ""), "--name: "),
        ((*SHOP, "--dataset", NEW_DATASET, "--yes", "--country", "Germany"), "--country: "),
        ((*SHOP, "--dataset", NEW_DATASET, "--yes", "--pixel", "--purchase-topic", "orders/paid"), "does not go with"),
        ((*SHOP, "--dataset", NEW_DATASET, "--yes", "--purchase-topic", "orders"), "--purchase-topic: "),
        ((*SHOP,), "or give --dataset."),
    ],
)
@pytest.mark.usefixtures("secrets_given")
def test_a_wrong_or_missing_option_ends_it(gateway: Gateway, run: Run, arguments: tuple[str, ...], hint: str) -> None:
    """Whoever gives options gets a sentence and status 1 instead of a question that nobody answers."""
    assert hint in run("init", *arguments, exit_code=1).stderr
    assert gateway.text is None


@pytest.mark.parametrize("variable", ["SLUICE_TOKEN", "SLUICE_WEBHOOK_SECRET"])
@pytest.mark.usefixtures("secrets_given")
def test_a_wrong_secret_is_not_repeated(
    gateway: Gateway, run: Run, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The message names the variable, not what is in it."""
    monkeypatch.setenv(variable, f"{NEW_TOKEN} {NEW_SECRET}")
    assert f"{variable}: " in run("init", *SHOP, "--dataset", NEW_DATASET, "--yes", exit_code=1).stderr
    assert gateway.text is None


@pytest.mark.usefixtures("secrets_given")
def test_settings_that_no_secret_can_hold_are_refused(gateway: Gateway, run: Run) -> None:
    """AWS takes 64 KiB; the limit is named before AWS is asked."""
    large = document()
    large["datasets"][DATASET]["allowed_origins"] = ["https://shop.example.de"] * 2400
    gateway.store(json.dumps(large, separators=(",", ":")))
    stored = gateway.text
    assert "64 KiB" in run("init", *SHOP, "--dataset", NEW_DATASET, "--yes", exit_code=1).stderr
    assert gateway.text == stored


@pytest.mark.usefixtures("secrets_given")
def test_the_local_stack_is_told_apart(
    gateway: Gateway, run: Run, simulated_aws: str, local_stack: Callable[[str, str], None]
) -> None:
    """With --local the addresses are the emulator's, and the operator learns what `make up` will do to the change."""
    local_stack(simulated_aws, gateway.secret_id)
    output = run("init", "--local", *SHOP, "--dataset", NEW_DATASET, "--yes").output
    assert f"{simulated_aws}/gateway/webhooks/example-outdoor" in output
    assert "The next `make up` puts .local/settings.json back" in output
    assert NEW_DATASET in gateway.stored["datasets"]


@pytest.mark.usefixtures("secrets_given")
def test_a_domain_of_ones_own_needs_a_record(gateway: Gateway, run: Run) -> None:
    """When the stack has a custom domain, the target of its DNS record is told."""
    gateway.deploy("own-domain", {**gateway.outputs, "CustomDomainTarget": "d-1.example.com"})
    output = run("init", "--stack", "own-domain", *SHOP, "--dataset", NEW_DATASET, "--yes").output
    assert "(CNAME) to d-1.example.com" in output
