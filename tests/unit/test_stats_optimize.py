"""Plans under limits: worked by hand, against brute force, and what is said where there is none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.optimize import Limit, allocate, solve
from financial_analytics.synthetic.budget import best_spend

GLASS = [
    Limit("plant 1", [1, 0], 4), Limit("plant 2", [0, 2], 12), Limit("plant 3", [3, 2], 18),
]  # fmt: skip


class Hill:
    """Curves ``people * top * x / (x + half)`` of spend ``people * x``."""

    def __init__(self, people: np.ndarray, top: np.ndarray, half: np.ndarray) -> None:
        self.people, self.top, self.half = people, top, half

    def value(self, amounts: np.ndarray) -> np.ndarray:
        spend = amounts / self.people
        return self.people * self.top * spend / (spend + self.half)

    def slope(self, amounts: np.ndarray) -> np.ndarray:
        return self.top * self.half / (amounts / self.people + self.half) ** 2


def test_wyndor_glass_as_published() -> None:
    """Hillier and Lieberman, Introduction to Operations Research, ch. 3."""
    best = solve([3, 5], GLASS)
    assert best.amounts == pytest.approx([2, 6])
    assert (best.value, best.gap) == (pytest.approx(36), pytest.approx(0))
    assert best.prices == pytest.approx({"plant 1": 0, "plant 2": 1.5, "plant 3": 1})
    assert best.binding == ("plant 2", "plant 3")
    assert best.used == pytest.approx({"plant 1": 2, "plant 2": 12, "plant 3": 18})


def test_a_price_is_what_one_more_unit_adds() -> None:
    more = [*GLASS[:1], Limit("plant 2", [0, 2], 13), *GLASS[2:]]
    assert solve([3, 5], more).value - solve([3, 5], GLASS).value == pytest.approx(1.5)


def test_no_plan_says_what_must_give_and_by_how_much() -> None:
    """At least 6 of the second need 12 of plant 3, which has 8: four more and there is a plan."""
    limits = [Limit("orders", [0, -1], -6), Limit("plant 3", [3, 2], 8)]
    none = solve([3, 5], limits)
    assert none.status == "infeasible"
    assert np.isnan(none.amounts).all()
    assert none.relax
    given_way = [Limit(x.name, x.uses, x.most + none.relax.get(x.name, 0)) for x in limits]
    assert solve([3, 5], given_way).status == "optimal"
    nearly = [Limit(x.name, x.uses, x.most + 0.9 * none.relax.get(x.name, 0)) for x in limits]
    assert solve([3, 5], nearly).status == "infeasible"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whole_amounts_are_those_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    worth, uses = rng.integers(-3, 20, 8), rng.integers(1, 9, (2, 8))
    most = rng.integers(5, 25, 2)
    limits = [Limit(f"limit {k}", uses[k], float(most[k])) for k in range(2)]
    best = solve(worth, limits, upper=1, whole=True)
    plans = np.array(list(itertools.product((0, 1), repeat=8)))
    fits = (plans @ uses.T <= most).all(axis=1)
    assert best.value == pytest.approx((plans[fits] @ worth).max())
    # the relaxation is proved above it
    assert solve(worth, limits, upper=1).value >= best.value - 1e-9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 3))
def test_a_budget_over_hill_curves_is_that_of_the_closed_form(seed: int, each: float) -> None:
    """Karush-Kuhn-Tucker by root finding is another way to the same split."""
    rng = np.random.default_rng(seed)
    people, top = rng.uniform(50, 500, 7), rng.uniform(0.01, 0.2, 7)
    half = rng.uniform(0.2, 4, 7)
    curves, budget = Hill(people, top, half), float(each * people.sum())
    found = allocate(curves, [Limit("Budget", np.ones(7), budget)], upper=np.full(7, budget))
    exact = curves.value(people * best_spend(people, top, half, budget)).sum()
    # the closed form is rounded to nine places
    assert found.solution.value == pytest.approx(exact, rel=1e-7)
    assert found.solution.bound >= exact * (1 - 1e-7)
    inside = (found.solution.amounts > 0.05 * budget) & (found.solution.amounts < 0.95 * budget)
    price = found.solution.prices["Budget"]
    # near the best split the value is flat: a gap of 1e-8 leaves a slope its root, and a bit
    assert found.slopes[inside] == pytest.approx(price, rel=0.005)


def test_a_budget_of_two_worked_by_hand() -> None:
    """Equal people and curves: half each; slope 0.1 * 1 / (2 + 1)^2."""
    curves = Hill(np.ones(2), np.full(2, 0.1), np.ones(2))
    found = allocate(curves, [Limit("Budget", [1, 1], 4)], upper=[4, 4])
    assert found.solution.amounts == pytest.approx([2, 2], abs=0.01)
    assert found.solution.prices["Budget"] == pytest.approx(0.1 / 9, rel=0.01)


def test_a_floor_above_the_budget_is_named() -> None:
    curves = Hill(np.ones(2), np.full(2, 0.1), np.ones(2))
    found = allocate(curves, [Limit("Budget", [1, 1], 4)], lower=[3, 3], upper=[5, 5])
    assert found.solution.status == "infeasible"
    assert found.solution.relax == pytest.approx({"Budget": 2})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: solve([1], [Limit("a", [1], 1), Limit("a", [1], 2)]), "share a name"),
        (lambda: solve([1], [Limit("a", [1, 2], 1)]), "2 uses for 1 amounts"),
        (lambda: solve([1], [], lower=2, upper=1), "at least 2 and at most 1"),
        (lambda: solve([1], []), "no bound"),
        (
            lambda: allocate(Hill(*np.ones((3, 1))), [Limit("a", [1], 1)], upper=[np.inf]),
            "no upper bound",
        ),
    ],
)
def test_a_mistake_is_said(call: object, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        call()  # type: ignore[operator]
