"""The OpenAPI 3.1 document of the API, made from the models that the API answers with, so that it cannot drift."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from mailguard.console import models
from mailguard.console.act_models import DecisionIn
from mailguard.console.operations import OPERATIONS, Operation

_REF = "#/components/schemas/{model}"


@lru_cache(maxsize=4)
def document(url: str, version: str) -> dict[str, Any]:
    """The whole document. url: of the console."""
    _, schemas = models_json_schema([(model, "validation") for model in _models()], ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mailguard", "version": version or "0", "description": "Held mail: look, decide, listen."},
        "servers": [{"url": f"{url}/api/v1"}],
        "security": [{"bearer": []}, {"session": []}],
        "components": {"schemas": schemas["$defs"], "securitySchemes": _security()},
        "paths": _paths(),
    }


def _models() -> list[type[BaseModel]]:
    """Everything that is taken or given, each once."""
    found = [model for one in OPERATIONS for model in (one.gives, one.takes) if model is not None]
    return [*dict.fromkeys(found), models.ProblemOut]


def _security() -> dict[str, Any]:
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "`mailguard token create`"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "mailguard",
            "description": "Console session; changes also need X-Form-Token",
        },
    }


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method] = _described(one)
    return paths


def _described(one: Operation) -> dict[str, Any]:
    parameters = list(one.query)
    if "{id}" in one.path:
        parameters.append({"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
    schema = {"$ref": _ref(one.gives)} if one.gives else {"type": "object"} if one.media == "application/json" else {}
    refused = {"content": {"application/problem+json": {"schema": {"$ref": _ref(models.ProblemOut)}}}}
    described: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": parameters,
        "responses": {
            str(one.done): {"description": "done", "content": {one.media: {"schema": schema}}},
            **{str(status): {"description": "refused", **refused} for status in sorted({400, 401, *one.refusals})},
        },
    }
    if one.takes is not None:
        body = {"content": {"application/json": {"schema": {"$ref": _ref(one.takes)}}}}
        described["requestBody"] = body if issubclass(one.takes, DecisionIn) else {"required": True, **body}
    return described


def _ref(model: type[BaseModel]) -> str:
    return _REF.format(model=model.__name__)
