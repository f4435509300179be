"""What every word of the protocol shares: frozen, camelCase on the wire, unknown fields tolerated."""

from datetime import UTC, datetime
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel

JsonObject = dict[str, JsonValue]
"""A JSON object whose fields are not looked into here."""


class Wire(BaseModel):
    """A value of shared protocol shape: snake_case in code, camelCase on the wire."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
    )

    def wire(self) -> JsonObject:
        """The JSON object that goes over the wire: camelCase, unset options left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def now() -> datetime:
    """The present moment; times on the wire are RFC 3339 in UTC."""
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """A fresh identifier such as `ses_3f2a…`, unique across processes and restarts."""
    return f"{prefix}_{uuid4().hex[:20]}"
