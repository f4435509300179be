"""The event log: nothing outside this room knows SQL."""
