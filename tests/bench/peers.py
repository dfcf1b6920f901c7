"""The peers outside the database: scikit-learn's KMeans and silhouettes, fastcluster's Ward, and the cost of a clustering and
silhouettes by numpy."""

import time
from dataclasses import dataclass
from importlib.metadata import version

import fastcluster
import numpy as np
import sklearn
from scipy.cluster.hierarchy import fcluster
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples

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
    return {"scikit-learn": sklearn.__version__, "fastcluster": version("fastcluster"), "numpy": np.__version__}
