"""Bring the stack up: emulator, simulator, the real `sam build` and `sam deploy`, settings; and down again."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import urllib3

from local import fingerprint, processes, settings

ROOT: Final = Path(__file__).resolve().parent.parent
STATE: Final = ROOT / ".local"
STACK_FILE: Final = STATE / "stack.json"
EMULATOR_PID: Final = STATE / "run" / "emulator.pid"
GRAPH_PID: Final = STATE / "run" / "graph.pid"
REGION: Final = "eu-central-1"
STACK_NAME: Final = "sluice-local"
START_SECONDS: Final = 60

Say = Callable[[str], None]
"""Shows one step of progress to the person who waits."""

_HTTP: Final = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=2, read=20))


class UpError(Exception):
    """The stack cannot come up; the message says why and what to do."""


def aws(service: str, endpoint: str) -> Any:  # noqa: ANN401 - boto3 types its clients by the literal name
    """A real boto3 client of the embedded AWS."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator asks for one and checks none
    )


def up(say: Say) -> dict[str, Any]:
    """Bring everything up that is not up yet; returns when all of it answers. The dict is ``.local/stack.json``."""
    port = int(os.environ.get("SLUICE_PORT", "4566"))
    endpoint = f"http://127.0.0.1:{port}"
    _start_emulator(endpoint, port, say)
    own_graph = not os.environ.get("GRAPH_API_URL")
    graph = f"http://127.0.0.1:{port + 33}" if own_graph else os.environ["GRAPH_API_URL"].rstrip("/")
    if own_graph:
        _start_graph(graph, port + 33, say)
    settings_file = settings.chosen_file(STATE)
    _build(say)
    outputs = _deploy(endpoint, graph, say)
    api_id = urlsplit(outputs["IngestUrl"]).netloc.split(".")[0]
    stack = {
        "ingest_url": f"{endpoint}/_aws/execute-api/{api_id}/$default",
        "graph_api_url": graph,
        "events_page_url": f"{graph}/" if own_graph else None,
        "aws_endpoint_url": endpoint,
        "region": REGION,
        "event_queue_url": _on_loopback(outputs["EventQueueUrl"], endpoint),
        "hold_queue_url": _on_loopback(outputs["HoldQueueUrl"], endpoint),
        "dead_letter_queue_url": _on_loopback(outputs["DeadLetterQueueUrl"], endpoint),
        "delivery_table": outputs["DeliveryTable"],
        "consent_table": outputs["ConsentTable"],
        "settings_secret": outputs["SettingsSecretArn"],
        "log_groups": [
            outputs["IngestLogGroup"],
            outputs["SenderLogGroup"],
            outputs["StewardLogGroup"],
            outputs["AccessLogGroup"],
        ],
        "settings_file": str(settings_file),
    }
    _seed(stack, settings_file, own_graph=own_graph, say=say)
    _wait_for(f"{stack['ingest_url']}/health", "the gateway", EMULATOR_PID)
    STACK_FILE.write_text(json.dumps(stack, indent=2) + "\n")
    return stack


def down(say: Say) -> None:
    """Stop the emulator and the simulator, if ``up`` started them."""
    for name, pid_file in (("Graph simulator", GRAPH_PID), ("emulator", EMULATOR_PID)):
        say(f"{name}: stopped" if processes.stop(pid_file) else f"{name}: was not running")
    STACK_FILE.unlink(missing_ok=True)


def is_up() -> bool:
    """Whether the emulator that ``up`` started runs."""
    return processes.is_running(EMULATOR_PID)


def _start_emulator(endpoint: str, port: int, say: Say) -> None:
    if processes.is_running(EMULATOR_PID):
        if not _answers(f"{endpoint}/_ministack/health"):
            raise UpError(f"the emulator runs on another port than {port}; run `make down` first")
        return
    if _answers(endpoint):
        raise UpError(f"port {port} is in use by another program; choose one with SLUICE_PORT")
    say("Starting the embedded AWS (MiniStack)")
    environment = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    processes.start([str(_tool("emulator", "ministack"))], EMULATOR_PID, environment)
    _wait_for(f"{endpoint}/_ministack/health", "the emulator", EMULATOR_PID)
    (STATE / "deployed").unlink(missing_ok=True)


