"""The values that Meta's fields are made of, as types that msgspec checks."""

import sys
from typing import Annotated, Literal

from msgspec import Meta

Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]
"""A whole number that every JSON reader reads exactly (RFC 8259, section 6)."""

Count = Annotated[int, Meta(ge=0, le=2**53)]
"""How many of something."""

Amount = Annotated[float, Meta(ge=0, le=sys.float_info.max)]
"""Money in major units (12.34 euros, not 1234 cents), not negative and finite: a return is no negative sale."""

Number = Annotated[float, Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
"""A finite number of either sign."""

_Scalar = str | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | Number | bool
Property = _Scalar | list[_Scalar]
"""A custom property: text, number, boolean, or a list of these; what Meta says custom properties may be."""

FlatObject = dict[str, _Scalar]
"""An object of scalars."""

Switch = bool | Literal[0, 1]
"""Off or on: Meta's documents write 0 and 1, Meta's SDKs false and true."""

DeliveryCategory = Literal["in_store", "curbside", "home_delivery"]
"""How a purchase reaches the buyer. No other value is allowed (Meta's "custom data parameters" page)."""

ActionSource = Literal[
    "email",
    "website",
    "app",
    "phone_call",
    "chat",
    "physical_store",
    "system_generated",
    "business_messaging",
    "other",
]
"""Where the person acted (Meta's "server event parameters" page)."""

MessagingChannel = Literal["whatsapp", "messenger", "instagram"]
"""Which conversation a ``business_messaging`` event belongs to (Meta's "business messaging" page)."""

LduState = Literal[0, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013]
"""The states with a code for Limited Data Use; 0 lets Meta find the place (Meta's "data processing options" page)."""
