"""The environment of children: an allow-list, so that keys and tokens of the user never reach a command by accident."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

_NAMES = {
    *(
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TERM",
        "COLORTERM",
        "TMPDIR",
        "TEMP",
        "TMP",
    ),
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYENV_ROOT", "NVM_DIR", "NVM_BIN", "VOLTA_HOME", "FNM_DIR"),
    *("GOPATH", "GOROOT", "GOCACHE", "CARGO_HOME", "RUSTUP_HOME", "JAVA_HOME", "GEM_HOME", "BUNDLE_PATH"),
    *("UV_CACHE_DIR", "PIP_CACHE_DIR"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
}
_FAMILIES = ("LC_", "XDG_")
_SECRET = re.compile(r"_KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)


def child_environment(base: Mapping[str, str], extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What of `base` a child may see, with `extra` over it as given.

    Relative entries of PATH are dropped (they would run files of the workspace by a bare name), and so is a proxy
    address that carries a password.
    """
    allowed = {name: value for name, value in base.items() if _allowed(name, value)}
    if "PATH" in allowed:
        allowed["PATH"] = _absolute_entries(allowed["PATH"])
    return {**allowed, **(extra or {})}


def _allowed(name: str, value: str) -> bool:
    if name.upper().endswith("_PROXY") and "@" in value:
        return False
    return name in _NAMES or (name.startswith(_FAMILIES) and not _SECRET.search(name))


def _absolute_entries(path: str) -> str:
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if Path(entry).is_absolute())
