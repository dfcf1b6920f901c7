"""The throwaway server: its life, and connections to it."""

import subprocess
from pathlib import Path

import psycopg

CHECKOUT = Path(__file__).resolve().parents[2]


class Server:
    """A server of tests/with-server, for the length of a with block."""

    def __init__(self, timeout):
        self.timeout = timeout

    def __enter__(self):
        self.process = subprocess.Popen(
            ["tests/with-server", "tests/serve", "tests/bench/settings.sql"],
            cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.host, self.port, self.files = (self.process.stdout.readline().strip() for _ in range(3))
        if not self.files:
            raise SystemExit("bench: no server")
        with self.connect() as connection:
            connection.execute("CREATE EXTENSION segment")
            try:
                connection.execute("CREATE EXTENSION postgis")
            except psycopg.Error:
                pass    # the rows that need it say that it is not here
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def connect(self, workers=0, timeout=None):
        """A connection whose statements commit at once, with at most that many parallel workers each, and without a
        time limit unless one is given in seconds."""
        options = {"max_parallel_workers_per_gather": workers, "statement_timeout": int((timeout or 0) * 1000)}
        return psycopg.connect(
            host=self.host, port=self.port, user="postgres", dbname="postgres", autocommit=True,
            options=" ".join(f"-c {name}={value}" for name, value in options.items()))

    def value(self, statement, parameters=None):
        """The one value that a statement returns."""
        with self.connect() as connection:
            return connection.execute(statement, parameters).fetchone()[0]

    def has(self, *functions):
        """Whether all these functions exist, in whatever schema and form."""
        return self.value(
            "SELECT count(DISTINCT proname) = %s FROM pg_proc WHERE proname = ANY (%s)", [len(functions), list(functions)])

    def versions(self):
        """Of the server and the extensions, and of the commit that was measured."""
        found = {"PostgreSQL": self.value("SHOW server_version").split()[0]}
        with self.connect() as connection:
            for name, version in connection.execute(
                    "SELECT extname, extversion FROM pg_extension WHERE extname IN ('postgis', 'segment') ORDER BY 1"):
                found[{"postgis": "PostGIS"}.get(name, name)] = version
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=CHECKOUT, capture_output=True, text=True)
        if commit.returncode == 0:
            found["segment"] += f" ({commit.stdout.strip()})"
        return found
