"""Child processes: the one place that starts them, and ends their whole tree."""
