"""Which error an editor is told when something went wrong: never a traceback, a path of ours or a secret (PR-11)."""

import logging
from uuid import uuid4

from dispatch_ls.editor.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, REQUEST_FAILED, RpcError
from dispatch_ls.editor.logs import redact
from dispatch_ls.protocol.errors import DispatchError, ErrorKind, Invalid

MAX_TEXT = 1000
"""Characters of an error's text."""

_log = logging.getLogger(__name__)


def rpc_error(error: Exception, doing: str) -> RpcError:
    """What to answer; a fault of ours gets an id, under which the log has the rest."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, DispatchError) and error.kind is not ErrorKind.INTERNAL:
        code = INVALID_PARAMS if isinstance(error, Invalid) else REQUEST_FAILED
        return RpcError(code, redact(str(error))[:MAX_TEXT], {"kind": str(error.kind)})
    error_id = f"err_{uuid4().hex[:12]}"
    _log.error("%s: %s failed", error_id, doing, exc_info=error)
    text = f"Something went wrong inside Dispatch ({error_id}); its log says what."
    return RpcError(INTERNAL_ERROR, text, {"kind": str(ErrorKind.INTERNAL), "errorId": error_id})
