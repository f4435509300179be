"""One tree of errors, named by who must act.

DispatchError                    .kind is the wire's `data.kind`; str() is one short text for that person
├── UserError                    the user acts
│   ├── NotFound · Invalid · Busy · NotStored
│   ├── NoKey                    no usable model: add a key
│   └── Untrusted                trust the workspace first
├── ModelError                   the model acts: it becomes a tool result, the turn goes on
│   ├── ToolFailed
│   └── Denied
├── ConfigError                  the configuration's author acts: file, line, field
├── ProviderError                the provider, or who pays it: error_class (DISP-4), retry_after
└── Internal                     we act: an id for the log, nothing else for the client
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class ErrorKind(StrEnum):
    """`data.kind` of a JSON-RPC error."""

    NOT_FOUND = "not_found"
    INVALID = "invalid"
    BUSY = "busy"
    UNTRUSTED = "untrusted"
    DENIED = "denied"
    NO_KEY = "no_key"
    PROVIDER = "provider"
    INTERNAL = "internal"


class ErrorClass(StrEnum):
    """How a provider failed (DISP-4); `EXHAUSTED` is a quota, which waiting a minute does not mend."""

    AUTH = "auth"
    UNKNOWN_MODEL = "unknown_model"
    RATE_LIMIT = "rate_limit"
    EXHAUSTED = "exhausted"
    CONTEXT_LENGTH = "context_length"
    BAD_REQUEST = "bad_request"
    TIMEOUT = "timeout"
    SERVER = "server"
    NETWORK = "network"
    CANCELLED = "cancelled"


class DispatchError(Exception):
    """Anything Dispatch says went wrong. `str(error)` is fit for the user: no secret, no path of the installation."""

    kind: ErrorKind = ErrorKind.INTERNAL


class UserError(DispatchError):
    """The user can mend it."""

    kind = ErrorKind.INVALID


class NotFound(UserError):
    """A session, item, permission or file by that name does not exist."""

    kind = ErrorKind.NOT_FOUND


class Invalid(UserError):
    """A request whose parameters make no sense."""


class Busy(UserError):
    """Refused because of what is going on right now, such as another owner of the workspace."""

    kind = ErrorKind.BUSY


class NotStored(UserError):
    """The log can't be written, such as on a full disk, or read; nothing of what was to be written is kept."""

    kind = ErrorKind.BUSY


class NoKey(UserError):
    """No model can be used; the text says in one sentence what to do."""

    kind = ErrorKind.NO_KEY


class Untrusted(UserError):
    """Refused until the user trusts the workspace (PERM-7)."""

    kind = ErrorKind.UNTRUSTED


class ModelError(DispatchError):
    """Goes back to the model as the result of its tool call."""

    kind = ErrorKind.INVALID


class ToolFailed(ModelError):
    """The tool could not do it; the text tells the model why and what would work."""


class Denied(ModelError):
    """The user, a rule or the policy said no; the text says who and why (PERM-2)."""

    kind = ErrorKind.DENIED


@dataclass(frozen=True)
class Place:
    """Where in a configuration file something is wrong; lines and columns are 1-based."""

    file: Path
    line: int
    column: int
    field: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.column}: {self.field}"
            if self.field
            else f"{self.file}:{self.line}:{self.column}"
        )


class ConfigError(DispatchError):
    """A configuration file that can't be used as it stands (CONF-2)."""

    kind = ErrorKind.INVALID

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(f"{place}: {text}")
        self.place = place
        self.text = text


class ProviderError(DispatchError):
    """A model call failed. `retry_after` is in seconds, None where the provider named none."""

    kind = ErrorKind.PROVIDER

    def __init__(
        self,
        error_class: ErrorClass,
        text: str,
        *,
        retry_after: float | None = None,
        status: int | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(text)
        self.error_class = error_class
        self.retry_after = retry_after
        self.status = status
        self.retryable = retryable


class Internal(DispatchError):
    """A fault of ours; the log holds the detail under the id in the text."""
