"""The table: its lines, what they have to show, and how they read."""

import os
import platform
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from measure import Memory, Timing

MEGABYTE = 1024 * 1024


@dataclass
class Bar:
    """The most that something may be: "time" and "cost" as a ratio to the peer's, "seconds" and "memory" (in bytes) of
    ours. A time may be above the ratio by so many seconds, for work that does not grow with the rows."""
    what: str
    most: float
    plus: float = 0

    def __str__(self):
        text = {"time": "time ≤ {:.4g} ×", "cost": "cost ≤ {:g} ×", "seconds": "≤ {:g} s"}.get(
            self.what, f"≤ {self.most / MEGABYTE:.0f} MB a process").format(self.most)
        return f"{text} + {self.plus:g} s" if self.plus else text


@dataclass
class Line:
    """A line of the table. Ours and the peer's cell are Timings, or a text where nothing is timed."""
    work: str
    ours: Timing | str
    peer: Timing | str = ""
    peer_name: str = ""
    bars: tuple = ()
    memory: Memory = None
    cost: float = None

    def ratio(self, free=0):
        """(of the times, True if it is only a lower limit), or None. So many seconds of ours do not count."""
        if not isinstance(self.ours, Timing) or not isinstance(self.peer, Timing) or not self.peer.median:
            return None
        if self.ours.at_least:
            return (self.ours.at_least - free) / self.peer.median, True
        return ((self.ours.median - free) / self.peer.median, False) if self.ours.median else None

    def measured(self, bar):
        """(what the bar is about, True if it is only a lower limit), or None if it could not be measured."""
        if bar.what == "time":
            return self.ratio(bar.plus)
        if bar.what == "memory":
            return self.memory and (self.memory.largest, not self.memory.complete)
        if bar.what == "seconds" and isinstance(self.ours, Timing):
            return (self.ours.at_least, True) if self.ours.at_least else self.ours.median and (self.ours.median, False)
        return (self.cost, False) if bar.what == "cost" and self.cost else None

    def verdict(self, bar):
        """Met or missed, or nothing where that is unknown or the bar is a text of its own."""
        if isinstance(bar, str):
            return ""
        measured = self.measured(bar)
        if not measured:
            failed = isinstance(self.ours, Timing) and self.ours.failure and not self.ours.at_least
            return ": **missed**" if failed else ""
        value, at_least = measured
        return ": **missed**" if value > bar.most else "" if at_least else ": met"

    def cells(self):
        ratio = self.ratio()
        return [
            self.work,
            seconds(self.ours),
            " ".join(filter(None, [self.peer_name, seconds(self.peer)])),
            ("> " if ratio[1] else "") + f"{ratio[0]:.3g}" if ratio else "",
            ", ".join(f"{bar}{self.verdict(bar)}" for bar in self.bars),
            megabytes(self.memory) if self.memory else "",
            "" if self.cost is None else f"{self.cost:.5f}",
        ]


def seconds(timing):
    """The median, with the range where that is wider than a fifth of it."""
    if isinstance(timing, str):
        return timing
    if timing.failure:
        return timing.failure
    if not timing.runs:
        return ""
    digits = 1 if timing.median >= 10 else 2 if timing.median >= 1 else 3
    text = f"{timing.median:.{digits}f} s"
    low, high = min(timing.runs), max(timing.runs)
    if high - low > timing.median / 5:
        text += f" ({low:.{digits}f}–{high:.{digits}f})"
    return text


def megabytes(memory):
    text = f"{memory.backend / MEGABYTE:.0f} MB"
    if memory.worker:
        text += f", worker {memory.worker / MEGABYTE:.0f} MB"
    return text if memory.complete else "> " + text


def markdown(lines):
    head = ["work", "ours", "peer", "ratio", "bar", "peak memory", "cost ratio"]
    rows = [head, ["---", "---", "---", "--:", "---", "--:", "--:"], *(line.cells() for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def machine():
    """Processor, cores and memory."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":")[1].strip()
                break
    except OSError:
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024 ** 3
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB"


def heading(versions):
    return f"{date.today()}, {machine()}; " + ", ".join(f"{name} {version}" for name, version in versions.items())
