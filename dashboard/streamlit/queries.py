"""What the charts show, asked of the view: sums, counts and a sample, so that little comes over however many customers there are."""

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

import streamlit as st
from psycopg import sql

from catalogue import CATEGORY, NUMBER, Column, Model, Persona, View
from conditions import Conditions, number, where
from database import rows
from options import options

# customers in a scatter, as in segment.charts; rows in a table; rows in a file; values of a column to choose from; bars of a histogram
SAMPLE = 5000
TABLE_ROWS = 1000
FILE_ROWS = 100_000
MOST_VALUES = 30
BARS = 20


@dataclass(frozen=True)
class Range:
    """What a column of numbers is like among all customers."""

    column: Column
    mean: float
    spread: float
    low: float
    high: float


@dataclass(frozen=True)
class Everybody:
    """All customers of a view: how many, how many of them have a persona, and those columns that have numbers."""

    customers: int
    placed: int
    ranges: tuple[Range, ...]

    @property
    def by_name(self) -> dict[str, Range]:
        """The columns by their names."""
        return {r.column.name: r for r in self.ranges}


@dataclass(frozen=True)
class Group:
    """The customers of a persona (None: of none) that are shown: how many, mean distance, and mean of each column of numbers."""

    persona: str | None
    customers: int
    distance: float | None
    means: dict[str, float | None]


@dataclass(frozen=True)
class Bar:
    """How many customers of a persona have a value, or one from `low` to less than `high`."""

    persona: str
    value: str | None
    low: float | None
    high: float | None
    customers: int


