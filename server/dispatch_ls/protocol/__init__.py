"""The words of Dispatch: frozen models of everything on the wire, one method table, one tree of errors."""
