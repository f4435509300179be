"""The command line: arguments, and the demo."""
