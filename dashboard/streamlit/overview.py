"""Page: how many customers there are, of which personas, and what sets these apart."""

import streamlit as st

import charts
import dashboard
import queries
from catalogue import View
from dashboard import Subject, heading, note, number
from queries import Everybody, Group


def overview(subject: Subject) -> None:
    """Shows the page."""
    dashboard.title("Overview", subject.model)
    view = subject.view
    if view is None:
        dashboard.no_view()
        return
    everybody = queries.everybody(view)
    groups = queries.by_persona(view, subject.conditions)
    if not everybody.customers:
        st.info("The view has no customers.")
        return
    _figures(everybody, groups)
    if not any(g.persona is not None for g in groups):
        st.info("No customer with a persona is left: choose more by the filters.")
        return

    columns = _columns(subject, everybody)
    left, right = st.columns([3, 2])
    with left:
        _scatter(subject, view, everybody, groups)
    with right:
        heading("Customers per persona")
        customers = _customers(subject, groups)
        dashboard.draw(charts.sizes(customers, subject.colours), "sizes", "Bars: customers per persona")
        heading("What sets each persona apart: z-scores")
        _profile(subject, everybody, groups, columns)
    _distributions(subject, view, everybody, columns)
    with st.expander("The numbers"):
        _numbers(subject, groups, columns)


def _customers(subject: Subject, groups: tuple[Group, ...]) -> dict[str | None, int]:
    found = {g.persona: g.customers for g in groups}
    return {name: found.get(name, 0) for name in [*subject.names, None]}


def _columns(subject: Subject, everybody: Everybody) -> list[str]:
    """The columns of numbers that tell something: the features first."""
    names = [r.column.name for r in everybody.ranges if r.column.name not in subject.key and r.low < r.high]
    features = list(subject.model.features) if subject.model else []
    return [f for f in features if f in names] + [n for n in names if n not in features]


def _figures(everybody: Everybody, groups: tuple[Group, ...]) -> None:
    """The row of figures on top."""
    shown = sum(g.customers for g in groups)
    placed = [g for g in groups if g.persona is not None and g.customers]
    biggest = max((g.customers for g in placed), default=0)
    figures = [
        ("customers shown", f"{shown:,}"),
        ("of all customers", f"{shown / everybody.customers:.1%}"),
        ("personas among them", f"{len(placed)}"),
        ("largest persona", f"{biggest / shown:.1%}" if shown else "–"),
        ("without a persona", f"{shown - sum(g.customers for g in placed):,}"),
    ]
    for place, (label, value) in zip(st.columns(len(figures)), figures):
        place.metric(label, value)


def _scatter(subject: Subject, view: View, everybody: Everybody, groups: tuple[Group, ...]) -> None:
    if subject.model is not None:
        axes = queries.leading_features(subject.model)[:2]
    else:
        candidates = [everybody.by_name[c] for c in _columns(subject, everybody)]
        axes = queries.leading(candidates, queries.by_persona(view, ()))[:2]
    ranges = everybody.by_name
    if len([a for a in axes if a in ranges]) < 2:
        note("A scatter needs two columns of numbers.")
        return
    x, y = axes
    points = queries.sample(view, subject.conditions, ranges[x].column, ranges[y].column, subject.key)
    placed = sum(g.customers for g in groups if g.persona is not None)
    is_sample = f" (a sample of {len(points):,} of {placed:,} customers)" if len(points) == queries.SAMPLE < placed else ""
    heading(f"Customers by {x} and {y}{is_sample}")
    shown = [g.persona for g in groups if g.persona is not None]
    if subject.model is not None and not subject.model.by_column:
        profile = queries.model_profile(subject.model)
        centroids = {p: (profile[p, x][0], profile[p, y][0]) for p in subject.names if p in shown and (p, x) in profile}
        whose = "Diamonds: the means of each persona in the fit."
    else:
        means = [(g.persona, g.means[x], g.means[y]) for g in groups]
        centroids = {p: (mx, my) for p, mx, my in means if p is not None and mx is not None and my is not None}
        whose = "Diamonds: the means of the customers shown."
    figure = charts.scatter(points, centroids, x, y, subject.colours)
    dashboard.draw(figure, "scatter", "Scatter: customers by two columns, coloured by persona")
    note(whose)


def _profile(subject: Subject, everybody: Everybody, groups: tuple[Group, ...], columns: list[str]) -> None:
    """z-scores of the customers shown, against all customers of the view."""
    found = {g.persona: g for g in groups}
    z: dict[str, list[float | None]] = {}
    means: dict[str, list[float | None]] = {}
    for persona in [p for p in subject.names if p in found]:
        means[persona] = [found[persona].means[c] for c in columns]
        z[persona] = [queries.z_score(found[persona].means[c], everybody.by_name[c]) for c in columns]
    figure = charts.profile(z, means, columns)
    dashboard.draw(figure, "profile", "Heat map: z-score of each column by persona")
    note("Standard deviations above or below the mean of all customers.")


def _distributions(subject: Subject, view: View, everybody: Everybody, columns: list[str]) -> None:
    ranges = tuple(everybody.by_name[c] for c in columns[:6])
    categories = tuple(c for c, v in queries.values(view).items() if c not in subject.key and len(v) > 1)[:4]
    found = queries.distributions(view, subject.conditions, ranges, categories)
    for start in range(0, len(found), 2):
        for place, name in zip(st.columns(2), list(found)[start : start + 2]):
            with place:
                heading(f"Distribution of {name}")
                figure = charts.distribution(found[name], name, subject.names, subject.colours)
                dashboard.draw(figure, f"distribution of {name}", "Bars: values of a column by persona")


def _numbers(subject: Subject, groups: tuple[Group, ...], columns: list[str]) -> None:
    """What the charts show, as a table, and what to do about each persona."""
    found = {g.persona: g for g in groups}
    table = []
    for persona in subject.personas:
        if persona.name in found:
            group = found[persona.name]
            means = [number(group.means[c]) for c in columns]
            table.append([persona.name, group.customers, *means, persona.note])
    header = ["persona", "customers", *[f"mean {c}" for c in columns], "what to do"]
    st.dataframe(dashboard.table(header, table), hide_index=True, alt="Personas: customers, means, and what to do")
