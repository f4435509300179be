#!/usr/bin/env bash
# system.sh PACKAGE... — installs those of Debian's packages that are missing, where this user may; else says so in one line.
# A package counts as there when a command of its name is on the PATH.
set -euo pipefail

missing=()
for package in "$@"; do
  command -v "$package" >/dev/null || dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then root=(sudo -n); fi
if ! command -v apt-get >/dev/null || ! "${root[@]}" true 2>/dev/null; then
  echo "Needed and not installed: ${missing[*]}. Install it (Debian, Ubuntu: sudo apt-get install ${missing[*]}) and run this again." >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing ${missing[*]} with apt-get."
install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}")
# the package lists may be missing or old: fetch them only where the first try fails
if ! "${root[@]}" "${install[@]}" >"$log" 2>&1 && ! { "${root[@]}" apt-get update && "${root[@]}" "${install[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "apt-get could not install ${missing[*]}." >&2
  exit 1
fi
