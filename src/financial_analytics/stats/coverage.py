"""What lies outside an interval of a given coverage."""

from __future__ import annotations

from financial_analytics.errors import InvalidInputError


def tails(confidence: float) -> tuple[float, float]:
    """Return the two probabilities that bound the central part of a distribution.

    Parameters
    ----------
    confidence : float
        Two-sided coverage as a fraction in (0, 1), not a percentage.

    Raises
    ------
    InvalidInputError
        If `confidence` is outside (0, 1).

    Examples
    --------
    >>> tails(0.5)
    (0.25, 0.75)
    """
    if not 0 < confidence < 1:
        raise InvalidInputError(
            f"confidence is {confidence}", hint="a fraction between 0 and 1, such as 0.95"
        )
    return (1 - confidence) / 2, (1 + confidence) / 2
