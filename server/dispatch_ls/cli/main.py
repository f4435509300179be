"""`dispatch-ls`: what it can be asked to do. Nothing heavy is imported before it is needed."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from dispatch_ls import __version__
from dispatch_ls.protocol.names import PROTOCOL_VERSION

DESCRIPTION = "A language server that hosts a team of coding agents in any editor."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. A mistake in the arguments is said in one line, with exit code 2."""
    options = parser().parse_args(arguments)
    match options.command:
        case "serve":
            from dispatch_ls.app import serve

            return serve(options)
        case "demo":
            from dispatch_ls.cli.demo import demo

            return demo(yes=options.yes, model=options.model, keep=options.keep)
        case _:
            return schemas(options.directory, check=options.check)


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    top = argparse.ArgumentParser(prog="dispatch-ls", description=DESCRIPTION)
    top.add_argument("--version", action="version", version=f"dispatch-ls {__version__} (protocol {PROTOCOL_VERSION})")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="speak LSP on standard input and output, as an editor starts it")
    demo = commands.add_parser("demo", help="watch an agent fix a real type error in a sample project, here")
    demo.add_argument("-y", "--yes", action="store_true", help="allow whatever the agent asks for")
    demo.add_argument("--model", metavar="NAME", help="a model or tag of your configuration, instead of the script")
    demo.add_argument("--keep", action="store_true", help="keep the sample project, and say where it is")
    schemas_of = commands.add_parser("schemas", help="write the JSON Schemas and TypeScript types")
    schemas_of.add_argument("directory", nargs="?", type=Path, default=Path(), help="the repository (default: here)")
    schemas_of.add_argument("--check", action="store_true", help="write nothing; exit with 1 where one is stale")
    return top


def schemas(directory: Path, *, check: bool) -> int:
    """Write what is generated from the models, or say what of it is stale."""
    from dispatch_ls.config import schema as config
    from dispatch_ls.protocol import export as protocol

    arguments = ["--root", str(directory), *(["--check"] if check else [])]
    return max(generate(arguments) for generate in (protocol.main, config.main))
