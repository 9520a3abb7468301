"""Salesforce's outbound messages: the records in the XML, and the answer that Salesforce waits for. Pure.

Source: Salesforce's "outbound messaging" pages and its WSDL. Only records and the organization are taken out of a
message; the ``SessionId`` in it, which would open the organization to whoever holds it, is never looked at.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from xml.parsers import expat

from sluice.errors import Rejected

MAX_NOTIFICATIONS: Final = 100
"""Salesforce's limit for one message."""
ACK: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)
"""The answer to a message that was taken. After any other, Salesforce sends it again for 24 hours."""
_LONGEST_NAMESPACE: Final = 200
"""Salesforce's have 41 characters. Expat writes it before the name of each element in it."""
_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_OUTBOUND: Final = "http://soap.sforce.com/2005/09/outbound"
_MESSAGE: Final = [f"{_SOAP} Envelope", f"{_SOAP} Body", f"{_OUTBOUND} notifications"]
_ORGANIZATION: Final = [*_MESSAGE, f"{_OUTBOUND} OrganizationId"]
_NOTIFICATION: Final = [*_MESSAGE, f"{_OUTBOUND} Notification"]
_RECORD: Final = [*_NOTIFICATION, f"{_OUTBOUND} sObject"]


class Message(NamedTuple):
    """Who sent a message, and the fields of each record, by name. A deleted record has none."""

    organization_id: str
    records: list[Mapping[str, str]]

    def __repr__(self) -> str:
        """Without anything of a person."""
        return f"Message({len(self.records)} records)"


def read_message(body: bytes) -> Message:
    """The message in a SOAP body.

    Raises Rejected ``bad_xml`` for what is no XML or has a DTD, ``wrong_topic_shape`` for another message or too many
    records.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)  # noqa: FBT003 - expat takes no keywords: this is the whole text
    except expat.ExpatError:
        raise Rejected("bad_xml") from None
    if not reader.is_message or len(reader.records) > MAX_NOTIFICATIONS:
        raise Rejected("wrong_topic_shape")
    return Message("".join(reader.organization_id), [_texts(record) for record in reader.records])


def _texts(record: dict[str, list[str]]) -> Mapping[str, str]:
    return {name: "".join(pieces) for name, pieces in record.items()}


class _Reader:
    """Keeps the texts of a message that somebody asked for, while expat walks through it.

    Without a DTD there are no entities but XML's own five, so nothing can grow or be fetched
    (docs/decisions/0017-xml-by-expat.md).
    """

    def __init__(self) -> None:
        self.organization_id: list[str] = []
        self.records: list[dict[str, list[str]]] = []
        self.is_message = False
        self._path: list[str] = []
        self._kept: list[str] | None = None
        self.parser = expat.ParserCreate("UTF-8", " ")
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartNamespaceDeclHandler = self._declare
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _refuse(self, *_declared: object) -> None:
        raise Rejected("bad_xml")

    def _declare(self, _prefix: str | None, namespace: str | None) -> None:
        if len(namespace or "") > _LONGEST_NAMESPACE:
            raise Rejected("wrong_topic_shape")

    def _start(self, name: str, _attributes: object) -> None:
        self._path.append(name)
        self._kept = None
        if self._path == _MESSAGE:
            self.is_message = True
        elif self._path == _ORGANIZATION:
            self._kept = self.organization_id
        elif self._path == _NOTIFICATION:
            self.records.append({})
        elif len(self._path) == len(_RECORD) + 1 and self._path[:-1] == _RECORD:
            self._kept = self.records[-1].setdefault(name.rpartition(" ")[2], [])

    def _end(self, _name: str) -> None:
        self._path.pop()
        self._kept = None

    def _text(self, text: str) -> None:
        if self._kept is not None:
            self._kept.append(text)
