"""Which traffic is read: the repository's own streams, and recorded traffic of real providers where it is given."""

import os
from pathlib import Path

import pytest

from support.recordings import own_exchanges, recorded_exchanges

OWN = Path(__file__).parent / "streams"
OPTION = "--recordings"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, metavar="DIR", help="recorded traffic of real providers (also: RECORDINGS=DIR)")


def pytest_report_header(config: pytest.Config) -> str:
    return f"conformance: {what_is_read(config)}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(f"conformance: {what_is_read(config)}")


def what_is_read(config: pytest.Config) -> str:
    given = directory(config)
    if given is None:
        return f"no {OPTION} DIR given: only the repository's own streams were read, no recorded traffic"
    return f"the recordings in {given} and the repository's own streams"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "exchange" not in metafunc.fixturenames:
        return
    given = directory(metafunc.config)
    exchanges = own_exchanges(OWN) + (recorded_exchanges(given) if given is not None else [])
    metafunc.parametrize("exchange", exchanges, ids=[exchange.name for exchange in exchanges])


def directory(config: pytest.Config) -> Path | None:
    """The recordings' folder, None where none was named. Naming one that holds none is an error."""
    given = config.getoption(OPTION, default=None) or os.environ.get("RECORDINGS")
    if not given:
        return None
    if not any(Path(given).glob("*.json")):
        raise pytest.UsageError(f"There are no recordings in {given}.")
    return Path(given)
