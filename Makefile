# Every target does its own set-up (tests/setup/); a second run finds it done.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

export PATH := $(CURDIR)/build/node/bin:$(CURDIR)/.venv/bin:$(PATH)

DEMO_FLAGS ?= --yes
RECORDINGS ?= $(wildcard ../shared/recordings)
JOBS ?= 2

STAGE := $(CURDIR)/tests/setup/stage.sh
PYTEST := pytest -q -n $(JOBS) --dist worksteal
NPM_PROJECTS := $(patsubst %/package-lock.json,%,$(wildcard vscode-client/package-lock.json tests/*/package-lock.json tests/*/*/package-lock.json))
NPM_READY := $(NPM_PROJECTS:%=%/node_modules/.package-lock.json)

.PHONY: help demo test check fix bench schemas vscode conformance clean node browser

help: ## What there is to run
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 20

demo: .venv/.synced ## An agent fixes a real type error in a sample project, in this terminal (DEMO_FLAGS= asks you)
	@dispatch-ls demo $(DEMO_FLAGS)

test: .venv/.synced $(NPM_READY) ## All tests of the server, and the units of the VS Code client
	@$(STAGE) "VS Code client, units" npm --prefix vscode-client run --silent test:unit
	@$(STAGE) "tests" $(PYTEST)

check: .venv/.synced $(NPM_READY) browser ## All that must pass before anything lands (what .ci/run calls)
	@$(STAGE) "lint" ruff check .
	@$(STAGE) "format" ruff format --check --quiet .
	@$(STAGE) "types" mypy
	@$(STAGE) "generated files" dispatch-ls schemas --check
	@$(STAGE) "VS Code client, types" npm --prefix vscode-client run --silent check
	@$(STAGE) "VS Code client, units" npm --prefix vscode-client run --silent test:unit
	@$(STAGE) "VS Code client, its page in a browser" npm --prefix vscode-client run --silent test:webview
	@$(STAGE) "VS Code client, in the extension host" npm --prefix vscode-client run --silent test:exthost
	@$(STAGE) "VS Code client, in a real VS Code" npm --prefix vscode-client run --silent test:ui
	@if [ -n "$(RECORDINGS)" ]; then $(MAKE) conformance RECORDINGS="$(RECORDINGS)"; fi
	@$(STAGE) "tests" $(PYTEST)

fix: .venv/.synced ## Format, and mend what the linter can
	@ruff check --fix --exit-zero .
	@ruff format .

bench: .venv/.synced ## Speed against floors measured in the same run: a table, and build/bench.json
	@PYTHONPATH=tests python -m bench

schemas: .venv/.synced ## Write schemas/ and vscode-client/src/protocol.ts from the server's models
	@dispatch-ls schemas

vscode: $(NPM_READY) ## Build the VS Code extension: vscode-client/dist/dispatch-ls.vsix
	@npm --prefix vscode-client run --silent check
	@npm --prefix vscode-client run --silent build
	@npm --prefix vscode-client run --silent package

conformance: .venv/.synced ## Recorded traffic of real providers, read by us and by their own libraries (RECORDINGS=dir)
	@test -d "$(RECORDINGS)" || { echo "Say where the recordings are: make conformance RECORDINGS=dir" >&2; exit 2; }
	@$(STAGE) "conformance" pytest -q tests/conformance --recordings "$(abspath $(RECORDINGS))"

clean: ## Remove what was built and installed here
	@rm -rf build dist .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis vscode-client/dist
	@rm -rf $(NPM_PROJECTS:%=%/node_modules)

.venv/.synced: pyproject.toml uv.lock
	@tests/setup/python.sh

node:
	@tests/setup/node.sh

%/node_modules/.package-lock.json: %/package-lock.json | node
	@cd $* && npm ci --silent --ignore-scripts --no-audit --no-fund

browser:
	@tests/setup/system.sh chromium
	@tests/editors/setup.sh >/dev/null
