#!/bin/sh
# workalendar 17.0.0: FederalReserveSystem closes the Federal Reserve on the Friday before a holiday that falls on a Saturday. The
# Reserve Banks are open then ("for holidays falling on Saturday, Federal Reserve Banks and Branches will be open the preceding
# Friday", frbservices.org, holiday schedules), so that payments settle: of 2020 to 2027 nine settlement days are missing, the
# 24th and 31st of December 2021 among them, and days between two payments are counted short. A Sunday's holiday moves to Monday, rightly. The calendar FED of
# holidays 0.109 has none of these Fridays.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'workalendar==17.0.0' 'holidays==0.109'
"$dir/venv/bin/python" - <<'PY'
from datetime import date, timedelta

import holidays
from workalendar.usa import FederalReserveSystem

calendar = FederalReserveSystem()
days = [date(2020, 1, 1) + timedelta(days=n) for n in range(8 * 366)]
closed = [
    str(day) for day in days
    if day.year < 2028 and day.weekday() == 4 and not calendar.is_working_day(day)
    and "(Observed)" in (calendar.get_holiday_label(day) or "")
]  # fmt: skip
print("Fridays closed for a Saturday:", closed)
assert closed == [
    "2020-07-03", "2021-06-18", "2021-12-24", "2021-12-31", "2023-11-10", "2026-07-03", "2027-06-18", "2027-12-24", "2027-12-31",
], "changed: Fridays"  # fmt: skip
other = holidays.financial_holidays("FED", years=range(2020, 2028))
assert not any(day in other for day in closed), "changed: holidays"
assert not calendar.is_working_day(date(2021, 7, 5)), "changed: Mondays"
between = calendar.get_working_days_delta(date(2021, 12, 23), date(2022, 1, 3))
print("working days from 23 December 2021 to 3 January 2022:", between)
assert between == 5, "changed: days between"
PY
