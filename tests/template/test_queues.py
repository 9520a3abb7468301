"""An accepted event can wait as long as SQS allows, is not handed out twice at once, and is watched wherever it is."""

from typing import Any

SQS_LONGEST_RETENTION_SECONDS = 14 * 24 * 60 * 60


def queues(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Properties of each queue by logical id."""
    return {
        name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == "AWS::SQS::Queue"
    }


def test_a_message_stays_hidden_for_six_times_the_sender_s_timeout_and_the_window(
    template: dict[str, Any], resources: dict[str, Any], functions: dict[str, dict[str, Any]]
) -> None:
    """AWS advises this, so that neither throttled calls nor a batch that fills slowly hand a message out twice."""
    window = template["Parameters"]["BatchingWindowSeconds"]["MaxValue"]
    least = 6 * functions["SenderFunction"]["Timeout"] + window
    assert resources["EventQueue"]["Properties"]["VisibilityTimeout"] >= least


def test_every_queue_keeps_messages_for_fourteen_days(resources: dict[str, Any]) -> None:
    """Each queue keeps a message as long as SQS allows, so a long outage of Meta's loses nothing."""
    assert {name: queue["MessageRetentionPeriod"] for name, queue in queues(resources).items()} == dict.fromkeys(
        queues(resources), SQS_LONGEST_RETENTION_SECONDS
    )


def test_a_dead_letter_queue_keeps_messages_at_least_as_long_as_its_source(resources: dict[str, Any]) -> None:
    """SQS keeps the first enqueue time of what it moves, so a shorter dead-letter queue would drop it on arrival."""
    found = queues(resources)
    pairs = {
        name: queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for name, queue in found.items()
        if "RedrivePolicy" in queue
    }
    assert pairs == {"EventQueue": "DeadLetterQueue"}
    for source, target in pairs.items():
        assert found[target]["MessageRetentionPeriod"] >= found[source]["MessageRetentionPeriod"]


def test_every_queue_takes_the_largest_message_encrypts_it_and_refuses_plain_http(resources: dict[str, Any]) -> None:
    """Each queue takes 1 MiB, encrypts at rest, and stands under the policy that denies connections without TLS."""
    for name, queue in queues(resources).items():
        policy = resources[f"{name}Policy"]["Properties"]
        assert policy["Queues"] == [{"Ref": name}]
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Resource"] == {"Fn::GetAtt": [name, "Arn"]}
        assert "*" not in "".join(statement["Action"])
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert queue["MaximumMessageSize"] == 1024 * 1024
        assert queue["SqsManagedSseEnabled"] is True


def test_every_queue_has_an_alarm(resources: dict[str, Any]) -> None:
    """Dead letters raise an alarm by their number, waiting events by their age, held ones by their halted dataset."""
    dead = resources["DeadLetterQueueNotEmpty"]["Properties"]
    assert dead["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert dead["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}]
    waiting = resources["OldestWaiting"]["Properties"]
    assert waiting["MetricName"] == "oldest_waiting_seconds"
    assert waiting["Dimensions"] == [{"Name": "service", "Value": "sender"}]
    held = resources["DatasetHalted"]["Properties"]
    assert held["MetricName"] == "datasets_halted"  # only a halted dataset's events are in the hold queue
    source = resources["EventSource"]["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]
    assert set(queues(resources)) == {"DeadLetterQueue", "HoldQueue", source}


def test_the_sender_reports_each_failed_message_and_is_called_by_few_at_a_time(
    template: dict[str, Any], resources: dict[str, Any]
) -> None:
    """Without ReportBatchItemFailures one failure would repeat its whole batch; above ten a batch needs a window."""
    mapping = resources["EventSource"]["Properties"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert mapping["MaximumBatchingWindowInSeconds"] == {"Ref": "BatchingWindowSeconds"}
    assert template["Parameters"]["BatchingWindowSeconds"]["MinValue"] >= 1


def test_receiving_often_never_gives_an_event_up(resources: dict[str, Any]) -> None:
    """SQS moves a message only after a thousand receives; before that the sender decides, with a reason."""
    assert resources["EventQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] == 1000


def test_the_hold_queue_gives_nothing_up_by_itself(resources: dict[str, Any]) -> None:
    """What is held may be looked at as often as it takes: no number of receives moves it, and 14 days are the most."""
    hold = queues(resources)["HoldQueue"]
    assert "RedrivePolicy" not in hold
    assert hold["MessageRetentionPeriod"] == 14 * 86_400
