"""What the tests of the whole stack do to it: send, wait, look. It speaks HTTP and AWS, never the product's code."""

import base64
import hmac
import json
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3

from local.stack import aws

WAIT_SECONDS = 90
"""Longer than the steward hides from itself what it saw and had to leave, as it does while another dataset drains."""
HTTP = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=2, read=60))


class Stack:
    """A running stack, as ``.local/stack.json`` describes it."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.settings: dict[str, Any] = json.loads(Path(values["settings_file"]).read_text())
        self.dataset = next(iter(self.settings["datasets"]))
        self.server_key: str = self.settings["datasets"][self.dataset]["server_keys"][0]
        self.source = "shopify-demo"
        self.shop_secret: str = self.settings["sources"][self.source]["secrets"][0]

    def client(self, service: str) -> Any:
        """A boto3 client of the stack's AWS."""
        return aws(service, self.values["aws_endpoint_url"])

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Any:
        """The response to a request at the stack's doors."""
        return HTTP.request(method, self.values["ingest_url"] + path, headers=headers or {}, body=body)

    def post_events(self, *events: dict[str, Any], **headers: str) -> Any:
        """The response to a Conversions API request with the dataset's server key."""
        sent = {"content-type": "application/json", "authorization": f"Bearer {self.server_key}", **headers}
        return self.request("POST", f"/v26.0/{self.dataset}/events", sent, json.dumps({"data": events}).encode())

    def post_order(self, order: dict[str, Any], topic: str = "orders/paid", **headers: str) -> Any:
        """The response to a Shopify webhook with the order, signed by the configured shop."""
        body = json.dumps(order).encode()
        return self.post_signed(body, topic, **headers)

    def post_signed(self, body: bytes, topic: str = "orders/paid", **headers: str) -> Any:
        """The response to a Shopify webhook of exactly these bytes; ``headers`` replace the right ones."""
        sent = {
            "content-type": "application/json",
            "x-shopify-topic": topic,
            "x-shopify-hmac-sha256": self.signature(body),
            "x-shopify-shop-domain": "example-outdoor.myshopify.com",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.request("POST", f"/webhooks/{self.source}", sent, body)

    def signature(self, body: bytes) -> str:
        """What the configured shop signs the bytes with."""
        return base64.b64encode(hmac.digest(self.shop_secret.encode(), body, "sha256")).decode()

    def graph(self, path: str, method: str = "GET", **fields: Any) -> Any:
        """The simulator's answer on one of its own paths."""
        response = HTTP.request(method, self.values["graph_api_url"] + path, **fields)
        return response.json() if response.data else None

    def fault(self, **fault: Any) -> None:
        """Let the simulator fail for the dataset, once unless ``count`` says otherwise."""
        self.graph(f"/_graph/datasets/{self.dataset}/faults", "POST", json=fault)

    def received(self, event_id: str) -> list[dict[str, Any]]:
        """What the simulator received under an event id."""
        found = self.graph(f"/_graph/events?dataset={self.dataset}&limit=20000")["events"]
        return [event for event in found if event["event_id"] == event_id]

    def dead_letters(self) -> list[dict[str, Any]]:
        """The messages of the dead-letter queue, which stay in it."""
        client, queue = self.client("sqs"), self.values["dead_letter_queue_url"]
        found: list[dict[str, Any]] = []
        while messages := client.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=20, MessageAttributeNames=["All"]
        ).get("Messages"):
            found += messages
        for message in found:
            client.change_message_visibility(
                QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        return found

    @contextmanager
    def queue_at_rest(self) -> Iterator[None]:
        """Nothing is handed to the sender before the end of the block; then all that waits, in few batches."""
        client = self.client("lambda")
        (mapping,) = client.list_event_source_mappings()["EventSourceMappings"]
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def tend(self) -> None:
        """One round of the steward; the schedule calls it too, each minute."""
        client = self.client("lambda")
        (steward,) = (f for f in client.list_functions()["Functions"] if "StewardFunction" in f["FunctionName"])
        assert "FunctionError" not in client.invoke(FunctionName=steward["FunctionName"], Payload=b"{}")

    def items(self) -> list[dict[str, Any]]:
        """Every delivery item; the breakers stand in the same table."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.values["delivery_table"])
        return [item for page in pages for item in page["Items"] if not item["pk"]["S"].startswith("breaker")]

    def own_items(self) -> list[dict[str, Any]]:
        """The delivery items of its dataset."""
        return [item for item in self.items() if item["dataset"]["S"] == self.dataset]

    def breaker(self) -> str:
        """The state of its dataset's breaker."""
        key = {"pk": {"S": f"breaker#{self.dataset}"}}
        found = self.client("dynamodb").get_item(TableName=self.values["delivery_table"], Key=key, ConsistentRead=True)
        return str(found.get("Item", {}).get("state", {}).get("S", "closed"))

    def logs(self) -> str:
        """Every line that the functions and the gateway logged, metrics included."""
        client = self.client("logs")
        lines = []
        for group in self.values["log_groups"]:
            for page in client.get_paginator("filter_log_events").paginate(logGroupName=group):
                lines += [event["message"] for event in page["events"]]
        return "\n".join(lines)

    def waiting_messages(self, queue: str = "event_queue_url") -> int:
        """Messages in the event queue, or in another one of the stack's, seen or unseen."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        client = self.client("sqs")
        found = client.get_queue_attributes(QueueUrl=self.values[queue], AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


def eventually(condition: Callable[[], Any]) -> Any:
    """The condition's value as soon as it is true; fails after WAIT_SECONDS. The stack runs on a real clock."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, f"it did not happen within {WAIT_SECONDS} seconds"
        time.sleep(0.1)
    return value


def purchase(**changes: Any) -> dict[str, Any]:
    """A website Purchase of now with consent, and an event id of its own."""
    now = int(time.time()) - 5
    return {
        "event_name": "Purchase",
        "event_time": now,
        "event_id": f"test-{uuid.uuid4()}",
        "action_source": "website",
        "event_source_url": "https://shop.example.de/thanks",
        "user_data": {"em": "lena.fischer@example.de", "client_user_agent": "Mozilla/5.0"},
        "custom_data": {"value": 98.5, "currency": "EUR"},
        "consent": {"granted": True, "at": now - 60},
        **changes,
    }


def forms(marker: str) -> list[str]:
    """A text as it could show up: as it is, lower-cased, URL-encoded, base64 (without its ragged ends)."""
    encoded = [base64.b64encode(b" " * shift + marker.encode()).decode() for shift in range(3)]
    return [marker, marker.lower(), urllib.parse.quote(marker), *(text[4:-4] for text in encoded)]
