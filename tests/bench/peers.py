"""The peers outside the database: scikit-learn's KMeans, DBSCAN, HDBSCAN, GaussianMixture and silhouettes, fastcluster's Ward,
SciPy's trees, R's dbscan, and the cost of a clustering and silhouettes by numpy."""

import shutil
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import fastcluster
import numpy as np
import sklearn
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import DBSCAN, HDBSCAN, KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score, silhouette_samples
from sklearn.mixture import GaussianMixture

from data import K


@dataclass
class Solution:
    cost: float        # sum of squared distances to the nearest centroid
    centroids: np.ndarray
    labels: np.ndarray
    seconds: float     # of the fit, with the rows in memory already


def scikit(rows, starts, seed):
    """scikit-learn as its manual has it: k-means++, Lloyd, the best of so many starts, on all cores."""
    start = time.perf_counter()
    model = KMeans(n_clusters=K, n_init=starts, random_state=seed).fit(rows)
    return Solution(model.inertia_, model.cluster_centers_, model.labels_, time.perf_counter() - start)


def ward(rows, k):
    """fastcluster's Ward in linear memory, the fastest that is known outside the database: seconds of the tree alone, with
    the rows in memory already, and the labels of its cut at k."""
    start = time.perf_counter()
    tree = fastcluster.linkage_vector(rows, "ward")
    seconds = time.perf_counter() - start
    return seconds, fcluster(tree, k, "maxclust")


LINKAGES = "ward", "single", "complete", "average", "weighted", "centroid", "median"


def members(pairs, count):
    """A number for each cluster that the steps of a tree make, the same if it has the same rows. Pairs: what each step merges,
    below count a row, from there on the result of an earlier step."""
    number = np.concatenate([np.random.default_rng(0).integers(0, 2**63, count, np.uint64), np.zeros(len(pairs), np.uint64)])
    for step, (left, right) in enumerate(pairs):
        number[count + step] = number[left] + number[right]
    return number[count:]


def steps(rows, method):
    """SciPy's tree: the heights of its steps, and what they make."""
    tree = linkage(rows, method)
    return tree[:, 2], members(tree[:, :2].astype(int), len(rows))


def steps_of_r(leaves, merges, rows):
    """The same of a tree that is told as R tells it: its leaves, and left, right and height of each merge."""
    place = {tuple(row): i for i, row in enumerate(rows)}
    row_of = np.array([place[tuple(leaf)] for leaf in leaves])
    side = merges[:, :2].astype(int)
    pairs = np.where(side < 0, row_of[np.maximum(-side, 1) - 1], len(rows) + side - 1)
    return merges[:, 2], members(pairs, len(rows))


def silhouettes(rows, labels):
    """scikit-learn's, of all rows: seconds, with the rows in memory already, and the values."""
    start = time.perf_counter()
    values = silhouette_samples(rows, labels)
    return time.perf_counter() - start, values


def silhouettes_of(chosen, rows, labels):
    """By the definition, of the rows with these numbers alone, where all of them would take hours."""
    sizes = np.bincount(labels)
    values = np.empty(len(chosen))
    for place, i in enumerate(chosen):
        means = np.bincount(labels, np.sqrt(np.square(rows - rows[i]).sum(axis=1))) / sizes
        a = means[labels[i]] * sizes[labels[i]] / (sizes[labels[i]] - 1)
        means[labels[i]] = np.inf
        b = means.min()
        values[place] = (b - a) / max(a, b)
    return values


def dbscan(rows, eps, min_points):
    """scikit-learn's: seconds of the fit alone, with the rows in memory already, its labels, and its core points."""
    start = time.perf_counter()
    model = DBSCAN(eps=eps, min_samples=min_points).fit(rows)
    seconds = time.perf_counter() - start
    core = np.zeros(len(rows), bool)
    core[model.core_sample_indices_] = True
    return seconds, model.labels_, core


R_DBSCAN = """
a <- commandArgs(TRUE)
x <- matrix(readBin(a[1], "double", file.size(a[1]) / 8), ncol = as.integer(a[3]))
seconds <- system.time(m <- dbscan::dbscan(x, eps = as.double(a[4]), minPts = as.integer(a[5])))["elapsed"]
writeBin(m$cluster - 1L, a[2])
cat(seconds)
"""


