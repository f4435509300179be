#!/usr/bin/env bash
# stage.sh NAME COMMAND... — runs one stage of `make check`; says which one failed and how to run it alone.
# Says nothing after a stage that passed: the last line of all is then the test runner's own.
name=$1
shift
printf '\n── %s (%(%H:%M:%S)T)\n' "$name" -1
"$@"
code=$?
[ $code -eq 0 ] || printf '\nFailed: %s (exit code %s). Alone: cd %s && %s\n' "$name" "$code" "${PWD##*/}" "$*" >&2
exit $code
