"""What the connected role may see: models, persona views and their columns, personas, snapshots."""

import re
from dataclasses import dataclass
from datetime import datetime

import streamlit as st
from psycopg import sql

from database import Refused, rows
from options import options

NUMBER = "number"
CATEGORY = "category"
OTHER = "other"


@dataclass(frozen=True)
class Model:
    """The active version of a model."""

    name: str
    version: int
    method: str
    scale: str
    features: tuple[str, ...]
    key: tuple[str, ...]
    by_column: str | None
    rows: int
    fitted_at: datetime
    owner: str


@dataclass(frozen=True)
class Column:
    """A column of a view; kind is NUMBER, CATEGORY (its values may be few) or OTHER."""

    name: str
    type: str
    kind: str


@dataclass(frozen=True)
class View:
    """A view that segment.create_view() made, or one with the same three columns."""

    schema: str
    name: str
    comment: str
    columns: tuple[Column, ...]

    @property
    def relation(self) -> sql.Identifier:
        """Its name in a query."""
        return sql.Identifier(self.schema, self.name)

    @property
    def own_columns(self) -> tuple[Column, ...]:
        """The columns of its source: all but those that segment adds."""
        return tuple(c for c in self.columns if c.name not in ("cluster", "persona", "distance"))

    def of_kind(self, kind: str) -> tuple[Column, ...]:
        """The columns of its source of that kind."""
        return tuple(c for c in self.own_columns if c.kind == kind)

    @property
    def model(self) -> str | None:
        """The model that segment.create_view() says it is a view of; None: nothing is said, as of a materialized view."""
        found = re.search(r'with their personas by the active version of model "(.*)"$', self.comment, re.DOTALL)
        return found[1] if found else None

    def may_be_of(self, model: Model | None) -> bool:
        """Whether it is a view of that model, or may be one: it has all columns that the model has."""
        if model is None:
            return True
        return self.model in (None, model.name) and {c.name for c in self.columns}.issuperset(model.features + model.key)


@dataclass(frozen=True)
class Persona:
    """A persona. Clusters of several groups may share one; note is what to do about it, or empty."""

    name: str
    note: str


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of a model."""

    number: int
    taken_at: datetime
    customers: int


@st.cache_data(ttl=options().ttl)
def role() -> str:
    """The connected role."""
    return rows("SELECT current_user::text")[0][0]


@st.cache_data(ttl=options().ttl)
def models() -> tuple[Model, ...]:
    """Models that the role owns or that are shared with it, by name: its own before one of the same name by another."""
    try:
        found = rows(
            "SELECT DISTINCT ON (model) model, version, method, scale, features, coalesce(key, '{}'), by_column, "
            "rows, fitted_at, owner "
            "FROM segment.models WHERE active ORDER BY model, owner = current_user::regrole::text DESC, owner"
        )
    except Refused as refused:
        if refused.state in ("42P01", "3F000"):
            raise Refused(
                "The extension segment is not in this database.", "Connect to another, or CREATE EXTENSION segment."
            ) from None
        raise
    return tuple(Model(r[0], r[1], r[2], r[3], tuple(r[4]), tuple(r[5]), *r[6:]) for r in found)


@st.cache_data(ttl=options().ttl)
def views() -> tuple[View, ...]:
    """Relations that the role may read and that have the columns of a persona view."""
    found = rows(
        """
        WITH RECURSIVE base AS (
            SELECT t.oid, t.oid AS base, t.typbasetype AS next FROM pg_type AS t
            UNION ALL
            SELECT b.oid, t.oid, t.typbasetype FROM base AS b JOIN pg_type AS t ON t.oid = b.next AND b.next <> 0
        )
        SELECT n.nspname, c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''), a.attname, t.typname, t.typtype
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN base AS b ON b.oid = a.atttypid AND b.next = 0
        JOIN pg_type AS t ON t.oid = b.base
        WHERE c.relkind IN ('v', 'm', 'r', 'p') AND n.nspname <> 'segment' AND NOT pg_is_other_temp_schema(n.oid)
            AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
            AND 3 = (
                SELECT count(*) FROM pg_attribute AS p
                WHERE p.attrelid = c.oid AND NOT p.attisdropped AND (p.attname, p.atttypid) IN (
                    ('cluster', 'int4'::regtype), ('persona', 'text'::regtype), ('distance', 'float8'::regtype)))
        ORDER BY n.nspname, c.relname, a.attnum
        """
    )
    columns: dict[tuple[str, str, str], list[Column]] = {}
    for schema, name, comment, column, type_name, type_type in found:
        if type_name in ("int2", "int4", "int8", "float4", "float8", "numeric"):
            kind = NUMBER
        elif type_name in ("text", "varchar", "bpchar", "bool") or type_type == "e":
            kind = CATEGORY
        else:
            kind = OTHER
        columns.setdefault((schema, name, comment), []).append(Column(column, type_name, kind))
    return tuple(View(*of, columns=tuple(c)) for of, c in columns.items())


@st.cache_data(ttl=options().ttl)
def named_view(name: str) -> tuple[str, str] | None:
    """Schema and name of the view that a name as in SQL means."""
    found = rows(
        "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE c.oid = to_regclass(%s)",
        [name],
    )
    return found[0] if found else None


@st.cache_data(ttl=options().ttl)
def personas(model: Model | None, view: View | None) -> tuple[Persona, ...]:
    """
    The personas in the order of their clusters, as in segment.charts: of the model, and those that only the view has: it may be
    older, and the model may not be seen at all.
    """
    found = []
    if model is not None:
        found += rows(
            "SELECT persona, coalesce(note, '') FROM segment.personas WHERE model = %s AND owner = %s", [model.name, model.owner]
        )
    if view is not None and (model is None or view.model is None):
        query = sql.SQL("SELECT persona, '' FROM {} WHERE persona IS NOT NULL GROUP BY persona ORDER BY min(cluster), persona")
        found += rows(query.format(view.relation))
    notes: dict[str, str] = {}
    for name, note in found:
        notes.setdefault(name, note)
    return tuple(Persona(*item) for item in notes.items())


@st.cache_data(ttl=options().ttl)
def groups(model: Model) -> tuple[str, ...]:
    """The groups of a model by groups."""
    found = rows(
        "SELECT by_value FROM segment.personas WHERE model = %s AND owner = %s AND by_value IS NOT NULL",
        [model.name, model.owner],
    )
    return tuple(dict.fromkeys(value for (value,) in found))


@st.cache_data(ttl=options().ttl)
def snapshots(model: Model) -> tuple[Snapshot, ...]:
    """The snapshots of a model, the first one first."""
    found = rows(
        "SELECT snapshot, taken_at, customers FROM segment.snapshots WHERE model = %s AND owner = %s ORDER BY snapshot",
        [model.name, model.owner],
    )
    return tuple(Snapshot(*r) for r in found)
