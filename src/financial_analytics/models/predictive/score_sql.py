"""A scorecard as portable SQL: the same score wherever the features are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.predictive.features import YES
from financial_analytics.models.predictive.risk import RiskModel
from financial_analytics.models.predictive.scorecard import Bins, Scorecard


def score_sql(
    model: RiskModel, relation: str, keys: Sequence[str], *, double: str = "double precision"
) -> str:
    """Return a query that scores a relation as the scorecard does.

    Every value falls into one bin: below, between or above bounds, a known level, another one,
    or unknown (NULL), each with the weight that it had in training.

    Parameters
    ----------
    model : RiskModel
        A champion: boosted trees are not written as SQL.
    relation : str
        Relation that has the keys and the scored features as columns.
    keys : sequence of str
        Columns that the query returns before ``log_odds`` and ``probability``.
    double : str, default "double precision"
        The engine's 64-bit float: ``double precision`` on PostgreSQL, ``double`` on DuckDB and
        Spark.

    Raises
    ------
    InvalidInputError
        If the model is no scorecard.
    """
    if not isinstance(model.machine, Scorecard):
        raise InvalidInputError(
            f"a {model.kind} model is not written as SQL", hint="give the champion"
        )

    def number(value: float) -> str:
        return f"cast('{value!r}' as {double})"

    intercept, slope = model.calibration
    terms = [
        f"{number(coefficient)} * {_case(bins, number)}"
        for bins, coefficient in zip(model.machine.bins, model.machine.coefficients, strict=True)
    ]
    added = "".join(f"\n            + {term}" for term in terms)
    names = "".join(f"    {key},\n" for key in keys)
    kept = "".join(f"        {key},\n" for key in keys)
    return (
        "with scored as (\n    select\n"
        f"{kept}        {number(intercept)} + {number(slope)} * (\n"
        f"            {number(model.machine.intercept)}{added}\n"
        f"        ) as log_odds\n    from {relation}\n)\n\n"
        f"select\n{names}    log_odds,\n"
        f"    {number(1.0)} / ({number(1.0)} + exp(-log_odds)) as probability\nfrom scored\n"
    )


def _case(bins: Bins, number: Callable[[float], str]) -> str:
    """Return the weight of a feature's value as a case expression."""
    name, weights = bins.feature.name, bins.weights
    lines = [f"when {name} is null then {number(weights[-1])}"]
    if bins.feature.kind == "number":
        lines += [
            f"when {name} < {number(edge)} then {number(weights[at])}"
            for at, edge in enumerate(bins.edges)
        ]
        rest = weights[len(bins.edges)]
    else:
        for at, level in enumerate(bins.levels):
            quoted = level.replace("'", "''")
            if bins.feature.kind == "flag":
                test = name if level == YES else f"not {name}"
            else:
                test = f"{name} = '{quoted}'"
            lines.append(f"when {test} then {number(weights[at])}")
        rest = weights[len(bins.levels)]
    whens = "".join(f"\n                {line}" for line in lines)
    return f"case{whens}\n                else {number(rest)}\n            end"