def r_version():
    """Of R's package dbscan; None where there is none."""
    if not shutil.which("Rscript"):
        return None
    found = subprocess.run(["Rscript", "-e", 'cat(as.character(packageVersion("dbscan")))'], capture_output=True, text=True)
    return found.stdout if found.returncode == 0 else None


def dbscan_of_r(rows, eps, min_points):
    """R's package dbscan, the fastest that is known: the same, as R has it, but for the core points. Noise is -1."""
    with tempfile.TemporaryDirectory() as folder:
        rows_file, labels_file = Path(folder) / "rows", Path(folder) / "labels"
        rows_file.write_bytes(np.asfortranarray(rows).tobytes("F"))
        done = subprocess.run(["Rscript", "-e", R_DBSCAN, rows_file, labels_file, str(rows.shape[1]), repr(eps), str(min_points)],
                              capture_output=True, text=True, check=True)
        return float(done.stdout), np.fromfile(labels_file, np.int32)


def hdbscan(rows, least, order):
    """scikit-learn's HDBSCAN of the rows in some order, with clusters of so many at least: the labels, and which rows are
    tied: they leave their cluster, of whatever size, at a height at which the tree merges more than once."""
    model = HDBSCAN(min_cluster_size=least, copy=True).fit(rows[order])
    tree, count = model._single_linkage_tree_, len(rows)
    above = np.zeros(2 * count - 1, int)
    for side in "left_node", "right_node":
        above[tree[side]] = np.arange(len(tree))
    leaves = above[:count]
    while (small := tree["cluster_size"][leaves] < least).any():
        leaves = np.where(small, above[count + leaves], leaves)
    heights, times = np.unique(tree["value"], return_counts=True)
    back = np.argsort(order)
    return model.labels_[back], np.isin(tree["value"][leaves], heights[times > 1])[back]


def agreement(labels, others):
    """The adjusted Rand index of two labellings, with noise as a cluster."""
    return adjusted_rand_score(labels, others)


def mixture(rows, starts, seed):
    """scikit-learn's mixture of Gaussians as its manual has it, the best of so many starts: seconds of the fit, and the
    log-likelihood of a row."""
    start = time.perf_counter()
    model = GaussianMixture(K, n_init=starts, random_state=seed).fit(rows)
    return time.perf_counter() - start, model.score(rows)


def seconds_of_em(rows, more, runs, seed):
    """What an iteration of the same takes: from one start, rows drawn at random, with so many iterations more and without.
    A list, of each run."""
    def solve(iterations):
        start = time.perf_counter()
        model = GaussianMixture(K, tol=0, max_iter=iterations, init_params="random_from_data", random_state=seed).fit(rows)
        return time.perf_counter() - start, model.n_iter_

    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)     # it is stopped on purpose
        for _ in range(runs):
            (short, few), (long, many) = solve(1), solve(1 + more)
            found.append((long - short) / (many - few))
    return found


def log_likelihood(rows, weights, means, covariances):
    """Of a row, by a mixture from elsewhere: by scikit-learn's own score."""
    model = GaussianMixture(len(weights))
    model.weights_, model.means_, model.covariances_ = weights, means, covariances
    model.precisions_cholesky_ = np.linalg.inv(np.linalg.cholesky(covariances)).transpose(0, 2, 1)
    return model.score(rows)


def cost(rows, centroids):
    """Of any centroids, over all rows: the same yardstick for both sides."""
    total = 0.0
    for start in range(0, len(rows), 100_000):
        part = rows[start:start + 100_000]
        nearest = np.full(len(part), np.inf)
        for centroid in centroids:
            np.minimum(nearest, np.square(part - centroid).sum(axis=1), out=nearest)
        total += nearest.sum()
    return total


def cost_of_labels(rows, labels):
    """Of labelled rows, each to the mean of its label."""
    parts = (rows[labels == label] for label in np.unique(labels))
    return sum(np.square(part - part.mean(axis=0)).sum() for part in parts)


def versions():
    found = {"scikit-learn": sklearn.__version__, "fastcluster": version("fastcluster"), "numpy": np.__version__}
    return found | ({"R dbscan": r_version()} if r_version() else {})
