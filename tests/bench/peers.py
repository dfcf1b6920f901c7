"""The peer outside the database: scikit-learn's KMeans, and the cost of a clustering by numpy alone."""

import time
from dataclasses import dataclass

import numpy as np
import sklearn
from sklearn.cluster import KMeans

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


def versions():
    return {"scikit-learn": sklearn.__version__, "numpy": np.__version__}
