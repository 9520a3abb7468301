"""The whole stack: the real template on the embedded AWS, the Graph simulator, and samples through the doors."""

import copy
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import stack as local_stack
from tests.fakes.faulty_aws import FaultyAws, faulty_aws
from tests.local.stack import Stack

SHOPS = 60


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running stack: the one of ``make up`` if there is one, else one that ends with the tests."""
    was_up = local_stack.is_up()
    run("up")
    yield Stack(json.loads(local_stack.STACK_FILE.read_text()))
    if not was_up:
        run("down")


def run(verb: str) -> None:
    """What `make up` and `make down` run, with the demo's own settings and simulator."""
    root = Path(__file__).resolve().parents[2]
    environment = {
        name: value for name, value in os.environ.items() if name not in ("GRAPH_API_URL", "SLUICE_SETTINGS")
    }
    command = [sys.executable, "-m", "local", verb]
    result = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.fixture(scope="session")
def shops(stack: Stack) -> Iterator[Iterator[Stack]]:
    """``next(shops)``: the stack as another customer sees it, with a dataset that no other test uses.

    The settings are the stack's own again afterwards.
    """
    client, secret = stack.client("secretsmanager"), stack.values["settings_secret"]
    before = client.get_secret_value(SecretId=secret)["SecretString"]
    document = json.loads(before)
    own = document["datasets"][stack.dataset]
    first = uuid.uuid4().int % 10**14  # or a stack that stays up would know them from the last run
    found = []
    for number in range(SHOPS):
        shop = copy.copy(stack)
        shop.dataset, shop.server_key = f"9{first + number:015}", f"server-key-of-shop-{number:03}"
        token = f"token-of-shop-{shop.dataset}"
        document["datasets"][shop.dataset] = {**own, "access_token": token, "server_keys": [shop.server_key]}
        stack.graph(f"/_graph/datasets/{shop.dataset}", "PUT", json={"name": "A shop", "access_tokens": [token]})
        found.append(shop)
    client.put_secret_value(SecretId=secret, SecretString=json.dumps(document))
    local_stack.restart_functions(stack.values["aws_endpoint_url"])
    yield iter(found)
    client.put_secret_value(SecretId=secret, SecretString=before)
    local_stack.restart_functions(stack.values["aws_endpoint_url"])


@pytest.fixture
def shop(shops: Iterator[Stack]) -> Stack:
    """One of them."""
    return next(shops)


@pytest.fixture(scope="module")
def proxy(stack: Stack) -> Iterator[FaultyAws]:
    """What stands between the functions and their AWS; they reach it directly again afterwards."""
    functions = stack.client("lambda")
    before = {
        each["FunctionName"]: each["Environment"]["Variables"] for each in functions.list_functions()["Functions"]
    }
    with faulty_aws(stack.values["aws_endpoint_url"]) as (url, found):
        for name, variables in before.items():
            changed = {"Variables": {**variables, "AWS_ENDPOINT_URL": url}}
            functions.update_function_configuration(FunctionName=name, Environment=changed)
        yield found
        for name, variables in before.items():
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
