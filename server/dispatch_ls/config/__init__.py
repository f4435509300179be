"""`dispatch.toml`: settings in two layers, their positions, their watch, and the trust store."""
