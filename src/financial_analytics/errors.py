"""Errors a user can act on: each says what was given, what is valid and what to do."""

from __future__ import annotations


class FinancialAnalyticsError(Exception):
    """Base of every error that the platform raises on purpose.

    Parameters
    ----------
    message : str
        What was given and why it is not valid.
    hint : str, optional
        What to do about it; printed after the message as ``hint: …``.
    """

    exit_code: int = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UserInputError(FinancialAnalyticsError):
    """An argument, option, path or setting is not valid."""

    exit_code = 2


class InvalidInputError(UserInputError, ValueError):
    """A function was called with values outside its stated domain."""


class FeedError(FinancialAnalyticsError):
    """A feed could not be read or was refused whole."""

    exit_code = 3


class BuildError(FinancialAnalyticsError):
    """A dbt run ended with failing models or tests."""

    exit_code = 4


class NotPublishedError(BuildError):
    """What is built is not of one build, or holds no analytics; readers keep what they had."""


class QuarantineError(FinancialAnalyticsError):
    """More of a table is in quarantine than was allowed; what was accepted is loaded."""

    exit_code = 6


class EngineError(FinancialAnalyticsError):
    """The database is missing, locked or refuses the connection."""

    exit_code = 5
