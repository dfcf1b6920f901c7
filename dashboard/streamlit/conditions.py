"""What customers are shown: conditions on the columns of a view, as SQL."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from catalogue import Column


def number(column: Column) -> sql.Composed:
    """A column of numbers as float8; NULL where no chart has a place for it: NaN, infinite, or too large to be squared."""
    name = sql.Identifier(column.name)
    if column.type.startswith("int"):
        return sql.SQL("{}::float8").format(name)
    return sql.SQL("CASE WHEN abs({0}::float8) < 1e150 THEN {0}::float8 END").format(name)


@dataclass(frozen=True)
class OneOf:
    """The text of a column is one of these; None stands for NULL."""

    column: str
    values: tuple[str | None, ...]

    def sql(self) -> sql.Composed:
        """As SQL."""
        test = sql.SQL("{}::text = ANY ({})").format(
            sql.Identifier(self.column), sql.Literal([v for v in self.values if v is not None])
        )
        if None in self.values:
            test = sql.SQL("({} OR {} IS NULL)").format(test, sql.Identifier(self.column))
        return test


@dataclass(frozen=True)
class Between:
    """A column is a number from low to high; None: as low, or as high, as can be."""

    column: Column
    low: float | None
    high: float | None

    def sql(self) -> sql.Composed:
        """As SQL."""
        tests = []
        if self.low is not None:
            tests.append(sql.SQL("{} >= {}").format(number(self.column), sql.Literal(self.low)))
        if self.high is not None:
            tests.append(sql.SQL("{} <= {}").format(number(self.column), sql.Literal(self.high)))
        return sql.SQL(" AND ").join(tests)


Conditions = tuple[OneOf | Between, ...]


def where(conditions: Sequence[OneOf | Between]) -> sql.Composed:
    """The WHERE clause of all of them together; empty without any."""
    if not conditions:
        return sql.Composed([])
    return sql.SQL(" WHERE ") + sql.SQL(" AND ").join([c.sql() for c in conditions])
