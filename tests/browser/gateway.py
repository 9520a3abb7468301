"""The gateway's doors for browsers, behind what API Gateway does to a request and an answer."""

from queue import SimpleQueue

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.collect import collect
from sluice.cors import preflight
from sluice.door import read_request, refusal, write_response
from sluice.errors import Rejected, Unavailable
from tests.fakes.rooms import IngestRoom
from tests.samples import api_event

ADDRESS = "203.0.113.7"


def gateway(room: IngestRoom) -> Starlette:
    """``/collect/{dataset}`` of a room, as API Gateway serves it below a domain of one's own.

    ``state.answers``: the status of each answer, for requests whose page is gone.
    """

    def answer(method: str, dataset: str, body: str, headers: dict[str, str], host: str) -> Response:
        event = api_event(f"{method} /collect/{{dataset}}", body, headers, dataset=dataset)
        if cookie := headers.pop("cookie", None):
            event["cookies"] = cookie.split("; ")
        event["requestContext"] |= {"domainName": host, "http": {"sourceIp": ADDRESS}}
        request = read_request(event)
        try:
            door = preflight if method == "OPTIONS" else collect
            made = write_response(door(request, dataset, room.ingest))
        except (Rejected, Unavailable) as error:
            made = write_response(refusal(error, "request-1")._replace(headers=error.headers))
        app.state.answers.put(made["statusCode"])
        response = Response(made["body"], made["statusCode"], made["headers"])
        for line in made.get("cookies", ()):
            response.headers.append("set-cookie", line)
        return response

    async def serve(request: Request) -> Response:
        body = (await request.body()).decode()
        headers, host = dict(request.headers), request.url.hostname or ""
        return await run_in_threadpool(answer, request.method, request.path_params["dataset"], body, headers, host)

    app = Starlette(routes=[Route("/collect/{dataset}", serve, methods=["POST", "OPTIONS"])])
    app.state.answers = SimpleQueue[int]()
    return app
