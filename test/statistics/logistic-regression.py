"""The numbers of logistic-regression.test.ts by scikit-learn: weights, intercept and the logits of the first three rows."""
import numpy as np
from sklearn.linear_model import LogisticRegression

x = np.array([[i*i*37 % 101 / 50 - 1, i*i*53 % 97 / 48 - 1, i*29 % 31 / 15 - 1] for i in range(60)])
noisy = [i*i*37 % 101 + i*17 % 61 > 80 for i in range(60)]
separable = x[:, 0] + x[:, 1] > 0.1
constant = np.column_stack([x[:, :2], np.full(60, 3)])
for name, features, labels, l2 in [
    ("noisy", x, noisy, 0.01), ("noisy", x, noisy, 1), ("noisy", x, noisy, 100),
    ("separable", x, separable, 1), ("separable", x, separable, 1e-4), ("constant column", constant, noisy, 1),
]:
    m = LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(features, labels)
    print(name, l2, m.coef_[0].tolist(), m.intercept_[0], m.decision_function(features[:3]).tolist())
