"""Dispatch: a language server that hosts a team of coding agents beside real language servers."""

__version__ = "0.1.0"
