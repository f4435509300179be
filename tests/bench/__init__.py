"""Benches: each measures the real server beside a floor that does only what can't be left out."""
