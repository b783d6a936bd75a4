"""Bands of distance: made-up shops that come and go, and the synthetic bank's branches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from tests.support.synthetic_lab import Bank, bank, month_of

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal import proximity_effect
from financial_analytics.stats.causal.event_counts import band_doses, event_ratios
from financial_analytics.synthetic.geography import distance_km

BANDS = ("near", "middle", "far")
NAMES = {
    "event": "shop", "period": "month", "band_before": "was", "band_now": "now",
    "count": "trips", "exposure": "homes", "bands": BANDS, "within": ["county"],
    "opening": "opens",
}  # fmt: skip


def shops(
    effects: tuple[float, float], seed: int, number: int = 14, early: int = 0, spread: float = 0.0
) -> pd.DataFrame:
    """Return trips of homes around shops that open or close, and of homes that nothing changed.

    Homes know of it `early` months before; what a shop changes differs by `spread`.
    """
    rng = np.random.default_rng(seed)
    level = {"near": 0.0, "middle": effects[0], "far": effects[1]}
    rows = []
    for shop in range(number):
        opens = shop % 2 == 0
        size = 1 + spread * rng.normal()
        season = rng.normal(size=24) * 0.2
        moves = [("middle", "near"), ("far", "near"), ("far", "middle")]
        for place in rng.choice(3, size=2, replace=False):
            was, now = moves[place] if opens else moves[place][::-1]
            for kind in (now, was):
                homes = int(rng.integers(60, 200)) if kind == now else 400
                base = 0.08 * np.exp(0.3 * rng.normal())
                for month in range(-12, 12):
                    moved = size * (level[kind] - level[was]) if month >= -early else 0.0
                    rate = base * np.exp(season[month] + moved)
                    rows.append((shop, f"county {place}", opens, was, kind, month, homes,
                                 rng.poisson(rate * homes)))  # fmt: skip
    names = ["shop", "county", "opens", "was", "now", "month", "homes", "trips"]
    return pd.DataFrame(rows, columns=names)


def run(frame: pd.DataFrame, **options: object) -> pd.DataFrame:
    found = proximity_effect(frame, **{**NAMES, "relevant": 0.5, **options})  # type: ignore[arg-type]
    return found[found["effect_level"] == "effect"].set_index("group_name")


@pytest.mark.parametrize(("effects", "spread"), [((0.0, 0.0), 0.0), ((-0.5, -1.2), 0.3)])
def test_covers_what_is_planted(effects: tuple[float, float], spread: float) -> None:
    """With a spread, shops differ in what they do: the error by shop must say so."""
    covered = np.zeros(2)
    for seed in range(40):
        frame = shops(effects, seed, spread=spread)
        found = event_ratios(
            frame["trips"], frame["homes"], is_after=frame["month"] >= 0,
            dose=band_doses(frame["was"].to_numpy(), frame["now"].to_numpy(), BANDS),
            stratum=frame["shop"].astype(str) + frame["county"] + frame["was"],
            event=frame["shop"],
        )  # fmt: skip
        covered += [
            row.lower <= effect <= row.upper for row, effect in zip(found, effects, strict=True)
        ]
    assert (covered >= 34).all()  # of 40: an honest interval has less in 3 of 1,000


def test_the_power_is_that_of_so_few_shops() -> None:
    rows, few = run(shops((-0.5, -1.2), 1)), run(shops((-0.5, -1.2), 1, number=8))
    assert (rows["power_rate"] > 0.8).all()
    assert few["minimum_detectable_value"].sum() > 1.2 * rows["minimum_detectable_value"].sum()


def test_who_moves_before_the_change_refutes_the_design() -> None:
    rows = run(shops((-0.5, -1.2), 2, early=5))
    assert rows.loc["far", "verdict"] == "refuted_by_diagnostic"
    assert "before the change" in rows.loc["far", "failed_diagnostic"]
    assert np.isnan(rows.loc["far", "estimate"])


def test_closures_that_openings_do_not_mirror_refute_the_design() -> None:
    frame = shops((0.0, 0.0), 3)
    rng = np.random.default_rng(4)
    gone = (frame["now"] != frame["was"]) & ~frame["opens"] & (frame["month"] >= 0)
    frame.loc[gone, "trips"] = rng.binomial(frame.loc[gone, "trips"], 0.3)
    rows = run(frame)
    assert (rows["verdict"] == "refuted_by_diagnostic").all()
    assert rows["failed_diagnostic"].str.contains("mirror").all()


def test_points_are_flat_before_the_change_and_apart_after() -> None:
    found = proximity_effect(shops((-0.5, -1.2), 5), **NAMES)  # type: ignore[arg-type]
    points = found[(found["effect_level"] == "point") & (found["group_name"] == "far")]
    assert points["point_value"].tolist() == [-11, -8, -5, -2, 1, 4, 7, 10]
    before = points["point_value"] < 0
    assert (points.loc[before, "estimate_lower"] < 0).all()
    assert (points.loc[before, "estimate_upper"] > 0).all()
    assert (points.loc[~before, "estimate_upper"] < -0.5).all()
    key = ["outcome_name", "effect_level", "group_name", "point_number"]
    assert not found.duplicated(key).any()


def test_other_orders_missing_values_and_split_cells_change_nothing() -> None:
    frame = shops((-0.5, -1.2), 6)
    whole = run(frame)
    lacking = frame.head(30).assign(was=None, shop=99)
    halves = pd.concat([frame.assign(homes=frame["homes"] / 2), frame.assign(
        homes=frame["homes"] / 2, trips=0)])  # fmt: skip
    mixed = run(pd.concat([halves, lacking]).sample(frac=1, random_state=1))
    for name in ("estimate", "standard_error", "placebo_p_value", "symmetry_p_value"):
        assert mixed[name].tolist() == pytest.approx(whole[name].tolist(), rel=1e-6)


def test_a_hand_worked_ratio() -> None:
    """Five equal events: 40 of 100 homes after 80, controls 110 after 100: (40/80)/(110/100)."""
    one = [(0, 1, 80), (1, 1, 40), (0, 0, 100), (1, 0, 110)]
    rows = [(event, *cell) for event in range(5) for cell in one]
    event, after, dose, count = np.array(rows).T
    (effect,) = event_ratios(
        count, np.full(len(rows), 100), is_after=after, dose=dose[:, None], stratum=event,
        event=event,
    )  # fmt: skip
    assert effect.estimate == pytest.approx(np.log((40 / 80) / (110 / 100)))
    # events that are all alike leave the error of the counts, of sums five times as large
    error = np.sqrt((1 / 80 + 1 / 40 + 1 / 100 + 1 / 110) / 5)
    assert effect.standard_error == pytest.approx(error, rel=1e-6)
    assert effect.diagnostics == {"events": 5, "degrees_of_freedom": 4}


def test_the_fit_is_that_of_a_logistic_regression_with_strata() -> None:
    frame = shops((-0.5, -1.2), 9, number=6)
    frame["stratum"] = frame["shop"].astype(str) + frame["was"]
    dose = band_doses(frame["was"].to_numpy(), frame["now"].to_numpy(), BANDS)
    found = event_ratios(
        frame["trips"], frame["homes"], is_after=frame["month"] >= 0, dose=dose,
        stratum=frame["stratum"], event=frame["shop"],
    )  # fmt: skip
    cell = frame.assign(after=frame["month"] >= 0, a=dose[:, 0], b=dose[:, 1])
    sums = cell.groupby(["stratum", "a", "b", "after"])[["trips", "homes"]].sum().reset_index()
    old, new = (
        sums[~sums["after"]].reset_index(drop=True),
        sums[sums["after"]].reset_index(drop=True),
    )
    x = np.column_stack([pd.get_dummies(old["stratum"]).to_numpy(float), old[["a", "b"]]])
    pairs = np.column_stack([new["trips"], old["trips"]])
    fit = sm.GLM(pairs, x, sm.families.Binomial(), offset=np.log(new["homes"] / old["homes"])).fit()
    assert [item.estimate for item in found] == pytest.approx(fit.params[-2:].tolist(), rel=1e-6)
    assert all(
        item.standard_error >= error - 1e-9 for item, error in zip(found, fit.bse[-2:], strict=True)
    )


@pytest.mark.parametrize(
    "frame",
    [
        shops((0, 0), 7).head(0),
        shops((0, 0), 7, number=4),
        shops((0, 0), 7).assign(trips=0),
        shops((0, 0), 7).assign(now="near", was="near"),
        shops((0, 0), 7).query("month < 0"),
    ],
)
def test_too_little_is_not_identified(frame: pd.DataFrame) -> None:
    rows = run(frame)
    assert set(rows["verdict"]) == {"not_identified"}
    assert set(rows["status"]) == {"insufficient_data"}


def test_mistakes_are_told() -> None:
    frame = shops((0, 0), 8)
    with pytest.raises(InvalidInputError, match="no column height"):
        run(frame, count="height")
    with pytest.raises(InvalidInputError, match="no band beside"):
        run(frame.assign(now="beside"))
    with pytest.raises(InvalidInputError, match="no whole number"):
        run(frame.assign(month=frame["month"] + 0.5))
    with pytest.raises(InvalidInputError, match="negative"):
        run(frame.assign(trips=-1))
    ones = np.ones(2)
    with pytest.raises(InvalidInputError, match="two events"):
        event_ratios(ones, ones, is_after=[0, 1], dose=ones[:, None], stratum=[1, 1], event=[1, 2])
    with pytest.raises(InvalidInputError, match="shapes are"):
        event_ratios(ones, ones, is_after=[0, 1], dose=ones, stratum=[1, 1], event=[1, 1])


def cells(made: Bank, near: float = 8, far: float = 30, months: int = 36) -> pd.DataFrame:
    """Return what `int_branch_event_cells` holds of visits, from the feeds."""
    zips = made.feed("zip_codes").drop_duplicates("zip_code").set_index("zip_code")
    branches = made.feed("branch_locations").sort_values("updated_at").groupby("branch_id").last()
    gap = distance_km(
        zips.latitude.to_numpy()[:, None], zips.longitude.to_numpy()[:, None],
        branches.latitude.to_numpy(), branches.longitude.to_numpy(),
    )  # fmt: skip
    opened, closed = (
        month_of(branches.open_date),
        month_of(branches.close_date.fillna("2100-01-01")),
    )
    closest = np.empty((len(zips), months))
    which = np.empty((len(zips), months), dtype=int)
    for month in range(months):
        here = np.where((opened <= month) & (closed > month), gap, np.inf)
        closest[:, month], which[:, month] = here.min(axis=1), here.argmin(axis=1)
    band = (closest >= near).astype(int) + (closest >= far)
    versions = made.feed("customers").sort_values("updated_at")
    home = np.full((versions.customer_id.max() + 1, months), -1)
    code = zips.index.get_indexer(versions.zip_code)
    since = np.clip(month_of(versions.updated_at) + 1, 0, months)
    for customer, place, start in zip(versions.customer_id, code, since, strict=True):
        home[customer, start:] = place
    signup = versions.groupby("customer_id").signup_date.first()
    people = np.flatnonzero(home[:, 0] >= 0)
    people = people[month_of(signup.reindex(people)) < 0]
    contacts = made.feed("customer_interactions")
    calls = contacts[contacts.interaction_type == "Branch Visit"]
    visits = np.zeros_like(home)
    np.add.at(visits, (calls.customer_id, month_of(calls.interaction_date)), 1)
    shut = made.feed("accounts").sort_values("updated_at").groupby("account_id").last()
    ends = shut.assign(ends=pd.to_datetime(shut.close_date.fillna("2100-01-01")))
    last = ends.groupby("customer_id").ends.max()
    gone = month_of(last.reindex(people).fillna(pd.Timestamp("2100-01-01")))
    state = zips.state.to_numpy()
    rows = []
    for branch in np.flatnonzero((opened >= 3) | (closed < months - 2)):
        month = opened[branch] if opened[branch] >= 3 else closed[branch]
        if not 3 <= month <= months - 3:
            continue
        first, stop = max(month - 12, 0), min(month + 12, months)
        lived = home[people, first]
        stays = (home[people, first : month + 1] == lived[:, None]).all(axis=1)
        was, now = band[lived, month - 1], band[lived, month]
        same = (band[lived, first:month] == was[:, None]).all(axis=1)
        cause = which[lived, month] if opened[branch] == month else which[lived, month - 1]
        changed = (was != now) & (cause == branch)
        touched = set(zip(state[lived[changed]], was[changed], strict=True))
        mine = np.array([pair in touched for pair in zip(state[lived], was, strict=True)])
        take = np.flatnonzero(stays & same & mine & (changed | (was == now)))
        for when in range(first, stop):
            at = people[take]
            here = home[at, when] == lived[take]
            here &= band[lived[take], when] == np.where(when < month, was, now)[take]
            here &= gone[take] >= when
            rows.append(pd.DataFrame({
                "branch": branch, "state": state[lived[take]], "was": was[take], "now": now[take],
                "month": when - month, "opens": opened[branch] == month,
                "visits": visits[at, when], "homes": 1,
            })[here])  # fmt: skip
    keys = ["branch", "state", "was", "now", "month", "opens"]
    made_cells = pd.concat(rows).groupby(keys, as_index=False).sum()
    names = dict(enumerate(BANDS))
    return made_cells.assign(was=made_cells.was.map(names), now=made_cells.now.map(names))


MANY = ("branches.openings=30", "branches.closures=30", "branches.visit_rate=0.4")
NOTHING = ("branches.middle_effect=0", "branches.far_effect=0")


@pytest.mark.parametrize(("planted", "settings"), [((-0.5, -1.2), ()), ((0.0, 0.0), NOTHING)])
def test_the_bank_s_bands_come_back(
    planted: tuple[float, float], settings: tuple[str, ...]
) -> None:
    made = bank(*MANY, *settings, customers=8000, transactions=16_000)
    found = proximity_effect(
        cells(made), event="branch", period="month", band_before="was", band_now="now",
        count="visits", exposure="homes", within=["state"], opening="opens", relevant=0.5,
    )  # fmt: skip
    rows = found[found["effect_level"] == "effect"].set_index("group_name")
    assert (rows["verdict"] == "supported").all()
    for band, effect in zip(BANDS[1:], planted, strict=True):
        row = rows.loc[band]
        assert row["estimate_lower"] <= effect <= row["estimate_upper"]
        assert row["power_rate"] > 0.8
        assert row["event_count"] >= 20
