"""The charts, as figures of plotly: from what queries.py found to what is drawn, knowing neither database nor page."""

from collections.abc import Sequence

import plotly.graph_objects as go

import escape
from colours import BLUES, DIVERGING, faded
from queries import Bar, Flow, Place

NOBODY = "(no persona)"
Colours = dict[str | None, str]


def _figure(height: int, **layout: object) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, hoverlabel={"align": "left"}, **layout)
    return figure


def _title(text: str) -> dict[str, object]:
    return {"title": {"text": escape.chart(text)}, "automargin": True}


def _categories(names: Sequence[str], width: int) -> dict[str, object]:
    """An axis with these names in this order, whatever they look like, in lines of that many characters."""
    values = [escape.chart(n) for n in names]
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": values,
        "tickmode": "array",
        "tickvals": values,
        "ticktext": [escape.lines(n, width) for n in names],
        "automargin": True,
        "showgrid": False,
    }


def _scale(colours: list[str]) -> list[list[object]]:
    return [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)]


def scatter(
    points: list[tuple[str, float, float]], centroids: dict[str, tuple[float, float]], x: str, y: str, colours: Colours
) -> go.Figure:
    """Customers by two columns, a colour per persona, and the centroids as diamonds."""
    figure = _figure(450, xaxis=_title(x), yaxis=_title(y), legend={"orientation": "h", "y": -0.2}, showlegend=len(colours) <= 13)
    where = f"<br>{escape.chart(x)}: %{{x:,.4~g}}<br>{escape.chart(y)}: %{{y:,.4~g}}<extra></extra>"
    for persona, colour in colours.items():
        of = [p for p in points if p[0] == persona]
        if persona is not None and of:
            figure.add_scatter(
                x=[p[1] for p in of],
                y=[p[2] for p in of],
                mode="markers",
                name=escape.lines(persona, 40),
                legendgroup=escape.chart(persona),
                marker={"color": colour, "size": 7, "opacity": 0.7},
                hovertemplate=escape.chart(persona) + where,
            )
    for persona, (cx, cy) in centroids.items():
        figure.add_scatter(
            x=[cx],
            y=[cy],
            mode="markers",
            name=escape.chart(persona),
            legendgroup=escape.chart(persona),
            showlegend=False,
            marker={"color": colours[persona], "size": 15, "symbol": "diamond", "line": {"color": "white", "width": 2}},
            hovertemplate=f"centroid of {escape.chart(persona)}" + where,
        )
    return figure


def sizes(customers: dict[str | None, int], colours: Colours) -> go.Figure:
    """How many customers each persona has, and their share."""
    shown = {p: n for p, n in customers.items() if p is not None or n}
    total = sum(shown.values())
    labels = [NOBODY if p is None else p for p in shown]
    figure = _figure(60 + 36 * len(shown), xaxis=_title("customers"), yaxis=_categories(labels, 20) | {"autorange": "reversed"})
    figure.add_bar(
        y=[escape.chart(label) for label in labels],
        x=list(shown.values()),
        orientation="h",
        marker={"color": [colours[p] for p in shown]},
        text=[f"{n:,} ({n / total:.1%})" if total else "0" for n in shown.values()],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:,}<extra></extra>",
    )
    figure.update_xaxes(range=[0, max([1, *shown.values()]) * 1.45])
    return figure


def profile(z: dict[str, list[float | None]], means: dict[str, list[float | None]], columns: Sequence[str]) -> go.Figure:
    """A heat map of z-scores by persona and column."""
    most = max([1.0, *(abs(v) for row in z.values() for v in row if v is not None)])
    personas = list(z)
    figure = _figure(
        100 + 40 * len(personas),
        xaxis=_categories(columns, 16) | {"side": "top"},
        yaxis=_categories(personas, 20) | {"autorange": "reversed"},
    )
    figure.add_heatmap(
        x=[escape.chart(c) for c in columns],
        y=[escape.chart(p) for p in personas],
        z=[z[p] for p in personas],
        customdata=[means[p] for p in personas],
        colorscale=_scale(DIVERGING),
        zmin=-most,
        zmax=most,
        xgap=2,
        ygap=2,
        showscale=False,
        hovertemplate="%{y}<br>%{x}: %{customdata:,.4~g} on average<br>z-score %{z:+.2f}<extra></extra>",
    )
    for persona in personas:
        written = [None if v is None else (f"{v:+.1f}", abs(v) > 0.6 * most) for v in z[persona]]
        _write(figure, persona, columns, written)
    return figure


def _write(figure: go.Figure, row: str, columns: Sequence[str], cells: Sequence[tuple[str, bool] | None]) -> None:
    """Writes into the cells of a row of a heat map: a text, in white where the cell is dark."""
    for column, cell in zip(columns, cells):
        if cell is not None:
            text, is_dark = cell
            font = {"color": "white" if is_dark else "black"}
            figure.add_annotation(x=escape.chart(column), y=escape.chart(row), text=text, showarrow=False, font=font)


