"""The house rules as functions: something in, a list of what breaks them out. Empty means kept."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Node = Mapping[str, Any]

# docs/style.md, "Names": the closed list.
ENDINGS = (
    *("_key", "_id", "_date", "_at", "_amount", "_balance", "_rate", "_pct"),
    *("_count", "_days", "_months", "_score", "_lower", "_upper"),
)
# Units and ordinals that the contract and the star schema need besides.
UNIT_ENDINGS = ("_years", "_minutes", "_ms", "_km", "_index")
ORDINAL_ENDINGS = ("_month", "_number")
# Results of a test: free of units.
STATISTIC_ENDINGS = ("_p_value", "_statistic", "_correlation")
# Numeric columns that the contract, the star schema or the catalogue call by these very names.
NAMED_NUMBERS = frozenset(
    {
        *("latitude", "longitude", "rate_to_usd", "product_promoted"),
        *("treasury_yield_10yr", "mortgage_rate_30yr"),
        # sums of hashes, beside _batch_id and _loaded_at
        "_fingerprint",
        # category 01 is asked for these; total_accounts follows total_customers
        *("avg_clv", "avg_income", "year", "month", "volume", "balance", "unique_customers"),
        *("total_customers", "active_customers", "inactive_customers", "total_accounts"),
        # category 02: the measures of a driver table
        *("lift", "weight_of_evidence", "information_value", "bin_information_value"),
        *("expected_information_value", "critical_information_value", "spearman_correlation"),
        *("odds_ratio", "adjusted_odds_ratio", "log_odds", "log_odds_standard_error", "p_value"),
        # category 03
        *("support", "confidence", "observed_value", "trend_value"),
        *("metric_value", "spatial_lag_value"),
        # category 04
        *("estimate", "effect_size", "degrees_of_freedom", "average_marginal_effect"),
        *("first_mean_value", "second_mean_value", "treatment_value", "control_value"),
        "minimum_detectable_value",
        # category 07
        *("standard_error", "benchmark_value", "relevant_value", "point_value", "cutoff_value"),
        *(
            "bandwidth_value",
            "bias_bandwidth_value",
            "bias_corrected_value",
            "hazard_ratio",
            "placebo_value",
            "long_run_value",
            "market_adjusted_value",
        ),
        # category 05: the catalogue's own names
        *("clv_at_risk", "days_since_login", "transaction_count_90d", "scorecard_points"),
        "transactions_per_minute",  # category 08
        *("p_alive", "expected_transactions", "predicted_clv_12m", "predicted_clv_36m"),
        # category 06: a limit of a plan, whatever its unit
        *("limit_value", "used_value", "shadow_price_value"),
    }
)
# The same measure at another time, and a share of something (pct_of_total).
TIME_PREFIX = re.compile(r"^(previous|current)_(\d+d_)?")
SHARE = re.compile(r"^pct_of_[a-z]+$")
NAMED_DATES = frozenset({"date_of_birth", "prediction_window_end"})
NAMED_TIMES = frozenset({"valid_from", "valid_to"})
NEEDS_UNIT = ("_amount", "_balance")
SELF_EXPLAINING = (
    *("_key", "_id", "_rate", "_pct", "_count", "_days", "_months", "_score"),
    *UNIT_ENDINGS,
    *ORDINAL_ENDINGS,
    *STATISTIC_ENDINGS,
)
WORD_TYPES = ("text", "varchar", "string")
ENGINE_WORDS = re.compile(r"duckdb|postgres|spark|target\.type", re.IGNORECASE)
ALLOWED_YAML_LINE = re.compile(
    r"""^\s*\+contract:\s*\{enforced:\s*["']\{\{ target\.type == 'duckdb' \}\}["']\}"""
)
CLOCK_CALLS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("Timestamp", "now"),
    ("Timestamp", "today"),
}


def name_faults(node: Node) -> list[str]:
    """File = relation = YAML name, and the YAML lies beside the file."""
    path = Path(node["original_file_path"])
    patch = node.get("patch_path")
    faults = []
    if node["alias"] != path.stem:
        faults.append(f"{path}: relation is called {node['alias']}")
    if not patch:
        faults.append(f"{path}: has no YAML")
    elif Path(patch.split("://", 1)[1]) != path.with_suffix(".yml"):
        faults.append(f"{path}: its YAML is {patch.split('://', 1)[1]}")
    return faults


