"""What all pages share: what is looked at, and how names, notes and refusals are shown."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas
import plotly.graph_objects as go
import streamlit as st

import catalogue
import escape
import queries
from catalogue import Model, Persona, View
from colours import colours
from conditions import Conditions
from database import Refused


@dataclass(frozen=True)
class Subject:
    """What the dashboard shows: a model, where the role may see it, a view of it, where the role may read one, and customers."""

    model: Model | None
    view: View | None
    personas: tuple[Persona, ...]
    conditions: Conditions

    @property
    def names(self) -> list[str]:
        """The names of the personas."""
        return queries.names(self.personas)

    @property
    def colours(self) -> dict[str | None, str]:
        """Their colours, the same on all pages."""
        return colours(self.names)

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies a customer; where the model may not be seen, what is called so."""
        if self.model is not None:
            return self.model.key
        names = [c.name for c in self.view.own_columns] if self.view else []
        return tuple(n for n in names if re.search(r"(^|_| )(id|key|no|number)$", n, re.IGNORECASE))


# As much as possible of a page at a look; and chosen values in colours that are told apart in the dark, too.
_STYLE = """<style>
.stMainBlockContainer { padding: 2rem 2.5rem }
.stMainBlockContainer h1 { padding: 0; font-size: 1.9rem }
.stMainBlockContainer [data-testid="stMetricValue"] { font-size: 1.7rem }
.stMultiSelect [data-tag] { color: inherit !important; background: color-mix(in srgb, currentColor 18%, transparent) !important }
.stHtml { overflow-wrap: anywhere }
.segment-label { font-size: .875rem; margin-bottom: -.75rem }
</style>"""


def title(text: str, model: Model | None) -> None:
    """The heading of a page."""
    st.html(_STYLE)
    st.title(text, anchor=False)
    if model is not None:
        of = f"Model <b>{escape.page(model.name)}</b>, version {model.version} of {model.fitted_at:%d %B %Y}, by "
        features = ", ".join(escape.page(f) for f in model.features)
        groups = f", a set of personas for each {escape.page(model.by_column)}" if model.by_column else ""
        st.html(f"<p>{of}{features} ({escape.page(model.method)}, scale {escape.page(model.scale)}){groups}.</p>")


def note(text: str) -> None:
    """Small print; names in it are shown as they are."""
    st.html(f"<p><small>{escape.page(text)}</small></p>")


def heading(text: str) -> None:
    """The heading of a chart; names in it are shown as they are."""
    st.html(f'<h2 style="font-size: 1.15rem; margin: 0">{escape.page(text)}</h2>')


def draw(figure: go.Figure, key: str, alt: str, **options: Any) -> None:
    """Draws a chart, its words in the colour of the page's."""
    ink = "#edebe8" if st.context.theme.type == "dark" else "#2f2d2b"
    figure.update_layout(font_color=ink, legend_font_color=ink)
    figure.update_xaxes(tickfont_color=ink, title_font_color=ink)
    figure.update_yaxes(tickfont_color=ink, title_font_color=ink)
    # no buttons over the chart: nobody needs them, and one links elsewhere
    config = {"displayModeBar": False, "displaylogo": False}
    st.plotly_chart(figure, config=config, key=key, alt=alt, **options)


def labelled(text: str, widget: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """A widget of streamlit whose label is shown, and read out, as it is: its own would be read as Markdown."""
    st.html(f'<div class="segment-label" aria-hidden="true">{escape.page(text)}</div>')
    return widget(text, *arguments, label_visibility="collapsed", **options)


def refused(error: Refused) -> None:
    """Says that the database did not answer, and what to do."""
    st.error(escape.markdown(str(error)))
    if error.hint:
        note(error.hint)


def not_seen(what: str, how: str) -> None:
    """Says plainly what the role may not see, and what its owner would have to do."""
    st.info(escape.markdown(f"{what} Role {catalogue.role()} does not have the right. {how}"))


def no_view() -> None:
    """Says that there is no view, and what would have to be done."""
    text = f"There is no persona view of this model that role {catalogue.role()} may read."
    st.info(escape.markdown(f"{text} segment.create_view() makes one, and its owner lets others read it by GRANT SELECT."))


def needs_model(what: str) -> None:
    """Says that the page is about a model, and that the role sees none."""
    how = f"The owner of the model gives it: SELECT segment.share('model', '{catalogue.role()}')."
    not_seen(f"{what} needs the model itself, not only its view.", how)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pandas.DataFrame:
    """Rows for a table of streamlit."""
    return pandas.DataFrame(rows, columns=list(columns))


def number(value: float | None) -> str:
    """A number for the eye."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.4g}"
