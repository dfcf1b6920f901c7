"""Makes data/describe_values.csv, data/describe.csv and data/correlations.csv, what pandas and SciPy find in 20 random samples and in
the mall customers, for tests/sql/describe.sql and tests/sql/correlations.sql; in the root of the checkout:
  python tests/reference/describe.py
pandas 3.1.1, SciPy 1.17.1, NumPy 2.4.6. Sizes are unequal, so that pairs have rows of their own; some samples have ties, some heavy tails."""

import numpy as np
import pandas as pd
from scipy import stats

rng = np.random.default_rng(20240607)
DRAWS = [
    lambda n: rng.normal(0, 3, n),
    lambda n: np.round(rng.normal(50, 8, n)),
    lambda n: rng.standard_t(1.5, n),
    lambda n: rng.poisson(2.5, n).astype(float),
    lambda n: np.round(rng.lognormal(3, 1.5, n), 2),
]
common = rng.normal(0, 1, 300)
samples = {}
for i in range(20):
    n = int(rng.integers(5, 300))
    x = DRAWS[i % 5](n)
    if i % 3 == 0:
        x = x + np.round(2 * common[:n], 1)
    samples[f"sample {i:02d}"] = pd.Series([float(f"{v:.6g}") for v in x])
mall = pd.read_csv("data/mall_customers.csv")
mall["efficiency"] = mall.spending_score / mall.annual_income

with open("data/describe_values.csv", "w") as out:
    print("sample,value", file=out)
    for name, x in samples.items():
        for v in x:
            print(f"{name},{v!r}", file=out)

with open("data/describe.csv", "w") as out:
    print("sample,statistic,value", file=out)
    columns = {f"mall {c}": mall[c] for c in mall.columns if c != "gender"}
    for name, x in {**columns, **samples}.items():
        q = x.quantile([0.25, 0.5, 0.75])
        # SciPy's skew and kurtosis, from deviations: pandas' own lose digits to the mean
        figures = {"count": x.count(), "distinct": x.nunique(), "mean": x.mean(), "sd": x.std(), "min": x.min(), "q1": q[0.25], "median": q[0.5],
                   "q3": q[0.75], "max": x.max(), "skew": stats.skew(x, bias=False), "kurtosis": stats.kurtosis(x, bias=False)}
        assert np.isclose(figures["skew"], x.skew()) and np.isclose(figures["kurtosis"], x.kurt())
        for statistic, value in figures.items():
            print(f"{name},{statistic},{float(value)!r}", file=out)

with open("data/correlations.csv", "w") as out:
    print("a,b,method,n,r,p", file=out)
    wide = pd.DataFrame(samples)
    for i, a in enumerate(wide):
        for b in list(wide)[i + 1:]:
            both = wide[[a, b]].dropna()
            for method, test in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
                r, p = test(both[a], both[b])
                print(f"{a},{b},{method},{len(both)},{'' if np.isnan(r) else repr(float(r))},{'' if np.isnan(p) else repr(float(p))}", file=out)
