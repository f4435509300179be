"""Who may do what: rules, grants, and the gate that asks."""