def distribution(bars: Sequence[Bar], column: str, personas: Sequence[str], colours: Colours) -> go.Figure:
    """How many customers have which values of a column, stacked by persona."""
    is_numeric = any(b.low is not None for b in bars)
    values = list(dict.fromkeys("(none)" if b.value is None else b.value for b in bars if b.low is None))
    figure = _figure(
        260,
        barmode="stack",
        bargap=0.03 if is_numeric else 0.3,
        showlegend=False,
        xaxis=_title(column) | ({} if is_numeric else _categories(values, 16)),
        yaxis=_title("customers"),
    )
    for persona in personas:
        of = [b for b in bars if b.persona == persona]
        if not of:
            continue
        trace = {
            "y": [b.customers for b in of],
            "name": escape.chart(persona),
            "marker": {"color": colours[persona], "line": {"width": 0}},
        }
        if is_numeric:
            ends = [(b.low, b.high) for b in of if b.low is not None and b.high is not None]
            figure.add_bar(
                x=[(low + high) / 2 for low, high in ends],
                width=[(high - low) * 0.96 for low, high in ends],
                customdata=ends,
                hovertemplate=escape.chart(persona)
                + "<br>%{customdata[0]:,.4~g} to %{customdata[1]:,.4~g}: %{y:,}<extra></extra>",
                **trace,
            )
        else:
            figure.add_bar(
                x=[escape.chart("(none)" if b.value is None else b.value) for b in of],
                hovertemplate=escape.chart(persona) + "<br>%{x}: %{y:,}<extra></extra>",
                **trace,
            )
    return figure


def distances(now: Sequence[Place], then: Sequence[Place], colours: Colours) -> go.Figure:
    """How far a customer is from each persona: as it would be, and, if it is one that there is, as it is now."""
    names = [p.persona for p in then]
    figure = _figure(90 + 50 * len(then), xaxis=_title("distance"), yaxis=_categories(names, 20) | {"autorange": "reversed"})
    figure.update_layout(barmode="group", legend={"orientation": "h", "y": 1.12})
    figure.add_bar(
        y=[escape.chart(p.persona) for p in then],
        x=[p.distance for p in then],
        orientation="h",
        name="what if",
        marker={"color": [colours.get(p.persona, colours[None]) for p in then]},
        text=[f"{p.distance:.2f}" for p in then],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="what if: %{y}, %{x:.4f}<extra></extra>",
    )
    if now:
        figure.add_bar(
            y=[escape.chart(p.persona) for p in now],
            x=[p.distance for p in now],
            orientation="h",
            name="now",
            marker={"color": [faded(colours.get(p.persona, colours[None]), 0.35) for p in now]},
            text=[f"{p.distance:.2f}" for p in now],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="now: %{y}, %{x:.4f}<extra></extra>",
        )
    return figure


def _ends(flows: Sequence[Flow], personas: Sequence[str]) -> tuple[list[str | None], list[str | None]]:
    """Where customers come from and where they go to: personas as they are ordered now, others after them, nowhere last."""

    def ordered(found: set[str | None]) -> list[str | None]:
        known = [p for p in personas if p in found]
        return known + sorted(p for p in found if p is not None and p not in personas) + ([None] if None in found else [])

    return ordered({f.origin for f in flows}), ordered({f.target for f in flows})


def matrix(flows: Sequence[Flow], personas: Sequence[str], nowhere: str) -> go.Figure:
    """Who moved where, as a heat map: customers, coloured by their share of those who were in the first."""
    origins, targets = _ends(flows, personas)
    at = {(f.origin, f.target): f for f in flows}
    rows = [nowhere if o is None else o for o in origins]
    columns = [nowhere if t is None else t for t in targets]
    cells = [[at.get((o, t)) for t in targets] for o in origins]
    figure = _figure(
        140 + 48 * len(rows),
        xaxis=_categories(columns, 16) | {"side": "top", "title": {"text": "to"}},
        yaxis=_categories(rows, 24) | {"autorange": "reversed", "title": {"text": "from"}},
    )
    figure.add_heatmap(
        x=[escape.chart(c) for c in columns],
        y=[escape.chart(r) for r in rows],
        z=[[None if f is None else f.share for f in row] for row in cells],
        customdata=[[None if f is None else f.customers for f in row] for row in cells],
        colorscale=_scale(BLUES),
        zmin=0,
        zmax=1,
        xgap=2,
        ygap=2,
        showscale=False,
        hovertemplate="from %{y}<br>to %{x}<br>%{customdata:,} customers, %{z:.1%} of all from there<extra></extra>",
        hoverongaps=False,
    )
    for row, line in zip(rows, cells):
        written = [None if f is None else (f"{f.customers:,}", f.share > 0.5) for f in line]
        _write(figure, row, columns, written)
    return figure


def sankey(flows: Sequence[Flow], personas: Sequence[str], nowhere: str, colours: Colours) -> go.Figure:
    """Who moved where, as streams from the left to the right."""
    origins, targets = _ends(flows, personas)
    nodes = [("from", o) for o in origins] + [("to", t) for t in targets]
    place = {node: i for i, node in enumerate(nodes)}
    figure = _figure(120 + 60 * max(len(origins), len(targets)))
    figure.add_sankey(
        node={
            "label": [escape.lines(nowhere if p is None else p, 28) for _, p in nodes],
            "color": [colours.get(p, colours[None]) for _, p in nodes],
            "pad": 18,
            "thickness": 16,
            "hovertemplate": "%{label}: %{value:,}<extra></extra>",
        },
        link={
            "source": [place["from", f.origin] for f in flows],
            "target": [place["to", f.target] for f in flows],
            "value": [f.customers for f in flows],
            "color": [faded(colours.get(f.origin, colours[None]), 0.4) for f in flows],
            "hovertemplate": "%{source.label} → %{target.label}: %{value:,}<extra></extra>",
        },
    )
    return figure
