"""Models: three wires to one stream of typed parts, and the catalogue that picks one."""
