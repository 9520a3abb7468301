"""Writes docs/openapi.yaml: every door with its bodies and answers, from the tables and types of the code."""

import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import yaml

from sluice.door import VERSION
from sluice.errors import REJECTIONS, UNAVAILABLE
from sluice.event import CustomData
from sluice.policy import MatchKey
from sluice.settings import DATASET_ID, SLUG
from tools.openapi_doors import DOORS, EVERY_DOOR, Door, Error

TARGET: Final = Path(__file__).parent.parent / "docs/openapi.yaml"
_HEAD: Final = "# Written by tools/openapi.py from the tables of the code; not to be edited.\n"
_DESCRIPTION: Final = """\
Every request of a Sluice gateway. API Gateway itself answers 429, in a shape of its own, when there are too many.
A denied event is no error: it is answered 200 or 202, so that nobody sends it again."""
_SCHEMAS: Final = "#/components/schemas/{name}"
_PARAMETERS: Final = {
    "version": (r"^v\d{1,3}\.\d{1,2}$", "A version of the Graph API. Which one is used is the gateway's setting."),
    "dataset": (f"^{DATASET_ID.pattern}$", "The dataset (pixel) at Meta."),
    "source": (f"^{SLUG.pattern}$", "The name of the source in the settings."),
}
_CORS: Final = ("access-control-allow-origin", "access-control-allow-credentials", "vary")


def document() -> str:
    """The whole file."""
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Sluice",
            "version": VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "https://{gateway}", "variables": {"gateway": {"default": "gateway.example.com"}}}],
        "paths": _paths(),
        "components": {
            "schemas": _components(),
            "securitySchemes": {
                "serverKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "One of the dataset's server keys; never Meta's token.",
                },
                "accessToken": {
                    "type": "apiKey",
                    "in": "query",
                    "name": "access_token",
                    "description": "The same key, where a client of Meta's API puts its token.",
                },
            },
        },
    }
    return _HEAD + yaml.dump(whole, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)


def refusals(door: Door) -> dict[int, list[str]]:
    """The slugs that a door can answer, by status."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for slug in () if door == DOORS["GET /health"] else (*door.slugs, *EVERY_DOOR):
        by_status[{**REJECTIONS, **UNAVAILABLE}[slug].status].append(slug)
    return dict(sorted(by_status.items()))


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = defaultdict(dict)
    for route, door in DOORS.items():
        method, path = route.split(" ")
        named = re.findall(r"\{(\w+)\}", path)
        paths[path][method.lower()] = {
            "operationId": re.sub(r"\W+", "_", f"{method.lower()}{path}").strip("_"),
            "summary": door.summary,
            **({"security": [{"serverKey": []}, {"accessToken": []}, {}]} if door.keyed else {"security": []}),
            **({"parameters": [_parameter(name) for name in named]} if named else {}),
            **({"requestBody": _request_body(door)} if door.body else {}),
            "responses": dict(_responses(door)),
        }
    return dict(paths)


def _parameter(name: str) -> dict[str, Any]:
    pattern, description = _PARAMETERS[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "pattern": pattern},
    }


def _request_body(door: Door) -> dict[str, Any]:
    """The body in each content type; as text or XML it is JSON or XML text."""
    content: dict[str, Any] = {}
    for kind in door.types:
        is_text = kind.startswith("text/")
        content[kind] = {"schema": {"type": "string"} if is_text else _schema(door.body)}
        if door.example and kind == "application/json":
            content[kind]["example"] = door.example
    return {"required": True, "content": content}


def _responses(door: Door) -> Iterator[tuple[str, dict[str, Any]]]:
    status, meaning, shape = door.answer
    cookies = ("set-cookie",) if door.sets_cookies else ()
    answer = {"description": meaning, **_headers(door, *cookies), **(_content(_schema(shape)) if shape else {})}
    if "text/xml" in door.types:  # who sends XML wants to hear XML
        answer["content"]["text/xml"] = {"schema": {"type": "string"}}
    yield str(status), answer
    for refused, slugs in refusals(door).items():
        fixes = {slug: {**REJECTIONS, **UNAVAILABLE}[slug].fix for slug in slugs}
        one_of = {"properties": {"error": {"properties": {"slug": {"enum": sorted(slugs)}}}}}
        yield (
            str(refused),
            {
                "description": "\n".join(f"- `{slug}`: {fix}" for slug, fix in sorted(fixes.items())),
                **_headers(door),
                **_content({"allOf": [_schema(Error), one_of]}),
            },
        )


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _headers(door: Door, *more: str) -> dict[str, Any]:
    """The headers that let a page read the answer, which only pages get, and others."""
    return {"headers": {name: {"schema": {"type": "string"}} for name in (*_CORS, *more)}} if door.cors else {}


def _schema(shape: Any) -> dict[str, Any]:  # noqa: ANN401 - a type form
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=_SCHEMAS)
    return schema


def _components() -> dict[str, Any]:
    """The shape of everything that a body or an answer holds, as msgspec describes it."""
    shapes = [door.body for door in DOORS.values()] + [door.answer[2] for door in DOORS.values()]
    _, found = msgspec.json.schema_components([*filter(None, shapes), Error, CustomData], ref_template=_SCHEMAS)
    event = found["WireEvent"]["properties"]
    event["custom_data"] = {"anyOf": [_schema(CustomData), {"type": "null"}]}
    event["user_data"]["properties"] = {name: {} for name in get_args(MatchKey)}
    for schema in found.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"]).replace("``", "`")
    return dict(sorted(found.items()))


class _Dumper(yaml.SafeDumper):
    """Text of several lines as such, and nothing by reference."""

    def ignore_aliases(self, _data: object) -> bool:
        """Repeat what stands in several places: the file is read by people too."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)

if __name__ == "__main__":
    TARGET.write_text(document())
