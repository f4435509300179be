"""The language server as an editor sees it; the only room that knows pygls and lsprotocol."""