def _start_graph(graph: str, port: int, say: Say) -> None:
    if not processes.is_running(GRAPH_PID):
        if _answers(graph):
            raise UpError(f"port {port} is in use by another program; choose others with SLUICE_PORT")
        say("Starting the Graph simulator")
        processes.start([sys.executable, "-m", "local.graph", "--port", str(port)], GRAPH_PID, {})
    _wait_for(f"{graph}/_graph/health", "the Graph simulator", GRAPH_PID)


def _build(say: Say) -> None:
    """The real `sam build`, for this machine's Python: the emulator runs the functions with its own."""
    inputs = fingerprint.of(ROOT, ["template.yaml", "samconfig.toml", "functions", "layers"])
    built = STATE / "build" / ".inputs"
    if built.exists() and built.read_text() == inputs:
        return
    say("Building (sam build)")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    _sam("build", {"SLUICE_LAYER_PYTHON": version, "SLUICE_LAYER_PLATFORM": fingerprint.platform_tag()})
    built.write_text(inputs)


def _deploy(endpoint: str, graph: str, say: Say) -> dict[str, str]:
    """The real `sam deploy`, unless the same build with the same parameters is there already."""
    mark = STATE / "deployed"
    wanted = f"{graph} {(STATE / 'build' / '.inputs').read_text()}"
    if not (mark.exists() and mark.read_text() == wanted):
        say("Deploying (sam deploy)")
        sam_deploy(endpoint, f"GraphApiUrl={graph}", "BatchingWindowSeconds=1")
        mark.write_text(wanted)
    found = aws("cloudformation", endpoint).describe_stacks(StackName=STACK_NAME)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in found}


def sam_deploy(endpoint: str, *parameters: str) -> None:
    """The real `sam deploy` of what was built, with parameters in the form ``Name=value``."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    _sam("deploy", {"AWS_ENDPOINT_URL": endpoint, **keys}, "--parameter-overrides", *parameters)


def _sam(verb: str, environment: Mapping[str, str], *arguments: str) -> None:
    """Run sam for the local environment; its output is shown only when it fails."""
    path = f"{_tool('sam', 'sam').parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        [str(_tool("sam", "sam")), verb, "--config-env", "local", *arguments],
        cwd=ROOT,
        env={**processes.clean_environment(), **environment, "PATH": path, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise UpError(f"sam {verb} failed:\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")


def _seed(stack: Mapping[str, Any], settings_file: Path, *, own_graph: bool, say: Say) -> None:
    """Write the settings into the stack's secret, and tell the simulator which tokens are good."""
    text = settings_file.read_text()
    document = settings.checked(text)
    client = aws("secretsmanager", stack["aws_endpoint_url"])
    if client.get_secret_value(SecretId=stack["settings_secret"]).get("SecretString") != text:
        say("Writing the settings")
        client.put_secret_value(SecretId=stack["settings_secret"], SecretString=text)
        restart_functions(stack["aws_endpoint_url"])
    for dataset_id, dataset in document.datasets.items() if own_graph else ():
        registration = {"name": dataset.name, "access_tokens": [dataset.access_token.reveal()]}
        _HTTP.request("PUT", f"{stack['graph_api_url']}/_graph/datasets/{dataset_id}", json=registration)


def restart_functions(endpoint: str) -> None:
    """Let the next call of each function meet a new instance, so that it reads the settings afresh.

    A configuration written again as it is replaces the instances, here as on AWS.
    """
    client = aws("lambda", endpoint)
    for function in client.list_functions()["Functions"]:
        client.update_function_configuration(FunctionName=function["FunctionName"], Timeout=function["Timeout"])


def _on_loopback(queue_url: str, endpoint: str) -> str:
    """The queue's address without relying on what `localhost` means here."""
    return f"{endpoint}{urlsplit(queue_url).path}"


def _tool(environment: str, program: str) -> Path:
    path = STATE / "env" / environment / "bin" / program
    if not path.exists():
        raise UpError(f"{environment} is not installed; start this with `make up`")
    return path


def _answers(url: str) -> bool:
    try:
        return _HTTP.request("GET", url).status < 500
    except urllib3.exceptions.HTTPError:
        return False


def _wait_for(url: str, name: str, pid_file: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(url):
        if not processes.is_running(pid_file) or time.monotonic() > deadline:
            raise UpError(f"{name} does not answer; see {pid_file.with_suffix('.log')}")
        time.sleep(0.2)
