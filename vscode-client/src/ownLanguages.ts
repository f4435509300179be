/** The languages that this editor has a server for already: Dispatch shows problems of the others only. */

import * as vscode from "vscode";

/** What VS Code brings along. */
const BUILT_IN = ["css", "html", "javascript", "javascriptreact", "json", "jsonc", "less", "scss", "typescript", "typescriptreact"];

/** Well-known extensions that check a language. */
const BY_EXTENSION: Readonly<Record<string, readonly string[]>> = {
  "ms-python.vscode-pylance": ["python"],
  "ms-pyright.pyright": ["python"],
  "detachhead.basedpyright": ["python"],
  "astral-sh.ty": ["python"],
  "meta.pyrefly": ["python"],
  "golang.go": ["go"],
  "rust-lang.rust-analyzer": ["rust"],
  "llvm-vs-code-extensions.vscode-clangd": ["c", "cpp"],
  "ms-vscode.cpptools": ["c", "cpp"],
  "sumneko.lua": ["lua"],
  "redhat.vscode-yaml": ["yaml"],
  "mads-hartmann.bash-ide-vscode": ["shellscript"],
  "tamasfe.even-better-toml": ["toml"],
};

/** LSP language ids, sorted. */
export function ownLanguages(): string[] {
  const extensions = Object.entries(BY_EXTENSION).filter(([id]) => vscode.extensions.getExtension(id) !== undefined);
  return [...new Set([...BUILT_IN, ...extensions.flatMap(([, languages]) => languages)])].sort();
}
