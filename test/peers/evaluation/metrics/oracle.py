"""The metrics of an evaluation written anew with numpy, scipy and scikit-learn, by what docs/evaluation.md and the headers in
src/evaluation/metrics say of them and not by their code.

    python3 test/peers/evaluation/metrics/oracle.py example > test/evaluation/metrics/example.json    of the series of example.ts
    python3 test/peers/evaluation/metrics/oracle.py < series.json    of a list of pairs of real and synthetic rows [ns, bytes, outbound]
"""
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from scipy import signal, stats
from scipy.spatial import distance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "statistics"))
from hurst import aggregated_variance, rescaled_range  # noqa: E402

NS = 1e9
DIRECTIONS = {"outbound": 1, "inbound": 0}


class Series:
    """Columns of rows, and what follows from them."""

    def __init__(self, rows):
        self.times, self.all_sizes, self.directions = np.array(rows, dtype=float).reshape(-1, 3).T
        self.span = self.times[-1] - self.times[0]
        self.joint_gaps = np.diff(self.times)

    def sizes(self, d):
        return self.all_sizes[self.directions == d]

    def gaps(self, d):
        return np.diff(self.times[self.directions == d])

    def joint_gaps_before(self, d):
        return self.joint_gaps[self.directions[1:] == d]

    def throughput(self, d, width):
        bins = int(self.span // width)
        at = ((self.times - self.times[0]) // width).astype(int)
        mine = (self.directions == d) & (at < bins)
        return np.bincount(at[mine], self.all_sizes[mine], minlength=bins)

    def runs(self):
        """Direction and length of each run of packets of one direction."""
        changes = np.flatnonzero(np.diff(self.directions)) + 1
        starts = np.concatenate([[0], changes])
        return self.directions[starts], np.diff(np.concatenate([starts, [len(self.directions)]]))

    def response_gaps(self, d):
        return self.joint_gaps[(self.directions[1:] == d) & (self.directions[:-1] != d)]

    def bursts(self, d, idle):
        breaks = np.flatnonzero(self.gaps(d) > idle) + 1
        return np.diff(np.concatenate([[0], breaks, [len(self.sizes(d))]]))


# What is shared by all comparisons.

def bin_edges(values, bins):
    """A bin for itself for a value with a share of 1/bins or more; the others together until they have as much."""
    uniques, counts = np.unique(values, return_counts=True)
    edges, held = [uniques[0]], 0
    for value, count in zip(uniques, counts):
        frequent = count / len(values) >= 1 / bins
        if (frequent or held / len(values) >= 1 / bins) and value > edges[-1]:
            edges.append(value)
            held = 0
        if frequent:
            edges.append(value + 1)
        else:
            held += count
    if edges[-1] < uniques[-1] + 1:
        edges.append(uniques[-1] + 1)
    return np.array(edges)


def otsu(values):
    """The threshold with the least variance within, by trying all of them."""
    values = np.sort(values)
    middles = [(a + b) / 2 for a, b in zip(values, values[1:]) if a < b]
    within = [values[values <= t].var() * (values <= t).sum() + values[values > t].var() * (values > t).sum() for t in middles]
    return middles[int(np.argmin(within))]


class Reference:
    def __init__(self, real):
        self.size_bins = {d: bin_edges(real.sizes(d), 64) for d in (0, 1)}
        self.gap_bins = {d: bin_edges(real.gaps(d), 64) for d in (0, 1)}
        self.size_classes = {d: bin_edges(real.sizes(d), 8) for d in (0, 1)}
        self.gap_classes = {d: bin_edges(real.joint_gaps_before(d), 8) for d in (0, 1)}
        self.idle = {d: np.expm1(otsu(np.log1p(real.gaps(d)))) for d in (0, 1)}
        widths = [1e7, 1e8, 1e9, 1e10, 6e10, 6e11, 3.6e12]
        self.time_bin = next(w for w in widths if real.span / w <= 2**20 and len(real.times) * w / real.span >= 1)

    def tokens(self, s):
        """(direction, class of size) of each packet, (direction, class of joint gap) of each but the first."""
        size = [(d, int(np.digitize(v, self.size_classes[d]))) for d, v in zip(s.directions, s.all_sizes)]
        gap = [(d, int(np.digitize(v, self.gap_classes[d]))) for d, v in zip(s.directions[1:], s.joint_gaps)]
        return size, gap


# Distances.

def ks(a, b):
    return stats.ks_2samp(a, b).statistic


def jsd(p, q):
    return distance.jensenshannon(p, q, base=2) ** 2


def histogram(values, edges):
    return np.bincount(np.digitize(values, edges), minlength=len(edges) + 1)


def kl(p, q):
    return stats.entropy(p + 0.5, q + 0.5, base=2)


def quantile_difference(a, b):
    shares = [0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
    pairs = zip(np.quantile(a, shares), np.quantile(b, shares))
    return np.mean([0 if x == y else abs(x - y) / (abs(x) + abs(y)) for x, y in pairs])


def acf(values):
    d = values - values.mean()
    return np.array([d[:-k] @ d[k:] / (d @ d) for k in range(1, 33)])


def acf_difference(a, b):
    return np.abs(acf(a) - acf(b)).mean()


def ngram_divergence(a, b, n):
    p, q = (Counter(tuple(t[i : i + n]) for i in range(len(t) - n + 1)) for t in (a, b))
    grams = sorted(set(p) | set(q))
    return jsd([p[g] for g in grams], [q[g] for g in grams])


def rolling_entropies(values, edges):
    tokens = np.digitize(values, edges)
    windows = (tokens[i : i + 64] for i in range(0, len(tokens) - 63, 8))
    return [stats.entropy(np.unique(w, return_counts=True)[1], base=2) for w in windows]


def spectral_distance(a, b):
    cumulative = []
    for values in (a, b):
        power = signal.welch(values, nperseg=64)[1][1:]
        cumulative.append(np.cumsum(power) / power.sum())
    return np.abs(cumulative[0] - cumulative[1]).max()


# The classifier.

def lag1(v):
    d = v - v.mean()
    return d[1:] @ d[:-1] / (d @ d) if d @ d > 0 else 0


def window_features(s, reference):
    alphabet = [(d, c) for d in (0, 1) for c in range(len(reference.size_classes[d]) + 1)]
    gap_alphabet = [(d, c) for d in (0, 1) for c in range(len(reference.gap_classes[d]) + 1)]
    size_tokens, gap_tokens = reference.tokens(s)
    rows = []
    for w in windows_of(len(s.times) - 1, 32, 1000):
        here = slice(w + 1, w + 33)
        size, gap = s.all_sizes[here], np.log1p(s.joint_gaps[w : w + 32])
        sizes_seen, gaps_seen = Counter(size_tokens[here]), Counter(gap_tokens[w : w + 32])
        row = [sizes_seen[t] / 32 for t in alphabet] + [gaps_seen[t] / 32 for t in gap_alphabet]
        row += [size.mean(), size.std(), lag1(size), gap.mean(), gap.std(), lag1(gap)]
        row += [np.count_nonzero(np.diff(s.directions[w : w + 33])) / 32]
        row += [np.log1p(s.times[w + 32] - s.times[w]), len(np.unique(size)) / 32]
        rows.append(row)
    return np.array(rows)


def windows_of(packets, length, most):
    """Where windows begin that do not overlap and are spread evenly."""
    fitting = packets // length
    count = min(fitting, most)
    return [i * fitting // count * length for i in range(count)]


def classifier_auc(a, b):
    folds = []
    for fold in range(10):
        inside = [np.isin(np.arange(len(x)), np.arange(fold * len(x) // 10, (fold + 1) * len(x) // 10)) for x in (a, b)]
        learn = np.vstack([x[~i] for x, i in zip((a, b), inside)])
        judge = np.vstack([x[i] for x, i in zip((a, b), inside)])
        scaler = StandardScaler().fit(learn)
        # scikit-learn scales what has no spread as it is: nothing is left of it in either case.
        labels = [1] * np.sum(~inside[0]) + [0] * np.sum(~inside[1])
        model = LogisticRegression(C=1, solver="newton-cholesky", tol=1e-12, max_iter=1000)
        model.fit(scaler.transform(learn), labels)
        scores = model.decision_function(scaler.transform(judge))
        # Equal windows have equal scores, but for the last digits.
        folds.append(roc_auc_score([1] * np.sum(inside[0]) + [0] * np.sum(inside[1]), np.round(scores, 9)))
    return max(0.5, np.mean(folds))


# Memorisation.

def symbols(s):
    micros = np.floor(s.joint_gaps / 1000 + 0.5).astype(int)
    return list(zip(micros.tolist(), s.all_sizes[1:].tolist(), s.directions[1:].tolist()))


def copied_share(a, b, n=8):
    known = {tuple(b[i : i + n]) for i in range(len(b) - n + 1)}
    return np.mean([tuple(a[i : i + n]) in known for i in range(len(a) - n + 1)])


def longest_common_run(a, b):
    """By dynamic programming over all pairs."""
    codes = {symbol: i for i, symbol in enumerate(dict.fromkeys(a + b))}
    a, b = (np.array([codes[symbol] for symbol in x]) for x in (a, b))
    longest, ending = 0, np.zeros(len(b) + 1, dtype=int)
    for symbol in a:
        ending[1:] = np.where(b == symbol, ending[:-1] + 1, 0)
        longest = max(longest, ending.max())
    return longest


def nearest_window(a, b):
    rows = [np.column_stack([s.directions[1:], np.log(s.all_sizes[1:]), np.log1p(s.joint_gaps)]) for s in (a, b)]
    deviation = rows[1].std(axis=0, ddof=1)
    sample, known = (r / np.where(deviation > 0, deviation, 1) for r in rows)
    known = np.array([known[i : i + 16].ravel() for i in range(len(known) - 15)])
    queries = [sample[i : i + 16].ravel() for i in windows_of(len(sample), 16, 200)]
    return np.median([np.sqrt(((known - q) ** 2).mean(axis=1).min()) for q in queries])


# All of them.

def answers(real_rows, sample_rows):
    cut = 2 * len(real_rows) // 3
    reference, sample = Reference(Series(real_rows)), Series(sample_rows)
    training, held = Series(real_rows[:cut]), Series(real_rows[cut:])
    found = {}
    for name, d in DIRECTIONS.items():
        sizes, gaps = (sample.sizes(d), held.sizes(d)), (sample.gaps(d), held.gaps(d))
        second = (sample.throughput(d, NS), held.throughput(d, NS))
        bins = (sample.throughput(d, reference.time_bin), held.throughput(d, reference.time_bin))
        idle = reference.idle[d]
        found |= {f"ks {quantity} {name}": ks(*pair) for quantity, pair in {
            "size": sizes,
            "gap": gaps,
            **{f"throughput {s} s": (sample.throughput(d, s * NS), held.throughput(d, s * NS)) for s in (0.1, 1, 10)},
            "burst length": (sample.bursts(d, idle), held.bursts(d, idle)),
            "idle time": [g[g > idle] for g in gaps],
            "response gap": (sample.response_gaps(d), held.response_gaps(d)),
            "run length": [lengths[of == d] for of, lengths in (sample.runs(), held.runs())],
        }.items()}
        for quantity, (a, b), scale in [("size", sizes, 1), ("gap", gaps, NS), ("throughput 1 s", second, 1)]:
            found[f"emd {quantity} {name}"] = stats.wasserstein_distance(a, b) / scale
            found[f"emd-normalised {quantity} {name}"] = stats.wasserstein_distance(a, b) / b.std(ddof=1)
        for quantity, values, edges in [("size", sizes, reference.size_bins[d]), ("gap", gaps, reference.gap_bins[d])]:
            p, q = (histogram(v, edges) for v in values)
            found[f"jsd {quantity} {name}"] = jsd(p, q)
            found[f"kl real‖synthetic {quantity} {name}"] = kl(q, p)
            found[f"kl synthetic‖real {quantity} {name}"] = kl(p, q)
            found[f"quantiles {quantity} {name}"] = quantile_difference(*values)
        for quantity, values in [("size", sizes), ("log gap", [np.log1p(g) for g in gaps]), ("bytes per bin", bins)]:
            found[f"autocorrelation {quantity} {name}"] = acf_difference(*values)
        found[f"rolling entropy size {name}"] = stats.wasserstein_distance(
            *(rolling_entropies(v, reference.size_bins[d]) for v in sizes))
        found[f"spectral distance bytes per bin {name}"] = spectral_distance(*bins)
        for metric, estimate in [("aggregated variance", aggregated_variance), ("rescaled range", rescaled_range)]:
            found[f"hurst {metric} bytes per bin {name}"] = abs(estimate(bins[0]) - estimate(bins[1]))
    (sample_sizes, sample_gaps), (held_sizes, held_gaps) = reference.tokens(sample), reference.tokens(held)
    for metric, n in [("bigrams", 2), ("trigrams", 3)]:
        found[f"{metric} size both"] = ngram_divergence(sample_sizes, held_sizes, n)
        found[f"{metric} gap both"] = ngram_divergence(sample_gaps, held_gaps, n)
    packets, volumes = ([np.average(s.directions, weights=w(s)) for s in (sample, held)] for w in (lambda s: None, lambda s: s.all_sizes))
    found["outbound share packets both"] = abs(packets[0] - packets[1])
    found["outbound share bytes both"] = abs(volumes[0] - volumes[1])
    found["classifier AUC windows both"] = classifier_auc(*(window_features(s, reference) for s in (sample, held)))
    copied = (symbols(sample), symbols(training))
    found["memorisation: copied n-grams 8 packets both"] = copied_share(*copied)
    found["memorisation: longest copied run packets both"] = longest_common_run(*copied)
    found["memorisation: nearest window packets both"] = nearest_window(sample, training)
    return {metric: float(value) for metric, value in found.items()}


def example():
    """What example.ts makes, with the minimal standard generator (Park & Miller 1988)."""
    state = 1

    def draw(limit):
        nonlocal state
        state = state * 16807 % 2147483647
        return state % limit

    def packets(count, keep):
        time, outbound, rows = 0, 1, []
        for _ in range(count):
            time += 300_000_000 + draw(1_400_000_000) if draw(12) == 0 else 1_000_000 * (1 + draw(20)) + draw(1000)
            outbound = outbound if draw(10) < keep else 1 - outbound
            kind = draw(4)
            size = [93, 61, 93, 200 + draw(300)][kind] if outbound else [1500, 40, 52, 400 + draw(100)][kind]
            rows.append([time, size, outbound])
        return rows

    real = packets(4500, 6)
    synthetic = packets(1500, 4)
    # Some of it is copied from the training part, with its gaps.
    for i in range(100, 140):
        synthetic.append([synthetic[-1][0] + real[i][0] - real[i - 1][0], *real[i][1:]])
    return real, synthetic


if __name__ == "__main__":
    if "example" in sys.argv:
        print(json.dumps(answers(*example()), indent=2, ensure_ascii=False))
    else:
        print(json.dumps([answers(*pair) for pair in json.load(sys.stdin)]))
