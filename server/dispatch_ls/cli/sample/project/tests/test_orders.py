"""Tests of orders."""

import unittest

from shop.orders import Line, parse, total


class Orders(unittest.TestCase):
    """Reading lines and adding them up."""

    def test_a_line_is_read(self) -> None:
        """Each part ends up where it belongs."""
        self.assertEqual(parse("3 x apple @ 0.35"), Line("apple", 3, 35))

    def test_lines_add_up(self) -> None:
        """Quantity times price, over all lines."""
        self.assertEqual(total([parse("3 x apple @ 0.35"), parse("1 x pear @ 0.60")]), 165)

    def test_no_line_costs_nothing(self) -> None:
        """An empty order is an order."""
        self.assertEqual(total([]), 0)
