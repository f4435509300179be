#!/usr/bin/env bash
# stage.sh NAME COMMAND... — runs one stage of `make check`; says which one failed and how to run it alone.
set -uo pipefail
name=$1
shift
printf '\n── %s\n' "$name"
start=$SECONDS
"$@"
code=$?
if [ $code -eq 0 ]; then
  printf '── %s: %s s\n' "$name" $((SECONDS - start))
else
  printf '\nFailed: %s (exit code %s). Alone: cd %s && %s\n' "$name" "$code" "${PWD##*/}" "$*" >&2
fi
exit $code
