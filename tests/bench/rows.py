"""The rows of the table: what each measures, and why that is fair. A row may print several lines.

Ours and the peer read the same table in the same memory, under the same settings, in turn, in one backend; statements
return a single row, so that nothing of what is timed is the client's. Where a side takes minutes, or stands outside the
database, it is timed once; the row says so."""

from itertools import combinations

import numpy as np

import data
import peers
from data import K
from measure import Memory, Timing, alternate, notice, peak_memory, run, single, status, timed
from report import MEGABYTE, Bar, Line

ROWS = {}
SMALL = 1_000_000
DAY = 10_000
FEATURES = "a, b, c, d"
AVERAGES = "SELECT avg(a), avg(b), avg(c), avg(d) FROM customers"
KMEANS = f"SELECT kmeans({K}, {FEATURES}) FROM customers"
NOT_THERE = "not there yet"
CUT = 5     # clusters that a tree is cut into; its work does not depend on them
TEN_STARTS = "scikit-learn, 10 starts"


def row(function):
    """Registers a row under the name of its function."""
    ROWS[function.__name__] = function
    return function


class Bench:
    """What the rows share: the server, the options, and what is made once and used by several."""

    def __init__(self, server, rows, runs, seed):
        self.server, self.rows, self.runs, self.seed = server, rows, runs, seed
        self.made = {}

    def once(self, key, make):
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def size(self, table):
        return min(self.rows, {"customers": self.rows, "blends": 100_000}.get(table, SMALL))

    def table(self, table):
        """Sees to it that the table is there; the names of its columns."""
        return self.once(table, lambda: data.load(self.server, table, self.size(table), self.seed))

    def memory(self, workers):
        """Of kmeans on the big table."""
        return self.once(f"memory, {workers}", lambda: peak_memory(self.server, KMEANS, AVERAGES, workers))

    def scikit(self):
        """scikit-learn's ten starts on the big table."""
        def solve():
            rows, _ = data.export(self.server, "customers", self.table("customers"))
            return peers.scikit(rows, 10, self.seed)
        return self.once("scikit", solve)

    def cost_of_model(self, model):
        """Of a clustering, over all rows of the big table."""
        return self.server.value(f"SELECT sum(cluster_distance(%s::clustering, {FEATURES})^2) FROM customers", [model])

    def reported_bounds(self, model):
        """What a clustering says its cost over all rows lies between. It names two bounds only where they differ."""
        return self.server.value("""
            SELECT coalesce(nullif(ARRAY(SELECT jsonb_array_elements_text(m::jsonb -> 'inertia_bounds')::float8), '{}'),
                            ARRAY[cluster_inertia(m), cluster_inertia(m)])
            FROM (SELECT %s::clustering AS m) AS s""", [model])

    def log_likelihood(self, table, model):
        """Of a mixture, over all rows of a table, for a row."""
        return self.server.value(f"SELECT avg((segment.gmm_terms(%s::clustering, ARRAY[{FEATURES}]))[1]) FROM {table}", [model])

    def cost_of_labels(self, table, columns):
        """Of a table with labelled rows, each row to the mean of its label: the same for every way to come to labels."""
        names = columns.split(", ")
        return self.server.value(f"""
            SELECT sum({' + '.join(f'(l.{c} - m.{c})^2' for c in names)}) FROM {table} AS l
            JOIN (SELECT label, {', '.join(f'avg({c}) AS {c}' for c in names)} FROM {table} GROUP BY label) AS m
            USING (label)""")

    def create(self, table, query):
        """A table from a query, without a time limit; an earlier one of that name goes."""
        self.drop(table)
        with self.server.connect() as connection:
            connection.execute(f"CREATE TABLE {table} AS {query}")
            connection.execute(f"VACUUM ANALYZE {table}")

    def first(self, table, rows):
        """The name of a table of the first rows of another, for a condition would have all of them read."""
        part = f"{table}_{rows}"
        names = ", ".join(self.table(table))
        self.create(part, f"SELECT {names}, id FROM {table} WHERE id < {rows}")
        return part

    def drop(self, *tables):
        for table in tables:
            self.made.pop(table, None)
        with self.server.connect() as connection:
            connection.execute(f"DROP TABLE IF EXISTS {', '.join(tables)}")


def count(rows):
    return f"{rows // 1_000_000}M" if rows % 1_000_000 == 0 else f"{rows:,}"


def in_workers(workers):
    return f"{workers} workers" if workers else "no workers"


@row
def kmeans(bench):
    """The aggregate against reading the table: avg() of the same columns under the same plan is the least that any answer
    about all rows costs. Without workers, and with two, whom the leader helps in both statements."""
    work = f"`kmeans({K}, {FEATURES})`, {count(bench.rows)} rows"
    if not bench.server.has("kmeans"):
        yield Line(work, NOT_THERE)
        return
    bench.table("customers")
    for workers in 0, 2:
        ours, peer = alternate(bench.server, [KMEANS, AVERAGES], bench.runs, workers)
        yield Line(f"{work}, {in_workers(workers)}", ours, peer, "`avg`", (Bar("time", 1.5),), bench.memory(workers))


@row
def memory(bench):
    """Memory of the aggregate: of the backend, which also merges, and of the larger of two workers. On the whole table and on
    a tenth of it, for the bar holds for any number of rows, and for every process. See measure.peak_memory for how."""
    if not bench.server.has("kmeans"):
        yield Line("memory of `kmeans`", NOT_THERE)
        return
    bench.table("customers")
    for workers in 0, 2:
        for rows in bench.rows // 10, bench.rows:
            if rows == bench.rows:
                peak = bench.memory(workers)
            else:
                only = f" WHERE id < {rows}"
                peak = peak_memory(bench.server, KMEANS + only, AVERAGES + only, workers)
            yield Line(f"memory of `kmeans({K}, {FEATURES})`, {count(rows)} rows, {in_workers(workers)}",
                       "", bars=(Bar("memory", 64 * MEGABYTE),), memory=peak)


