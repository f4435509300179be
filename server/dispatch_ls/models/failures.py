"""How a provider's failure is classed (DISP-4), and what the user reads of it: never a secret."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from dispatch_ls.models.json_text import sound
from dispatch_ls.protocol.base import now
from dispatch_ls.protocol.errors import ErrorClass, ProviderError

LONGEST_MESSAGE = 600
"""Characters of a provider's own words that are passed on."""

RETRYABLE = frozenset({ErrorClass.RATE_LIMIT, ErrorClass.SERVER, ErrorClass.NETWORK, ErrorClass.TIMEOUT})
"""Another attempt may succeed; the others need somebody to act."""

_BY_NAME = {
    "authentication_error": ErrorClass.AUTH,
    "invalid_api_key": ErrorClass.AUTH,
    "permission_error": ErrorClass.AUTH,
    "permission_denied": ErrorClass.AUTH,
    "unauthenticated": ErrorClass.AUTH,
    "not_found_error": ErrorClass.UNKNOWN_MODEL,
    "model_not_found": ErrorClass.UNKNOWN_MODEL,
    "insufficient_quota": ErrorClass.EXHAUSTED,
    "billing_error": ErrorClass.EXHAUSTED,
    "billing_hard_limit_reached": ErrorClass.EXHAUSTED,
    # Anthropic's `details.error_code`: these come as rate limits, but no wait of minutes mends them
    "enforced_spend_limit_reached": ErrorClass.EXHAUSTED,
    "contract_spend_limit_reached": ErrorClass.EXHAUSTED,
    "linked_organization_spend_limit_reached": ErrorClass.EXHAUSTED,
    "linked_organization_billing_unavailable": ErrorClass.EXHAUSTED,
    "organization_on_hold": ErrorClass.AUTH,
    "request_body_timeout": ErrorClass.TIMEOUT,
    "rate_limit_error": ErrorClass.RATE_LIMIT,
    "rate_limit_exceeded": ErrorClass.RATE_LIMIT,
    "context_length_exceeded": ErrorClass.CONTEXT_LENGTH,
    "request_too_large": ErrorClass.CONTEXT_LENGTH,
    "exceed_context_size_error": ErrorClass.CONTEXT_LENGTH,
    "overloaded_error": ErrorClass.SERVER,
    "api_error": ErrorClass.SERVER,
    "server_error": ErrorClass.SERVER,
    "unavailable": ErrorClass.SERVER,
    "timeout_error": ErrorClass.TIMEOUT,
}
"""By a name of the error, in lower case; the finest one that is known decides."""

_CONTEXT = re.compile(
    r"context.?(?:length|window|size)|prompt is too long|maximum context|too many (?:input )?tokens"
    r"|input (?:token count|length|is too long).*(?:exceed|too long)|reduce the length|string too long",
    re.IGNORECASE,
)
_EXHAUSTED = re.compile(
    r"credit balance|insufficient (?:credit|balance|quota|fund)|out of credit|exceeded your current quota"
    r"|(?:specified|monthly|spend(?:ing)?) (?:api )?(?:usage )?limit",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(
    r"(?:api.?key|token) (?:is )?(?:not valid|invalid|expired)|invalid (?:api.?key|token)", re.IGNORECASE
)
_KEY_LIKE = re.compile(r"(?i:\bbearer\s+)\S+|\b(?:sk|gsk|xai|pplx|hf)[-_][A-Za-z0-9_-]{8,}|\bAIza[A-Za-z0-9_-]{20,}")


@dataclass(frozen=True)
class Peer:
    """Who is spoken to: the name of the host, and the secret that must not come back out of it."""

    host: str
    key: str | None = None

    def clean(self, text: str) -> str:
        """A text that is fit for the user: one line, not long, without the secret."""
        text = sound(text)
        if self.key:
            text = text.replace(self.key, "[key]")
        text = " ".join(_KEY_LIKE.sub("[key]", text).split())
        return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "…"

    def error(
        self, error_class: ErrorClass, text: str, *, retry_after: float | None = None, status: int | None = None
    ) -> ProviderError:
        """A failure in our words, the host before them."""
        text = self.clean(f"{self.host} {text}")
        retryable = error_class in RETRYABLE
        return ProviderError(error_class, text, retry_after=retry_after, status=status, retryable=retryable)

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """An answer that is none: its status is not 200."""
        said = _Said.of(body)
        told = retry_after(headers)
        wait = said.retry_delay if told is None else told
        error_class = _class_of(status, said, waits=wait is not None)
        text = f"answered {status}: {said.message}" if said.message else f"answered {status}."
        return self.error(error_class, text, retry_after=wait, status=status)

    def broke_off(self, body: bytes) -> ProviderError:
        """An error event inside a stream that had begun well."""
        said = _Said.of(body)
        status = next((int(name) for name in said.names if name.isdecimal() and len(name) == 3), 200)
        error_class = _class_of(status, said, waits=said.retry_delay is not None)
        text = f"broke the answer off: {said.message or 'it gave no reason'}"
        return self.error(error_class, text, retry_after=said.retry_delay, status=status)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the headers say, as a number or a date; None where they don't, or make no sense."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    return _number(value) if value is None or _number(value) is not None else _until(value)


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return max(number, 0.0) if math.isfinite(number) else None


def _until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    # a date without a zone is in UTC, as HTTP has no other
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - now()).total_seconds(), 0.0)


