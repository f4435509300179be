"""Descriptions of tools for models: short JSON schemas whose bytes never change."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, JsonValue

from dispatch_ls.protocol.base import JsonObject


class Parameters(BaseModel):
    """What a tool is called with; a field that it does not have is an error that names the right one."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Description:
    """What a model is told about one tool; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: JsonObject


_UNSAID = ("title", "default", "anyOf", "pattern", "minLength")


def schema_of(parameters: type[BaseModel]) -> JsonObject:
    """The JSON schema without what costs tokens and says nothing: titles, `null` alternatives, empty defaults."""
    schema = parameters.model_json_schema()
    properties = {name: _short(each) for name, each in schema.get("properties", {}).items()}
    result: JsonObject = {"type": "object", "properties": properties}
    if schema.get("required"):
        result["required"] = schema["required"]
    return result


def _short(field: JsonObject) -> JsonValue:
    short = {key: value for key, value in field.items() if key not in _UNSAID}
    alternatives = field.get("anyOf")
    if isinstance(alternatives, list):
        for each in alternatives:
            if isinstance(each, dict) and each.get("type") != "null":
                short.update(each)
    return short