def description_faults(node: Node) -> list[str]:
    """A sentence and a grain; an analytics model also says what it answers."""
    path, text = node["original_file_path"], node["description"]
    faults = []
    if not text.strip() or text.strip().startswith(("Grain:", "Answers:")):
        faults.append(f"{path}: its description does not start with a sentence")
    if not re.search(r"^Grain: \S", text, re.MULTILINE):
        faults.append(f"{path}: its description has no line 'Grain: …'")
    if "analytics" in node["fqn"] and not re.search(r"^Answers: \S", text, re.MULTILINE):
        faults.append(f"{path}: its description has no line 'Answers: …'")
    return faults


def grain_faults(node: Node, tests: Collection[Node]) -> list[str]:
    """A grain test; where the grain is one row, the row count instead."""
    wanted = {"grain", "row_count_is"}
    own = {
        test["test_metadata"]["name"]
        for test in tests
        if test.get("attached_node") == node["unique_id"] and test.get("test_metadata")
    }
    return [] if own & wanted else [f"{node['original_file_path']}: has no grain test"]


def column_faults(name: str, data_type: str, unit: str | None) -> list[str]:
    """A column's ending says its type, and money says its unit."""
    kind = data_type.split("(", maxsplit=1)[0].strip().lower()
    faults = []
    if (kind == "boolean") != name.startswith(("is_", "has_")):
        faults.append(f"{name} {data_type}: is_ and has_ are for booleans, and they need it")
    if (kind == "date") != (name.endswith("_date") or name in NAMED_DATES):
        faults.append(f"{name} {data_type}: _date is for dates, and they need it")
    if (kind == "timestamp") != (name.endswith("_at") or name in NAMED_TIMES):
        faults.append(f"{name} {data_type}: _at is for timestamps, and they need it")
    if kind in WORD_TYPES:
        measures = tuple(ending for ending in ENDINGS if ending not in {"_key", "_id"})
        if name.endswith((*measures, *UNIT_ENDINGS)):
            faults.append(f"{name} {data_type}: a measure's ending on text")
    elif kind not in {"boolean", "date", "timestamp"}:
        known = (*ENDINGS, *UNIT_ENDINGS, *ORDINAL_ENDINGS, *STATISTIC_ENDINGS)
        named = TIME_PREFIX.sub("", name) in NAMED_NUMBERS or SHARE.match(name)
        if not name.endswith(known) and not named:
            faults.append(f"{name} {data_type}: ends in none of {' '.join(known)}")
        if kind in {"float", "real"}:
            faults.append(f"{name} {data_type}: 32 bits; use double")
        faults += _unit_faults(name, kind, data_type, unit)
    return faults


def _unit_faults(name: str, kind: str, data_type: str, unit: str | None) -> list[str]:
    if unit or SHARE.match(name):
        return []
    bare = name.removesuffix("_lower").removesuffix("_upper")
    if bare.endswith(NEEDS_UNIT):
        return [f"{name} {data_type}: money without a unit"]
    if kind in {"double", "decimal", "numeric"} and not bare.endswith(SELF_EXPLAINING):
        return [f"{name} {data_type}: no unit"]
    return []


def sql_faults(text: str) -> list[str]:
    """What no SQL of ours holds, comments aside."""
    code = without_comments(text)
    bans = {
        r"::": "'::' (write cast)",
        r"\bqualify\b": "qualify",
        r"\bcurrent_date\b|\bcurrent_timestamp\b|\bnow\s*\(|\btoday\s*\(|run_started_at": "a clock",
        r"\btarget\.(type|name)\b": "target.type",
        r"(?<!\| )\bfloat\b|\breal\b|type_float": "a 32-bit float",
        # Spelled or defined differently by each engine, and nothing needs them so far.
        r"\bregexp_\w+|\brlike\b|\bsimilar to\b": "a regular expression",
        r"\b(try|safe)_cast\b": "a cast that hides its failure",
    }
    faults = [word for ban, word in bans.items() if re.search(ban, code, re.IGNORECASE)]
    for match in re.finditer(r"select\s+\*", code, re.IGNORECASE):
        after = code[match.end() :]
        if not re.match(r"\s+from\s+(\{\{\s*(ref|source|bronze)\s*\()", after, re.IGNORECASE):
            line = code[: match.start()].count("\n") + 1
            faults.append(f"select * outside an import CTE (line {line})")
    for match in re.finditer(r"order by([^()]*(?:\([^()]*\)[^()]*)*)", code, re.IGNORECASE):
        if re.search(r"\bdesc\b(?!\s+nulls)", match.group(1), re.IGNORECASE):
            line = code[: match.start()].count("\n") + 1
            faults.append(f"order by … desc without nulls first or last (line {line})")
    return faults


