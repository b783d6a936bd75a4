#!/bin/sh
# pycamt 1.1.1: it looks for amount and direction of a transaction anywhere below its details. In a camt.053.001.02 statement
# details have neither of their own; what it finds is the instructed amount in another currency (100.00 USD, given as 100.00
# with the entry's currency EUR, booked were 92.00 EUR), and the direction of the charges (a credit of 500.00 with a charge
# of 2.00 becomes a debit). The statement goes from 1,000.00 to 1,408.00; its entries say so.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pycamt==1.1.1'
"$dir/venv/bin/python" - <<'PY'
from pycamt.parser import Camt053Parser


def balance(kind: str, amount: str, day: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(amount: str, direction: str, details: str) -> str:
    return (
        f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>BOOK</Sts>"
        "<BookgDt><Dt>2024-01-31</Dt></BookgDt><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>OTHR</Cd>"
        "<SubFmlyCd>OTHR</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls>{details}</TxDtls></NtryDtls></Ntry>"
    )


CARD = (
    "<AmtDtls><InstdAmt><Amt Ccy='USD'>100.00</Amt></InstdAmt>"
    "<TxAmt><Amt Ccy='EUR'>92.00</Amt></TxAmt></AmtDtls>"
)
CHARGED = (
    "<AmtDtls><TxAmt><Amt Ccy='EUR'>500.00</Amt></TxAmt></AmtDtls>"
    "<Chrgs><Amt Ccy='EUR'>2.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Chrgs>"
)
STATEMENT = (
    "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><BkToCstmrStmt>"
    "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2024-02-01T00:00:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id>"
    "<CreDtTm>2024-02-01T00:00:00</CreDtTm><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>"
    + balance("OPBD", "1000.00", "2024-01-31") + balance("CLBD", "1408.00", "2024-01-31")
    + entry("92.00", "DBIT", CARD) + entry("500.00", "CRDT", CHARGED)
    + "</Stmt></BkToCstmrStmt></Document>"
)
found = [
    (row["Amount"], row["Currency"], row["CreditDebitIndicator"])
    for row in Camt053Parser(STATEMENT).get_transactions()
]
print(found)
assert found == [("100.00", "EUR", "DBIT"), ("500.00", "EUR", "DBIT")]
PY
