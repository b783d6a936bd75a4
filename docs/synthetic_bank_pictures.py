"""Draw what a banker would look at first in the synthetic bank, and write the page about it.

    .venv/bin/fa generate data/feeds/pictures
    .venv/bin/python docs/synthetic_bank_pictures.py data/feeds/pictures

Writes ``docs/images/bank_*.svg`` and ``docs/synthetic-bank-pictures.md``. The same feeds give the
same files.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

import duckdb

from financial_analytics.charts.kit.theme import LIGHT

DOCS = Path(__file__).resolve().parent
WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 40, 38
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
BUCKETS = ("1-29", "30-59", "60-89", "90+")
YEARS = (1, 2, 3, 5, 10, 15)

VIEWS = """
create view posted as
select * from read_parquet('{feeds}/transactions.parquet') where decline_reason is null;
create view attempts as select * from read_parquet('{feeds}/transactions.parquet');
create view versions as select * from read_parquet('{feeds}/customers.parquet');
create view people as
select * from versions
qualify row_number() over (partition by customer_id order by updated_at desc) = 1;
create view accounts as
select * from read_parquet('{feeds}/accounts.parquet')
qualify row_number() over (partition by account_id order by updated_at desc) = 1;
create view instalments as select * from read_parquet('{feeds}/loan_payments.parquet');
create view clock as select cast(max(transaction_date) as date) as today from attempts;
"""


class Picture:
    """One small SVG with a title and two axes; values are mapped by `across` and `up`."""

    def __init__(
        self, title: str, across: Callable[[float], float], up: Callable[[float], float],
        left: int = LEFT,
    ) -> None:  # fmt: skip
        self.across, self.up, self.left = across, up, left
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="12">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{LIGHT["paper"]}"/>',
        ]
        self.text(14, 20, title, size=15, colour="text", weight="600")

    def x(self, value: float) -> float:
        return self.left + self.across(value) * (WIDTH - self.left - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - self.up(value) * (HEIGHT - TOP - BOTTOM)

    def text(
        self, x: float, y: float, said: str, *, anchor: str = "start", size: int = 12,
        colour: str = "muted", weight: str = "400",
    ) -> None:  # fmt: skip
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'font-weight="{weight}" fill="{LIGHT[colour]}">{escape(said)}</text>'
        )

    def box(self, x0: float, x1: float, y0: float, y1: float, colour: str) -> None:
        """Draw a rectangle between two pixels of each axis."""
        fill = LIGHT.get(colour, colour)
        self.parts.append(
            f'<rect x="{min(x0, x1):.1f}" y="{min(y0, y1):.1f}" width="{abs(x1 - x0):.1f}" '
            f'height="{abs(y1 - y0):.1f}" fill="{fill}"/>'
        )

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 2) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{LIGHT[colour]}" '
            f'stroke-width="{width}"/>'
        )

    def ticks_x(self, ticks: Sequence[tuple[float, str]], *, grid: bool = False) -> None:
        for value, label in ticks:
            if grid:
                self.line([(self.x(value), TOP), (self.x(value), HEIGHT - BOTTOM)], "grid", 1)
            self.text(self.x(value), HEIGHT - BOTTOM + 17, label, anchor="middle")

    def ticks_y(self, ticks: Sequence[tuple[float, str]], *, grid: bool = True) -> None:
        for value, label in ticks:
            if grid:
                self.line([(LEFT, self.y(value)), (WIDTH - RIGHT, self.y(value))], "grid", 1)
            self.text(LEFT - 8, self.y(value) + 4, label, anchor="end")

    def write(self, name: str) -> None:
        (DOCS / "images" / f"bank_{name}.svg").write_text("\n".join([*self.parts, "</svg>", ""]))


def linear(low: float, high: float) -> Callable[[float], float]:
    return lambda value: (value - low) / (high - low)


def logarithmic(low: float, high: float) -> Callable[[float], float]:
    return lambda value: math.log(max(value, low) / low) / math.log(high / low)


def rows(bank: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return bank.execute(query).fetchall()


def bars(
    name: str, title: str, labels: Sequence[str], shares: Sequence[float], *, digits: int = 1
) -> None:
    """Draw one bar per label, its percentage above it."""
    top = max(shares) * 1.12
    picture = Picture(title, linear(0, len(labels)), linear(0, top))
    for place, (label, share) in enumerate(zip(labels, shares, strict=True)):
        x0, x1 = picture.x(place + 0.14), picture.x(place + 0.86)
        picture.box(x0, x1, picture.y(0), picture.y(share), "blue")
        middle = (x0 + x1) / 2
        picture.text(
            middle, picture.y(share) - 5, f"{share:.{digits}f} %", anchor="middle", colour="text"
        )
        picture.text(middle, HEIGHT - BOTTOM + 17, label, anchor="middle")
    picture.line([(LEFT, picture.y(0)), (WIDTH - RIGHT, picture.y(0))], "line", 1)
    picture.write(name)


def amounts(bank: duckdb.DuckDBPyConnection) -> str:
    found = rows(bank, """
        select
            transaction_type,
            quantile_cont(cast(abs(amount) as double), [0.05, 0.25, 0.5, 0.75, 0.95])
        from posted group by transaction_type
        order by median(abs(amount)) desc, transaction_type
    """)  # fmt: skip
    picture = Picture(
        "Amounts by type, USD: median, middle half, 5-95 %", logarithmic(3, 30_000),
        linear(len(found), 0), left=118,
    )  # fmt: skip
    decades = [(10, "10"), (100, "100"), (1000, "1,000"), (10_000, "10,000")]
    picture.ticks_x(decades, grid=True)
    for place, (kind, (low, lower, middle, upper, high)) in enumerate(found):
        y = picture.y(place + 0.5)
        x = [picture.x(value) for value in (low, lower, middle, upper, high)]
        picture.line([(x[0], y), (x[4], y)], "blue", 2)
        picture.box(x[1], x[3], y - 8, y + 8, "seq2")
        picture.line([(x[2], y - 10), (x[2], y + 10)], "text", 2)
        picture.text(picture.left - 8, y + 4, kind, anchor="end", colour="text")
    picture.write("amounts")
    return ", ".join(f"{kind} {values[2]:,.0f}" for kind, values in found)


def hours(bank: duckdb.DuckDBPyConnection) -> str:
    found = rows(bank, """
        select isodow(transaction_date) - 1, hour(transaction_date), count(*)
        from attempts where transaction_type = 'Purchase' group by all
    """)  # fmt: skip
    total = sum(count for *_, count in found)
    most = max(count for *_, count in found)
    picture = Picture("Purchases by hour and weekday", linear(0, 24), linear(7, 0))
    for day, hour, count in found:
        shade = round(5 * count / most)
        picture.box(
            picture.x(hour) + 0.5, picture.x(hour + 1) - 0.5,
            picture.y(day) + 0.5, picture.y(day + 1) - 0.5, f"seq{shade}",
        )  # fmt: skip
    for day, label in enumerate(DAYS):
        picture.text(LEFT - 8, picture.y(day + 0.5) + 4, label, anchor="end")
    picture.ticks_x([(hour, f"{hour:02d}:00") for hour in range(0, 24, 4)])
    picture.write("hours")
    night = sum(count for _, hour, count in found if hour < 6)
    weekend = sum(count for day, _, count in found if day >= 5)
    day, hour, count = max(found, key=lambda cell: cell[2])
    return (
        f"{100 * night / total:.1f} % between midnight and six, "
        f"{100 * weekend / total:.1f} % at the weekend, "
        f"most on {DAYS[day]} at {hour}:00 ({100 * count / total:.1f} % of the week)"
    )


def histogram(
    name: str, title: str, counts: Sequence[int], edges: Sequence[float],
    across: Callable[[float], float], ticks: Sequence[tuple[float, str]],
) -> None:  # fmt: skip
    total = sum(counts)
    shares = [100 * count / total for count in counts]
    step = 2 if max(shares) < 12 else 5
    top = step * math.ceil(max(shares) / step)
    picture = Picture(title, across, linear(0, top))
    picture.ticks_y([(value, f"{value} %") for value in range(0, top + 1, step)])
    for (low, high), share in zip(pairwise(edges), shares, strict=True):
        x0, x1 = picture.x(low) + 0.5, picture.x(high) - 0.5
        picture.box(x0, x1, picture.y(0), picture.y(share), "blue")
    picture.ticks_x(ticks)
    picture.write(name)


def balances(bank: duckdb.DuckDBPyConnection) -> str:
    held = [
        float(value)
        for (value,) in rows(bank, """
            select a.current_balance from accounts as a
            where a.close_date is null and a.account_id % 10 in (0, 1) order by 1
        """)
    ]  # fmt: skip
    edges = [10 * 10 ** (step / 5) for step in range(26)]
    counts = [sum(low <= v < high for v in held) for low, high in pairwise(edges)]
    ticks = [(10**power, f"{10**power:,}") for power in range(1, 6)]
    title = "Balances of open current and savings accounts, USD"
    histogram("balances", title, counts, edges, logarithmic(10, 1e6), ticks)
    middle, high = held[len(held) // 2], held[int(0.95 * len(held))]
    below = sum(value < 0 for value in held)
    return (
        f"median {middle:,.0f} USD, 95th percentile {high:,.0f}, "
        f"mean {sum(held) / len(held):,.0f}, {100 * below / len(held):.1f} % overdrawn"
    )


def scores(bank: duckdb.DuckDBPyConnection) -> str:
    known = [
        value
        for (value,) in rows(
            bank, "select credit_score from people where credit_score is not null order by 1"
        )
    ]
    edges = list(range(300, 851, 25))
    counts = [sum(low <= v < low + 25 for v in known) for low in edges[:-1]]
    ticks = [(value, str(value)) for value in range(300, 851, 100)]
    histogram("scores", "Credit scores of customers", counts, edges, linear(300, 850), ticks)
    mean = sum(known) / len(known)
    spread = math.sqrt(sum((value - mean) ** 2 for value in known) / len(known))
    prime = sum(value >= 670 for value in known) / len(known)
    return f"mean {mean:.0f}, standard deviation {spread:.0f}, {100 * prime:.0f} % at 670 or more"


def delinquency(bank: duckdb.DuckDBPyConnection) -> str:
    found = dict(rows(bank, """
        with months as (
            select unnest(generate_series(
                date_trunc('month', (select today from clock)) - interval 23 month,
                date_trunc('month', (select today from clock)), interval 1 month
            )) - interval 1 day as month_end
        ),
        late as (
            select
                m.month_end, i.account_id,
                min(case
                    when i.actual_date is null or i.actual_date > m.month_end then i.scheduled_date
                end) as oldest,
                max(a.close_date) as closed
            from months as m
            inner join instalments as i on i.scheduled_date <= m.month_end
            inner join accounts as a on i.account_id = a.account_id
            where a.close_date is null or a.close_date > m.month_end
            group by all
        )
        select
            case
                when oldest is null or datediff('day', oldest, month_end) < 1 then 'current'
                when datediff('day', oldest, month_end) < 30 then '1-29'
                when datediff('day', oldest, month_end) < 60 then '30-59'
                when datediff('day', oldest, month_end) < 90 then '60-89'
                else '90+'
            end,
            count(*)
        from late group by all
    """))  # fmt: skip
    total = sum(found.values())
    shares = [100 * found.get(bucket, 0) / total for bucket in BUCKETS]
    bars(
        "delinquency", "Open loans by days past due, share, last 24 month ends",
        BUCKETS, shares, digits=2,
    )  # fmt: skip
    named = zip(BUCKETS, shares, strict=True)
    listed = ", ".join(f"{bucket} days {share:.2f} %" for bucket, share in named)
    return f"{100 * found['current'] / total:.1f} % current, {listed}"


def churn(bank: duckdb.DuckDBPyConnection) -> str:
    """Customers who left per 100 customer-years, by years since joining."""
    bounds = ", ".join(map(str, YEARS))
    found = rows(bank, f"""
        with spells as (
            select
                customer_id,
                greatest(signup_date, (select min(cast(transaction_date as date)) from attempts))
                    as seen_from,
                case when is_active then (select today from clock) else cast(updated_at as date) end
                    as seen_to,
                signup_date, not is_active as has_left
            from people
        ),
        bands as (
            select * from (
                select unnest([0, {bounds}]) as low, unnest([{bounds}, 200]) as high
            )
        ),
        exposed as (
            select
                low,
                greatest(0, datediff('day',
                    greatest(seen_from, signup_date + to_days(cast(low * 365.25 as integer))),
                    least(seen_to, signup_date + to_days(cast(high * 365.25 as integer)))
                )) as days,
                has_left
                and seen_to >= signup_date + to_days(cast(low * 365.25 as integer))
                and seen_to < signup_date + to_days(cast(high * 365.25 as integer)) as left_here
            from spells cross join bands
        )
        select low, 36525.0 * count(*) filter (left_here) / nullif(sum(days), 0),
            count(*) filter (left_here)
        from exposed group by low order by low
    """)  # fmt: skip
    highs = [*YEARS, None]
    labels = [
        f"{low}-{high}" if high else f"{low}+" for (low, *_), high in zip(found, highs, strict=True)
    ]
    shares = [float(share or 0) for _, share, _ in found]
    bars("churn", "Customers leaving in a year, by years with the bank", labels, shares)
    return (
        f"{shares[0]:.1f} % a year in the first year, {shares[-1]:.1f} % after {YEARS[-1]} years; "
        f"{sum(count for *_, count in found):,} customers left in all"
    )


def shares(bank: duckdb.DuckDBPyConnection) -> str:
    found = rows(bank, """
        select
            date_trunc('month', transaction_date) as month,
            100.0 * count(*) filter (decline_reason is not null) / count(*),
            100.0 * count(*) filter (is_fraud) / count(*),
            count(*), count(*) filter (decline_reason is not null), count(*) filter (is_fraud)
        from attempts group by month order by month
    """)  # fmt: skip
    for place, name, title, top, step, digits, colour in (
        (1, "declines", "Declined, share of all attempts", 6, 1, 0, "orange"),
        (2, "fraud", "Labelled as fraud, share of all transactions", 0.25, 0.05, 2, "purple"),
    ):
        picture = Picture(title, linear(0, len(found) - 1), linear(0, top))
        if name == "declines":
            picture.box(LEFT, WIDTH - RIGHT, picture.y(2), picture.y(5), "card")
        ticks = [step * k for k in range(round(top / step) + 1)]
        picture.ticks_y([(value, f"{value:.{digits}f} %") for value in ticks])
        points = [(picture.x(k), picture.y(row[place])) for k, row in enumerate(found)]
        picture.line(points, colour, 2.5)
        picture.ticks_x(
            [(k, row[0].strftime("%b %Y")) for k, row in enumerate(found) if k % 12 == 6]
        )
        picture.write(name)
    attempts, declined, fraud = (sum(row[k] for row in found) for k in (3, 4, 5))
    first, last = (100 * sum(row[4] for row in part) / sum(row[3] for row in part)
                   for part in (found[:12], found[-12:]))  # fmt: skip
    return (
        f"declined {100 * declined / attempts:.2f} %, "
        f"fraud {100 * fraud / attempts:.3f} % of {attempts:,} attempts; declined in the first "
        f"twelve months {first:.2f} %, in the last {last:.2f} %"
    )


def page(feeds: Path, said: dict[str, str]) -> str:
    given = json.loads((feeds.parent / "truth" / "parameters.json").read_text())["config"]
    size = f"{given['customers']:,} customers, {given['start']} to {given['end']}"
    pictures = [
        ("amounts", "Amounts by type", f"Medians in USD: {said['amounts']}."),
        ("hours", "Hour and weekday", f"Purchases: {said['hours']}."),
        ("balances", "Balances", f"Open current and savings accounts: {said['balances']}."),
        ("scores", "Credit scores", f"Newest score of each customer: {said['scores']}."),
        ("delinquency", "Delinquency", f"Open loans at month ends: {said['delinquency']}."),
        ("churn", "Churn by tenure", f"Per customer-year observed: {said['churn']}."),
        ("declines", "Declines", "The grey band is 2-5 %."),
        ("fraud", "Fraud", f"Over all months: {said['shares']}."),
    ]
    parts = [
        "# The synthetic bank in pictures",
        "",
        f"The default bank of `fa generate` ({size}), drawn from its feeds alone by "
        "`docs/synthetic_bank_pictures.py`, which wrote this page:",
        "",
        "```sh\nfa generate data/feeds/pictures",
        "python docs/synthetic_bank_pictures.py data/feeds/pictures\n```",
    ]
    for name, heading, sentence in pictures:
        parts += ["", f"## {heading}", "", sentence, "", f"![{heading}](images/bank_{name}.svg)"]
    return "\n".join([*parts, ""])


def main() -> None:
    """Draw all pictures and write the page."""
    parser = argparse.ArgumentParser(description="Draw the pictures of the synthetic bank.")
    parser.add_argument("bank", type=Path, help="the folder that fa generate wrote")
    feeds = parser.parse_args().bank / "full"
    drawers = (amounts, hours, balances, scores, delinquency, churn, shares)
    with duckdb.connect() as bank:
        bank.execute("set threads = 2")
        bank.execute(VIEWS.format(feeds=feeds))
        said = {draw.__name__: draw(bank) for draw in drawers}
    (DOCS / "synthetic-bank-pictures.md").write_text(page(feeds, said), encoding="utf-8")


if __name__ == "__main__":
    main()
