"""Customers grouped by what they do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_samples
from sklearn.preprocessing import StandardScaler

from financial_analytics.models.columns import (
    DATE,
    DOUBLE,
    LONG,
    TEXT,
    WHOLE,
    clock_date,
    fields,
)
from financial_analytics.models.frames import to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.clustering import bootstrap_stability, choose_mixture

# feature: column of int_customer_behavior, word for more of it, word for less of it
FEATURES: dict[str, tuple[str, str, str]] = {
    "purchase_frequency": ("monthly_purchase_count", "frequent", "rare"),
    "purchase_size": ("purchase_size_index", "large purchases", "small purchases"),
    "online": ("online_rate", "online", "not online"),
    "mobile": ("mobile_rate", "mobile", "not mobile"),
    "branch": ("branch_rate", "branch", "no branch"),
    "cash": ("cash_rate", "cash", "no cash"),
    "international": ("international_rate", "abroad", "at home"),
    "morning": ("morning_rate", "mornings", "no mornings"),
    "evening": ("evening_rate", "evenings", "no evenings"),
    "essentials": ("essentials_rate", "essentials", "few essentials"),
    "dining": ("dining_rate", "dining", "little dining"),
    "travel": ("travel_rate", "travel", "little travel"),
    "digital_goods": ("digital_goods_rate", "digital goods", "no digital goods"),
}
PROFILE = [f"profile_{name}_score" for name in FEATURES]
COORDINATES = 6
"""Principal coordinates that are clustered: what lies beyond them is mostly noise."""
CANDIDATES = range(2, 9)
SAMPLE = 2000
"""Customers, drawn at random, that the clusters are fitted and their silhouette measured on."""
LEAST_CUSTOMERS = 50
BOOTSTRAPS = 30

SCHEMA = pa.schema(
    [
        pa.field("customer_natural_key", WHOLE),
        pa.field("customer_segment", TEXT),
        pa.field("credit_score", WHOLE),
        pa.field("purchase_count", LONG),
        pa.field("cluster_number", WHOLE),
        pa.field("cluster_name", TEXT),
        *fields(["membership_rate", "silhouette_score"], DOUBLE),
        *fields([f"pc{k}_score" for k in (1, 2, 3)], DOUBLE),
        *fields([f"pc{k}_pct" for k in (1, 2, 3)], DOUBLE),
        pa.field("cluster_customer_count", LONG),
        *fields(PROFILE, DOUBLE),
        pa.field("method_name", TEXT),
        pa.field("cluster_count", WHOLE),
        pa.field("sample_count", LONG),
        pa.field("model_silhouette_score", DOUBLE),
        *fields(["stability_score", "stability_lower", "stability_upper"], DOUBLE),
        pa.field("status", TEXT),
        pa.field("as_of_date", DATE),
    ]
)


def cluster_names(profiles: pd.DataFrame) -> dict[int, str]:
    """Name each cluster by its two most marked features, in words.

    Parameters
    ----------
    profiles : DataFrame
        One row per cluster number, one column per feature of ``FEATURES``, in standard
        deviations.

    Examples
    --------
    >>> row = dict.fromkeys(FEATURES, 0.0) | {"mobile": 1.5, "cash": -0.8}
    >>> cluster_names(pd.DataFrame([row], index=[1]))
    {1: 'Mobile, no cash'}
    """
    names: dict[int, str] = {}
    for number, row in profiles.iterrows():
        marked = row.abs().sort_values(ascending=False, kind="stable").index
        words = [FEATURES[str(name)][1 if row[name] > 0 else 2] for name in marked]
        length = 2
        text = ", ".join(words[:length]).capitalize()
        while text in names.values() and length < len(words):
            length += 1
            text = ", ".join(words[:length]).capitalize()
        names[int(str(number))] = text
    return names


def _standardised(customers: pd.DataFrame) -> np.ndarray:
    """Return the features with mean 0 and deviation 1; unknown is the mean, no spread is 0."""
    features = customers[[column for column, _, _ in FEATURES.values()]].astype(float)
    features["monthly_purchase_count"] = np.log1p(features["monthly_purchase_count"])
    features = features.fillna(features.mean()).fillna(0.0)
    return np.asarray(StandardScaler().fit_transform(features))


def _clustered(customers: pd.DataFrame, seed: int, confidence: float) -> pd.DataFrame:
    """Return the columns of clustered customers."""
    rng = np.random.default_rng(seed)
    scores = _standardised(customers)
    pca = PCA(min(COORDINATES, scores.shape[1]), svd_solver="full").fit(scores)
    # the sign of an axis is arbitrary: the largest loading is positive
    sign = np.sign(pca.components_[np.arange(len(pca.components_)), np.argmax(
        np.abs(pca.components_), axis=1
    )])  # fmt: skip
    points = pca.transform(scores) * sign
    rows = np.sort(rng.permutation(len(points))[:SAMPLE])
    mixture = choose_mixture(points[rows], CANDIDATES, seed)
    chance = mixture.predict_proba(points)
    label = np.argmax(chance, axis=1)
    stability = bootstrap_stability(
        points[rows],
        label[rows],
        mixture.n_components,
        samples=BOOTSTRAPS,
        rng=rng,
        confidence=confidence,
    )
    order = np.argsort(-np.bincount(label, minlength=mixture.n_components), kind="stable")
    number = np.argsort(order)[label] + 1
    made = pd.DataFrame(index=customers.index)
    made["cluster_number"] = number
    made["membership_rate"] = chance.max(axis=1)
    made["silhouette_score"] = np.nan
    if len(np.unique(label[rows])) > 1:
        made.loc[made.index[rows], "silhouette_score"] = silhouette_samples(
            points[rows], label[rows]
        )
    for k in range(3):
        made[f"pc{k + 1}_score"] = points[:, k]
        made[f"pc{k + 1}_pct"] = 100 * pca.explained_variance_ratio_[k]
    profiles = pd.DataFrame(scores, columns=list(FEATURES)).groupby(number).mean()
    made["cluster_name"] = pd.Series(number).map(cluster_names(profiles)).to_numpy()
    made["cluster_customer_count"] = np.bincount(number)[number]
    for name, column in zip(FEATURES, PROFILE, strict=True):
        made[column] = profiles[name].loc[number].to_numpy()
    made["cluster_count"] = len(profiles)
    made["model_silhouette_score"] = made["silhouette_score"].mean()
    made["stability_score"] = stability.mean
    made["stability_lower"], made["stability_upper"] = stability.lower, stability.upper
    return made


@one_thread
def customer_clusters(
    behavior: Any,
    clock: Any,
    *,
    minimum_purchases: int = 10,
    seed: int = 20240,
    confidence: float = 0.95,
) -> pa.Table:
    """Return `analytics_customer_behavior_clusters`: one row per customer.

    Parameters
    ----------
    behavior : relation
        ``int_customer_behavior``.
    clock : relation
        ``data_clock``.
    minimum_purchases : int
        Customers with fewer purchases are not clustered: their shares are noise.
    seed : int
        Seed of starts, sample and bootstrap.
    confidence : float, default 0.95
        Share of the bootstrap samples between the bounds of the stability.

    Notes
    -----
    Standardised features, six principal coordinates, a Gaussian mixture with full covariances;
    their number by ICL (BIC and the entropy) on at most 2,000 customers drawn at random. The mean
    silhouette is of
    these, too.
    """
    frame = to_pandas(behavior).sort_values("customer_natural_key", ignore_index=True)
    enough = frame["purchase_count"] >= int(minimum_purchases)
    frame["cluster_name"] = "Unclustered"
    frame["status"] = "insufficient_data"
    frame["method_name"] = "gaussian mixture, number by ICL"
    frame["sample_count"] = int(enough.sum())
    frame["as_of_date"] = clock_date(to_pandas(clock))
    for name in SCHEMA.names:
        if name not in frame:
            frame[name] = np.nan
    if enough.sum() >= LEAST_CUSTOMERS:
        chosen = frame[enough]
        values = chosen[[column for column, _, _ in FEATURES.values()]].astype(float)
        if (values.std(ddof=0).fillna(0) > 0).sum() < 3:
            frame.loc[enough, "status"] = "no_variation"
        else:
            made = _clustered(chosen.reset_index(drop=True), int(seed), float(confidence))
            made = made.set_index(chosen.index)
            for name in made:
                frame.loc[chosen.index, name] = made[name]
            frame.loc[enough, "status"] = "ok"
    return to_table(frame, SCHEMA)
