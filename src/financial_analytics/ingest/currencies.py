"""Currencies: the codes of ISO 4217, and how feeds spell them.

A currency that no list knows never finds a rate, and one spelt differently counts as another, so
what cannot be told is refused. So is what only looks alike: ``$`` is twenty currencies, ``GBp`` is
a hundredth of a pound.
"""

from __future__ import annotations

from financial_analytics.engines.duckdb.session import sql_text

_LISTED = """
    ADP020 AED784 AFA004 AFN971 ALL008 AMD051 ANG532 AOA973 ARS032 ATS040 AUD036 AWG533 AZM031
    AZN944 BAM977 BBD052 BDT050 BEF056 BGL100 BGN975 BHD048 BIF108 BMD060 BND096 BOB068 BOV984
    BRL986 BSD044 BTN064 BWP072 BYB112 BYN933 BYR974 BZD084 CAD124 CDF976 CHE947 CHF756 CHW948
    CLF990 CLP152 CNY156 COP170 COU970 CRC188 CSD891 CSK200 CUC931 CUP192 CVE132 CYP196 CZK203
    DEM276 DJF262 DKK208 DOP214 DZD012 EEK233 EGP818 ERN232 ESP724 ETB230 EUR978 FIM246 FJD242
    FKP238 FRF250 GBP826 GEL981 GHC288 GHS936 GIP292 GMD270 GNF324 GRD300 GTQ320 GWP624 GYD328
    HKD344 HNL340 HRK191 HTG332 HUF348 IDR360 IEP372 ILS376 INR356 IQD368 IRR364 ISK352 ITL380
    JMD388 JOD400 JPY392 KES404 KGS417 KHR116 KMF174 KPW408 KRW410 KWD414 KYD136 KZT398 LAK418
    LBP422 LKR144 LRD430 LSL426 LTL440 LUF442 LVL428 LYD434 MAD504 MDL498 MGA969 MGF450 MKD807
    MMK104 MNT496 MOP446 MRO478 MRU929 MTL470 MUR480 MVR462 MWK454 MXN484 MXV979 MYR458 MZM508
    MZN943 NAD516 NGN566 NIO558 NLG528 NOK578 NPR524 NZD554 OMR512 PAB590 PEN604 PGK598 PHP608
    PKR586 PLN985 PTE620 PYG600 QAR634 ROL642 RON946 RSD941 RUB643 RUR810 RWF646 SAR682 SBD090
    SCR690 SDD736 SDG938 SEK752 SGD702 SHP654 SIT705 SKK703 SLE925 SLL694 SOS706 SRD968 SRG740
    SSP728 STD678 STN930 SVC222 SYP760 SZL748 THB764 TJS972 TMM795 TMT934 TND788 TOP776 TPE626
    TRL792 TRY949 TTD780 TWD901 TZS834 UAH980 UGX800 USD840 USN997 USS998 UYI940 UYU858 UZS860
    VEB862 VED926 VEF937 VES928 VND704 VUV548 WST882 XAF950 XAG961 XAU959 XCD951 XCG532 XDR960
    XOF952 XPD964 XPF953 XPT962 XSU994 XUA965 YER886 YUM891 ZAR710 ZMK894 ZMW967 ZWD716 ZWG924
    ZWL932 ZWN942 ZWR935
"""
# Alphabetic and numeric codes of ISO 4217, those that were withdrawn included (histories hold
# them); without the codes that name no currency (XXX, XTS) and units of account without a price.
CODES = tuple(entry[:3] for entry in _LISTED.split())
_WITHDRAWN_TWINS = ("ANG", "CSD", "YUM")  # their number belongs to a later code, or to two
_COMMON = ("USD", "EUR", "GBP", "JPY", "CHF", "CZK", "CAD", "AUD", "CNY", "INR")
SYNONYMS = {
    "US$": "USD", "USD$": "USD", "U$S": "USD", "U.S. dollar": "USD", "US dollar": "USD",
    "US dollars": "USD", "United States dollar": "USD", "\u20ac": "EUR", "euro": "EUR",
    "euros": "EUR", "\u00a3": "GBP", "STG": "GBP", "pound sterling": "GBP", "british pound": "GBP",
    "swiss franc": "CHF", "SFr": "CHF", "SFr.": "CHF", "CA$": "CAD", "Can$": "CAD", "CDN$": "CAD",
    "canadian dollar": "CAD", "A$": "AUD", "AU$": "AUD", "australian dollar": "AUD",
    "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "NT$": "TWD", "R$": "BRL", "MX$": "MXN",
    "JP\u00a5": "JPY", "japanese yen": "JPY", "yen": "JPY", "CN\u00a5": "CNY", "RMB": "CNY",
    "CNH": "CNY", "renminbi": "CNY", "chinese yuan": "CNY", "\u20b9": "INR", "indian rupee": "INR",
    "\u20bd": "RUB", "\u20a9": "KRW", "\u20aa": "ILS", "NIS": "ILS", "\u20ba": "TRY",
    "\u20b4": "UAH", "\u20ab": "VND", "\u20a6": "NGN", "\u20b1": "PHP", "\u0e3f": "THB",
    "z\u0142": "PLN", "K\u010d": "CZK", "czech koruna": "CZK", "Ft": "HUF",
    "swedish krona": "SEK", "norwegian krone": "NOK", "danish krone": "DKK",
}  # fmt: skip
"""Names and signs of one currency, in any case; ``$``, ``\u00a5`` and ``kr`` are of several."""


def canonical(value: str, text: str) -> str:
    """Return SQL of the ISO 4217 code of a currency, NULL when it is none.

    Parameters
    ----------
    value, text : str
        SQL of the value as it came, and of the same without the blanks around it.
    """
    common = " or ".join(f"{value} = {sql_text(code)}" for code in _COMMON)
    codes = sql_text("".join(f"|{code}" for code in CODES) + "|")
    spelt = {entry[3:]: entry[:3] for entry in _LISTED.split() if entry[:3] not in _WITHDRAWN_TWINS}
    spelt |= {name.lower(): code for name, code in SYNONYMS.items()}
    spellings = sql_text("".join(f"|{name}={code}" for name, code in spelt.items()) + "|")
    number = rf"regexp_full_match({text}, '\d{{1,3}}(\.0+)?')"
    key = (
        f"case when {number} then lpad(regexp_replace({text}, '\\.0+', ''), 3, '0') "
        f"else lower({text}) end"
    )
    place = f"strpos({spellings}, '|' || {key} || '=')"
    return (
        f"case when {common} then {value} "
        f"when length({text}) = 3 and contains({codes}, '|' || upper({text}) || '|') "
        # GBp and ZAc are pence and cents
        f"then case when not regexp_full_match({text}, '[A-Z]{{2}}[a-z]') then upper({text}) end "
        f"when not contains({text}, '|') and {place} > 0 "
        f"then substr({spellings}, {place} + length({key}) + 2, 3) end"
    )
