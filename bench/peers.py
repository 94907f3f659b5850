"""The same sweeps by the Python peers: python3 bench/peers.py hmm|gmm TABLE.csv [--check]. Exits 3 where the peer is not installed."""
import csv
import math
import sys
import warnings

warnings.filterwarnings("ignore")
kind, table = sys.argv[1:3]
try:
    import numpy as np

    if kind == "gmm":
        from sklearn.mixture import GaussianMixture
    else:
        from hmmlearn.hmm import GaussianHMM
except ImportError:
    sys.exit(3)

if "--check" in sys.argv:
    sys.exit(0)
directions = {"out": [], "in": []}
last = {}
with open(table) as rows:
    for row in csv.DictReader(rows):
        if row["gap_s"]:
            directions[row["direction"]].append((float(row["size_bytes"]), math.log1p(float(row["gap_s"]) * 1e9)))
for points in directions.values():
    x = np.array(points)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    if kind == "gmm":
        for k in range(10, 119, 4):
            GaussianMixture(k, tol=1e-3, reg_covar=1e-6, random_state=1).fit(x)
    else:
        for k in range(1, 40, 2):
            model = GaussianHMM(k, covariance_type="full", n_iter=10, tol=-math.inf, random_state=1)
            model.fit(x)
            model.score(x)
