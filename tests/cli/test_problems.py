"""What the operator reads when AWS cannot be reached, refuses or has something else."""

import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.cli.conftest import NEW_SECRET, Gateway, Run


class Refusal(http.server.BaseHTTPRequestHandler):
    """Answers every request with ``code``, in the protocol of the service that was asked, and with a secret in it."""

    code: ClassVar[str] = ""

    def do_POST(self) -> None:
        """AWS's answer to a call that it refuses."""
        self.rfile.read(int(self.headers["Content-Length"]))
        xml = f"<ErrorResponse><Error><Code>{self.code}</Code><Message>{NEW_SECRET}</Message></Error></ErrorResponse>"
        is_json = "X-Amz-Target" in self.headers
        body = json.dumps({"__type": self.code, "Message": NEW_SECRET}) if is_json else xml
        self.send_response(400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def refusing_aws() -> Iterator[Callable[[str], str]]:
    """``refusing_aws(code)`` is the address of an AWS that answers with this error."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def refusing(code: str) -> str:
            Refusal.code = code
            return f"http://127.0.0.1:{server.server_port}"

        yield refusing
        server.shutdown()
        thread.join()


@pytest.fixture
def closed_port() -> str:
    """An address where nothing answers."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize(
    ("missing", "hint"),
    [
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "Sign in"),
        (("AWS_SECRET_ACCESS_KEY",), "Sign in"),
        (("AWS_DEFAULT_REGION",), "--region"),
    ],
)
def test_what_the_configuration_lacks_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], hint: str
) -> None:
    """Without credentials or region the sentence says how to give them."""
    for name in missing:
        monkeypatch.delenv(name)
    assert hint in run("show", exit_code=1).stderr


def test_an_unknown_profile_is_told(run: Run) -> None:
    """A profile that is not configured is told with the command that lists them."""
    assert "aws configure list-profiles" in run("show", "--profile", "nobody", exit_code=1).stderr


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("AccessDenied", "cloudformation:DescribeStacks"),
        ("ExpiredToken", "session is over"),
        ("InvalidClientTokenId", "does not accept the credentials"),
        ("SomethingNew", "AWS answered SomethingNew to DescribeStacks"),
    ],
)
def test_a_refusal_to_show_the_stack_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, refusing_aws: Callable[[str], str], code: str, hint: str
) -> None:
    """Each kind of refusal has its own sentence, without AWS's message."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", refusing_aws(code))
    assert hint in run("show", exit_code=1).stderr


@pytest.mark.parametrize(
    ("code", "hint"),
    [("AccessDeniedException", "secretsmanager:GetSecretValue"), ("InvalidRequestException", "restore-secret")],
)
def test_a_refusal_to_read_the_secret_is_told(
    run: Run,
    refusing_aws: Callable[[str], str],
    local_stack: Callable[[str, str], None],
    code: str,
    hint: str,
) -> None:
    """The permission that is missing, or that the secret is marked for deletion."""
    local_stack(refusing_aws(code), "settings")
    assert hint in run("check", "--local", exit_code=1).stderr


def test_a_secret_that_is_gone_is_told_when_written(
    gateway: Gateway, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deleted secret reads like one without a value; writing to it says that it is gone."""
    gateway.secrets.delete_secret(SecretId=gateway.secret_id, ForceDeleteWithoutRecovery=True)
    monkeypatch.setenv("SLUICE_TOKEN", "token-of-some-length")
    monkeypatch.setenv("SLUICE_WEBHOOK_SECRET", NEW_SECRET)
    arguments = ("--shop-domain", "a.myshopify.com", "--dataset", "12345", "--yes")
    assert "gone" in run("init", *arguments, exit_code=1).stderr


@pytest.mark.usefixtures("gateway")
def test_a_stack_that_is_not_there_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name and the region that were looked in are told; --stack and SLUICE_STACK name another."""
    assert "no stack nope in eu-central-1" in run("show", "--stack", "nope", exit_code=1).stderr
    monkeypatch.setenv("SLUICE_STACK", "other")
    assert "no stack other in eu-west-1" in run("show", "--region", "eu-west-1", exit_code=1).stderr


def test_a_stack_of_something_else_is_told(gateway: Gateway, run: Run) -> None:
    """A stack without the outputs is no gateway, or one whose deployment has not gone through."""
    gateway.deploy("website", {"Url": "https://example.com"})
    assert "(CREATE_COMPLETE) has no outputs" in run("show", "--stack", "website", exit_code=1).stderr


def test_a_local_stack_that_is_not_up_is_told(
    run: Run, closed_port: str, local_stack: Callable[[str, str], None]
) -> None:
    """Outside a checkout and with the emulator stopped, the answer is `make up`."""
    assert "make up" in run("check", "--local", exit_code=1).stderr
    local_stack(closed_port, "settings")
    assert "does not answer. Start the local stack with `make up`." in run("check", "--local", exit_code=1).stderr


def test_a_damaged_stack_file_is_told(run: Run, tmp_path: Path) -> None:
    """A stack file of another version is made anew by `make down` and `make up`."""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text("{}")
    assert "make down" in run("check", "--local", exit_code=1).stderr


def test_the_checkout_is_found_from_a_folder_below(
    gateway: Gateway,
    run: Run,
    simulated_aws: str,
    local_stack: Callable[[str, str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """--local works anywhere inside the checkout."""
    gateway.store()
    local_stack(simulated_aws, gateway.secret_id)
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    assert "valid" in run("check", "--local").output


@pytest.mark.parametrize("command", ["init", "edit", "check", "show"])
def test_every_command_has_a_promise_and_an_example(command: str) -> None:
    """The help begins with what the command does and shows a call."""
    result = CliRunner().invoke(app, ["settings", command, "--help"])
    assert result.exit_code == 0
    assert f"sluice settings {command}" in result.output.split("Example:")[1]
