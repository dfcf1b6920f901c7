"""The choice of customers: a list for each column of few values, a range for each column of numbers."""

from dataclasses import dataclass
from math import floor, log10

import streamlit as st

import dashboard
import queries
from catalogue import Persona, View
from conditions import Between, Conditions, OneOf
from queries import Everybody, Range

NONE = "(none)"


def choose(view: View, personas: tuple[Persona, ...], everybody: Everybody, key: tuple[str, ...]) -> Conditions:
    """Shows the filters of a view, and returns what is chosen. What is chosen stays when the page is left."""
    where = f"{view.schema}.{view.name}"
    chosen: list[OneOf | Between] = []
    picked = st.multiselect(
        "persona", queries.names(personas), key=f"persona of {where}", persist_state="session", placeholder="all"
    )
    if picked:
        chosen.append(OneOf("persona", tuple(picked)))
    for column, values in queries.values(view).items():
        if column in key or len(values) < 2:
            continue
        # one that is named like NULL is told apart by its place
        picked_at = dashboard.labelled(
            column,
            st.multiselect,
            range(len(values)),
            format_func=lambda at, values=values: NONE if values[at] is None else values[at],
            key=f"values of {column} of {where}",
            persist_state="session",
            placeholder="all",
        )
        if picked_at:
            chosen.append(OneOf(column, tuple(values[at] for at in picked_at)))
    for of in everybody.ranges:
        if of.column.name in key or of.low >= of.high:
            continue
        between = _slider(of, f"range of {of.column.name} of {where}")
        if between is not None:
            chosen.append(between)
    return tuple(chosen)


def _slider(of: Range, key: str) -> Between | None:
    """A range of a column; None if nothing is left out."""
    reach = reach_of(of)
    ends = (reach.low, reach.high)
    value = dashboard.labelled(
        of.column.name, st.slider, *ends, ends, reach.step, reach.form, key=f"{key} {ends}", persist_state="session"
    )
    if value == ends:
        return None
    return Between(
        of.column, None if value[0] <= reach.low else float(value[0]), None if value[1] >= reach.high else float(value[1])
    )


@dataclass(frozen=True)
class Reach:
    """Ends and step of a slider, all integers or all floats, and how its numbers are written."""

    low: float
    high: float
    step: float
    form: str


def reach_of(of: Range) -> Reach:
    """A slider that reaches over all values of a column."""
    if of.column.type.startswith("int") and abs(of.low) < 2**53 and abs(of.high) < 2**53:
        return Reach(int(of.low), int(of.high), 1, "%d")
    start, width, bars = queries.edges(of)
    step = width / 10
    digits = max(0, -floor(log10(step)))
    return Reach(float(start), float(start + width * bars), step, f"%.{digits}f" if digits <= 6 else "%.4g")
