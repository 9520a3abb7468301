"""JSON answers."""

import msgspec
from starlette.responses import Response


def json_response(content: object, status: int = 200) -> Response:
    """An answer from anything msgspec can encode: the records of `state` hold events that are JSON already."""
    return Response(msgspec.json.encode(content), status, media_type="application/json; charset=UTF-8")
