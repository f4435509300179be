"""A conversation as every provider is given it; what one must see again byte for byte rides along as `replay`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.sessions import Effort


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ToolSpec(_Frozen):
    """A tool as models are told of it; `parameters` is a JSON Schema."""

    name: str
    description: str
    parameters: JsonObject


class ImagePart(_Frozen):
    """An image or PDF the user attached; `data` is base64."""

    type: Literal["image"] = "image"
    mime_type: str
    data: str


class UserMessage(_Frozen):
    """What the user said."""

    role: Literal["user"] = "user"
    text: str
    images: tuple[ImagePart, ...] = ()


class TextPart(_Frozen):
    """What the model said."""

    type: Literal["text"] = "text"
    text: str
    replay: JsonObject | None = None


class ThoughtPart(_Frozen):
    """What the model thought; `replay` is its signature or encrypted form, tagged with the `wire` that made it."""

    type: Literal["thought"] = "thought"
    text: str
    replay: JsonObject | None = None


class ToolCallPart(_Frozen):
    """A call the model asked for; `arguments` is the JSON text exactly as the model wrote it."""

    type: Literal["tool_call"] = "tool_call"
    call_id: str
    name: str
    arguments: str
    replay: JsonObject | None = None


AssistantPart = Annotated[TextPart | ThoughtPart | ToolCallPart, Field(discriminator="type")]


class AssistantMessage(_Frozen):
    """One step of the model, in the order in which it came."""

    role: Literal["assistant"] = "assistant"
    parts: tuple[AssistantPart, ...]


class ToolResult(_Frozen):
    """What the model is told of one call."""

    call_id: str
    name: str
    output: str
    is_error: bool = False


class ToolResults(_Frozen):
    """The results of one step, in the order of its calls."""

    role: Literal["tool"] = "tool"
    results: tuple[ToolResult, ...]


Message = Annotated[UserMessage | AssistantMessage | ToolResults, Field(discriminator="role")]


class Request(_Frozen):
    """One request to a model. `cache_key` names the conversation to providers that route by it."""

    system: str
    tools: tuple[ToolSpec, ...] = ()
    messages: tuple[Message, ...]
    effort: Effort | None = None
    max_output: int | None = None
    cache_key: str | None = None