@row
def cost(bench):
    """How good the centroids are: the sum of squared distances to the nearest of them over all rows, not over a summary,
    against the best of scikit-learn's ten starts on the same rows. Both are timed once, scikit-learn in its fit alone, with
    the rows in its memory already. The second line holds the bounds that the model reports against that sum."""
    work = f"cost of `kmeans({K}, {FEATURES})`, {count(bench.rows)} rows"
    if not bench.server.has("kmeans", "cluster_distance"):
        yield Line(work, NOT_THERE)
        return
    bench.table("customers")
    ours, model = single(bench.server, KMEANS)
    if not model:
        yield Line(work, ours, peer_name=TEN_STARTS, bars=(Bar("cost", 1.002),))
        return
    true, solution = bench.cost_of_model(model), bench.scikit()
    yield Line(work, ours, Timing([solution.seconds]), TEN_STARTS, (Bar("cost", 1.002),), cost=true / solution.cost)

    # The sums may differ by the rounding of so many additions.
    lower, upper = (bound / true for bound in bench.reported_bounds(model))
    holds = lower <= 1 + 1e-9 and upper >= 1 - 1e-9
    yield Line("the bounds that the model reports for that cost, over the cost", f"{lower:.5f} to {upper:.5f}",
               bars=(f"lower ≤ cost ≤ upper: {'met' if holds else '**missed**'}",))


@row
def label(bench):
    """A label for every row, against the cheapest window function that also has to see the whole partition first, and
    against PostGIS's k-means of points. ntile() stores rows without columns here, as it needs none, so that it is as fast
    as it can be. The costs are of the labels alone, by the same query for both."""
    work = f"`kmeans_label({K}, a, b) OVER ()`, {count(bench.size('points'))} rows"
    if not bench.server.has("kmeans_label"):
        yield Line(work, NOT_THERE)
        return
    bench.table("points")
    ours, ntile, postgis = (f"{function} OVER ()" for function in (
        f"kmeans_label({K}, a, b)", "ntile(5)", f"ST_ClusterKMeans(ST_Point(a, b), {K})"))
    has_postgis = bench.server.has("st_clusterkmeans")
    statements = [f"SELECT sum(label) FROM (SELECT {window} AS label FROM points) AS s"
                  for window in (ours, ntile, postgis)[:3 if has_postgis else 2]]
    timings = alternate(bench.server, statements, bench.runs)
    line = Line(work, timings[0], timings[1], "`ntile`", (Bar("time", 3),))
    if timings[0].median:
        line.memory = peak_memory(bench.server, statements[0], "SELECT avg(a), avg(b) FROM points")
    yield line
    bars = Bar("time", 1 / 4), Bar("cost", 1)
    if has_postgis:
        line = Line(work, timings[0], timings[2], "`ST_ClusterKMeans`", bars)
        if timings[0].median and timings[2].median:
            for table, window in ("by_us", ours), ("by_postgis", postgis):
                bench.create(table, f"SELECT a, b, {window} AS label FROM points")
            line.cost = bench.cost_of_labels("by_us", "a, b") / bench.cost_of_labels("by_postgis", "a, b")
            bench.drop("by_us", "by_postgis")
        yield line
    else:
        yield Line(work, timings[0], "no PostGIS here", bars=bars)


@row
def assign(bench):
    """Scoring every row by a stored model against reading the same columns. The labels are summed, for something has to
    take them; where the model comes from makes no difference, so it is fitted on a part of the rows."""
    work = f"`cluster_id(m, {FEATURES})`, {count(bench.rows)} rows"
    if not bench.server.has("kmeans", "cluster_id"):
        yield Line(work, NOT_THERE)
        return
    bench.table("customers")
    bench.create("model", f"SELECT kmeans({K}, {FEATURES}) AS m FROM customers WHERE id < 100000")
    statement = f"SELECT sum(cluster_id((SELECT m FROM model), {FEATURES})) FROM customers"
    for workers in 0, 2:
        ours, peer = alternate(bench.server, [statement, AVERAGES], bench.runs, workers)
        yield Line(f"{work}, {in_workers(workers)}", ours, peer, "`avg`", (Bar("time", 1.4),))


@row
def describe(bench):
    """What a column is like: reading it twice more would cost three times the averages."""
    yield from overview(bench, "describe", "segment.describe('customers', '{a,b,c,d}')", "sum(mean)")


@row
def correlations(bench):
    """All pairs of columns, by values and by ranks; rows of continuous columns are all different, so ranks are estimates."""
    for method in "pearson", "spearman":
        yield from overview(bench, "correlations", f"segment.correlations('customers', '{{a,b,c,d}}', '{method}')", "sum(r)")


def overview(bench, function, call, sum_of):
    work = f"`{call}`, {count(bench.rows)} rows"
    if not bench.server.has(function):
        yield Line(work, NOT_THERE)
        return
    bench.table("customers")
    statement = f"SELECT {sum_of} FROM {call}"
    for workers in 0, 2:
        ours, peer = alternate(bench.server, [statement, AVERAGES], bench.runs, workers)
        yield Line(f"{work}, {in_workers(workers)}", ours, peer, "`avg`", (Bar("time", 3),),
                   peak_memory(bench.server, statement, AVERAGES, workers))


