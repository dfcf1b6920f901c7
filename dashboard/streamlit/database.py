"""The only way to the database: read-only transactions of one query each, none longer than the timeout."""

from collections.abc import Sequence
from typing import Any

import psycopg
import psycopg_pool
import streamlit as st
from psycopg import sql

from options import options


class Refused(Exception):
    """The database did not answer a query. `hint`, which may be empty, says what to do; `state` is the SQLSTATE."""

    def __init__(self, message: str, hint: str = "", state: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.state = state


def _read_only(connection: psycopg.Connection) -> None:
    connection.read_only = True


@st.cache_resource
def _pool() -> psycopg_pool.ConnectionPool:
    return psycopg_pool.ConnectionPool(
        options().connection,
        kwargs={"application_name": "segment dashboard"},
        min_size=0,
        max_size=4,
        max_idle=300,
        timeout=5,
        configure=_read_only,
        check=psycopg_pool.ConnectionPool.check_connection,
        open=True,
    )


def rows(query: str | sql.SQL | sql.Composed, parameters: Sequence[Any] | None = None) -> list[tuple]:
    """The rows of a query: a string with values for each %s in it, or one composed of sql.Identifier and sql.Literal."""
    try:
        with _pool().connection() as connection:
            connection.execute("SELECT set_config('statement_timeout', %s, true)", [f"{options().timeout}s"])
            return connection.execute(query, parameters).fetchall()
    except psycopg_pool.PoolTimeout:
        raise Refused("There is no connection to the database.", _why_not_connected()) from None
    except psycopg.errors.QueryCanceled as error:
        raise Refused(
            f"The database did not answer within {options().timeout:g} seconds.",
            "Choose fewer customers by the filters, or start with a longer --timeout.",
            error.sqlstate or "",
        ) from None
    except psycopg.Error as error:
        raise Refused(error.diag.message_primary or str(error), error.diag.message_hint or "", error.sqlstate or "") from None


def _why_not_connected() -> str:
    """What the server, or the lack of one, says to an attempt."""
    try:
        psycopg.connect(options().connection, connect_timeout=5).close()
    except psycopg.Error as error:
        return str(error)
    return "It is busy: try again."
