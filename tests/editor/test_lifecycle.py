"""How a server ends: everything durable, nobody left behind, an exit code that says how (PR-13)."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from support.conversation import new_session, prompt, say
from support.lsp_client import DISPATCH, LspClient, LspError
from support.memory_host import SECRET

Start = Callable[..., Awaitable[LspClient]]


async def test_shutdown_closes_the_host_before_it_is_answered(client: LspClient, workspace: Path) -> None:
    await new_session(client)
    await client.request("shutdown")
    assert (workspace / "closed").exists()
    client.notify("exit")
    assert await client.process.wait() == 0


async def test_exit_without_shutdown_is_an_error_that_loses_nothing(client: LspClient, workspace: Path) -> None:
    await new_session(client)
    client.notify("exit")
    assert await client.process.wait() == 1
    assert (workspace / "closed").exists()


async def test_the_end_of_input_ends_the_server(client: LspClient, workspace: Path) -> None:
    session = await new_session(client)
    await say(client, session, "wait")
    assert await client.leave() == 0
    assert (workspace / "closed").exists()
    # what the last turn left behind was still told
    assert client.events(session)[-1]["data"] == {"state": "idle"}


async def test_sigterm_ends_the_server_cleanly(client: LspClient, workspace: Path) -> None:
    await say(client, await new_session(client), "wait")
    client.process.send_signal(signal.SIGTERM)
    assert await client.process.wait() == 0
    assert (workspace / "closed").exists()


async def test_requests_that_run_are_answered_before_the_end(client: LspClient) -> None:
    session = await new_session(client)
    _, answer = client.begin("dispatch/session/prompt", prompt(session, "hang"))
    await client.request("shutdown")
    client.notify("exit")
    assert await client.process.wait() == 0
    assert isinstance(answer.exception(), Exception)
    assert "-32800" in str(answer.exception())


async def test_an_editor_that_is_gone_ends_the_server(client: LspClient, workspace: Path) -> None:
    session = await new_session(client)
    client.stop_reading()
    assert client.process.stdout
    # the pipe breaks under the server's hands while it has much to say
    client.process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]  # no public way to break it
    client.send(
        {"jsonrpc": "2.0", "id": 99, "method": "dispatch/session/prompt", "params": prompt(session, "stream 9 9")}
    )
    assert await client.process.wait() == 0
    assert (workspace / "closed").exists()


async def test_the_end_of_the_editors_process_ends_the_server_even_with_the_pipe_held_open(
    start: Start, workspace: Path
) -> None:
    editor = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)
    client = await start()
    await client.request(
        "initialize", {"processId": editor.pid, "rootUri": workspace.as_uri(), "capabilities": DISPATCH}
    )
    client.notify("initialized", {})
    await new_session(client)
    await editor.communicate(b"\n")
    assert await client.process.wait() == 0
    assert (workspace / "closed").exists()


async def test_a_server_that_was_never_initialized_leaves_too(start: Start) -> None:
    client = await start()
    assert await client.leave() == 0


async def test_stdin_may_be_a_file(start: Start, tmp_path: Path) -> None:
    script = tmp_path / "script"
    body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
    script.write_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    from support.editor_server import command

    with script.open("rb") as opened:
        process = await asyncio.create_subprocess_exec(
            *command(tmp_path, tmp_path), stdin=opened, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
    assert process.returncode == 0
    assert b'"serverInfo"' in said


async def test_initialize_is_answered_before_anything_heavy_is_loaded(start: Start) -> None:
    client = await start(env={"PYTHONPROFILEIMPORTTIME": "1"})
    await client.request("initialize", {"capabilities": DISPATCH})
    await client.leave()
    await client.kill()
    loaded = {line.rpartition(b"|")[2].strip().decode() for line in client.stderr.splitlines()}
    assert "lsprotocol.types" in loaded
    assert not loaded & {"pydantic", "httpx", "sqlite3", "tomlkit", "genai_prices", "watchfiles", "rich"}


@pytest.mark.parametrize(("fail", "kind"), [("busy", "busy"), ("fault", "internal")])
async def test_a_host_that_cannot_be_built_is_said_and_every_request_is_answered(
    start: Start, workspace: Path, fail: str, kind: str
) -> None:
    client = await start()
    await client.initialize(workspace, options={"settings": {"fail": fail}})
    said = await client.wait_for("window/showMessage")
    assert SECRET not in said["message"]
    for method in ("dispatch/session/new", "workspace/executeCommand"):
        with pytest.raises(LspError) as caught:
            await client.request(method, {})
        assert caught.value.data["kind"] == kind
        assert SECRET not in caught.value.text
    assert await client.request("textDocument/codeAction", {}) == []
    assert await client.shut_down() == 0


async def test_a_signal_while_the_host_is_being_built_ends_the_server(start: Start, workspace: Path) -> None:
    client = await start()
    await client.initialize(workspace)
    client.process.send_signal(signal.SIGTERM)
    assert await client.process.wait() == 0
