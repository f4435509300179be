"""What agents can do: one file per tool, and the toolbox that runs them."""
