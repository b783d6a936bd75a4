"""Headlines of category 08: what they say of known frames, good news and bad."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.support.frames import frame_of

from financial_analytics.charts.registry import get_chart


def finding(name: str, **columns: object) -> str:
    entry = get_chart(f"realtime.{name}")
    text: str = entry.draw(frame_of(entry.model).assign(**columns)).layout.meta["finding"]
    return text


def test_an_hour_is_said_beside_what_is_normal() -> None:
    said = "In the 60 minutes to 18 June 2024, 14:30: 121 transactions, within what is normal "
    assert finding("throughput_gauges") == finding("live_counters") == f"{said}(98.1 to 142.9)."


def test_a_channel_outside_what_is_normal_is_named() -> None:
    assert finding("channel_split") == (
        "In the hour to 18 June 2024, 14:30 POS is busiest of 3 channels: 80 transactions, more "
        "than is normal (31.6 to 59.4); outside what is normal: POS."
    )
    assert finding("channel_split", band="normal").endswith("no channel is outside what is normal.")


@pytest.mark.parametrize("name", ["live_counters", "throughput_gauges", "channel_split"])
def test_an_hour_without_history_is_not_compared(name: str) -> None:
    nothing = dict.fromkeys(("expected_count", "expected_count_lower", "expected_count_upper"))
    assert "transactions, an hour without history" in finding(name, band="unknown", **nothing)


def test_the_board_names_who_refuses() -> None:
    assert finding("health_board") == (
        "In the last day 1 of 3 channels are slow or refusing (POS); POS refuses most, "
        "25.0\xa0% of 2,880 transactions (20.0\xa0% to 33.5\xa0%)."
    )
    assert finding("health_board", health="healthy").startswith(
        "In the last day 0 of 3 channels are slow or refusing; POS refuses most"
    )


def test_alerts_are_counted_of_all_transactions() -> None:
    """Counts of everything: no interval."""
    assert finding("alert_feed") == (
        "In the day to 18 June 2024, 14:25 4 of 2,000 transactions fired a fraud rule, 2 of them "
        "of high priority; the newest of these: USD\xa0800, two places that nobody can reach."
    )
    assert finding("alert_feed", priority="low").endswith("0 of them of high priority.")
    assert finding("alert_funnel") == (
        "Of 2,000 transactions in a day 4 were alerted, 3 of medium priority or more, 2 of high; "
        "the bank declined 1 of these and 1 went through."
    )


def test_a_day_without_alerts_is_said_so() -> None:
    """The row that stands for none has no number."""
    entry = get_chart("realtime.alert_feed")
    row = frame_of(entry.model).head(1).astype("object")
    kept = ["transaction_id", "transaction_count", "reporting_currency", "as_of_date"]
    row.loc[:, [name for name in row.columns if name not in kept]] = None
    for name in ("alert_feed", "alert_funnel"):
        figure = get_chart(f"realtime.{name}").draw(row.assign(status="no_alerts"))
        assert figure.layout.meta["empty"] is True
        assert "none of 2,000 transactions" in figure.layout.meta["finding"]


def test_an_hour_that_is_not_over_is_not_compared() -> None:
    assert finding("minute_line") == (
        "Of 46 whole hours to 18 June 2024, 13:00 1 were above and 0 below what is normal; in the "
        "last one came 120 transactions, normal are 100.0 to 140.0."
    )
    assert finding("minute_line", is_partial=True) == (
        "None of 48 hours to 18 June 2024, 14:00 can be compared."
    )


def test_the_busiest_channel_has_its_share() -> None:
    """Online 70 of 47 hours and 35 of one; POS 45, one of them 145, one 22; Unknown 1 and 0."""
    online, pos, unknown = 47 * 70 + 35, 46 * 45 + 145 + 22, 47
    share = 100 * online / (online + pos + unknown)
    assert f"Online had most of {online + pos + unknown:,} transactions, {share:.1f}" in finding(
        "activity_heatmap"
    )


def test_customers_are_judged_by_their_own_habits() -> None:
    assert finding("activity_stream") == (
        "In the hour to 18 June 2024, 14:30 4 customers made 13 transactions; 1 did more than is "
        "usual for them, of 3 whose habits are known."
    )

    drawn = get_chart("realtime.activity_stream").draw(
        frame_of("analytics_realtime_customer_activity")
    )
    assert [trace.name for trace in drawn.data] == [
        "as usual (2)", "more than usual (1)", "too little history (1)",
    ]  # fmt: skip


def test_of_many_marks_the_newest_are_drawn_and_all_are_counted() -> None:
    for name, model in (
        ("activity_stream", "analytics_realtime_customer_activity"),
        ("alert_feed", "analytics_realtime_fraud_alerts"),
    ):
        frame = frame_of(model)
        drawn = get_chart(f"realtime.{name}").draw(pd.concat([frame] * 1200, ignore_index=True))
        assert max(len(trace.x) for trace in drawn.data) == 1000
        assert any(trace.name.endswith(("(2,400)", "(1,200)")) for trace in drawn.data)
        assert "The newest 1,000" in drawn.layout.meta["note"]
        assert "4,800" in drawn.layout.meta["finding"]


def test_a_picked_merchant_is_a_candidate() -> None:
    assert finding("trending_merchants") == (
        "Of 4 merchants with a transaction in two hours Digital 7 is furthest from what is normal, "
        "a candidate: 12 transactions in the last hour, 2.50 are normal (z 3.6)."
    )
    assert "no merchant had a transaction" in finding("trending_merchants", this_hour_count=0)


def test_alerts_of_accounts_are_counted_by_kind() -> None:
    assert finding("account_alerts") == (
        "5 alerts on accounts, 1 of high priority; most are payment past due (2)."
    )
