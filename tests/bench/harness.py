"""Runs benches, compares each with its floor or limit, prints a table and writes the figures."""

import json
import os
import platform
import statistics
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

RUNS = 5


@dataclass(frozen=True)
class Sample:
    """One figure of one run; `floor` is what the same run's floor took."""

    ours: float
    floor: float | None = None


@dataclass(frozen=True)
class Figure:
    """What is measured and how far it may go.

    `compare`: `ratio` of ours to the floor, `beyond` the floor, or the `value` itself.
    """

    name: str
    unit: str
    compare: Literal["ratio", "beyond", "value"]
    limit: float | None = None

    def judge(self, sample: Sample) -> float:
        """What the limit is for."""
        if sample.floor is None or self.compare == "value":
            return sample.ours
        return sample.ours / sample.floor if self.compare == "ratio" else sample.ours - sample.floor


@dataclass(frozen=True)
class Bench:
    """Figures that one run gives together, by name."""

    figures: tuple[Figure, ...]
    run: Callable[[], Awaitable[dict[str, Sample]]]
    runs: int = RUNS


@dataclass(frozen=True)
class Outcome:
    """Medians over the runs of one figure, and all runs."""

    figure: Figure
    ours: float
    floor: float | None
    judged: float
    samples: list[Sample]

    @property
    def kept(self) -> bool:
        """Whether it is within its limit."""
        return self.figure.limit is None or self.judged <= self.figure.limit

    @classmethod
    def of(cls, figure: Figure, samples: list[Sample]) -> "Outcome":
        """The medians; the ratio is the median of the runs' ratios, never one of medians of different runs."""
        floors = [sample.floor for sample in samples if sample.floor is not None]
        return cls(
            figure,
            statistics.median(sample.ours for sample in samples),
            statistics.median(floors) if floors else None,
            statistics.median(figure.judge(sample) for sample in samples),
            samples,
        )


async def measure(bench: Bench, console: Console) -> list[Outcome]:
    """All runs of a bench, one after the other."""
    runs: list[dict[str, Sample]] = []
    for number in range(1, bench.runs + 1):
        console.print(Text(f"{bench.figures[0].name}: run {number} of {bench.runs}", style="dim"))
        runs.append(await bench.run())
    return [Outcome.of(figure, [run[figure.name] for run in runs]) for figure in bench.figures]


def cells(one: Outcome) -> tuple[str, str, str, str, str]:
    """One row of the table, as text."""
    unit = one.figure.unit
    compared = {"ratio": f"{one.judged:.2f} ×", "beyond": f"+{one.judged:.3g} {unit}", "value": ""}
    limit = "" if one.figure.limit is None else f"{one.figure.limit:g} {'×' if one.figure.compare == 'ratio' else unit}"
    return (
        one.figure.name,
        f"{one.ours:.3g} {unit}" if one.ours < 1000 else f"{one.ours:,.0f} {unit}",
        "" if one.floor is None else f"{one.floor:.3g} {unit}",
        compared[one.figure.compare],
        limit.strip(),
    )


HEADINGS = ("what", "Dispatch", "floor", "compared", "limit")


def show(outcomes: list[Outcome], console: Console) -> None:
    """The table; what is over its limit is red."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if number else "left")
    for one in outcomes:
        table.add_row(*(Text(cell) for cell in cells(one)), style="" if one.kept else "bold red")
    console.print(table)


def write(outcomes: list[Outcome], file: Path) -> None:
    """All figures with all runs, and the machine they are of; beside it the table, for documents."""
    machine = {"python": sys.version.split()[0], "system": platform.platform(), "cores": os.cpu_count()}
    figures = [asdict(one) | {"kept": one.kept} for one in outcomes]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": machine, "figures": figures}, indent=2) + "\n", encoding="utf-8")
    rows = [HEADINGS, ("---", *["---:"] * 4), *map(cells, outcomes)]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    file.with_suffix(".md").write_text(table, encoding="utf-8")
