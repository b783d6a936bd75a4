"""Fraud rules over each micro-batch, before it is stored: the SQL of `int_realtime_rules`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from financial_analytics.errors import EngineError
from financial_analytics.ingest.contract import Contract
from financial_analytics.live.basis import stamp
from financial_analytics.live.hot import Accepted, Alert, HotStore
from financial_analytics.live.now import FEED, Now, catch_up


class Scorer:
    """Says which rules the transactions of a micro-batch fire; a context manager.

    Parameters
    ----------
    basis : Path
        What the last build left. Until there is one that can be read nothing is scored.
    contract : Contract
        What hot rows hold.
    hot : HotStore
        What has come since the build.
    told : callable
        Hears in words of a basis that cannot be read: events are worth more than their scores.
    """

    def __init__(
        self, basis: Path, contract: Contract, hot: HotStore,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._basis, self._contract, self._hot = basis, contract, hot
        self._told = told
        self._now: Now | None = None
        self._stamp: tuple[int, int] | None = None
        self._built: set[tuple[int, str]] = set()

    def __enter__(self) -> Scorer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._now is not None:
            self._now.close()
            self._now = None

    def score(self, accepted: Sequence[Accepted]) -> list[Alert]:
        """Return the rules that the accounts of a micro-batch fire, earlier transactions too.

        What fired before the build is left to it.
        """
        self._renew()
        rows = [row.body for row in accepted if row.table == FEED]
        if self._now is None or not rows:
            return []
        self._now.add([(self._now.number, body) for body in rows])
        return [
            alert for alert in self._now.alerts()
            if (alert.transaction_id, alert.rule) not in self._built
        ]  # fmt: skip

    def _renew(self) -> None:
        """Begin again from a newer build, and with what has come since."""
        found = stamp(self._basis)
        if found is not None and found != self._stamp:
            self.__exit__()
            self._stamp = found
            try:
                self._now = Now(self._basis, self._contract, is_scoring=True)
            except EngineError as error:
                self._told(f"events are stored without fraud rules: {error.message}; {error.hint}")
                return
            self._now.ask_all()
            self._built = {(alert.transaction_id, alert.rule) for alert in self._now.alerts()}
            catch_up(self._now, self._hot)
