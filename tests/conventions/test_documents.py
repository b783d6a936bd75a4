"""What the documents promise exists: links, commands, targets, options, exit codes."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from tests.support.variables import DEFAULTS

from financial_analytics import cli, errors, interrupts

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = (
    *("ingest", "build", "report", "generate", "demo", "doctor", "redate"),
    *("train", "stream", "serve", "status", "erase", "rekey", "validate", "export"),
)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert [link for link in local if not (path.parent / link).exists()] == []


def test_make_lists_each_target_in_one_line() -> None:
    # Inside another make: neither its flags nor "Entering directory".
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--no-print-directory"]
    listed = subprocess.run(
        command, cwd=ROOT, env=alone, capture_output=True, text=True, check=True
    ).stdout
    names = [line.split()[1] for line in listed.splitlines()]
    assert names == [
        *("install", "demo", "test", "spark", "variables", "sequences", "faults", "fuzz"),
        *("truth", "feast", "lint", "check", "docs", "site", "bench", "clean"),
    ]
    assert set(re.findall(r"`make (\w+)`", _text("docs/commands.md"))) == set(names)


SPLIT = {"validate": ("model", "truth")}
"""Commands whose options are those of their parts."""


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_md_has_every_option(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([command, "--help"]) == 0
    shown = capsys.readouterr().out
    for part in SPLIT.get(command, ()):
        assert cli.run([command, part, "--help"]) == 0
        shown += capsys.readouterr().out
    section = re.search(rf"### fa {command}\b.*?(?=\n### |\n## )", _text("docs/commands.md"), re.S)
    assert section is not None
    offered = set(re.findall(r"--[a-z][a-z-]*", shown)) - {"--help"}
    documented = set(re.findall(r"--[a-z][a-z-]*", section.group(0)))
    # A pair --tests/--no-tests is documented by the one that is not the default.
    offered = {option for option in offered if f"--no-{option[2:]}" not in offered}
    assert documented == offered


def test_commands_md_has_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    listed = re.search(r"Commands:\n(.*?)\n\n", capsys.readouterr().out, re.S)
    assert listed is not None
    assert tuple(re.findall(r"^  (\w+)", listed.group(1), re.M)) == COMMANDS


def test_commands_md_has_every_exit_code() -> None:
    codes = {
        item.exit_code
        for item in vars(errors).values()
        if isinstance(item, type) and issubclass(item, errors.FinancialAnalyticsError)
    }
    section = _text("docs/commands.md").split("## Exit codes")[1]
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.M)}
    assert documented == codes | {0} | {128 + number for number in interrupts.SIGNALS}


def test_environment_variables_are_documented() -> None:
    sources = [*(ROOT / "src").rglob("*.py"), ROOT / "profiles.yml"]
    sources.append(ROOT / "tests" / "support" / "postgres_server.py")
    used = {
        name
        for path in sources
        for name in re.findall(r"\bFA_[A-Z_]+\b", path.read_text(encoding="utf-8"))
    }
    section = _text("docs/commands.md").split("## Environment")[1].split("\n## ")[0]
    assert set(re.findall(r"`(FA_[A-Z_]+)`", section)) == used


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date() -> None:
    """What derives from models and charts: the list, a page per model, counts in the README."""
    stale = [str(path.relative_to(ROOT)) for path in _generator().stale(ROOT)]
    assert stale == [], "run: make docs (and commit what it writes)"


def test_every_variable_is_described() -> None:
    described = _generator().described_variables(ROOT)
    assert list(described) == list(DEFAULTS)
    assert [name for name, (comment, _) in described.items() if not comment.endswith(".")] == []


def test_stale_pages_would_be_found(tmp_path: Path) -> None:
    """The proof that the test above can fail: a count, a column, a model that is gone."""
    generator = _generator()
    for name in ("models", "macros"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "dbt_project.yml", tmp_path)
    (tmp_path / "docs").mkdir()
    for path in (ROOT / "docs").glob("*.*"):
        shutil.copy(path, tmp_path / "docs")
    readme = _text("README.md").replace(" models, ", "1 models, ", 1)
    (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    generator.main(tmp_path)
    assert generator.stale(tmp_path) == []
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == _text("README.md")
    page = tmp_path / "docs" / "models" / "analytics_customer_overview.md"
    page.write_text(page.read_text(encoding="utf-8") + "by hand", encoding="utf-8")
    gone = page.with_name("analytics_no_longer.md")
    gone.write_text("", encoding="utf-8")
    assert generator.stale(tmp_path) == [page, gone]
    generator.main(tmp_path)
    assert generator.stale(tmp_path) == [] and not gone.exists()


def test_changelog_opens_with_the_numbers_that_change() -> None:
    headings = re.findall(r"^## (.*)$", _text("CHANGELOG.md"), re.M)
    assert headings[0] == "Numbers that change"
    assert "| model | column | before | after | who is affected |" in _text("CHANGELOG.md")


def test_decisions_are_dated_and_worked() -> None:
    entries = re.split(r"^## ", _text("DECISIONS.md"), flags=re.M)[1:]
    assert entries
    for entry in entries:
        title = entry.splitlines()[0]
        assert re.match(r"\d{4}-\d{2}-\d{2} · .*\?$", title), title
        assert "**Choice.**" in entry, title
        assert "**Why.**" in entry, title
        rows = [line for line in entry.splitlines() if line.startswith("|")]
        assert len(rows) == 2 + 3, f"{title}: a table of three worked rows"


def test_readme_first_screen_is_a_sentence_a_picture_and_two_commands() -> None:
    screen = _text("README.md").split("\n## ")[0]
    assert screen.index("](docs/images/") < screen.index("```sh")
    block = screen.split("```sh\n")[1].split("```")[0].strip().splitlines()
    assert len(block) == 2
    assert all(line.startswith("make demo") for line in block)
    questions = re.findall(r"^\| (\d) \| [A-Z].*\? \| ", _text("README.md"), re.M)
    assert questions == list("12345678")


def test_no_file_names_a_package_registry(files: list[Path]) -> None:
    hosts = re.compile("|".join(map(re.escape, ["pypi" + ".org", "python" + "hosted.org"])))
    npm = re.compile(re.escape("registry." + "npmjs.org"))
    faults = []
    for name in files:
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if hosts.search(text) or npm.search(text):
            faults.append(str(name))
    assert faults == []


def _locked(name: str) -> list[str]:
    return re.split(r"\n(?=[A-Za-z0-9])", _text(name).strip())


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_pins_every_package_with_hashes(lock: str) -> None:
    entries = _locked(lock)
    assert len(entries) > 50
    faults = [
        entry.splitlines()[0]
        for entry in entries
        if not re.match(r"[A-Za-z0-9_.-]+(\[[a-z,]+\])?==\S+", entry)
        or "--hash=sha256:" not in entry
    ]
    assert faults == []


def test_locks_agree_and_the_demo_installs_no_other_engine() -> None:
    base, everything = (
        {re.match(r"[^\s;\[=]+", entry).group(): entry.split()[0] for entry in _locked(name)}  # type: ignore[union-attr]
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    pins = {name: pin.split("==")[1] for name, pin in everything.items()}
    assert {name: pin for name, pin in base.items() if pins.get(name) != pin.split("==")[1]} == {}
    assert not {"pyspark", "dbt-postgres", "pytest", "sqlfluff"} & set(base)


def test_what_code_cites_is_in_the_repository() -> None:
    """A rule that a test or a comment names can be read by whoever has the checkout alone."""
    files = [
        path
        for folder in ("src", "tests", "macros", "models", "benchmarks", "visualizations")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".sql", ".yml"}
    ]
    cited = {
        (name, _name(path))
        for path in files
        for name in re.findall(r"[\w./-]*\w\.md\b", path.read_text(encoding="utf-8"))
    }
    known = {_name(path) for path in DOCUMENTS} | {path.name for path in DOCUMENTS}
    assert len(cited) > 10
    made_up = re.compile(r"(docs/models/)?analytics_\w+\.md")  # by tests
    missing = {name: where for name, where in cited if name not in known}
    assert {name: missing[name] for name in missing if not made_up.fullmatch(name)} == {}
