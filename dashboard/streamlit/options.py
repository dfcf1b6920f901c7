"""What the command line says: see ./run."""

import argparse
import sys
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Options:
    """The command line."""

    model: str | None
    view: str | None
    connection: str
    timeout: float
    ttl: float


@cache
def options() -> Options:
    """The command line that the dashboard was started with."""
    parser = argparse.ArgumentParser(prog="run")
    parser.add_argument("--model")
    parser.add_argument("--view")
    parser.add_argument("--connection", default="")
    parser.add_argument("--timeout", type=float, default=30)
    parser.add_argument("--ttl", type=float, default=300)
    return Options(**vars(parser.parse_args(sys.argv[1:])))
