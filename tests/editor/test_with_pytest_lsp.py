"""A client that is not ours, strict about what LSP allows, gets along with the server."""

from pathlib import Path

import pytest
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from support.editor_server import command


@pytest.mark.parametrize("editor", ["visual-studio-code", "neovim", "emacs"])
async def test_an_editor_connects_acts_on_a_diagnostic_and_leaves(editor: str, tmp_path: Path) -> None:
    config = ClientServerConfig(server_command=command(tmp_path / "state", tmp_path / "cache"))
    client = await config.start()
    assert isinstance(client, LanguageClient)
    try:
        result = await client.initialize_session(
            types.InitializeParams(
                capabilities=client_capabilities(editor),
                workspace_folders=[types.WorkspaceFolder(tmp_path.as_uri(), "w")],
            )
        )
        assert result.server_info
        assert result.server_info.name == "dispatch-ls"
        here = types.Range(types.Position(0, 0), types.Position(0, 1))
        uri = (tmp_path / "a.py").as_uri()
        client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, "x")))
        actions = await client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri), here, types.CodeActionContext([types.Diagnostic(here, "odd")])
            )
        )
        assert actions
        assert [action.title for action in actions] == ["Fix with Dispatch", "Explain with Dispatch"]
        made = await client.workspace_execute_command_async(types.ExecuteCommandParams("dispatch.newSession", []))
        assert made
        await client.shutdown_session()
    finally:
        if client._server and client._server.returncode is None:
            client._server.kill()
