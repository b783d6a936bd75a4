"""Where customers live: ZIP codes, the spatial income field and distances."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from financial_analytics.synthetic.catalog import REGIONS
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.frame import Floats, Ints
from financial_analytics.synthetic.rng import stream

EARTH_KM = 6371.0


def reference(name: str) -> pd.DataFrame:
    """Return a reference file of the package; codes stay text."""
    path = resources.files("financial_analytics.synthetic") / "reference" / f"{name}.csv"
    text = {"zip_code": str, "mcc_code": str}
    with path.open("r", encoding="utf-8") as handle:
        return pd.read_csv(handle, dtype=text)


def distance_km(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> Floats:
    """Return great-circle distances in kilometres (haversine); inputs in degrees.

    Examples
    --------
    >>> paris, london = (48.857, 2.352), (51.507, -0.128)
    >>> round(float(distance_km(*map(np.asarray, paris), *map(np.asarray, london))))
    343
    """
    a, b = np.radians(lat_a), np.radians(lat_b)
    step = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * (
        np.sin(np.radians(np.subtract(lon_b, lon_a)) / 2) ** 2
    )
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(step, 0, 1))))


@dataclass(frozen=True)
class Geography:
    """ZIP codes with their county, region and income field.

    Attributes
    ----------
    zips : DataFrame
        The ZIP reference, one row per ZIP.
    words : dict of str to tuple
        City, state and code of each ZIP.
    county : ndarray of int64, shape (zips,)
        County number of each ZIP.
    region : ndarray of int64, shape (zips,)
        Index into ``REGIONS``.
    weight : ndarray of float64, shape (zips,)
        Cumulative share of customers, for inverse sampling.
    field : ndarray of float64, shape (counties,)
        Log-income of the county against the bank.
    county_zips, county_first : ndarray of int64
        ZIP numbers sorted by county, and where each county starts in them.
    """

    zips: pd.DataFrame
    words: dict[str, tuple[str, ...]]
    county: Ints
    region: Ints
    latitude: Floats
    longitude: Floats
    weight: Floats
    field: Floats
    county_zips: Ints
    county_first: Ints


def correlated(covariance: Floats, normal: Floats) -> Floats:
    """Return the lower Cholesky factor of `covariance` times independent `normal`.

    Column by column: what BLAS rounds depends on how many cores the machine has, and then
    incomes would too.

    Examples
    --------
    >>> correlated(np.array([[4.0, 2.0], [2.0, 2.0]]), np.array([1.0, 3.0])).tolist()
    [2.0, 4.0]
    """
    rest, found = covariance.copy(), np.zeros(len(normal))
    for column, value in enumerate(normal):
        factor = rest[column:, column] / np.sqrt(rest[column, column])
        found[column:] += factor * value
        rest[column + 1 :, column + 1 :] -= factor[1:, None] * factor[1:]
    return found


def build_geography(config: BankConfig) -> Geography:
    """Draw the customer weights and the spatial income field (mechanism 15).

    The field over county centres is Gaussian with covariance
    ``income_sd ** 2 * exp(-distance / range_km)`` (an exponential variogram,
    Cressie 1993); neighbouring counties have alike incomes and, through
    amounts, alike balances. County means of log income give it back (Moran's I).
    """
    zips = reference("zip_codes")
    county, names = pd.factorize(zips["state"] + "/" + zips["county"])
    latitude, longitude = zips["latitude"].to_numpy(), zips["longitude"].to_numpy()
    counts = np.bincount(county)
    centre_lat = np.bincount(county, latitude) / counts
    centre_lon = np.bincount(county, longitude) / counts
    gap = distance_km(centre_lat[:, None], centre_lon[:, None], centre_lat, centre_lon)
    covariance = np.exp(-gap / config.spatial.range_km) + 1e-9 * np.eye(len(names))
    rng = stream(config.seed, "geography")
    field = correlated(covariance, rng.standard_normal(len(names)))
    size = rng.gamma(2.0, size=len(names))[county] * rng.gamma(2.0, size=len(zips))
    order = np.argsort(county, kind="stable")
    return Geography(
        zips=zips,
        words={name: tuple(zips[name]) for name in ("city", "state", "zip_code")},
        county=county.astype(np.int64),
        region=pd.Index(REGIONS).get_indexer(pd.Index(zips["region"])).astype(np.int64),
        latitude=latitude,
        longitude=longitude,
        weight=np.cumsum(size) / size.sum(),
        field=config.spatial.income_sd * field,
        county_zips=order.astype(np.int64),
        county_first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )
