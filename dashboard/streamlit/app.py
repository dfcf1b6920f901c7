"""The dashboard: chooses model, view and customers in the sidebar, and shows a page of them. ./run starts it."""

from collections.abc import Callable

import streamlit as st

import catalogue
import dashboard
import filters
import queries
from catalogue import Model, View
from conditions import Conditions
from customers import customers
from dashboard import Subject
from database import Refused
from migration import migration
from options import options
from overview import overview
from what_if import what_if


def _model() -> Model | None:
    """The model chosen: first that of --model."""
    found = catalogue.models()
    if not found:
        return None
    names = [m.name for m in found]
    wanted = options().model
    if wanted is not None and wanted not in names:
        raise Refused(f"Role {catalogue.role()} sees no model {wanted}.", "Its owner shows it by segment.share().")
    at = names.index(wanted) if wanted is not None else 0
    return found[
        st.selectbox("model", range(len(found)), at, format_func=lambda i: names[i], key="model", persist_state="session")
    ]


def _view(model: Model | None) -> View | None:
    """The view chosen, of those with the columns of the model: first that of --view, or one that was made of the model."""
    found = [v for v in catalogue.views() if v.may_be_of(model)]
    name = options().view
    wanted = catalogue.named_view(name) if name is not None else None
    if name is not None and wanted not in [(v.schema, v.name) for v in catalogue.views()]:
        raise Refused(f"Role {catalogue.role()} may not read a view {name}.", "Its owner gives it: GRANT SELECT ON the view.")
    found.sort(key=lambda v: ((v.schema, v.name) != wanted, v.model is None))
    if not found:
        return None
    names = [f"{v.schema}.{v.name}" for v in found]
    key = f"view of {model.name if model else None}"
    return found[st.selectbox("view", range(len(found)), format_func=lambda i: names[i], key=key, persist_state="session")]


def _subject(has_filters: bool) -> Subject:
    """What the sidebar chooses."""
    model = _model()
    view = _view(model)
    personas = catalogue.personas(model, view)
    conditions: Conditions = ()
    if has_filters and view is not None:
        subject = Subject(model, view, personas, ())
        conditions = filters.choose(view, personas, queries.everybody(view), subject.key)
    if st.button("Ask anew", help="Forget what the database said, and ask again"):
        st.cache_data.clear()
        st.rerun()
    return Subject(model, view, personas, conditions)


def _page(content: Callable[[Subject], None], has_filters: bool) -> Callable[[], None]:
    """A page with its sidebar; what the database refuses is said in its place."""

    def show() -> None:
        try:
            with st.sidebar:
                subject = _subject(has_filters)
            content(subject)
        except Refused as error:
            dashboard.refused(error)

    return show


def main() -> None:
    """Shows the page that the reader is on."""
    st.set_page_config(page_title="Segments", page_icon="◔", layout="wide")
    pages = {
        "overview": st.Page(_page(overview, True), title="Overview", url_path="overview", default=True),
        "customers": st.Page(_page(customers, True), title="Customers", url_path="customers"),
        "what-if": st.Page(_page(what_if, False), title="What if?", url_path="what-if"),
        "migration": st.Page(_page(migration, False), title="Migration", url_path="migration"),
    }
    st.session_state["pages"] = pages
    st.navigation(list(pages.values())).run()


main()
