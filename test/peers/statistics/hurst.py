"""The Hurst exponent of a series by both estimators of src/statistics/hurst.ts, written anew with numpy.

    python3 test/peers/statistics/hurst.py example         of the series that hurst.test.ts has the values of
    python3 test/peers/statistics/hurst.py < values.json   of a list of numbers
"""
import json
import sys

import numpy as np


def sizes(smallest, largest):
    return np.unique(np.floor(smallest * (largest / smallest) ** (np.arange(20) / 19) + 0.5).astype(int))


def blocks(values, size):
    return values[: len(values) // size * size].reshape(-1, size)


def aggregated_variance(values):
    m = sizes(1, len(values) // 10)
    variances = [blocks(values, size).mean(axis=1).var(ddof=1) for size in m]
    return 1 + np.polyfit(np.log(m), np.log(variances), 1)[0] / 2


def rescaled_range(values):
    m = sizes(16, len(values) // 4)
    ratios = []
    for size in m:
        block = blocks(values, size)
        deviation = block.std(axis=1)
        walk = np.cumsum(block - block.mean(axis=1, keepdims=True), axis=1)
        walk = np.hstack([np.zeros((len(block), 1)), walk])
        span = walk.max(axis=1) - walk.min(axis=1)
        ratios.append((span[deviation > 0] / deviation[deviation > 0]).mean())
    return np.polyfit(np.log(m), np.log(ratios), 1)[0]


def example():
    """Noise of the minimal standard generator on two square waves."""
    x, values = 1, []
    for i in range(3000):
        x = x * 16807 % 2147483647
        values.append(x % 1000 + 300 * (i >> 5 & 1) + 300 * (i >> 8 & 1))
    return values


if __name__ == "__main__":
    values = np.array(example() if "example" in sys.argv else json.load(sys.stdin), dtype=float)
    print(json.dumps([aggregated_variance(values), rescaled_range(values)]))