def header_faults(text: str) -> list[str]:
    """The header comment of a model states its grain."""
    header = re.match(r"\s*\{#-?(.*?)-?#\}", text, re.DOTALL)
    if header is None:
        return ["no header comment"]
    return [] if re.search(r"Grain:\s*\S", header.group(1)) else ["its header has no 'Grain:'"]


def engine_faults(text: str) -> list[str]:
    """Lines that name an engine; the contract line of dbt_project.yml aside."""
    return [
        f"line {number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), start=1)
        if ENGINE_WORDS.search(line) and not ALLOWED_YAML_LINE.match(line)
    ]


def without_comments(text: str) -> str:
    """Blank Jinja and SQL comments, keeping the line numbers."""

    def blank(match: re.Match[str]) -> str:
        return "\n" * match.group(0).count("\n")

    return re.sub(r"\{#.*?#\}|--[^\n]*|/\*.*?\*/", blank, text, flags=re.DOTALL)


@dataclass(frozen=True)
class Import:
    """A module that a file imports, and the line."""

    module: str
    line: int


def imports(source: str, package: str = "") -> list[Import]:
    """Every import of a file, also those inside functions; relative ones made absolute."""
    found = []
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.Import):
            found += [Import(alias.name, statement.lineno) for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            parents = package.split(".")[: -statement.level or None]
            base = ".".join([*parents, statement.module or ""]).strip(".")
            module = base if statement.level else statement.module or ""
            found.append(Import(module, statement.lineno))
            found += [
                Import(f"{module}.{alias.name}", statement.lineno) for alias in statement.names
            ]
    return found


def import_faults(source: str, forbidden: Collection[str], package: str = "") -> list[str]:
    """Imports of a forbidden package or of anything in it."""
    return sorted(
        {
            f"line {item.line}: imports {item.module}"
            for item in imports(source, package)
            if any(item.module == name or item.module.startswith(f"{name}.") for name in forbidden)
        }
    )


def engine_choice_faults(source: str, engines: Collection[str]) -> list[str]:
    """Where code chooses by the name of an engine: it spells one, or compares with the default."""
    faults = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and node.value in engines:
            faults.append(f"line {node.lineno}: spells {node.value!r}")
        if isinstance(node, ast.Compare):
            sides = [ast.unparse(side).split(".")[-1] for side in (node.left, *node.comparators)]
            if "DEFAULT_TARGET" in sides:
                faults.append(f"line {node.lineno}: compares with DEFAULT_TARGET")
    return faults


def clock_faults(source: str) -> list[str]:
    """Calls that read the wall clock."""
    faults = []
    for call in ast.walk(ast.parse(source)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        owner = call.func.value
        last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        if (last, call.func.attr) in CLOCK_CALLS:
            faults.append(f"line {call.lineno}: {last}.{call.func.attr}()")
    return faults


def randomness_faults(source: str) -> list[str]:
    """Randomness that does not come through an rng argument."""
    faults = [
        f"line {item.line}: imports random"
        for item in imports(source)
        if item.module == "random" or item.module.startswith("random.")
    ]
    for item in ast.walk(ast.parse(source)):
        if (
            isinstance(item, ast.Attribute)
            and isinstance(item.value, ast.Attribute)
            and item.value.attr == "random"
            and getattr(item.value.value, "id", "") in {"np", "numpy"}
            and (item.attr.islower() or item.attr == "RandomState")
            and item.attr != "default_rng"
        ):
            faults.append(f"line {item.lineno}: np.random.{item.attr}")
    return faults
