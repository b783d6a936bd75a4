#!/bin/sh
# mortgage 1.0.5: term_unit is checked and then ignored. A loan of 12,000 over 36 months at 6 % is one over 36 years: 67.87 a month
# for 432 months and 17,319.53 of interest, where 365.06 for 36 months and 1,142.16 are due. And with compounded='annually' or
# 'daily' a payment is that of the period, but is split at a twelfth of the yearly rate: after the last of 15 annual payments on
# 150,000 at 3.5 % the balance is -41,832.62, after the last daily one 2.2 million, while total_principal says 150,000 in both.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'mortgage==1.0.5'
"$dir/venv/bin/python" - <<'PY'
from mortgage import Loan

loan = Loan(principal=12000, interest=0.06, term=36, term_unit="months")
print("36 months:", loan.monthly_payment, "a month,", len(loan.schedule()) - 1, "payments, interest", loan.total_interest)
rate = 0.06 / 12
due = round(12000 * rate / (1 - (1 + rate) ** -36), 2)
assert (str(loan.monthly_payment), len(loan.schedule()) - 1, str(loan.total_interest)) == ("67.87", 432, "17319.53"), "changed: months"
print("due:", due, "a month, interest", round(due * 36 - 12000, 2))
for kind, left in (("annually", "-41832.62"), ("daily", "2202501.17")):
    other = Loan(principal=150000, interest=0.035, term=15, compounded=kind)
    found = str(round(other.schedule()[-1].balance, 2))
    print(kind, "balance after the last payment", found, "of principal paid", other.total_principal)
    assert (found, str(other.total_principal)) == (left, "150000.00"), "changed: " + kind
PY
