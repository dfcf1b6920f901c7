"""Page: which persona a customer would have if its features were others, scored by the model in the database."""

import streamlit as st

import catalogue
import charts
import dashboard
import escape
import queries
from catalogue import NUMBER, Column, Model
from dashboard import Subject, heading, note, number
from filters import reach_of
from queries import Place, Range


def what_if(subject: Subject) -> None:
    """Shows the page."""
    dashboard.title("What if?", subject.model)
    model = subject.model
    if model is None:
        dashboard.needs_model("Scoring")
        return
    ranges = _ranges(subject, model)
    key, group, start = _start(subject, model, ranges)
    left, right = st.columns([2, 3])
    with left:
        heading("Features")
        then = tuple(_slider(r, value, f"what if {model.name} {r.column.name} {key}") for r, value in zip(ranges, start))
    places = queries.score(model, then, group)
    now = queries.score(model, start, group) if key else ()
    with right:
        _verdict(now, places)
        heading("Distance to each persona")
        figure = charts.distances(now, places, subject.colours)
        dashboard.draw(figure, "distances", "Bars: distance to each persona")
    _difference(model, start if key else (), then, now, places)


def _ranges(subject: Subject, model: Model) -> list[Range]:
    """What values each feature has: in the view or, where none may be read, about where the personas are."""
    if subject.view is not None:
        found = queries.everybody(subject.view).by_name
        if all(f in found for f in model.features):
            return [found[f] for f in model.features]
    result = []
    for feature, mean, spread, low, high in queries.feature_ranges(model):
        result.append(Range(Column(feature, "float8", NUMBER), mean, spread, low, high))
    return result


def _start(subject: Subject, model: Model, ranges: list[Range]) -> tuple[str, str | None, tuple[float, ...]]:
    """Key, group and features of the customer to begin with; without one, the average of all."""
    key = ""
    group = None
    average = tuple(r.mean for r in ranges)
    if subject.view is not None and model.key:
        name = ", ".join(model.key)
        label = f"{name} of a customer to begin with; empty: an average one"
        key = dashboard.labelled(label, st.text_input, value=st.session_state.get("customer", ""), key="what if of").strip()
        st.session_state["customer"] = key
    found = None
    if key and subject.view is not None:
        found = queries.customer(subject.view, model, key)
        if found is None:
            st.warning(escape.markdown(f"There is no customer {key}."))
            key = ""
        elif None in found[2]:
            st.warning(escape.markdown(f"Customer {key} has no persona: a feature is not known."))
            key = ""
            found = None
    if model.by_column:
        groups = catalogue.groups(model)
        at = groups.index(found[1]) if found and found[1] in groups else 0
        place = dashboard.labelled(
            model.by_column, st.selectbox, range(len(groups)), at, format_func=lambda i: groups[i], key=f"group {key}"
        )
        group = groups[place]
    return key, group, tuple(x for x in found[2] if x is not None) if found else average


def _slider(of: Range, value: float, key: str) -> float:
    """A slider for a feature, which reaches at least as far as all customers."""
    reach = reach_of(_with(of, value))
    if isinstance(reach.low, int):
        value = round(value)
    high = reach.high if reach.high > reach.low else reach.low + reach.step
    ends = (reach.low, high)
    return float(dashboard.labelled(of.column.name, st.slider, *ends, value, reach.step, reach.form, key=f"{key} {ends}"))


def _with(of: Range, value: float) -> Range:
    """The range with a value more."""
    return Range(of.column, of.mean, of.spread, min(of.low, value), max(of.high, value))


def _verdict(now: tuple[Place, ...], then: tuple[Place, ...]) -> None:
    """Which persona it is."""
    is_it = then[0]
    probability = "" if is_it.probability is None else f", with probability {is_it.probability:.1%}"
    text = f"<b>{escape.page(is_it.persona)}</b> (cluster {is_it.cluster}), at distance {is_it.distance:.4f}{probability}"
    if now and now[0].persona != is_it.persona:
        text += f"; now it is <b>{escape.page(now[0].persona)}</b>"
    elif now:
        text += "; as it is now"
    st.html(f'<p role="status" style="font-size: 1.1rem">{text}.</p>')


def _difference(
    model: Model, start: tuple[float, ...], then: tuple[float, ...], now: tuple[Place, ...], places: tuple[Place, ...]
) -> None:
    """What is different, feature by feature and persona by persona."""
    before = {p.cluster: p for p in now}
    header = ["persona", "distance"]
    table: list[list[object]] = [[p.persona, p.distance] for p in places]
    if any(p.probability is not None for p in places):
        header.append("probability")
        table = [[*row, p.probability] for row, p in zip(table, places)]
    if now:
        header += ["distance now", "difference"]
        table = [[*row, before[p.cluster].distance, p.distance - before[p.cluster].distance] for row, p in zip(table, places)]
    left, right = st.columns([2, 3])
    if start:
        changes = [[f, a, b, b - a] for f, a, b in zip(model.features, start, then)]
        left.dataframe(
            dashboard.table(["feature", "now", "what if", "difference"], changes), hide_index=True, alt="Features, now and then"
        )
    else:
        with left:
            features = ", ".join(f"{f} {number(v)}" for f, v in zip(model.features, then))
            note(f"Scored: {features}.")
    right.dataframe(dashboard.table(header, table), hide_index=True, alt="Distance to each persona, now and then")
