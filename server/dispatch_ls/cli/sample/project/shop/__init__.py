"""A shop that can add up."""
