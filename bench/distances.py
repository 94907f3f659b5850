"""The seconds that scipy takes for the distances of two samples: python3 bench/distances.py A B. Exits 3 where scipy is not installed."""
import sys
import time

try:
    import numpy as np
    import scipy
    from scipy.stats import ks_2samp, wasserstein_distance
except ImportError:
    sys.exit(3)

if sys.argv[1] == "--check":
    print(f"scipy {scipy.__version__}, numpy {np.__version__}")
    sys.exit(0)
a, b = (np.fromfile(path) for path in sys.argv[1:3])
for distance in (lambda: ks_2samp(a, b, method="asymp").statistic, lambda: wasserstein_distance(a, b)):
    started = time.perf_counter()
    value = distance()
    print(time.perf_counter() - started, value)