@dataclass(frozen=True)
class _Said:
    """What an error body says, in any of the shapes that providers give it."""

    message: str
    names: tuple[str, ...] = ()
    retry_delay: float | None = None

    @classmethod
    def of(cls, body: bytes) -> "_Said":
        text = body.decode("utf-8", "replace").strip()
        try:
            value: object = json.loads(text)
        except (ValueError, RecursionError):
            return cls(_from_page(text))
        value = value[0] if isinstance(value, list) and value else value
        if not isinstance(value, dict):
            return cls(text)
        inner = value.get("error", value)
        response = value.get("response")
        if isinstance(response, dict) and isinstance(response.get("error"), dict):
            inner = response["error"]
        if not isinstance(inner, dict):
            return cls(str(inner))
        return cls(_message(inner), tuple(_names(inner)), _retry_delay(inner))


def _names(error: Mapping[str, object]) -> Iterator[str]:
    """What the error is called, the finest name first."""
    details = error.get("details")
    if isinstance(details, dict) and isinstance(code := details.get("error_code"), str):
        yield code.lower()
    yield from (str(error[field]).lower() for field in ("code", "type", "status") if error.get(field))


def _message(error: Mapping[str, object]) -> str:
    for field in ("message", "detail", "error", "msg"):
        if value := error.get(field):
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(error, ensure_ascii=False) if error else ""


def _from_page(text: str) -> str:
    """The title of an HTML page, or the text itself."""
    if not text.startswith("<"):
        return text
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return f"a web page: {title[1].strip()}" if title else "a web page"


def _retry_delay(error: Mapping[str, object]) -> float | None:
    """Google says in the body how long to wait: `{"@type": "….RetryInfo", "retryDelay": "34s"}`."""
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and delay.endswith("s"):
            return _number(delay.removesuffix("s"))
    return None


def _class_of(status: int, said: _Said, *, waits: bool) -> ErrorClass:
    return next(_by_words(status, said, waits=waits), None) or _by_status(status)


def _by_words(status: int, said: _Said, *, waits: bool) -> Iterator[ErrorClass]:
    if status in (401, 402):
        return
    named = [_BY_NAME[name] for name in said.names if name in _BY_NAME]
    yield from named
    if status >= 500:
        return
    if _CONTEXT.search(said.message):
        yield ErrorClass.CONTEXT_LENGTH
    # with a time to wait it is a limit per minute, whatever it is called
    if _EXHAUSTED.search(said.message) and not waits:
        yield ErrorClass.EXHAUSTED
    if _BAD_KEY.search(said.message):
        yield ErrorClass.AUTH
    if status == 200:
        yield ErrorClass.BAD_REQUEST if "invalid_request_error" in said.names else ErrorClass.SERVER


_BY_STATUS = {
    401: ErrorClass.AUTH,
    402: ErrorClass.EXHAUSTED,
    403: ErrorClass.AUTH,
    404: ErrorClass.UNKNOWN_MODEL,
    408: ErrorClass.TIMEOUT,
    409: ErrorClass.SERVER,
    413: ErrorClass.CONTEXT_LENGTH,
    425: ErrorClass.SERVER,
    429: ErrorClass.RATE_LIMIT,
}


def _by_status(status: int) -> ErrorClass:
    return _BY_STATUS.get(status) or (ErrorClass.SERVER if status >= 500 else ErrorClass.BAD_REQUEST)
