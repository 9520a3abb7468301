"""Alarms look at metrics that are really sent, and reach somebody when an address is given."""

from typing import Any

import pytest

from sluice.telemetry import Metric


@pytest.fixture(name="alarms")
def alarms_of_the_template(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Properties of each alarm by logical id."""
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }


def test_own_metrics_in_alarms_are_sent_by_the_code(
    alarms: dict[str, dict[str, Any]], functions: dict[str, dict[str, Any]]
) -> None:
    """Namespace, service and name of an alarm's metric are those a function sends; a typing error would be silent."""
    variables = [function["Environment"]["Variables"] for function in functions.values()]
    sent = [(each["POWERTOOLS_METRICS_NAMESPACE"], each["POWERTOOLS_SERVICE_NAME"]) for each in variables]
    watched = [alarm for alarm in alarms.values() if not str(alarm["Namespace"]).startswith("AWS/")]
    assert {metric["MetricName"] for metric in watched} == {
        "datasets_halted",
        "events_near_deadline",
        "graph_version_ending",
        "oldest_waiting_seconds",
        "settings_invalid",
        "test_event_code_left_on",
        "internal_errors",
        "privacy_requests_due",
        "webhooks_lost",
    }
    for metric in watched:
        (dimension,) = metric["Dimensions"]
        assert dimension["Name"] == "service"
        assert (metric["Namespace"], dimension["Value"]) in sent
        assert metric["MetricName"] in set(Metric)


def test_two_gateways_of_an_account_do_not_raise_each_other_s_alarms(
    alarms: dict[str, dict[str, Any]], functions: dict[str, dict[str, Any]]
) -> None:
    """Beside the stack's name only the room tells metrics apart, so each stack has a namespace of its own."""
    own = {"Ref": "AWS::StackName"}
    assert all(each["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == own for each in functions.values())
    assert all(alarm["Namespace"] in ("AWS/SQS", "AWS/Lambda", "AWS/ApiGateway", own) for alarm in alarms.values())


def test_every_alarm_reaches_the_address_if_there_is_one(alarms: dict[str, dict[str, Any]]) -> None:
    """Each alarm, and its end, goes to the topic only when an e-mail address was given."""
    to_topic = [{"Fn::If": ["HasAlarmEmail", {"Ref": "AlarmTopic"}, {"Ref": "AWS::NoValue"}]}]
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == to_topic


def test_every_alarm_says_what_it_means_and_stays_quiet_without_traffic(alarms: dict[str, dict[str, Any]]) -> None:
    """An alarm's text tells what happened; a quiet shop raises none, for its steward is called all the same."""
    for name, alarm in alarms.items():
        assert alarm["AlarmDescription"].endswith(".")
        assert alarm["TreatMissingData"] == ("breaching" if name == "StewardNotCalled" else "notBreaching")


def test_a_function_that_nobody_calls_raises_an_alarm(alarms: dict[str, dict[str, Any]]) -> None:
    """Sender and steward write their own metrics, so these are silent when the functions are not called at all."""
    sender, steward = alarms["EventQueueNotRead"], alarms["StewardNotCalled"]
    assert sender["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert sender["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["EventQueue", "QueueName"]}}]
    assert (steward["MetricName"], steward["ComparisonOperator"], steward["Threshold"]) == (
        "Invocations",
        "LessThanThreshold",
        1,
    )
    assert steward["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "StewardFunction"}}]


def test_the_topic_exists_only_with_an_address(resources: dict[str, Any]) -> None:
    """Without AlarmEmail the stack has neither topic nor subscription."""
    assert resources["AlarmTopic"]["Condition"] == "HasAlarmEmail"
    assert resources["AlarmSubscription"]["Condition"] == "HasAlarmEmail"


def test_a_privacy_request_that_is_due_raises_the_alarm_until_it_is_done(
    resources: dict[str, Any], alarms: dict[str, dict[str, Any]]
) -> None:
    """The steward counts each minute; one request that is due is enough."""
    (event,) = resources["StewardFunction"]["Properties"]["Events"].values()
    assert event["Properties"]["ScheduleExpression"] == "rate(1 minute)"
    alarm = alarms["PrivacyRequestDue"]
    assert (alarm["MetricName"], alarm["Dimensions"]) == (
        "privacy_requests_due",
        [{"Name": "service", "Value": "steward"}],
    )
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 1)
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (3600, 2, 1)


@pytest.mark.parametrize("name", ["EventsNearDeadline", "GraphVersionEnding", "OldestWaiting", "TestEventCodeLeftOn"])
def test_what_is_counted_once_an_hour_keeps_its_alarm(alarms: dict[str, dict[str, Any]], name: str) -> None:
    """Of two hours one always holds a count, however the minutes shift; the alarm does not come and go."""
    alarm = alarms[name]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (3600, 2, 1)
    assert alarm["Statistic"] == "Maximum"


def test_the_version_alarm_says_what_to_change(template: dict[str, Any], alarms: dict[str, dict[str, Any]]) -> None:
    """It names the parameter."""
    assert "GraphApiVersion" in template["Parameters"]
    assert "GraphApiVersion" in alarms["GraphVersionEnding"]["AlarmDescription"]


def test_a_steward_that_fails_raises_an_alarm(alarms: dict[str, dict[str, Any]]) -> None:
    """Without its counts no request would seem to be due."""
    alarm = alarms["StewardErrors"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "StewardFunction"}}]
