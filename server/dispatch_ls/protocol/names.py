"""Names that are needed before any shape is: importable in a millisecond, for the answer to `initialize`."""

PROTOCOL_VERSION = 1
"""What client and server tell each other in `capabilities.experimental.dispatch.protocolVersion`."""

COMMANDS = (
    "dispatch.chat",
    "dispatch.fix",
    "dispatch.explain",
    "dispatch.stop",
    "dispatch.newSession",
    "dispatch.openTranscript",
    "dispatch.showTree",
    "dispatch.allow",
    "dispatch.deny",
)
"""`workspace/executeCommand` for any LSP client."""
