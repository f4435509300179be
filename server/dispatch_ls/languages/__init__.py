"""Real language servers: found, started, kept in step with editor and agents, asked; their answers merged."""
