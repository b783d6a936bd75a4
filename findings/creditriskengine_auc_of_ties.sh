#!/bin/sh
# creditriskengine 0.31.0: auroc, gini_coefficient, accuracy_ratio and somers_d rank equal scores by row order. A score that is the
# same for everybody (AUC 0.5 by definition, as in scikit-learn) has AUC 0 when the defaults come first in the file and 1
# when they come last; rating grades, which are ties, lose or gain likewise. ks_statistic counts ties right.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'creditriskengine==0.31.0' 'scikit-learn>=1.6,<2'
"$dir/venv/bin/python" - <<'PY'
import numpy as np
from creditriskengine.validation.discrimination import accuracy_ratio, auroc, ks_statistic, somers_d
from sklearn.metrics import roc_auc_score

defaults_first = np.repeat([1, 0], 50)
defaults_last = defaults_first[::-1]
same = np.full(100, 0.2)
grades = np.array([0.1, 0.1, 0.2, 0.2, 0.2, 0.3, 0.3, 0.3, 0.1, 0.1])
default = np.array([0, 0, 0, 0, 1, 1, 0, 1, 0, 0])
for name, got, changed in (
    ("one score, defaults first", auroc(defaults_first, same), 0.0),
    ("one score, defaults last", auroc(defaults_last, same), 1.0),
    ("accuracy ratio, defaults first", accuracy_ratio(defaults_first, same), -1.0),
    ("Somers' D, defaults last", somers_d(defaults_last, same), 1.0),
    ("KS of one score", ks_statistic(defaults_first, same), 0.0),
    ("three grades", auroc(default, grades), 16 / 21),
):
    print(f"{name}: {got:.4f}")
    assert abs(got - changed) < 1e-12, f"changed: {changed} before"
print(f"scikit-learn: {roc_auc_score(defaults_first, same):.4f}, {roc_auc_score(default, grades):.4f}")
PY
