"""Orders: what was bought, and what it costs."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """An article, how many of it, and the price of one in cents."""

    article: str
    quantity: int
    cents: int


def parse(text: str) -> Line:
    """Read a line such as `3 x apple @ 0.35`."""
    quantity, _, rest = text.partition(" x ")
    article, _, price = rest.partition(" @ ")
    return Line(article=article, quantity=quantity, cents=round(float(price) * 100))


def total(lines: Iterable[Line]) -> int:
    """What all lines cost, in cents."""
    return sum(line.quantity * line.cents for line in lines)
