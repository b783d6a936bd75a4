#!/bin/sh
# ofxparse 0.21: an OFX server corrects what it sent before by a transaction with CORRECTFITID and CORRECTACTION (REPLACE or DELETE). The
# library reads it as one more payment, and no attribute says what it corrects: of a payment of 100.00 that was replaced by 10.00
# and one of 20.00 that was deleted it gives four payments, -150.00 in all for -10.00. ofxtools 1.1.1 gives both elements.
# Ends in 0 while it behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'ofxparse==0.21' 'ofxtools==1.1.1'
"$dir/venv/bin/python" -W ignore - <<'PY'
import io
from decimal import Decimal

from ofxparse import OfxParser
from ofxtools.Parser import OFXTree

HEADER = "\n".join(
    ["OFXHEADER:100", "DATA:OFXSGML", "VERSION:102", "SECURITY:NONE", "ENCODING:USASCII",
     "CHARSET:1252", "COMPRESSION:NONE", "OLDFILEUID:NONE", "NEWFILEUID:NONE", "", ""]
)


def payment(fitid: str, amount: str, correction: str = "") -> str:
    return (
        f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240131<TRNAMT>{amount}<FITID>{fitid}{correction}"
        "<NAME>SHOP</STMTTRN>"
    )


def correction(fitid: str, action: str) -> str:
    return f"<CORRECTFITID>{fitid}<CORRECTACTION>{action}"


FILE = HEADER + (
    "<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20240201"
    "<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0"
    "<SEVERITY>INFO</STATUS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>2"
    "<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20240101<DTEND>20240131"
    + payment("1", "-100.00") + payment("2", "-20.00")
    + payment("3", "-10.00", correction("1", "REPLACE"))
    + payment("4", "-20.00", correction("2", "DELETE"))
    + "</BANKTRANLIST><LEDGERBAL><BALAMT>990.00<DTASOF>20240131</LEDGERBAL></STMTRS>"
    "</STMTTRNRS></BANKMSGSRSV1></OFX>"
)  # fmt: skip
read = OfxParser.parse(io.BytesIO(FILE.encode())).account.statement.transactions
amounts = [row.amount for row in read]
hints = {name for row in read for name in vars(row) if "correct" in name.lower()}
print("ofxparse", [str(amount) for amount in amounts], "attributes of a correction:", hints or None)
tree = OFXTree()
tree.parse(io.BytesIO(FILE.encode()))
told = [(row.correctfitid, row.correctaction) for row in tree.convert().statements[0].transactions]
print("ofxtools", told)
assert told == [(None, None), (None, None), ("1", "REPLACE"), ("2", "DELETE")]
assert sum(amounts) == Decimal("-150.00") and not hints
PY
