"""Page: who moved between two snapshots, from which persona to which."""

import csv
import io
from datetime import datetime

import streamlit as st

import catalogue
import charts
import dashboard
import queries
from catalogue import Model
from dashboard import Subject, heading, note

_NOWHERE = "(in no persona)"


def migration(subject: Subject) -> None:
    """Shows the page."""
    dashboard.title("Migration", subject.model)
    model = subject.model
    if model is None:
        dashboard.needs_model("Migration")
        return
    found = catalogue.snapshots(model)
    if len(found) < 2:
        st.info("Two snapshots are needed to see who moved: segment.snapshot() takes one.")
        return
    since, until = _choose(found)
    if since is None or until is None:
        return
    flows = queries.migration(model, since, until)
    _figures(flows)
    heading("From where to where")
    figure = charts.matrix(flows, subject.names, _NOWHERE)
    dashboard.draw(figure, "matrix", "Heat map: customers who moved, from and to")
    heading("The same as streams")
    figure = charts.sankey(flows, subject.names, _NOWHERE, subject.colours)
    dashboard.draw(figure, "sankey", "Streams: customers who moved, from and to")
    _movers(model, since, until, sum(f.moved for f in flows))


def _choose(found: tuple[catalogue.Snapshot, ...]) -> tuple[datetime | None, datetime | None]:
    """The times of two snapshots."""

    def label(at: int) -> str:
        return f"{found[at].number}: {found[at].taken_at:%Y-%m-%d %H:%M:%S}, {found[at].customers:,} customers"

    left, right = st.columns(2)
    first = left.selectbox("from", range(len(found) - 1), len(found) - 2, format_func=label, key="since")
    later = range(first + 1, len(found))
    second = right.selectbox("to", later, len(later) - 1, format_func=label, key=f"until after {first}")
    return found[first].taken_at, found[second].taken_at


def _figures(flows: tuple[queries.Flow, ...]) -> None:
    before = sum(f.customers for f in flows if f.origin is not None)
    came = sum(f.customers for f in flows if f.origin is None)
    went = sum(f.customers for f in flows if f.target is None)
    moved = sum(f.moved for f in flows) - came - went
    figures = [
        ("customers before", f"{before:,}"),
        ("stayed", f"{before - moved - went:,}"),
        ("moved", f"{moved:,}"),
        ("came", f"{came:,}"),
        ("went", f"{went:,}"),
    ]
    for place, (label, value) in zip(st.columns(len(figures)), figures):
        place.metric(label, value)


def _movers(model: Model, since: datetime, until: datetime, count: int) -> None:
    """The customers who moved."""
    heading("Who moved")
    shown = queries.movers(model, since, until, queries.TABLE_ROWS)
    header = [", ".join(model.key), "from", "to"]
    table = [[key, _NOWHERE if a is None else a, _NOWHERE if b is None else b] for key, a, b in shown]
    st.dataframe(dashboard.table(header, table), hide_index=True, key="movers", alt="The customers who moved")
    if len(shown) < count:
        note(f"The first {len(shown):,} of {count:,}; the file has up to {queries.FILE_ROWS:,}.")

    def file() -> str:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(header)
        writer.writerows(queries.find_movers(model, since, until, queries.FILE_ROWS))
        return text.getvalue()

    st.download_button("Download as CSV", file, "movers.csv", "text/csv", on_click="ignore", key="download movers")
