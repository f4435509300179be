"""Servers that have to be asked in their own way."""
