"""`sluice settings show`."""

import json
from collections.abc import Callable

import pytest

from tests.cli.conftest import INGEST_URL, NEW_SECRET, NEW_TOKEN, Gateway, Run
from tests.cli.terminal import Terminal
from tests.samples import DATASET, TOKEN, document


def test_every_secret_is_masked(gateway: Gateway, run: Run) -> None:
    """The document is whole but for its secrets, of which the length is left, and the addresses follow it."""
    token, key, secret, pepper, previous = "QqWw" * 8, "YyXx" * 7, "JjKk" * 6, "ab12" * 8, "98fe" * 10
    settings = document(pepper=pepper, previous_peppers=[previous])
    settings["datasets"][DATASET].update(access_token=token, server_keys=[key])
    settings["sources"]["shopify-demo"]["secrets"] = [secret]
    gateway.store(json.dumps(settings))
    output = run("show").output
    for value in (token, key, secret, pepper, previous):
        assert value[:4] not in output
        assert output.count(f'"*** ({len(value)} characters)"') >= 1
    assert f"{INGEST_URL}/webhooks/shopify-demo" in output
    assert f"{INGEST_URL}/v26.0/{DATASET}/events" in output


def test_programs_get_json(gateway: Gateway, run: Run) -> None:
    """With --json the output is the masked document and nothing else."""
    gateway.store()
    shown = json.loads(run("show", "--json").stdout)
    assert list(shown["datasets"]) == list(document()["datasets"])
    assert shown["sources"]["shopify-demo"]["secrets"] == ["*** (28 characters)"]


def test_a_pipe_gets_the_real_document(gateway: Gateway, run: Run) -> None:
    """With --reveal a program gets what is stored."""
    gateway.store()
    assert json.loads(run("show", "--reveal", reveals=True).stdout) == document()


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 1), ("", 1)])
def test_a_terminal_is_asked_first(gateway: Gateway, answer: str, status: int) -> None:
    """On a screen the secrets appear only after a yes."""
    gateway.store()
    with Terminal("show", "--reveal") as terminal:
        terminal.answer("[y/N]: ", answer)
        assert terminal.status() == status
    assert (TOKEN in terminal.shown) == (status == 0)


def test_an_invalid_document_is_not_shown(gateway: Gateway, run: Run) -> None:
    """What cannot be read cannot be masked; --reveal still prints it."""
    broken = json.dumps({**document(), "acess_token": NEW_SECRET})
    gateway.store(broken)
    assert "not valid" in run("show", exit_code=1).stderr
    assert run("show", "--reveal", reveals=True).stdout == f"{broken}\n"


def test_secrets_are_typed_unseen(
    gateway: Gateway, simulated_aws: str, local_stack: Callable[[str, str], None]
) -> None:
    """At a terminal the dialogue does not show the token and the webhook secret while they are typed."""
    local_stack(simulated_aws, gateway.secret_id)
    with Terminal(
        "init", "--local", "--shop-domain", "a.myshopify.com", "--dataset", "12345", "--no-pixel"
    ) as terminal:
        terminal.answer("read [A]: ", "Shop")
        terminal.answer("(not shown): ", NEW_TOKEN)
        terminal.answer("none): ", "DE")
        terminal.answer("[orders/paid]: ", "")
        terminal.answer("[a]: ", "")
        terminal.answer("(not shown): ", NEW_SECRET)
        terminal.answer("[Y/n]: ", "y")
        assert terminal.status() == 0
    assert NEW_TOKEN not in terminal.shown
    assert NEW_SECRET not in terminal.shown
    assert gateway.stored["datasets"]["12345"]["access_token"] == NEW_TOKEN