def _list(parts: list[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)


@st.cache_data(ttl=options().ttl)
def everybody(view: View) -> Everybody:
    """All customers of the view. One scan."""
    columns = view.of_kind(NUMBER)
    parts: list[sql.Composable] = [sql.SQL("count(*)"), sql.SQL("count(persona)")]
    for column in columns:
        parts += [sql.SQL(f + "({})").format(number(column)) for f in ("avg", "stddev_pop", "min", "max")]
    row = rows(sql.SQL("SELECT {} FROM {}").format(_list(parts), view.relation))[0]
    ranges = [Range(c, *row[2 + 4 * i : 6 + 4 * i]) for i, c in enumerate(columns) if row[2 + 4 * i] is not None]
    return Everybody(row[0], row[1], tuple(ranges))


@st.cache_data(ttl=options().ttl)
def values(view: View) -> dict[str, tuple[str | None, ...]]:
    """The values of each column that has few of them, as text. Columns with many among the first rows are not counted at all; one scan."""
    columns = view.of_kind(CATEGORY)
    if not columns:
        return {}
    names = [sql.Identifier(c.name) for c in columns]
    first = sql.SQL("SELECT {} FROM {} LIMIT 10000").format(_list(list(names)), view.relation)
    counts = rows(
        sql.SQL("SELECT {} FROM ({}) AS r").format(_list([sql.SQL("count(DISTINCT {})").format(n) for n in names]), first)
    )[0]
    few = [c for c, count in zip(columns, counts) if 0 < count <= MOST_VALUES]
    if not few:
        return {}
    texts = [sql.SQL("{}::text").format(sql.Identifier(c.name)) for c in few]
    arrays = _list([sql.SQL("array_agg(DISTINCT {})").format(t) for t in texts])
    found = rows(sql.SQL("SELECT {} FROM {}").format(arrays, view.relation))[0]
    sorted_values = {c.name: tuple(sorted(v, key=lambda x: (x is None, x or ""))) for c, v in zip(few, found)}
    return {name: v for name, v in sorted_values.items() if len(v) <= MOST_VALUES}


@st.cache_data(ttl=options().ttl)
def by_persona(view: View, conditions: Conditions) -> tuple[Group, ...]:
    """The customers shown, by persona. One scan."""
    columns = view.of_kind(NUMBER)
    means = [sql.SQL("avg({})").format(number(c)) for c in columns]
    query = sql.SQL("SELECT {} FROM {}{} GROUP BY persona").format(
        _list([sql.SQL("persona"), sql.SQL("count(*)"), sql.SQL("avg(distance)"), *means]), view.relation, where(conditions)
    )
    return tuple(Group(r[0], r[1], r[2], {c.name: mean for c, mean in zip(columns, r[3:])}) for r in rows(query))


def z_score(mean: float | None, of: Range) -> float | None:
    """How many standard deviations of all customers a mean is above theirs; 0 for a constant."""
    return None if mean is None else (mean - of.mean) / of.spread if of.spread else 0.0


def leading(ranges: list[Range], groups: tuple[Group, ...]) -> list[str]:
    """The columns by how far they set the personas apart, as segment.charts orders them: by their variance between personas."""
    placed = [g for g in groups if g.persona is not None]

    def between(of: Range) -> float:
        return sum(g.customers * (z_score(g.means[of.column.name], of) or 0) ** 2 for g in placed)

    return [r.column.name for r in sorted(ranges, key=lambda r: -between(r))]


@st.cache_data(ttl=options().ttl)
def leading_features(model: Model) -> list[str]:
    """The features of a model in that order, as they were in the fit."""
    found = rows(
        "SELECT p.feature FROM segment.profile(%s) AS p "
        "JOIN segment.personas AS s ON s.cluster = p.cluster AND s.by_value IS NOT DISTINCT FROM p.by_value "
        "WHERE s.model = %s AND s.owner = %s GROUP BY p.feature ORDER BY sum(s.share * p.z * p.z) DESC, array_position(%s, p.feature)",
        [model.name, model.name, model.owner, list(model.features)],
    )
    return [feature for (feature,) in found]


def edges(of: Range) -> tuple[float, float, int]:
    """Start, width and number of some twenty bars of round width that hold a column of numbers."""
    span = of.high - of.low
    if span <= 0:
        return of.low, 1.0, 1
    power = 10.0 ** floor(log10(span / BARS))
    width = next(m * power for m in (1, 2, 5, 10) if m * power * BARS >= span)
    if of.column.type.startswith("int"):
        width = max(width, 1.0)
    start = floor(of.low / width) * width
    return start, width, max(1, ceil((of.high - start) / width + 1e-9))


@st.cache_data(ttl=options().ttl)
def distributions(
    view: View, conditions: Conditions, ranges: tuple[Range, ...], categories: tuple[str, ...]
) -> dict[str, tuple[Bar, ...]]:
    """How the values of these columns are spread over the personas, among the customers shown. One scan for all columns."""
    parts: list[sql.Composable] = [
        sql.SQL("least(width_bucket({}, {}::float8, {}::float8, {}), {})").format(
            number(r.column), sql.Literal(start), sql.Literal(start + width * bars), sql.Literal(bars), sql.Literal(bars)
        )
        for r in ranges
        for start, width, bars in [edges(r)]
    ]
    parts += [sql.SQL("{}::text").format(sql.Identifier(name)) for name in categories]
    if not parts:
        return {}
    aliases = [sql.Identifier(f"v{i}") for i in range(len(parts))]
    conditions_and_placed = (
        where(conditions) + (sql.SQL(" AND ") if conditions else sql.SQL(" WHERE ")) + sql.SQL("persona IS NOT NULL")
    )
    inner = sql.SQL("SELECT persona, {} FROM {}{}").format(
        _list([sql.SQL("{} AS {}").format(p, a) for p, a in zip(parts, aliases)]), view.relation, conditions_and_placed
    )
    # which of the columns a row is about: the one that grouping() does not count
    which = [sql.SQL("grouping({})").format(a) for a in aliases]
    sets = _list([sql.SQL("(persona, {})").format(a) for a in aliases])
    query = sql.SQL("SELECT persona, count(*), {} FROM ({}) AS r GROUP BY GROUPING SETS ({})").format(
        _list([*which, *aliases]), inner, sets
    )
    names = [r.column.name for r in ranges] + list(categories)
    result: dict[str, list[Bar]] = {name: [] for name in names}
    for row in rows(query):
        at = row[2 : 2 + len(names)].index(0)
        value = row[2 + len(names) + at]
        if at < len(ranges):
            if value is None:
                continue
            start, width, _ = edges(ranges[at])
            result[names[at]].append(Bar(row[0], None, start + (value - 1) * width, start + value * width, row[1]))
        else:
            result[names[at]].append(Bar(row[0], value, None, None, row[1]))
    return {
        name: tuple(sorted(bars, key=lambda b: (b.low or 0, b.value is None, b.value or ""))) for name, bars in result.items()
    }


@st.cache_data(ttl=options().ttl)
def sample(view: View, conditions: Conditions, x: Column, y: Column, key: tuple[str, ...]) -> list[tuple[str, float, float]]:
    """Persona and two numbers of the customers shown: all, or those with the lowest hashes of their keys, the same ones every time."""
    numbers = _list([number(x), number(y)])
    identity = sql.SQL("ROW({})").format(_list([sql.Identifier(k) for k in key]) if key else numbers)
    query = sql.SQL(
        "SELECT persona, x, y FROM (SELECT persona, {} AS x, {} AS y, hashtextextended({}::text, 0) AS hash FROM {}{}) AS r "
        "WHERE persona IS NOT NULL AND x IS NOT NULL AND y IS NOT NULL ORDER BY hash, x, y LIMIT {}"
    )
    return rows(query.format(number(x), number(y), identity, view.relation, where(conditions), sql.Literal(SAMPLE)))


@st.cache_data(ttl=options().ttl)
def model_profile(model: Model) -> dict[tuple[str, str], tuple[float, float]]:
    """Mean and z-score by persona and feature, as segment.profile() has them from the fit. Of a model without groups."""
    found = rows("SELECT persona, feature, mean, z FROM segment.profile(%s)", [model.name])
    return {(persona, feature): (mean, z) for persona, feature, mean, z in found}


@st.cache_data(ttl=options().ttl)
def feature_ranges(model: Model) -> list[tuple[str, float, float, float, float]]:
    """feature, mean, spread, and about the lowest and the highest value, from segment.profile(): three spreads from the means."""
    return rows(
        "SELECT p.feature, avg(p.mean), max(p.spread), min(p.mean - 3 * p.spread), max(p.mean + 3 * p.spread) "
        "FROM unnest(%s::text[]) WITH ORDINALITY AS f(feature, at) "
        "JOIN segment.profile(%s) AS p USING (feature) GROUP BY p.feature, f.at ORDER BY f.at",
        [list(model.features), model.name],
    )


def _key_text(key: tuple[str, ...]) -> sql.Composed | sql.SQL:
    """The key of a customer as segment.explain_customer() takes it."""
    texts = [sql.SQL("{}::text").format(sql.Identifier(k)) for k in key]
    if not texts:
        return sql.SQL("NULL")
    return texts[0] if len(texts) == 1 else sql.SQL("ARRAY[{}]::text").format(_list(list(texts)))


def _shown(column: Column) -> sql.Composable:
    """A column for a table: values of types that a browser knows, all others as text."""
    name = sql.Identifier(column.name)
    if column.type == "numeric":
        return sql.SQL("{}::float8").format(name)
    if column.kind == NUMBER or column.type in ("text", "bool", "date", "timestamp", "timestamptz"):
        return name
    return sql.SQL("{}::text").format(name)


def find_customers(
    view: View, conditions: Conditions, key: tuple[str, ...], order: str, descending: bool, most: int
) -> list[tuple[Any, ...]]:
    """The key as text, and every column of the view, of the customers shown, in an order, that many at most."""
    shown = _list([_key_text(key), *[_shown(c) for c in view.columns]])
    query = sql.SQL("SELECT {} FROM {}{} ORDER BY {} {} NULLS LAST LIMIT {}")
    direction = sql.SQL("DESC" if descending else "ASC")
    return rows(query.format(shown, view.relation, where(conditions), sql.Identifier(order), direction, sql.Literal(most)))


customers = st.cache_data(ttl=options().ttl)(find_customers)


@st.cache_data(ttl=options().ttl)
def customer(view: View, model: Model, key: str) -> tuple[str | None, str | None, tuple[float | None, ...]] | None:
    """Persona, group as text, and features of the customer of that key; None if there is no such customer."""
    parts = [key] if len(model.key) == 1 else rows("SELECT %s::text[]", [key])[0][0]
    if len(parts) != len(model.key):
        return None
    is_it = sql.SQL(" AND ").join(
        [sql.SQL("{} = {}").format(sql.Identifier(k), sql.Literal(p)) for k, p in zip(model.key, parts)]
    )
    group = sql.SQL("{}::text").format(sql.Identifier(model.by_column)) if model.by_column else sql.SQL("NULL")
    features = _list([sql.SQL("{}::float8").format(sql.Identifier(f)) for f in model.features])
    found = rows(sql.SQL("SELECT persona, {}, {} FROM {} WHERE {} LIMIT 1").format(group, features, view.relation, is_it))
    return (found[0][0], found[0][1], tuple(found[0][2:])) if found else None


@dataclass(frozen=True)
class Place:
    """How far a customer is from a persona: by segment.score(), the one it belongs to first. Probability: of a mixture."""

    cluster: int
    persona: str
    distance: float
    probability: float | None


@st.cache_data(ttl=options().ttl)
def score(model: Model, features: tuple[float, ...], group: str | None) -> tuple[Place, ...]:
    """Where a customer with these features would be."""
    found = rows(
        "SELECT cluster, persona, distance, probability FROM segment.score(%s, %s::float8[], %s) ORDER BY rank",
        [model.name, list(features), group],
    )
    return tuple(Place(*r) for r in found)


@st.cache_data(ttl=options().ttl)
def explain_customer(model: Model, key: str) -> list[tuple[Any, ...]]:
    """feature, value, needed, change, persona, distance, next_persona, next_distance: see segment.explain_customer()."""
    return rows(
        "SELECT feature, value, needed, change, persona, distance, next_persona, next_distance "
        "FROM segment.explain_customer(%s, %s) ORDER BY rank",
        [model.name, key],
    )


@dataclass(frozen=True)
class Flow:
    """
    Customers who went from a persona (None: from nowhere) to one (None: they left): how many, their share of those who were in the
    first, and how many are in another cluster than before. These are not all of them if the persona is called otherwise now.
    """

    origin: str | None
    target: str | None
    customers: int
    share: float
    moved: int


@st.cache_data(ttl=options().ttl)
def migration(model: Model, since: Any, until: Any) -> tuple[Flow, ...]:
    """Who moved where between two snapshots. Personas of one name in several groups are counted together."""
    found = rows(
        "SELECT from_persona, to_persona, sum(customers)::bigint, "
        "(sum(customers) / sum(sum(customers)) OVER (PARTITION BY from_persona))::float8, "
        "coalesce(sum(customers) FILTER (WHERE (from_cluster, from_by_value) IS DISTINCT FROM (to_cluster, to_by_value)), 0)::bigint "
        "FROM segment.migration(%s, %s, %s) GROUP BY from_persona, to_persona",
        [model.name, since, until],
    )
    return tuple(Flow(*r) for r in found)


def find_movers(model: Model, since: Any, until: Any, most: int) -> list[tuple[str, str | None, str | None]]:
    """The customers who moved, that many at most: key, from, to."""
    return rows("SELECT key, from_persona, to_persona FROM segment.movers(%s, %s, %s) LIMIT %s", [model.name, since, until, most])


movers = st.cache_data(ttl=options().ttl)(find_movers)


def names(found: tuple[Persona, ...]) -> list[str]:
    """The names of personas."""
    return [p.name for p in found]
