"""Real language servers: detection, pool, documents, settled diagnostics."""
