"""Measuring a statement: seconds in turn with its peers, and the memory of its backend and workers."""

import statistics
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg


@dataclass
class Timing:
    """The counted runs of one statement, or why there are none."""
    runs: list = field(default_factory=list)
    failure: str = None
    at_least: float = None     # seconds: it was given up after so many

    @property
    def median(self):
        return statistics.median(self.runs) if self.runs and not self.failure else None


def timed(action):
    """The seconds of one call."""
    start = time.perf_counter()
    action()
    return Timing([time.perf_counter() - start])


def explain(error):
    """An error in a few words, fit for a cell of the table."""
    return "error: " + str(error).splitlines()[0].replace("|", "/")


def run(connection, statement, timing):
    """Runs a statement; notes its seconds or its failure. Returns the first value of its result, if it has one."""
    start = time.perf_counter()
    try:
        cursor = connection.execute(statement)
        rows = cursor.fetchall() if cursor.description else None
    except psycopg.errors.QueryCanceled:
        timing.at_least = time.perf_counter() - start
        timing.failure = f"> {timing.at_least:.0f} s"
    except psycopg.Error as error:
        timing.failure = explain(error)
        if connection.closed:
            raise
    else:
        timing.runs.append(time.perf_counter() - start)
        return rows[0][0] if rows else None


def single(server, statement, workers=0):
    """Runs a statement once. Returns its Timing, and the first value of its result."""
    timing = Timing()
    with server.connect(workers, server.timeout) as connection:
        return timing, run(connection, statement, timing)


def notice(server, statement):
    """What a statement says beside its result."""
    said = []
    with server.connect() as connection:
        connection.add_notice_handler(lambda diagnostic: said.append(diagnostic.message_primary))
        connection.execute(statement)
    return "\n".join(said)


def alternate(server, statements, runs, workers=0):
    """Runs the statements in turn in one backend, once without counting and then as often as told, so that whatever
    disturbs the machine disturbs them alike. One that fails or takes too long is not tried again. A Timing for each."""
    timings = [Timing() for _ in statements]
    with server.connect(workers, server.timeout) as connection:
        for turn in range(runs + 1):
            for statement, timing in zip(statements, timings):
                if not timing.failure:
                    run(connection, statement, timing)
                    if turn == 0:
                        timing.runs.clear()
    return timings


def status(pid, name):
    """A number of /proc/PID/status in bytes, 0 once the process is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * (1024 if line.endswith("kB") else 1)
    except OSError:
        pass
    return 0


class WorkerWatch:
    """For the length of a with block, looks every other millisecond how much memory of its own the largest parallel
    worker of a backend has. A worker is gone with its query, so nobody could be asked afterwards."""

    def __init__(self, leader):
        postmaster = status(leader, "PPid")
        self.children = Path(f"/proc/{postmaster}/task/{postmaster}/children")
        self.title = f"parallel worker for PID {leader}".encode()
        self.peak = 0
        self.known = {}
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def is_worker(self, pid):
        if not self.known.get(pid):
            try:
                self.known[pid] = self.title in Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                return False
        return self.known[pid]

    def watch(self):
        while not self.done.wait(0.002):
            try:
                pids = self.children.read_text().split()
            except OSError:
                return     # not every kernel lists children; the backend is measured all the same
            for pid in pids:
                if self.is_worker(pid):
                    self.peak = max(self.peak, status(pid, "RssAnon"))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


@dataclass
class Memory:
    """Bytes, of the backend and of its largest worker."""
    backend: int
    worker: int
    complete: bool     # False: the statement was given up, and might have needed more

    @property
    def largest(self):
        return max(self.backend, self.worker)


def peak_memory(server, statement, baseline, workers=0):
    """What a statement needs beyond the baseline, a statement that reads the same rows. None where there is no /proc.

    The backend: the kernel's own high-water mark (VmHWM) minus that after the baseline. The mark counts shared pages too;
    the baseline therefore runs without workers first, to have touched them all. The workers: memory of their own
    (RssAnon), minus that of the baseline's workers."""
    with server.connect(workers, server.timeout) as connection:
        pid = connection.info.backend_pid
        if not status(pid, "VmHWM"):
            return None
        connection.execute("SET max_parallel_workers_per_gather = 0")
        connection.execute(baseline)
        connection.execute(f"SET max_parallel_workers_per_gather = {workers}")
        with WorkerWatch(pid) as of_baseline:
            connection.execute(baseline)
        before = status(pid, "VmHWM")
        timing = Timing()
        with WorkerWatch(pid) as of_statement:
            run(connection, statement, timing)
        return Memory(max(status(pid, "VmHWM") - before, 0), max(of_statement.peak - of_baseline.peak, 0), not timing.failure)
