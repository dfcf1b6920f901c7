"""Compares what SQLAlchemy finds, over psycopg, with what psql said (see psql_says): prints TAP."""

import json
import os
import sys
import warnings
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SAWarning

folder = Path(sys.argv[1])
TYPES = {"bool": "BOOLEAN", "int4": "INTEGER", "int8": "BIGINT", "float8": "DOUBLE PRECISION", "text": "TEXT",
         "timestamptz": "TIMESTAMP", "_text": "ARRAY", "_int4": "ARRAY", "jsonb": "JSONB"}
tests = 0


def same(got, wanted, name):
    global tests
    tests += 1
    print("ok" if got == wanted else "not ok", tests, "-", name)
    if got != wanted:
        for line in got:
            print("# got:   ", line) if line not in wanted else None
        for line in wanted:
            print("# wanted:", line) if line not in got else None


def lines(name):
    return [line.split("\t") for line in (folder / name).read_text().split("\n")[:-1]]


def read(field, value):
    """psql's text as a value of the type that SQLAlchemy found."""
    if field == r"\N":
        return None
    kind = type(value)
    if kind is bool:
        return field == "t"
    if kind is datetime:
        return datetime.fromisoformat(field + ":00")
    if kind is list:
        return [(type(value[0]) if value else str)(item) for item in field.strip("{}").split(",") if item]
    return json.loads(field) if kind is dict else kind(field)


# a type that it does not know is only warned of
warnings.simplefilter("error", SAWarning)
engine = create_engine(URL.create("postgresql+psycopg", os.environ["PGUSER"], host=os.environ["PGHOST"],
                                  port=int(os.environ["PGPORT"]), database=os.environ["PGDATABASE"]))
views = {}
for schema, view, *column in lines("columns"):
    views.setdefault((schema, view), []).append((column[0], TYPES.get(column[1]), column[2]))
for (schema, view), wanted in views.items():
    found = inspect(engine).get_columns(view, schema=schema)
    same([(c["name"], c["type"].__visit_name__.replace("_", " "), c["comment"]) for c in found], wanted, f"columns of {schema}.{view}")
with engine.connect() as connection:
    for file in sorted(folder.glob("*.sql")):
        query = file.read_text().strip()
        got = [tuple(row) for row in connection.execute(text(query))]
        wanted = lines(file.stem + ".tsv")
        if len(got) == len(wanted):
            wanted = [tuple(read(field, value) for field, value in zip(fields, row)) for fields, row in zip(wanted, got)]
        same(got, wanted, f"values of {query}")
print(f"1..{tests}")
