"""Every method and command of the protocol has its place."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from dispatch_ls.editor.commands import Commands
from dispatch_ls.editor.documents import Documents
from dispatch_ls.editor.host import Host
from dispatch_ls.editor.jsonrpc import RpcError
from dispatch_ls.editor.requests import VERBS, Requests
from dispatch_ls.editor.rpc import Rpc
from dispatch_ls.editor.subscriptions import Subscriptions
from dispatch_ls.protocol.methods import METHODS
from dispatch_ls.protocol.names import COMMANDS


class Nobody:
    """Is asked nothing but says what for."""

    def __getattr__(self, name: str) -> Any:
        raise LookupError(name)


HOST, RPC = cast(Host, Nobody()), cast(Rpc, Nobody())


def test_every_method_of_the_host_is_one_that_it_has() -> None:
    assert all(hasattr(Host, verb) for verb in VERBS.values())


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_passed_to_the_host(method: str) -> None:
    requests = Requests(HOST, Subscriptions(RPC))
    params = {"sessionId": "s", "messageId": "m", "content": [{"type": "text", "text": "x"}], "trusted": True}
    params |= {"permissionId": "p", "decision": "deny", "questionId": "q", "answer": "a", "blobId": "b"}
    if method == "dispatch/session/close":
        assert asyncio.run(requests.answer(method, cast(Any, params))) == {}
    else:
        with pytest.raises(LookupError):
            asyncio.run(requests.answer(method, cast(Any, params)))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_known(command: str, tmp_path: Path) -> None:
    commands = Commands(HOST, Documents(RPC), tmp_path, lambda _: None, {})
    arguments = ["file:///a", {}] if command in ("dispatch.fix", "dispatch.explain") else ["x", "y"]
    with pytest.raises((LookupError, RpcError)) as caught:
        asyncio.run(commands.execute(cast(Any, {"command": command, "arguments": arguments})))
    assert "no command" not in str(caught.value)
