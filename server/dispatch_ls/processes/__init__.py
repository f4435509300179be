"""Child processes: one function starts them, one ends their whole tree, one runs a command with bounded output."""
