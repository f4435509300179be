"""Python servers: which interpreter the project uses."""

from dispatch_ls.languages.shapes import overlaid
from dispatch_ls.languages.spec import Launch, Missing, ServerSpec, Site, prepare_command
from dispatch_ls.protocol.base import JsonObject

_ENVIRONMENTS = (".venv", "venv", ".env", "env")


def prepare_python(spec: ServerSpec, site: Site) -> Launch | Missing:
    """Names the interpreter of the project's virtual environment, nearest first, unless the settings name one."""
    launch = prepare_command(spec, site)
    if isinstance(launch, Missing):
        return launch
    return Launch(launch.command, overlaid(_interpreter(site), launch.settings), launch.options)


def _interpreter(site: Site) -> JsonObject:
    for folder in (site.root, *site.root.parents):
        if not folder.is_relative_to(site.workspace):
            break
        for name in _ENVIRONMENTS:
            program = folder / name / "bin" / "python"
            if program.is_file():
                return {"python": {"pythonPath": str(program)}}
    return {}
