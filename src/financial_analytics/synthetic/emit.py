"""From a simulated block to rows of the 22 feeds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.arrays import run_starts
from financial_analytics.synthetic.campaigns import touch_frame
from financial_analytics.synthetic.catalog import CHECKING, SAVINGS
from financial_analytics.synthetic.compliance import (
    alert_frame,
    assessments,
    draw_alerts,
)
from financial_analytics.synthetic.credit import application_frame
from financial_analytics.synthetic.frame import DAY, NULL, Bools, Floats, Ints, to_arrow
from financial_analytics.synthetic.fraud import fraud_score, label_day
from financial_analytics.synthetic.interactions import contact_frame
from financial_analytics.synthetic.ledger import account_events, account_versions, dormancy
from financial_analytics.synthetic.legs import BROUGHT_FORWARD, Legs
from financial_analytics.synthetic.loans import payment_frame
from financial_analytics.synthetic.regulatory import report_rows
from financial_analytics.synthetic.rng import stream
from financial_analytics.synthetic.simulate import Block, World
from financial_analytics.synthetic.sink import put_twice
from financial_analytics.synthetic.transactions import IDS_PER_CUSTOMER, transaction_frame
from financial_analytics.synthetic.versions import (
    build_versions,
    customer_frame,
    segment_frame,
    segment_rows,
)

Put = Callable[[str, pa.Table, Ints], object]
NEVER_KNOWN = 10**7
"""A day after any window."""


def _replace(table: pa.Table, column: str, values: pa.Array) -> pa.Table:
    kind = table.schema.field(column).type
    if pa.types.is_dictionary(kind) and values.type != kind:
        values = values.cast(pa.string()).dictionary_encode()
    return table.set_column(table.schema.get_field_index(column), column, values)


def known_day(label: Ints, day: Ints) -> Ints:
    """Return the day on which the feed labels a fraud of `day`: the next at the earliest.

    So the label arrives after the transaction, whether in a delta or in a full load.
    """
    return np.where(label == NULL, NEVER_KNOWN, np.maximum(label, day + 1))


def transaction_rows(
    world: World, block: Block, table: Legs, rows: Ints
) -> tuple[pa.Table, Ints, Ints, Floats]:
    """Return the transactions that the legs `rows` of `table` are, as the full load knows them.

    Returns
    -------
    Table
    ndarray of int64
        Transaction ids of all legs.
    ndarray of int64
        Day on which each fraud becomes known; NULL for honest ones.
    ndarray of float64
        Latent scores.
    """
    config = world.config
    score, latent = fraud_score(config, table.typology, block.number)
    label = label_day(config, table.typology, table.at, block.number)
    known = known_day(label, table.at // DAY) <= world.full_last
    number = np.arange(len(table)) - run_starts(table.customer) + 1
    ids = block.people.ids.take(table.customer) * IDS_PER_CUSTOMER + number
    frame = transaction_frame(
        config, world.calendar, world.places, world.merchants, block.people, block.accounts,
        table, rows, score, known, ids, block.number,
    )  # fmt: skip
    return to_arrow("transactions", frame, len(rows)), ids, label, latent


def emit_transactions(
    world: World, block: Block, put: Put, last_asked: int
) -> tuple[Ints, Ints, Floats]:
    """Write transactions: frauds unlabelled at first, some delta rows late or corrected.

    After the full load ``late_share`` of the rows arrive one to three days late, and
    ``corrected_share`` arrive wrong, and right the day after.
    """
    day = block.legs.at // DAY
    last, full_last = world.calendar.last, world.full_last
    # what was brought forward did not move: the accounts feed reports it
    told = np.flatnonzero((block.legs.description != BROUGHT_FORWARD) & (day <= last_asked))
    rows, ids, label_of, latent = transaction_rows(world, block, block.legs, told)
    size, day, label = len(day), day.take(told), label_of.take(told)
    if not world.config.deltas:
        put("transactions", rows, day)
        return ids, label_of, latent
    rng = stream(world.config.seed, "delta arrivals", block.number)
    u, wait = rng.random((2, size)).take(told, axis=1)
    effect = world.config.history
    inside = (day > full_last) & (day <= last) & (label == NULL)
    late = inside & (u < effect.late_share)
    arrives = np.where(late, np.minimum(day + 1 + (wait * 3).astype(np.int64), last), day)
    wrong = inside & ~late & (day < last) & (u > 1 - effect.corrected_share)
    if wrong.any():
        cents = block.legs.cents[told[wrong]]
        cents = np.where(wait[wrong] < 0.5, cents * 10, cents + 100)
        amount = to_arrow("transactions", {"amount": cents}, int(wrong.sum()))["amount"]
        put("transactions", _replace(rows.filter(pa.array(wrong)), "amount", amount), day[wrong])
        arrives = np.where(wrong, day + 1, arrives)
    put("transactions", rows, arrives)
    told_on = known_day(label, day)
    known = (told_on > full_last) & (told_on <= last)
    if known.any():
        part = rows.filter(pa.array(known))
        labelled = pa.array(np.ones(part.num_rows, dtype=np.bool_))
        put("transactions", _replace(part, "is_fraud", labelled), told_on[known])
    return ids, label_of, latent


def _late(world: World, name: str, block: Block, day: Ints) -> Ints:
    """Let some versions of a delta arrive one to three days late, so out of order."""
    if not world.config.deltas:
        return day
    u, wait = stream(world.config.seed, name, block.number).random((2, len(day)))
    inside = (day > world.full_last) & (day <= world.calendar.last)
    late = inside & (u < world.config.history.late_share)
    return np.where(
        late, np.minimum(day + 1 + (wait * 3).astype(np.int64), world.calendar.last), day
    )


def emit_entities(world: World, block: Block, put: Put) -> None:
    """Write customer and account versions, segment history and account events."""
    config, calendar = world.config, world.calendar
    people, life, accounts = block.people, block.life, block.accounts
    versions = build_versions(config, calendar, people, life, world.full_last)
    frame = customer_frame(
        config, calendar, world.geography, people, life, block.logins, versions, block.number
    )
    day = _late(world, "late customers", block, versions.at // DAY)
    put("customers", to_arrow("customers", frame, len(day)), day)
    spells = dormancy(block.legs, accounts, calendar.last)
    frame = account_versions(
        calendar,
        people,
        accounts,
        block.cards,
        life,
        block.legs,
        block.book,
        spells,
        world.full_last,
    )
    at: Ints = np.asarray(frame["updated_at"])
    day = _late(world, "late accounts", block, at // DAY)
    put("accounts", to_arrow("accounts", frame, len(at)), day)
    rows = segment_rows(people, life)
    moment = np.maximum(rows.start, calendar.first) * DAY
    balance = sum(
        (block.book.at(rows.customer, np.full(len(moment), slot), moment)
         for slot in (CHECKING, SAVINGS)),
        start=np.zeros(len(moment), dtype=np.int64),
    )  # fmt: skip
    ended = rows.end != NULL
    final = segment_frame(config, people, accounts, life, rows, balance, ended)

    def current(mask: Bools) -> pa.Table:
        still = np.zeros_like(ended)
        frame = segment_frame(config, people, accounts, life, rows, balance, still)
        return to_arrow("customer_segments_history", frame, len(moment)).filter(pa.array(mask))

    put_twice(
        put, "customer_segments_history", to_arrow("customer_segments_history", final, len(moment)),
        current, rows.start, np.where(ended, rows.end, rows.start), world.full_last,
    )  # fmt: skip
    frame = account_events(
        config, calendar, people, accounts, block.cards, life, block.loans, world.rollout, spells,
        block.takeover, block.number,
    )  # fmt: skip
    at = np.asarray(frame["event_date"])
    put("account_events", to_arrow("account_events", frame, len(at)), at // DAY)


def emit_credit(world: World, block: Block, put: Put) -> None:
    """Write applications (pending until decided) and instalments (unpaid until paid)."""
    made, keep, people = block.made, block.made_kept, block.people
    decided = to_arrow(
        "credit_applications", application_frame(people, made, keep, True), len(keep)
    )

    def pending(mask: Bools) -> pa.Table:
        part = keep[mask]
        return to_arrow(
            "credit_applications", application_frame(people, made, part, False), len(part)
        )

    left = block.life.until[made.customer[keep]]
    # nobody decides on the application of somebody who has left
    verdict = np.where(made.decided[keep] < left, made.decided[keep], NEVER_KNOWN)
    put_twice(
        put, "credit_applications", decided, pending, made.applied[keep], verdict,
        world.full_last,
    )  # fmt: skip
    loans = block.loans
    row, month = np.nonzero(loans.due != NULL)
    due, paid = loans.due[row, month], loans.paid[row, month]
    size = len(row)
    done = to_arrow(
        "loan_payments",
        payment_frame(people, loans, row, month, np.ones(size, dtype=np.bool_)),
        size,
    )

    def owing(mask: Bools) -> pa.Table:
        frame = payment_frame(people, loans, row[mask], month[mask], np.zeros(mask.sum(), np.bool_))
        return to_arrow("loan_payments", frame, int(mask.sum()))

    put_twice(
        put, "loan_payments", done, owing, due, np.where(paid == NULL, due, paid), world.full_last
    )


def emit_service(world: World, block: Block, put: Put) -> None:
    """Write interactions and campaign touches."""
    frame = contact_frame(block.people, block.contacts, block.contacts_kept)
    at: Ints = np.asarray(frame["interaction_date"])
    put("customer_interactions", to_arrow("customer_interactions", frame, len(at)), at // DAY)
    touches, keep = block.touches, block.touches_kept
    final = to_arrow(
        "campaign_touches", touch_frame(block.people, world.plan, touches, keep), len(keep)
    )
    day = touches.at[keep] // DAY
    when = touches.converted_at[keep]
    left = block.life.until[touches.customer[keep]]
    bought = (when != NULL) & (when // DAY < left)

    def unsold(mask: Bools) -> pa.Table:
        part = final.filter(pa.array(mask))
        size = part.num_rows
        part = _replace(part, "converted", pa.array(np.zeros(size, dtype=np.bool_)))
        part = _replace(part, "clicked", pa.array(np.zeros(size, dtype=np.bool_)))
        for name in ("conversion_date", "conversion_value"):
            part = _replace(part, name, pa.nulls(size, part.schema.field(name).type))
        return part

    settled = np.where(bought, when // DAY, np.where(when != NULL, NEVER_KNOWN, day))
    put_twice(put, "campaign_touches", final, unsold, day, settled, world.full_last)


def emit_compliance(
    world: World, block: Block, ids: Ints, label: Ints, latent: Floats, put: Put
) -> None:
    """Write alerts, assessments and regulatory reports."""
    config, calendar, people = world.config, world.calendar, block.people
    alerts = draw_alerts(config, block.legs, latent, label, calendar.horizon, block.number)
    frame = alert_frame(people, block.legs, ids, alerts)
    put("fraud_alerts", to_arrow("fraud_alerts", frame, len(alerts.at)), alerts.at // DAY)
    frame, sanctioned = assessments(
        config,
        calendar,
        people,
        block.accounts,
        block.life,
        block.legs,
        block.structurer,
        block.number,
    )
    day: Ints = np.asarray(frame["assessment_date"])
    put("risk_assessments", to_arrow("risk_assessments", frame, len(day)), day)
    frame, seen, filed = report_rows(
        config,
        calendar,
        people,
        block.legs,
        ids,
        block.structurer,
        sanctioned,
        block.life,
        block.number,
    )
    final = to_arrow("regulatory_reports", frame, len(seen))

    def pending(mask: Bools) -> pa.Table:
        part = final.filter(pa.array(mask))
        size = part.num_rows
        for name in ("filing_date", "actual_filing_date", "approval_date", "confirmation_number",
                     "penalty_amount", "follow_up_date"):  # fmt: skip
            part = _replace(part, name, pa.nulls(size, part.schema.field(name).type))
        return _replace(part, "filing_status", pa.array(["Pending"] * size, pa.string()))

    put_twice(put, "regulatory_reports", final, pending, seen, filed, world.full_last)


def emit_block(world: World, block: Block, put: Put, last_asked: int) -> tuple[Ints, Ints]:
    """Write every feed of a block; returns transaction ids and label days for the truth.

    `put` may also get rows of days after `last_asked`; those of transactions are not made.
    """
    ids, label, latent = emit_transactions(world, block, put, last_asked)
    emit_entities(world, block, put)
    emit_credit(world, block, put)
    emit_service(world, block, put)
    emit_compliance(world, block, ids, label, latent, put)
    return ids, label
