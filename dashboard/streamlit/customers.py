"""Page: the customers of a persona, one by one, as a table and as a file; and why one of them is where it is."""

import csv
import io

import streamlit as st

import charts
import dashboard
import escape
import queries
from catalogue import View
from conditions import Conditions, OneOf
from dashboard import Subject, heading, note, number
from database import Refused

_CHOSEN = "chosen persona"
_NONE = -1


def customers(subject: Subject) -> None:
    """Shows the page."""
    dashboard.title("Customers", subject.model)
    view = subject.view
    if view is None:
        dashboard.no_view()
        return
    found = {g.persona: g.customers for g in queries.by_persona(view, subject.conditions)}
    counts: dict[str | None, int] = {name: found.get(name, 0) for name in [*subject.names, None]}
    heading("Click a persona to see its customers")
    persona = _choose(subject, counts)
    heading(f"{charts.NOBODY if persona is None else persona}: {counts[persona]:,} customers")
    conditions = (*subject.conditions, OneOf("persona", (persona,)))
    key = _table(subject, view, conditions, counts[persona])
    _explanation(subject, key)


def _choose(subject: Subject, counts: dict[str | None, int]) -> str | None:
    """The persona chosen, by a click on its bar or in a list."""
    shown = [p for p in counts if p is not None or counts[p]]
    places = [_NONE if p is None else subject.names.index(p) for p in shown]
    if st.session_state.get(_CHOSEN) not in places:
        st.session_state[_CHOSEN] = places[0]

    def clicked() -> None:
        points = st.session_state["bars"].selection.points
        if points:
            st.session_state[_CHOSEN] = places[points[0]["point_index"]]

    figure = charts.sizes(counts, subject.colours)
    alt = "Bars: customers per persona; the list below chooses one, too"
    dashboard.draw(figure, "bars", alt, on_select=clicked, selection_mode="points")
    place = st.selectbox(
        "persona",
        places,
        format_func=lambda at: charts.NOBODY if at == _NONE else subject.names[at],
        key=_CHOSEN,
        persist_state="session",
    )
    return None if place == _NONE else subject.names[place]


def _table(subject: Subject, view: View, conditions: Conditions, count: int) -> str | None:
    """The customers, in the order chosen; returns the key of the one that is picked."""
    names = [c.name for c in view.columns]
    left, middle, right = st.columns([2, 2, 3], vertical_alignment="bottom")
    order = left.selectbox("in the order of", names, index=names.index("distance"), key=f"order of {view.schema}.{view.name}")
    descending = middle.selectbox("direction", ["lowest first", "highest first"], key="direction") == "highest first"
    key = subject.key if subject.model else ()
    right.download_button(
        "Download as CSV",
        lambda: _file(names, view, conditions, key, order, descending),
        "customers.csv",
        "text/csv",
        on_click="ignore",
        key="download",
    )
    shown = queries.customers(view, conditions, key, order, descending, queries.TABLE_ROWS)
    picked = st.dataframe(
        dashboard.table(names, [row[1:] for row in shown]),
        hide_index=True,
        key=f"customers of {view.schema}.{view.name}",
        on_select="rerun",
        selection_mode="single-row",
        alt="The customers of the persona",
    )
    if len(shown) < count:
        note(f"The first {len(shown):,} of {count:,} customers in this order; the file has up to {queries.FILE_ROWS:,}.")
    rows = picked.selection.rows
    return shown[rows[0]][0] if rows and rows[0] < len(shown) else None


def _file(names: list[str], view: View, conditions: Conditions, key: tuple[str, ...], order: str, descending: bool) -> str:
    """The customers as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows(row[1:] for row in queries.find_customers(view, conditions, key, order, descending, queries.FILE_ROWS))
    return text.getvalue()


def _explanation(subject: Subject, picked: str | None) -> None:
    """Why a customer is where it is, and what would move it."""
    heading("Why is a customer where it is?")
    model = subject.model
    if model is None:
        dashboard.needs_model("The reason")
        return
    if not model.key:
        note("The model has no key by which a customer could be found: fit it with one.")
        return
    name = ", ".join(model.key)
    key = dashboard.labelled(f"{name} of a customer, or pick a row above", st.text_input, value=picked or "", key=f"why {picked}")
    if not key:
        return
    try:
        reasons = queries.explain_customer(model, key)
    except Refused as error:
        if error.state == "42501":
            dashboard.not_seen(
                f"The reason needs the customers themselves: {error}.", "The owner of the table gives it: GRANT SELECT."
            )
        else:
            dashboard.refused(error)
        return
    _, _, _, _, persona, distance, next_persona, next_distance = reasons[0]
    far = f", {number(distance)} from its centroid"
    other = f"; the next is {next_persona}, {number(next_distance)} away" if next_persona is not None else ""
    st.html(f"<p><b>{escape.page(key)}</b> belongs to <b>{escape.page(persona)}</b>{far}{escape.page(other)}.</p>")
    header = ["feature", "value", "needed to move on", "change"]
    st.dataframe(
        dashboard.table(header, [list(r[:4]) for r in reasons]), hide_index=True, alt="What would move the customer, by feature"
    )
    if st.button("What if?", key="to what if"):
        st.session_state["customer"] = key
        st.switch_page(st.session_state["pages"]["what-if"])
