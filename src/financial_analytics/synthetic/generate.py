"""Generate a bank: all feeds, the deltas after the full load and the ledger of truths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.synthetic.campaigns import Results, campaign_versions
from financial_analytics.synthetic.config import BLOCK_CUSTOMERS, BankConfig
from financial_analytics.synthetic.dirt import DirtMaker
from financial_analytics.synthetic.folder import clear
from financial_analytics.synthetic.frame import Frame, Ints, to_arrow
from financial_analytics.synthetic.load import check, load_config
from financial_analytics.synthetic.merchants import merchant_versions
from financial_analytics.synthetic.network import atm_versions, branch_versions
from financial_analytics.synthetic.rates import (
    code_rows,
    exchange_rows,
    holiday_rows,
    indicator_rows,
    product_versions,
    zip_rows,
)
from financial_analytics.synthetic.regulatory import call_reports
from financial_analytics.synthetic.simulate import World, build_world
from financial_analytics.synthetic.sink import Sink, iso
from financial_analytics.synthetic.truth import Totals, write_parameters
from financial_analytics.synthetic.workers import all_blocks, default_workers

__all__ = ["BankConfig", "GenerateReport", "generate", "load_config"]

FORMATS = ("parquet", "csv")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class GenerateReport:
    """What was written.

    Attributes
    ----------
    out_dir : Path
    rows : dict of str to int
        Rows per feed, full load and deltas together, planted faults included.
    faults : int
        Rows planted by the dirt, see ``truth/latent_dirt.parquet``.
    batches : list of Path
        Folders to ingest, in this order: the full load, then a folder per day.
    extracted_at : dict of Path to str
        Last day that each batch knows.
    """

    out_dir: Path
    rows: dict[str, int]
    faults: int
    batches: list[Path] = field(default_factory=list)
    extracted_at: dict[Path, str] = field(default_factory=dict)


def _put_shared(world: World, sink: Sink) -> None:
    config, calendar, geography = world.config, world.calendar, world.geography

    def put(table: str, rows: tuple[Frame, Ints]) -> None:
        frame, day = rows
        sink.put(table, to_arrow(table, frame, len(day)), day)

    put("products", product_versions(calendar, world.market))
    put("merchants", merchant_versions(config, calendar, geography, world.merchants))
    put("branch_locations", branch_versions(config, calendar, geography, world.network))
    put("atm_locations", atm_versions(config, calendar, geography, world.network))
    put("economic_indicators", indicator_rows(calendar, world.market))
    put("exchange_rates", exchange_rows(config, calendar))
    put("bank_holidays", holiday_rows(calendar))
    put("merchant_category_codes", code_rows())
    put("zip_codes", zip_rows(geography))
    put("regulatory_reports", call_reports(calendar))


@contextmanager
def _allocator() -> Iterator[None]:
    """Let Arrow allocate like NumPy while a bank is written.

    Its own allocator hands memory back between row groups and gets it again as huge
    pages that the kernel has to clear: an eighth of all CPU time.
    """
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def generate(
    config: BankConfig,
    out_dir: Path,
    *,
    fmt: str = "parquet",
    progress: Progress | None = None,
    chunk_blocks: int = 1,
    workers: int | None = None,
) -> GenerateReport:
    """Write a synthetic bank.

    ``full/`` gets the full load of 22 feeds, ``deltas/YYYY-MM-DD/`` what each of the
    last ``config.deltas`` days adds, ``truth/`` the ledger. The same configuration
    gives the same bytes on every run.

    Parameters
    ----------
    config : BankConfig
        From `load_config`.
    out_dir : Path
        Folder to write to; the bank that an earlier run wrote into it is replaced.
    fmt : str, default 'parquet'
        Or ``csv``.
    progress : callable, optional
        Called with customers done and customers in total.
    chunk_blocks : int, default 1
        Blocks simulated ahead of writing. Changes memory, never the files.
    workers : int, optional
        Processes that simulate; by default two where there are two cores and the bank
        is large enough. Changes time, never the files.

    Raises
    ------
    UserInputError
        If the format or the folder is not valid, or there are other files where it writes.
    """
    if fmt not in FORMATS:
        raise UserInputError(f"format is {fmt!r}", "choose parquet or csv")
    check(config)
    out_dir = Path(out_dir)
    clear(out_dir)
    with _allocator():
        return _generate(config, out_dir, fmt, progress, chunk_blocks, workers)


def _generate(
    config: BankConfig, out_dir: Path, fmt: str, progress: Progress | None, chunk_blocks: int,
    workers: int | None,
) -> GenerateReport:  # fmt: skip
    world = build_world(config)
    sink = Sink(out_dir, fmt, config, world.full_last, world.calendar.last)
    for table in load_contract().tables:
        sink.declare(table)
    dirt = DirtMaker(world, sink)
    try:
        _put_shared(world, sink)
        results = Results.empty(len(world.plan.first))
        totals, done = Totals(), 0
        for block in all_blocks(world, workers or default_workers(config.blocks), chunk_blocks):
            put = dirt.watch(block.number)
            for table, rows, day in block.feeds:
                put(table, rows, day)
            for name, rows in block.truths:
                if not totals.add(name, rows):
                    sink.truth(name, rows)
            results.merge(block.results)
            done = min(done + BLOCK_CUSTOMERS, config.customers)
            if progress is not None:
                progress(done, config.customers)
        dirt.flush()
        totals.write(world, sink.truth)
        frame, day = campaign_versions(world.calendar, world.plan, results)
        sink.put("marketing_campaigns", to_arrow("marketing_campaigns", frame, len(day)), day)
    except BaseException:
        sink.abort()
        raise
    sink.close()
    write_parameters(world, out_dir)
    sink.seal()
    return _report(world, sink, dirt.planted)


def _report(world: World, sink: Sink, faults: int) -> GenerateReport:
    out_dir = sink.out_dir
    rows: dict[str, int] = dict.fromkeys(load_contract().tables, 0)
    for path, file in sink.files.items():
        if path.parent.name != "truth":
            rows[path.stem.removesuffix("_dirty").removesuffix("_latin1")] += file.rows
    days = np.arange(world.full_last + 1, world.calendar.last + 1).tolist()
    folders = {out_dir / "full": iso(world.full_last)}
    folders |= {out_dir / "deltas" / iso(day): iso(day) for day in days}
    present = {path: day for path, day in folders.items() if path.is_dir()}
    return GenerateReport(out_dir, rows, faults, list(present), present)
