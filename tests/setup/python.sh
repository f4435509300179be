#!/usr/bin/env bash
# Makes .venv exactly as uv.lock says: with the uv on the PATH, else with one of our own below build/.
set -euo pipefail
cd "$(dirname "$0")/../.."
unset VIRTUAL_ENV

suitable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if suitable "$name"; then command -v "$name"; return; fi
  done
  echo "Dispatch needs Python 3.11 or newer; $(python3 --version 2>/dev/null || echo 'no python3') is what is here." >&2
  return 1
}

uv=$(command -v uv || true)
# a shim that leads nowhere is no uv
if [ -z "$uv" ] || ! "$uv" --version >/dev/null 2>&1; then
  python=$(find_python)
  # Debian splits ensurepip off into a package of its own
  "$python" -c 'import ensurepip' 2>/dev/null || tests/setup/system.sh "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
  uv=build/uv/bin/uv
  if [ ! -x "$uv" ]; then
    "$python" -m venv build/uv
    build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv
  fi
  "$uv" sync --frozen --all-extras --quiet --python "$python"
else
  "$uv" sync --frozen --all-extras --quiet
fi
touch .venv/.synced
