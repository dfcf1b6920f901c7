"""The tables, each a function of the seed: how they are made, loaded, and read back.

Rows travel as COPY's binary format, which numpy reads and writes as an array: the fastest way there is, so that neither
side waits for the other's text.
"""

import zlib
from pathlib import Path

import numpy as np

K = 8
COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TAIL = b"\xff\xff"


def mixture(rng, rows, columns, low, high, spread):
    """Rows of K normal clusters of unequal size: centres anywhere in low .. high, standard deviations in spread. The
    clusters overlap somewhat, and a single start of k-means often ends in a local optimum, as with real customers."""
    centre = rng.uniform(low, high, (K, columns))
    deviation = rng.uniform(*spread, (K, columns))
    member = rng.choice(K, rows, p=rng.dirichlet(np.full(K, 4.0)))
    values = rng.standard_normal((rows, columns))
    values *= deviation[member]
    values += centre[member]
    return values


def customers(rng, rows):
    """Four features in 0 .. 100."""
    return mixture(rng, rows, 4, 0, 100, (4, 12))


def dependent(rng, rows, rho=0.95):
    """Customers whose features depend on each other: in every cluster each two have the correlation rho, of either sign."""
    centre = rng.uniform(0, 100, (K, 4))
    deviation = rng.uniform(4, 12, (K, 4)) * rng.choice((-1, 1), (K, 4))
    member = rng.choice(K, rows, p=rng.dirichlet(np.full(K, 4.0)))
    values = np.sqrt(1 - rho) * rng.standard_normal((rows, 4)) + np.sqrt(rho) * rng.standard_normal((rows, 1))
    return values * deviation[member] + centre[member]


def thin(rng, rows):
    """The same with a correlation of 0.99: the clusters are a tenth as wide in some directions as in the longest."""
    return dependent(rng, rows, 0.99)


def blends(rng, rows):
    """Eight features of K normal clusters that overlap, each stretched in directions of its own."""
    centre = rng.standard_normal((K, 8)) * 0.8
    member = rng.choice(K, rows, p=rng.dirichlet(np.full(K, 3.0)))
    values = rng.standard_normal((rows, 8))
    for cluster in range(K):
        direction, _ = np.linalg.qr(rng.standard_normal((8, 8)))
        mine = member == cluster
        values[mine] = centre[cluster] + values[mine] * rng.uniform(0.3, 1.5, 8) @ direction.T
    return values


def points(rng, rows):
    """Two features in 0 .. 100, as on a map."""
    return mixture(rng, rows, 2, 0, 100, (3, 10))


def shoppers(rng, rows):
    """Four features like those of the customers, in a table of their own, for work on a million rows."""
    return customers(rng, rows)


def people(rng, rows):
    """Age, income in thousands, and a score of 1 to 100, in whole numbers as most tables have them: many rows are equal."""
    age, income, score = mixture(rng, rows, 3, 0, 100, (4, 12)).T
    return np.rint(np.column_stack([
        np.clip(18 + 0.6 * age, 18, 90), np.clip(15 + 1.2 * income, 10, 200), np.clip(score, 1, 100)]))


def lognormal(rng, rows):
    """Eight columns of money: the logarithm is a mixture, so the mean is far above the median and the tail is long."""
    return np.exp(mixture(rng, rows, 8, 2, 5, (0.4, 1.0)))


def wide(rng, rows):
    """Twenty columns."""
    return mixture(rng, rows, 20, 0, 100, (10, 30))


def units(rng, rows):
    """Birth year, income, and a rate in 0 .. 1: units of three sizes."""
    return np.column_stack([
        np.rint(np.clip(mixture(rng, rows, 1, 1945, 2003, (4, 10)), 1920, 2010)),
        np.exp(mixture(rng, rows, 1, 9.5, 11.5, (0.2, 0.5))),
        rng.beta(2, 5, (rows, 1))])


def shifted(rng, rows):
    """Two columns that vary by a hundred around 1e9, and two in 0 .. 1: where a square of the values would lose it all."""
    return np.hstack([1e9 + mixture(rng, rows, 2, 0, 100, (4, 12)), mixture(rng, rows, 2, 0, 1, (0.05, 0.15))])


def zeros(rng, rows):
    """Four columns of spending, each zero for half of the customers."""
    spending = np.exp(mixture(rng, rows, 4, 2, 5, (0.4, 0.8)))
    return np.where(rng.random((rows, 4)) < 0.5, 0, spending)


def columns_of(count):
    """Their names: a, b, c ..."""
    return [chr(ord("a") + i) for i in range(count)]


def row_format(columns):
    """A row in COPY's binary format: the number of fields, then the length and the value of each. Columns: their names,
    with the numpy type of the values, float8 or int4 on the wire."""
    fields = [("fields", ">i2")]
    for name, kind in columns.items():
        fields += [(f"{name} length", ">i4"), (name, ">f8" if np.dtype(kind).kind == "f" else ">i4")]
    return np.dtype(fields)


def copy_in(connection, table, columns):
    """COPY of arrays, by the name of their column, into a table made in the same transaction."""
    form = row_format({name: values.dtype for name, values in columns.items()})
    rows = len(next(iter(columns.values())))
    with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary, FREEZE)") as copy:
        copy.write(COPY_HEAD)
        for start in range(0, rows, 500_000):
            block = np.empty(min(500_000, rows - start), form)
            block["fields"] = len(columns)
            for name, values in columns.items():
                block[f"{name} length"] = form[name].itemsize
                block[name] = values[start:start + len(block)]
            copy.write(block.tobytes())
        copy.write(COPY_TAIL)


def load(server, table, rows, seed):
    """Makes the table of that name: the columns of the function of that name, then an id from 0 up. Packed, frozen,
    analyzed, and in shared memory. Returns the names of the columns but the id."""
    values = globals()[table](np.random.default_rng([seed, zlib.crc32(table.encode())]), rows)
    names = [chr(ord("a") + i) for i in range(values.shape[1])]
    with server.connect() as connection:
        with connection.transaction():
            connection.execute(f"CREATE TABLE {table} ({', '.join(f'{name} float8' for name in names)}, id int)")
            # so many as a statement may have, whatever the size of the table
            connection.execute(f"ALTER TABLE {table} SET (parallel_workers = 8)")
            copy_in(connection, table, {**dict(zip(names, values.T)), "id": np.arange(rows)})
        connection.execute(f"VACUUM ANALYZE {table}")
        connection.execute(f"SELECT count({names[0]}) FROM {table}")
        connection.execute("CHECKPOINT")
    return names


def export(server, table, columns):
    """The rows of a table as an array, and their ids, by COPY to a file: the server writes it, numpy reads it."""
    path = Path(server.files) / f"{table}.copy"
    form = row_format({**dict.fromkeys(columns, float), "id": int})
    with server.connect() as connection:
        connection.execute(f"COPY {table} ({', '.join(columns)}, id) TO '{path}' (FORMAT binary)")
    try:
        size = path.stat().st_size - len(COPY_HEAD) - len(COPY_TAIL)
        block = np.fromfile(path, form, size // form.itemsize, offset=len(COPY_HEAD))
    finally:
        path.unlink()
    return np.column_stack([block[name].astype(float) for name in columns]), block["id"].astype(np.int32)
