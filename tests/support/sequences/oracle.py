"""What must hold after each command of a sequence, however it ended; without the product's code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tests.support.sequences.look import Batch, Holding, Shown, holding, shown
from tests.support.sequences.own_feeds import FIRST_ID, OwnFeeds, digest, keep

OWN, SYNTHETIC = "own", "synthetic"


class BrokenError(AssertionError):
    """A promise was broken."""


class Oracle:
    """Looks at a data folder after each command and remembers what may never change again.

    Parameters
    ----------
    data_dir : Path
        The data folder.
    feeds : OwnFeeds
        The bank's own feeds.
    banks : mapping
        Synthetic banks: number of customers, and the digests of the files of each.
    """

    def __init__(
        self, data_dir: Path, feeds: OwnFeeds, banks: Mapping[int, frozenset[str]]
    ) -> None:
        self.data_dir, self.feeds, self.banks = data_dir, feeds, banks
        self.warehouse = data_dir / "warehouse.duckdb"
        self.snapshot = data_dir / "published" / "warehouse.duckdb"
        self.held = Holding()
        self.own_file: int | None = None
        self.aside: dict[Path, str] = {}

    def check(self) -> None:
        """Check everything that holds after any command.

        Raises
        ------
        BrokenError
            If a row was lost, banks were mixed, or a file was moved, replaced or torn apart.
        """
        now = holding(self.warehouse)
        self._nothing_own_is_lost(now)
        self._files_stay_together()
        self._what_is_set_aside_stays()
        self._is_one_bank(self.warehouse, now)
        self._own_rows_are_what_a_plain_script_keeps(now)
        self._is_of_one_bank(shown(self.snapshot))
        self.held = now

    def own_rows_are_loaded(self) -> None:
        """Check, after an ingest of all own feeds, that the newest load of each is its content."""
        newest = {batch.origin: batch.sha256 for batch in self.held.batches}
        for path, sha256 in self.feeds.digests().items():
            self.is_loaded(path, sha256, newest)

    def is_loaded(self, path: str, sha256: str, newest: Mapping[str, str] | None = None) -> None:
        """Check that the newest load under a file's name is its content."""
        loads = newest or {batch.origin: batch.sha256 for batch in self.held.batches}
        if loads.get(path) != sha256:
            raise BrokenError(f"{path} was loaded, but the warehouse lacks its content")

    def bank_is_loaded(self, customers: int) -> None:
        """Check that the warehouse holds all of a synthetic bank."""
        missing = self.banks[customers] - {batch.sha256 for batch in self.held.batches}
        if missing or self.held.kind != SYNTHETIC:
            raise BrokenError(f"the bank of {customers} customers lacks {len(missing)} files")

    def warehouse_is_published(self) -> None:
        """Check that readers see the warehouse as it is."""
        expected = Shown(self.held.kind, self.held.customers)
        if shown(self.snapshot) != expected:
            raise BrokenError("what is published is not what the warehouse holds")

    def drafts(self) -> list[Path]:
        """Return the snapshots that a killed command left half-written."""
        return list((self.data_dir / "published").glob(".draft*"))

    def nothing_is_left_over(self) -> None:
        """Check, after commands that ended, that the work of killed ones has been cleared away."""
        found = [*self.drafts(), *self.data_dir.rglob("*.wal"), *self.data_dir.glob("tmp/ingest-*")]
        if found:
            raise BrokenError(f"left over: {', '.join(map(str, found))}")

    def _nothing_own_is_lost(self, now: Holding) -> None:
        before = self.held
        if before.kind != OWN:
            return
        if now.kind != OWN or now.batches[: len(before.batches)] != before.batches:
            raise BrokenError(
                f"own loads are gone: {len(before.batches)} before, now {len(now.batches)} of "
                f"{now.kind}"
            )
        if self.warehouse.stat().st_ino != self.own_file:
            raise BrokenError("the file with own feeds was replaced")

    def _own_rows_are_what_a_plain_script_keeps(self, now: Holding) -> None:
        if now.kind != OWN:
            return
        self.own_file = self.warehouse.stat().st_ino
        contents = [(batch.batch_id, self.feeds.known[batch.sha256]) for batch in now.batches]
        if now.kept != keep(contents):
            raise BrokenError("bronze is not what a plain script keeps of the same loads")
        for batch, (_, content) in zip(now.batches, contents, strict=True):
            if (batch.read, batch.quarantined) != (len(content.rows), content.faulty):
                raise BrokenError(f"{batch} is not the file, which has {len(content.rows)} rows")

    def _files_stay_together(self) -> None:
        for log in self.data_dir.rglob("*.wal"):
            if not log.with_suffix("").is_file():
                raise BrokenError(f"{log} was separated from its file")

    def _what_is_set_aside_stays(self) -> None:
        found = {
            path: digest(path)
            for path in (self.data_dir / "set-aside").rglob("*")
            if path.is_file()
        }
        for path, before in self.aside.items():
            if found.get(path) != before:
                raise BrokenError(f"{path} was set aside and did not stay as it was")
        for path in found.keys() - self.aside.keys():
            if path.name != self.warehouse.name:
                raise BrokenError(f"{path} is no warehouse")
            held = holding(path)
            self._is_one_bank(path, held)
            if held.kind != SYNTHETIC:
                raise BrokenError(f"{path} was set aside, but holds {held.kind} rows")
        self.aside = found

    def _is_one_bank(self, path: Path, held: Holding) -> None:
        """Whole batches, all of one bank, and the file says which."""
        _adds_up(path, held)
        if not held.batches:
            if held.bank:
                raise BrokenError(f"{path} holds nothing and says that it is {held.bank}")
            return
        names = set.intersection(*(self._banks_with(batch) for batch in held.batches))
        if len(held.bank) != 1 or not names:
            raise BrokenError(f"{path} holds rows of more than one bank; it says {held.bank}")
        kind, parameters = held.bank[0]
        said = OWN if kind == OWN else f"{kind} {json.loads(parameters)['customers']}"
        if said not in names:
            raise BrokenError(f"{path} says that it holds {said}, but its loads are of {names}")
        strangers = held.synthetic if kind == OWN else {k: len(v) for k, v in held.kept.items()}
        if any(strangers.values()):
            raise BrokenError(f"{path} is {said} and holds rows of others: {strangers}")

    def _banks_with(self, batch: Batch) -> set[str]:
        names = {f"{SYNTHETIC} {n}" for n, files in self.banks.items() if batch.sha256 in files}
        if batch.sha256 in self.feeds.known:
            names.add(OWN)
        return names

    def _is_of_one_bank(self, seen: Shown | None) -> None:
        if seen is None:
            return
        own = [customer_id >= FIRST_ID for customer_id, _ in seen.customers]
        if own and {OWN if is_own else SYNTHETIC for is_own in own} != {seen.kind}:
            raise BrokenError(f"the snapshot of {seen.kind} shows customers {seen.customers}")


def _adds_up(path: Path, held: Holding) -> None:
    """Check that each batch adds up and is whole, and that nothing else is there."""
    for batch in held.batches:
        if batch.read != batch.accepted + batch.duplicates + batch.quarantined:
            raise BrokenError(f"{path}: {batch} does not add up")
    expected = {(b.table, b.batch_id, b.accepted) for b in held.batches if b.accepted}
    if held.counts != expected:
        raise BrokenError(f"{path}: batches are not whole: {held.counts ^ expected}")
    quarantined = {b.batch_id: b.quarantined for b in held.batches if b.quarantined}
    if held.quarantined != quarantined:
        raise BrokenError(f"{path}: quarantine holds {held.quarantined}, not {quarantined}")
