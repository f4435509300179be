"""Agents: the loop, the mailbox, the conversation as a view of the log."""
