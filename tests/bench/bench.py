"""Runs the benchmark and prints its table; tests/bench/run says how to call it, rows.py what the rows are.

server.py has the throwaway server, data.py the tables, peers.py those outside the database, measure.py the clock and the
scales, report.py the table."""

import os
import sys
import time

import psycopg

import peers
import rows
from measure import explain
from report import Line, heading, markdown
from server import Server

MADLIB = """\
MADlib was not run: its k-means of 10M rows of 4 columns, k = 8, takes over 24 CPU minutes by extrapolation."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def setting(name, default):
    """A number from the environment."""
    text = os.environ.get(name) or str(default)
    try:
        return type(default)(text)
    except ValueError:
        raise SystemExit(f"bench: {name} is {text!r}, not a number") from None


def main(wanted):
    unknown = [name for name in wanted if name not in rows.ROWS]
    if unknown:
        raise SystemExit(f"bench: no row {', '.join(unknown)}; there are {', '.join(rows.ROWS)}")
    chosen = [name for name in rows.ROWS if name in wanted or not wanted and (name != "export" or os.environ.get("BENCH_FULL"))]
    size, runs, seed = setting("BENCH_ROWS", 10_000_000), max(setting("BENCH_RUNS", 5), 1), setting("BENCH_SEED", 1)

    lines = []
    say("Starting the server")
    with Server(setting("BENCH_TIMEOUT", 60.0)) as server:
        versions = server.versions() | peers.versions()
        buffers = server.value("SHOW shared_buffers")
        bench = rows.Bench(server, size, runs, seed)
        for name in chosen:
            say(f"Row {name}")
            start = time.perf_counter()
            try:
                for line in rows.ROWS[name](bench):
                    say("  " + " | ".join(line.cells()))
                    lines.append(line)
            except psycopg.Error as error:
                lines.append(Line(name, explain(error)))
                say("  " + " | ".join(lines[-1].cells()))
            say(f"  {time.perf_counter() - start:.0f} s")

    print(heading(versions))
    print(f"Medians of {runs} runs in turn, where a line does not say otherwise, after one that is not counted, with the "
          f"range where it is wide; seed {seed}. For both sides shared_buffers {buffers}, tables in memory, jit off, "
          "work_mem 256MB. Peak memory: beyond what reading the rows takes. Cost: sum of squared distances over all rows, "
          "ours / the peer's.")
    print()
    print(markdown(lines))
    print()
    print(MADLIB)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