@row
def merge(bench):
    """A year or three of daily sketches, stored, merged and clustered in one query: what a nightly job does that has sketched
    each day once. The cost is that of the model over all rows of all days."""
    days = -(-bench.rows // DAY)
    work = f"`kmeans(cluster_merge(s), {K})` of {days:,} stored sketches of {count(DAY)} rows"
    if not bench.server.has("kmeans", "cluster_sketch", "cluster_merge"):
        yield Line(work, NOT_THERE, bars=(Bar("seconds", 1),))
        return
    bench.table("customers")
    bench.create("daily", f"SELECT id / {DAY} AS day, cluster_sketch({FEATURES}) AS s FROM customers GROUP BY 1")
    statement = f"SELECT kmeans(cluster_merge(s), {K}) FROM daily"
    [ours] = alternate(bench.server, [statement], bench.runs)
    line = Line(work, ours, bars=(Bar("seconds", 1),))
    if ours.median:
        line.memory = peak_memory(bench.server, statement, "SELECT sum(length(s::text)) FROM daily")
        if "scikit" in bench.made:
            line.cost = bench.cost_of_model(bench.server.value(statement)) / bench.scikit().cost
    yield line


@row
def snapshot(bench):
    """The first snapshot of all customers, and those after it, before each of which one customer in a hundred has been put
    where the next cluster has its centroid; and the same where clusters have other numbers than in the clustering, as after
    a refit. The peer writes the same number of rows of the same width, and decides nothing. All in turn; what lies between is
    not timed."""
    work = f"`segment.snapshot` of {count(bench.rows)} customers"
    if not bench.server.has("snapshot"):
        yield Line(work, NOT_THERE)
        return
    bench.table("customers")
    bench.create("members", "SELECT * FROM customers")
    peer, first, next_one, renumbered = timings = [Timing() for _ in range(4)]
    with bench.server.connect() as connection:
        connection.execute("ALTER TABLE members ADD PRIMARY KEY (id)")
        connection.execute(f"SELECT count(*) FROM segment.fit('members', 'members', features => '{{{FEATURES}}}', k => {K})")
    with bench.server.connect(0, bench.server.timeout) as connection:
        for turn in range(bench.runs + 1):
            run(connection, "CREATE TABLE peer AS SELECT id, 1 FROM members", peer)
            connection.execute("DROP TABLE peer")
            for again, (beyond, timing) in enumerate(((0, next_one), (K, renumbered))):
                connection.execute(f"UPDATE segment.persona SET cluster = number + {beyond}")
                connection.execute("SELECT segment.forget('members', 'infinity')")
                run(connection, "SELECT customers FROM segment.snapshot('members')", first if again == 0 else Timing())
                connection.execute(f"""
                    UPDATE members AS m SET (a, b, c, d) = (s.centroid[1], s.centroid[2], s.centroid[3], s.centroid[4])
                    FROM segment.version AS v, cluster_stats(v.clustering) AS s
                    WHERE m.id % 100 = {2 * turn + again} AND s.cluster = (cluster_id(v.clustering, m.a, m.b, m.c, m.d) + 1) % {K}""")
                connection.execute("VACUUM ANALYZE members")
                moved = run(connection, "SELECT moved FROM segment.snapshot('members')", timing)
            if turn == 0:
                for timing in timings:
                    timing.runs.clear()
    table = "`CREATE TABLE AS SELECT id, 1`"
    yield Line(f"{work}, the first", first, peer, table, (Bar("time", 3),))
    yield Line(f"{work}, one that finds {moved:,} moved", next_one, peer, table, (Bar("time", 3),))
    yield Line(f"{work}, the same with clusters renumbered", renumbered, peer, table, (Bar("time", 3),))
    bench.drop("members")


@row
def fit(bench):
    """segment.fit on the kinds of data that break summaries, against scikit-learn's ten starts on the same rows,
    z-scored by numpy. The cost is by numpy for both, from the centroids, over all rows, in the z-scored space. Both sides
    are timed once: segment.fit from the table to a stored model with personas, scikit-learn in its fit alone."""
    if not bench.server.has("fit", "cluster_stats"):
        yield Line("`segment.fit`", NOT_THERE)
        return
    for table, title in (("lognormal", "8 log-normal columns"), ("wide", "20 columns"),
                         ("units", "birth year, income, a rate in 0..1"), ("shifted", "1e9 + small"),
                         ("zeros", "half zeros")):
        columns = bench.table(table)
        ours, _ = single(bench.server, f"""
            SELECT count(*) FROM segment.fit('{table}', '{table}', features => '{{{','.join(columns)}}}', k => {K})""")
        line = Line(f"`segment.fit`, {count(bench.size(table))} rows: {title}", ours,
                    peer_name=TEN_STARTS, bars=(Bar("cost", 1.01),))
        if ours.median:
            centroids = np.array(bench.server.value(f"""
                SELECT array_agg(c.centroid)
                FROM segment.model AS m JOIN segment.version AS v ON v.model_id = m.id, cluster_stats(v.clustering) AS c
                WHERE m.model = '{table}'"""))
            rows, _ = data.export(bench.server, table, columns)
            mean, deviation = rows.mean(axis=0), rows.std(axis=0)
            rows = (rows - mean) / deviation
            solution = peers.scikit(rows, 10, bench.seed)
            line.peer = Timing([solution.seconds])
            line.cost = peers.cost(rows, (centroids - mean) / deviation) / peers.cost(rows, solution.centroids)
        yield line
        bench.drop(table)


@row
def groups(bench):
    """A model for every group of five rows: ten times the groups should take ten times as long, by hashing and by sorting, and
    somewhat more where the table of the groups outgrows the processor's caches."""
    few, many = 10_000, 100_000
    if not bench.server.has("kmeans"):
        yield Line(f"`kmeans(5, a, b)` of {many:,} groups", NOT_THERE)
        return
    for groups in few, many:
        bench.create(f"groups_{groups}", f"""
            SELECT i % {groups} AS store, sin(i * 7.0) * 100 AS a, cos(i * 11.0) * 100 AS b FROM generate_series(1, {5 * groups}) AS i""")
    for plan, setting in ("hashing", "enable_sort"), ("sorting", "enable_hashagg"):
        statements = [f"""
            SELECT count(m) FROM (SELECT kmeans(5, a, b) AS m FROM groups_{groups} GROUP BY store OFFSET 0) AS g
            WHERE set_config('{setting}', 'off', false) <> ''""" for groups in (many, few)]
        ours, peer = alternate(bench.server, statements, bench.runs)
        yield Line(f"`kmeans(5, a, b)` of {many:,} groups, by {plan}", ours, peer, f"{few:,} groups", (Bar("time", 15),))
    bench.drop(*(f"groups_{groups}" for groups in (few, many)))


@row
def fit_by(bench):
    """segment.fit by groups, to a stored model with a name and a profile for each cluster, against what it cannot do without:
    a sketch of each group in one scan, and k-means of each sketch. Every run fits another model; all are dropped."""
    groups, rows = 10_000, 300_000
    work = f"`segment.fit(..., by => 'store')`, {count(rows)} rows in {groups:,} groups"
    if not bench.server.has("fit", "kmeans", "cluster_sketch"):
        yield Line(work, NOT_THERE)
        return
    bench.create("stores", f"""
        SELECT i % {groups} AS store, sin(i * 7.0) * 100 AS a, cos(i * 11.0) * 100 AS b FROM generate_series(1, {rows}) AS i""")
    ours, peer = alternate(bench.server, [f"""
        SELECT count(*) FROM segment.fit('stores ' || clock_timestamp(), 'stores', '{{a,b}}', {K}, by => 'store')""", f"""
        SELECT count(m) FROM (SELECT kmeans(s, {K}, 'zscore') AS m FROM (
            SELECT cluster_sketch(a, b) AS s FROM stores GROUP BY store OFFSET 0) AS g OFFSET 0) AS m"""], bench.runs)
    yield Line(work, ours, peer, "`cluster_sketch` and `kmeans`", (Bar("time", 3),))
    with bench.server.connect() as connection:
        connection.execute("SELECT segment.drop(m.model) FROM segment.models AS m WHERE m.model LIKE 'stores %'")
    bench.drop("stores")


def sum_of_labels(window, table):
    """Of a window function over all rows: one value, which takes every label."""
    return f"SELECT sum(label) FROM (SELECT {window} OVER () AS label FROM {table}) AS s"


def labels_of_array(bench, rows, names, window):
    """The labels of rows that are not in the database yet, in their order."""
    with bench.server.connect() as connection:
        with connection.transaction():
            connection.execute(f"CREATE TABLE given ({names.replace(',', ' float8,')} float8, id int)")
            data.copy_in(connection, "given", {**dict(zip(names.split(", "), rows.T)), "id": np.arange(len(rows))})
        try:
            return np.array(connection.execute(
                f"SELECT array_agg(label ORDER BY id) FROM (SELECT id, {window} OVER () AS label FROM given) AS s").fetchone()[0])
        finally:
            connection.execute("DROP TABLE given")


@row
def ward(bench):
    """Ward's tree through SQL, rows read and labels made, against the computation alone of fastcluster's Ward in linear
    memory. fastcluster has the rows in its memory already, takes some ten seconds, and is timed once. The costs are by
    numpy, of the labels of both trees cut at the same k: both are exact, so they have to be the same."""
    rows = min(bench.size("points"), 40_000)
    window = f"hclust_label({CUT}, a, b)"
    work = f"`{window} OVER ()`, {count(rows)} rows"
    if not bench.server.has("hclust_label"):
        yield Line(work, NOT_THERE)
        return
    columns, table = bench.table("points"), bench.first("points", rows)
    [ours] = alternate(bench.server, [sum_of_labels(window, table)], bench.runs)
    values, ids = data.export(bench.server, table, columns)
    values = values[ids.argsort()]
    seconds, labels = peers.ward(values, CUT)
    line = Line(work, ours, Timing([seconds]), "fastcluster `linkage_vector`, once", (Bar("time", 1 / 20),))
    if ours.median:
        line.memory = peak_memory(bench.server, sum_of_labels(window, table), f"SELECT avg(a), avg(b) FROM {table}")
        by_us = bench.server.value(
            f"SELECT array_agg(label ORDER BY id) FROM (SELECT id, {window} OVER () AS label FROM {table}) AS s")
        line.cost = peers.cost_of_labels(values, np.array(by_us)) / peers.cost_of_labels(values, labels)
    yield line
    bench.drop(table)


@row
def trees(bench):
    """Trees of a million rows, all of them distinct: that they come to an end, in linear memory, and how their time grows
    against the same on the first tenth of the rows, which is a table of its own. Memory is that beyond a backend which has
    read the same columns by avg(). Three runs at most, for each takes many seconds."""
    runs = min(bench.runs, 3)
    for table, window, most in (("points", f"hclust_label({CUT}, a, b)", 16),
                                ("shoppers", f"hclust_label({CUT}, {FEATURES})", 20),
                                ("points", f"hclust_label(ARRAY[a, b], {CUT}, 'single')", 16)):
        work = f"`{window} OVER ()`, {count(bench.size(table))} rows, median of {runs}"
        if not bench.server.has("hclust_label"):
            yield Line(work, NOT_THERE)
            continue
        columns, tenth = bench.table(table), bench.first(table, bench.size(table) // 10)
        statement = sum_of_labels(window, table)
        ours, peer = alternate(bench.server, [statement, sum_of_labels(window, tenth)], runs)
        finishes = f"finishes: {'met' if ours.median else '**missed**'}"
        line = Line(work, ours, peer, "the first tenth", (finishes, Bar("memory", 500 * MEGABYTE), Bar("time", most)))
        if ours.median:
            averages = ", ".join(f"avg({column})" for column in columns)
            line.memory = peak_memory(bench.server, statement, f"SELECT {averages} FROM {table}")
        yield line
        bench.drop(tenth)


@row
def cancel(bench):
    """A tree of a million rows that is cancelled in the middle, at ten times from its start to its end: the most that passes
    until the session has its error, and what memory of its own the backend then has beyond that before."""
    window, table = f"hclust_label({CUT}, a, b)", "points"
    work = f"`{window} OVER ()`, {count(bench.size(table))} rows, cancelled ten times: the slowest"
    if not bench.server.has("hclust_label"):
        yield Line(work, NOT_THERE)
        return
    bench.table(table)
    statement = sum_of_labels(window, table)
    whole, _ = single(bench.server, statement)
    late, kept = [], []
    for turn in range(10):
        with bench.server.connect() as connection:
            pid = connection.info.backend_pid
            connection.execute(f"SELECT avg(a), avg(b) FROM {table}")
            before, moment = status(pid, "RssAnon"), whole.median * (turn + 0.5) / 10
            connection.execute(f"SET statement_timeout = {int(moment * 1000)}")
            timing = Timing()
            run(connection, statement, timing)
            late.append((timing.at_least or moment) - int(moment * 1000) / 1000)
            kept.append(status(pid, "RssAnon") - before)
    yield Line(work, Timing([max(late)]), bars=(Bar("seconds", 0.1),), memory=Memory(max(kept), 0, True))


@row
def heights(bench):
    """Trees by all linkages against SciPy's, on 2,000 random rows: how far the heights are from each other, relatively, and
    whether every step makes a cluster of the same rows, so that the trees cut alike at every k."""
    rows = 2_000
    for dim in 1, 2, 3, 8:
        values = np.random.default_rng([bench.seed, dim]).standard_normal((rows, dim))
        names = ", ".join(data.columns_of(dim))
        with bench.server.connect() as connection:
            connection.execute("DROP TABLE IF EXISTS given")
            with connection.transaction():
                connection.execute(f"CREATE TABLE given ({', '.join(f'{name} float8' for name in names.split(', '))})")
                data.copy_in(connection, "given", dict(zip(names.split(", "), values.T)))
            worst, same = 0.0, True
            for linkage in peers.LINKAGES:
                leaves, merges = connection.execute(f"""
                    SELECT (SELECT array_agg(features ORDER BY leaf) FROM dendrogram_leaves(t)),
                        (SELECT array_agg(ARRAY[left_id, right_id, height] ORDER BY step) FROM dendrogram_merges(t))
                    FROM (SELECT hclust(ARRAY[{names}], '{linkage}') AS t FROM given) AS made""").fetchone()
                by_us, members = peers.steps_of_r(np.array(leaves), np.array(merges), values)
                by_scipy, members_by_scipy = peers.steps(values, linkage)
                worst = max(worst, np.max(np.abs(by_us - by_scipy) / by_scipy))
                same &= bool((members == members_by_scipy).all())
        verdict = f"≤ 1e-9: {'met' if worst <= 1e-9 else '**missed**'}, clusters {'equal' if same else '**differ**'}"
        yield Line(f"`hclust`, {rows:,} rows x {dim}, {len(peers.LINKAGES)} linkages: relative difference of heights", f"{worst:.1e}",
                   "", "SciPy", (verdict,))


@row
def integers(bench):
    """Rows of whole numbers, many of them equal, against the distinct ones alone, a table of SELECT DISTINCT: equal rows are
    one leaf, so the rest of them should cost little more than being read. Three runs at most, as in trees."""
    runs, window = min(bench.runs, 3), f"hclust_label({CUT}, a, b, c)"
    work = f"`{window} OVER ()`, {count(bench.size('people'))} rows of integers, median of {runs}"
    if not bench.server.has("hclust_label"):
        yield Line(work, NOT_THERE)
        return
    columns = ", ".join(bench.table("people"))
    bench.create("different", f"SELECT DISTINCT {columns} FROM people")
    different = bench.server.value("SELECT count(*) FROM different")
    ours, peer = alternate(bench.server, [sum_of_labels(window, table) for table in ("people", "different")], runs)
    yield Line(work, ours, peer, f"the {different:,} distinct", (Bar("time", 2),))
    bench.drop("people", "different")


def same_density(labels, others, core):
    """Do two labellings by density say the same where the definition leaves nothing open: the same rows are noise, and the
    same core points belong together?"""
    pairs = np.unique(np.column_stack([labels[core], others[core]]), axis=0)
    return (((labels < 0) == (others < 0)).all() and
            all(len(np.unique(pairs[:, side])) == len(pairs) for side in (0, 1)))


EPS, MIN_POINTS = 0.2, 20


@row
def density(bench):
    """DBSCAN through SQL, rows read and labels made, against PostGIS in the same server, and against the computation alone
    of scikit-learn and of R's dbscan, which have the rows in their memory already. All count the point itself. The peers take
    many seconds and are timed once. That the results are the same is checked on core points, by scikit-learn, and noise: which
    cluster a row at a border goes to is left open by the definition, and by them to the order of the rows."""
    work = f"`dbscan_label({EPS}, {MIN_POINTS}, a, b) OVER ()`, {count(bench.size('points'))} rows"
    if not bench.server.has("dbscan_label"):
        yield Line(work, NOT_THERE)
        return
    columns = bench.table("points")
    window = f"dbscan_label({EPS}, {MIN_POINTS}, a, b)"
    [ours] = alternate(bench.server, [sum_of_labels(window, "points")], bench.runs)
    memory = peak_memory(bench.server, sum_of_labels(window, "points"), "SELECT avg(a), avg(b) FROM points")

    def labels_of(expression):
        return np.array(bench.server.value(
            f"SELECT array_agg(coalesce(label, -1) ORDER BY id) FROM (SELECT id, {expression} OVER () AS label FROM points) AS s"))

    values, ids = data.export(bench.server, "points", columns)
    values = values[ids.argsort()]
    seconds, of_scikit, core = peers.dbscan(values, EPS, MIN_POINTS)
    labels = labels_of(window) if ours.median else None

    def verdict(others):
        agrees = labels is not None and same_density(labels, others, core)
        return f"same core points and noise: {'met' if agrees else '**missed**'}"

    yield Line(work, ours, Timing([seconds]), "scikit-learn, once", (Bar("time", 1 / 10), verdict(of_scikit)), memory)
    if bench.server.has("st_clusterdbscan"):
        window = f"ST_ClusterDBSCAN(ST_Point(a, b), {EPS}, {MIN_POINTS})"
        postgis, _ = single(bench.server, sum_of_labels(window, "points"))
        same = (verdict(labels_of(window)),) if postgis.median else ()
        yield Line(work, ours, postgis, "`ST_ClusterDBSCAN`, once", (Bar("time", 1 / 10), *same))
    else:
        yield Line(work, ours, "no PostGIS here", bars=(Bar("time", 1 / 10),))
    if peers.r_version():
        seconds, of_r = peers.dbscan_of_r(values, EPS, MIN_POINTS)
        yield Line(work, ours, Timing([seconds]), "R dbscan, once", (Bar("time", 1 / 4), verdict(of_r)))
    else:
        yield Line(work, ours, "no R dbscan here", bars=(Bar("time", 1 / 4),))


@row
def sweep(bench):
    """The same over eps from a hundredth to ten times that, where all is noise and where all is one cluster: the slowest
    against the fastest. Memory is the most that any of them takes."""
    shares = 0.01, 0.03, 0.1, 0.3, 1, 3, 10
    work = f"`dbscan_label(eps, {MIN_POINTS}, a, b) OVER ()`, {count(bench.size('points'))} rows, eps {EPS / 100:g} to {EPS * 10:g}"
    if not bench.server.has("dbscan_label"):
        yield Line(work, NOT_THERE)
        return
    bench.table("points")
    statements = [sum_of_labels(f"dbscan_label({EPS * share:g}, {MIN_POINTS}, a, b)", "points") for share in shares]
    timings = alternate(bench.server, statements, bench.runs)
    failed = [timing for timing in timings if not timing.median]
    bars = Bar("memory", 300 * MEGABYTE), Bar("time", 10)
    if failed:
        yield Line(work, failed[0], bars=bars)
        return
    slowest, fastest = (choice(timings, key=lambda timing: timing.median) for choice in (max, min))
    memory = max((peak_memory(bench.server, statement, "SELECT avg(a), avg(b) FROM points") for statement in statements),
                 key=lambda peak: peak.largest if peak else 0)
    yield Line(f"{work}: the slowest, {EPS * shares[timings.index(slowest)]:g}", slowest, fastest,
               f"the fastest, {EPS * shares[timings.index(fastest)]:g}", bars, memory)


@row
def hdbscan(bench):
    """HDBSCAN* of a million rows: that it comes to an end, in linear memory, and how its time grows; no peer does that many.
    Then how its labels agree with scikit-learn's, on rows of reals. Core distances make ties of reals, too, which
    scikit-learn has in the order in which its sort leaves them: its labels change when its rows are shuffled, with small
    clusters by whole ones. So nothing agrees with all of its labellings better than they do with each other, and the bar is
    for the data sets on which those of ten orders of the rows all agree. There we have to agree with each of them, and only
    rows that leave their cluster at a tie may be noise for one and not for the other."""
    least, runs = 25, min(bench.runs, 3)
    window = f"hdbscan_label({least}, a, b)"
    work = f"`{window} OVER ()`, {count(bench.size('points'))} rows, median of {runs}"
    if not bench.server.has("hdbscan_label"):
        yield Line(work, NOT_THERE)
        return
    bench.table("points")
    tenth = bench.first("points", bench.size("points") // 10)
    statement = sum_of_labels(window, "points")
    ours, peer = alternate(bench.server, [statement, sum_of_labels(window, tenth)], runs)
    line = Line(work, ours, peer, "the first tenth",
                (f"finishes: {'met' if ours.median else '**missed**'}", Bar("memory", 500 * MEGABYTE)))
    if ours.median:
        line.memory = peak_memory(bench.server, statement, "SELECT avg(a), avg(b) FROM points")
    yield line
    bench.drop(tenth)

    for columns, least in (2, 5), (4, 5), (2, 25), (4, 25):
        names = ", ".join(data.columns_of(columns))
        with_us, with_itself, same_noise = [], [], []
        for seed in range(bench.seed, bench.seed + 5):
            rng = np.random.default_rng([seed, columns])
            rows = data.mixture(rng, 5000, columns, 0, 100, (4, 12))
            by_us = labels_of_array(bench, rows, names, f"hdbscan_label({least}, {names})")
            orders = [np.arange(len(rows))] + [rng.permutation(len(rows)) for _ in range(9)]
            by_scikit = [peers.hdbscan(rows, least, order) for order in orders]
            with_us.append(min(peers.agreement(labels, by_us) for labels, _ in by_scikit))
            with_itself.append(min(peers.agreement(one, other) for (one, _), (other, _) in combinations(by_scikit, 2)))
            same_noise.append(all(((labels < 0) == (by_us < 0))[~tied].all() for labels, tied in by_scikit))
        firm = [i for i, least_of_pairs in enumerate(with_itself) if least_of_pairs >= 0.999]
        holds = all(with_us[i] >= 0.999 and same_noise[i] for i in firm)
        yield Line(f"`hdbscan_label({least}, {names})`, 5,000 rows, 5 data sets: adjusted Rand index with scikit-learn, "
                   "least of 10 orders of the rows",
                   f"{min(with_us):.5f} to {max(with_us):.5f}", f"{min(with_itself):.5f} to {max(with_itself):.5f}",
                   "itself, least of their pairs,",
                   (f"≥ 0.999, and the same noise but for ties, on the {len(firm)} on which its own are: "
                    f"{'met' if firm and holds else 'none' if holds else '**missed**'}",))


@row
def dendrogram(bench):
    """A tree of any number of rows, by way of a sketch, against reading the table. The tree is of at most as many cells as a
    sketch has, whatever the rows: hence the seconds that the bar adds. One number is taken from it inside the statement."""
    work = f"`hclust(cluster_sketch({FEATURES}), 'ward')`, {count(bench.rows)} rows"
    if not bench.server.has("hclust", "cluster_sketch", "dendrogram_suggest_k"):
        yield Line(work, NOT_THERE)
        return
    bench.table("customers")
    statement = f"SELECT dendrogram_suggest_k(hclust(cluster_sketch({FEATURES}), 'ward')) FROM customers"
    for workers in 0, 2:
        ours, peer = alternate(bench.server, [statement, AVERAGES], bench.runs, workers)
        yield Line(f"{work}, {in_workers(workers)}", ours, peer, "`avg`", (Bar("time", 2, 2),))


def labelled(bench, name, table):
    """A table of rows with their k-means labels; its columns a and b, its labels, and the statement for their score."""
    bench.create(name, f"SELECT *, label::float8 AS number FROM (SELECT a, b, id, kmeans_label({K}, a, b) OVER () AS label FROM {table}) AS l")
    values, ids = data.export(bench.server, name, ["a", "b", "number"])
    values = values[ids.argsort()]
    statement = f"SELECT avg(s) FROM (SELECT silhouette(label, a, b) OVER () AS s FROM {name}) AS v"
    return values[:, :2], values[:, 2].astype(int), statement


def values_in_order(bench, name):
    """The silhouettes of such a table, by id."""
    return np.array(bench.server.value(
        f"SELECT array_agg(s ORDER BY id) FROM (SELECT id, silhouette(label, a, b) OVER () AS s FROM {name}) AS v"))


@row
def silhouette(bench):
    """The silhouette of every row, through SQL, rows read and averaged, against scikit-learn's computation alone, which has
    the rows in its memory already, takes many seconds on all cores, and is timed once. Both are exact; the bar is on the
    largest difference of two values."""
    rows = min(bench.size("points"), 50_000)
    work = f"`silhouette(label, a, b) OVER ()`, {count(rows)} rows of {K} clusters"
    if not bench.server.has("silhouette", "kmeans_label"):
        yield Line(work, NOT_THERE)
        return
    bench.table("points")
    values, labels, statement = labelled(bench, "scored", bench.first("points", rows))
    seconds, by_scikit = peers.silhouettes(values, labels)
    for workers in 0, 2:
        [ours] = alternate(bench.server, [statement], bench.runs, workers)
        line = Line(f"{work}, {in_workers(workers)}", ours, Timing([seconds]), "scikit-learn, once", (Bar("time", 1 / 10),))
        if ours.median:
            most = np.abs(values_in_order(bench, "scored") - by_scikit).max()
            line.bars += (f"equal to 1e-9 ({most:.1g}): {'met' if most <= 1e-9 else '**missed**'}",)
            line.memory = peak_memory(bench.server, statement, "SELECT avg(a), avg(b) FROM scored", workers)
        yield line
    bench.drop("scored", f"points_{rows}")


@row
def estimate(bench):
    """The same of a million rows, which is an estimate, and says so in a NOTICE with the errors that it found. Here they are
    compared with those for a thousand rows chosen at random, whose values are computed by numpy."""
    work = f"`silhouette(label, a, b) OVER ()`, {count(bench.size('points'))} rows of {K} clusters, an estimate"
    if not bench.server.has("silhouette", "kmeans_label"):
        yield Line(work, NOT_THERE)
        return
    bench.table("points")
    values, labels, statement = labelled(bench, "scored", "points")
    chosen = np.random.default_rng(bench.seed).choice(len(values), 1000, replace=False)
    errors = np.abs(values_in_order(bench, "scored")[chosen] - peers.silhouettes_of(chosen, values, labels))
    said = notice(bench.server, statement)
    within = float(said.split("within ")[1].split(" ")[0]) if "within" in said else 0
    beyond = np.count_nonzero(errors > within)
    for workers in 0, 2:
        [ours] = alternate(bench.server, [statement], bench.runs, workers)
        yield Line(f"{work}, {in_workers(workers)}", ours, bars=(
            f"says: within {within:g}; of 1,000 rows the worst is {errors.max():.2g}, and beyond are {beyond}: "
            f"{'met' if beyond <= 10 else '**missed**'}",),
            memory=peak_memory(bench.server, statement, "SELECT avg(a), avg(b) FROM scored", workers))
    bench.drop("scored")


@row
def gmm_label(bench):
    """EM on the rows. First what an iteration takes: one start, with twenty iterations more and without, the difference
    divided by those that the model counts; scikit-learn likewise, on all cores, with the rows in its memory already. Ours
    also has those that the start makes on a sample of the rows, and one core. Then the likelihood, all starts: the labels
    are those that the model has for the same rows, whose likelihood is by scikit-learn for both sides."""
    work = f"`gmm_label({K}, a, …, h) OVER ()`, {count(bench.size('blends'))} rows"
    if not bench.server.has("gmm_label", "gmm_fit", "cluster_components"):
        yield Line(work, NOT_THERE)
        return
    columns, more = bench.table("blends"), 20
    features = f"ARRAY[{', '.join(columns)}]"
    values, _ = data.export(bench.server, "blends", columns)

    def model_of(n_init, max_iter):
        return f"SELECT segment.gmm_fit({features}, {K}, 'full', 'none', 0, {n_init}, {max_iter}) AS m FROM blends"

    def iterations(max_iter):
        return bench.server.value(f"SELECT f.value FROM ({model_of(1, max_iter)}) AS s, cluster_fit_stats(m) AS f WHERE name = 'iterations'")

    made = iterations(1 + more) - iterations(1)
    short, long = alternate(bench.server, [
        sum_of_labels(f"gmm_label({features}, {K}, n_init => 1, max_iter => {limit})", "blends") for limit in (1, 1 + more)], bench.runs)
    yield Line(f"an iteration of {work}", Timing([(b - a) / made for a, b in zip(short.runs, long.runs)]),
               Timing(peers.seconds_of_em(values, more, min(bench.runs, 3), bench.seed)), "scikit-learn", (Bar("time", 1 / 3),))

    window = f"gmm_label({K}, {', '.join(columns)})"
    ours, _ = single(bench.server, sum_of_labels(window, "blends"))
    bench.create("model", model_of("NULL", "NULL"))
    other = bench.server.value(f"""
        SELECT count(*) FROM (SELECT {window} OVER () AS label, cluster_id(m, {features}) AS of_model FROM blends, model) AS s
        WHERE label IS DISTINCT FROM of_model""")
    with bench.server.connect() as connection:
        weights, means, covariances = (np.array(part, float) for part in zip(*connection.execute("""
            SELECT weight, centroid, covariance FROM model, cluster_components(m) JOIN cluster_stats(m) USING (cluster)""")))
    by_us = peers.log_likelihood(values, weights, means, covariances)
    seconds, by_scikit = peers.mixture(values, 10, bench.seed)
    line = Line(f"log-likelihood of {work}", ours, Timing([seconds]), TEN_STARTS)
    line.bars = (f"≥ scikit-learn's - 1e-4 a row: {by_us:.5f} and {by_scikit:.5f}, {'met' if by_us >= by_scikit - 1e-4 else '**missed**'}",
                 f"labels of the model: {'met' if other == 0 else '**missed**'}")
    averages = ", ".join(f"avg({column})" for column in columns)
    line.memory = peak_memory(bench.server, sum_of_labels(window, "blends"), f"SELECT {averages} FROM blends")
    yield line
    bench.drop("model", "blends")


@row
def choose_k(bench):
    """segment.choose_k for k = 2 .. 10 against avg() of the same columns under the same plan: reading the table, and seconds
    that do not grow with it, for the fits of the data, of reference sets and of resamples. Without workers, and with two."""
    work = f"`segment.choose_k`, {count(bench.rows)} rows x 4, k = 2..10"
    if not bench.server.has("choose_k"):
        yield Line(work, NOT_THERE)
        return
    bench.table("customers")
    statement = f"SELECT max(k) FILTER (WHERE chosen) FROM segment.choose_k('customers', '{{{FEATURES.replace(' ', '')}}}')"
    for workers in 0, 2:
        ours, peer = alternate(bench.server, [statement, AVERAGES], min(bench.runs, 3), workers)
        yield Line(f"{work}, {in_workers(workers)}", ours, peer, "`avg` of its columns", (Bar("time", 3, 5),),
                   peak_memory(bench.server, statement, AVERAGES, workers))


@row
def mixture(bench):
    """A mixture of Gaussians by way of a sketch, against reading the table. EM runs on at most as many cells as a sketch has,
    whatever the rows: hence the seconds that the bar adds. Then what that costs: the mean log-density over all rows, as
    both models give it to the same query, below that of EM on all rows, timed once; also where features depend on each
    other, so that components are thin against the cells."""
    work = f"`gmm({K}, {FEATURES})`, {count(bench.rows)} rows"
    if not bench.server.has("gmm", "cluster_probability"):
        yield Line(work, NOT_THERE)
        return
    bench.table("customers")
    statement = f"SELECT gmm({K}, {FEATURES}) FROM "
    for workers in 0, 2:
        ours, peer = alternate(bench.server, [statement + "customers", AVERAGES], bench.runs, workers)
        yield Line(f"{work}, {in_workers(workers)}", ours, peer, "`avg`", (Bar("time", 2, 3),))
    for table, what in ("shoppers", "independent features"), ("dependent", "correlation 0.95"), ("thin", "correlation 0.99"):
        bench.table(table)
        ours, model = single(bench.server, statement + table)
        peer, of_rows = single(bench.server, f"SELECT segment.gmm_fit(ARRAY[{FEATURES}], {K}, 'full', 'none', 0, NULL, NULL) FROM {table}")
        line = Line(f"log-likelihood of `gmm({K}, {FEATURES})`, {count(bench.size(table))} rows, {what}", ours, peer, "EM on all rows")
        if model and of_rows:
            lost = bench.log_likelihood(table, of_rows) - bench.log_likelihood(table, model)
            line.bars = f"within 0.001 a row: {lost:.5f} lower, {'met' if lost <= 0.001 else '**missed**'}",
        yield line


@row
def export(bench):
    """From the table to a labelled copy of it, end to end, timed once: ours in one statement; scikit-learn by export, one
    start, write back and join, with the fastest transport there is (binary files and arrays). The costs are of the labels
    of both copies, by the same query."""
    work = f"table to labelled table, {count(bench.rows)} rows"
    if not bench.server.has("kmeans", "cluster_id"):
        yield Line(work, NOT_THERE)
        return
    columns = bench.table("customers")

    def by_scikit():
        rows, ids = data.export(bench.server, "customers", columns)
        labels = peers.scikit(rows, 1, bench.seed).labels
        with bench.server.connect() as connection:
            with connection.transaction():
                connection.execute("CREATE TABLE labels (id int, label int)")
                data.copy_in(connection, "labels", {"id": ids, "label": labels})
            connection.execute("ANALYZE labels")
            connection.execute("CREATE TABLE by_scikit AS SELECT * FROM customers JOIN labels USING (id)")

    ours, _ = single(bench.server, f"""
        CREATE TABLE by_us AS SELECT *, cluster_id((SELECT kmeans({K}, {FEATURES}) FROM customers), {FEATURES}) AS label
        FROM customers""")
    line = Line(work, ours, timed(by_scikit), "export, scikit-learn with 1 start, write back, join")
    if ours.median:
        line.cost = bench.cost_of_labels("by_us", FEATURES) / bench.cost_of_labels("by_scikit", FEATURES)
    bench.drop("by_us", "by_scikit", "labels")
    yield line
