"""One pass through a queue. SQS cannot show a message without hiding it, so each is taken and given back at the end."""

from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import Progress

from cli.letters import Letter, letter_of
from cli.screen import err

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

HIDDEN_SECONDS: Final = 900
"""For so long others do not see what was taken, should the command be killed before it gives it back."""
_BATCH: Final = 10
"""SQS hands out and takes back ten messages in a call."""


class Reading:
    """A pass through the queue at ``url``; what is still held when the block ends can be seen by others at once.

    ``unread``: about how many messages could not be read, because somebody else holds them or they come later than
    ``at_most``. SQS counts approximately, and does not promise to show all.
    """

    def __init__(
        self, client: "SQSClient", url: str, *, hidden_seconds: int = HIDDEN_SECONDS, at_most: int | None = None
    ) -> None:
        self._client = client
        self._url = url
        self._hidden_seconds = hidden_seconds
        self._at_most = at_most
        self._receipts: dict[str, str] = {}
        self._seen: set[str] = set()
        self._visible = self._in_flight = 0

    def __enter__(self) -> Self:
        counts = self._client.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        self._visible = int(counts["ApproximateNumberOfMessages"])
        self._in_flight = int(counts["ApproximateNumberOfMessagesNotVisible"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        receipts = list(self._receipts.values())
        with suppress(BotoCoreError, ClientError):  # they are seen again when their time is over
            for start in range(0, len(receipts), _BATCH):
                self._client.change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(at), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                        for at, receipt in enumerate(receipts[start : start + _BATCH])
                    ],
                )

    @property
    def unread(self) -> int:
        """About how many messages were not read."""
        return self._in_flight + max(0, self._visible - len(self._seen))

    def batches(self, title: str) -> Iterator[list[Letter]]:
        """Every message once, up to ten at a time, with a bar on the terminal.

        It ends when the queue shows no more, or nothing but what was read already.
        """
        total = min(self._visible, self._at_most or self._visible)
        repeats = 0
        with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
            task = progress.add_task(title, total=total or None)
            while repeats <= self._visible and (self._at_most is None or len(self._seen) < self._at_most):
                found = self._client.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=_BATCH,
                    VisibilityTimeout=self._hidden_seconds,
                    # To wait is to ask all of SQS's servers, so it is done while something should be there.
                    WaitTimeSeconds=int(len(self._seen) < self._visible),
                    MessageSystemAttributeNames=["SentTimestamp"],
                    MessageAttributeNames=["All"],
                ).get("Messages", [])
                if not found:
                    return
                new = [each for each in found if each["MessageId"] not in self._seen]
                repeats += len(found) - len(new)
                self._receipts |= {each["MessageId"]: each["ReceiptHandle"] for each in found}
                self._seen.update(each["MessageId"] for each in new)
                yield [letter_of(each) for each in new]
                progress.advance(task, len(new))

    def delete(self, letter: Letter) -> None:
        """Remove a message for good."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=self._receipts.pop(letter.id))
