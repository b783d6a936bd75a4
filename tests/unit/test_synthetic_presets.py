"""Lab banks: settings that exist, and the page that lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from financial_analytics.errors import UserInputError
from financial_analytics.synthetic import BankConfig, load_config, transactions_each
from financial_analytics.synthetic.presets import PRESETS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "synthetic-bank.md"


@pytest.mark.parametrize("name", PRESETS)
def test_presets__set_parameters_of_the_bank(name: str) -> None:
    plain = load_config(preset=name).as_dict()
    for key, value in PRESETS[name].settings.items():
        group, _, leaf = key.partition(".")
        found = plain[group][leaf] if leaf else plain[group]
        assert found == value
        default = BankConfig().as_dict()
        assert found != (default[group][leaf] if leaf else default[group])


def test_presets__give_way_to_other_settings(tmp_path: Path) -> None:
    path = tmp_path / "bank.yml"
    path.write_text("churn:\n  base_rate: 0.002\n  fee_rate: 0.1\n", encoding="utf-8")
    config = load_config(path, ["churn.fee_rate=0.2"], "churn", customers=500)
    assert config.churn.base_rate == 0.002
    assert config.churn.fee_rate == 0.2
    assert config.churn.disengage_rate == PRESETS["churn"].settings["churn.disengage_rate"]
    assert (config.customers, config.transactions) == (500, 600_000)
    assert transactions_each("churn") == 50


def test_presets__an_unknown_one_is_named_with_those_there_are() -> None:
    with pytest.raises(UserInputError, match="no preset 'chrun'") as caught:
        load_config(preset="chrun")
    assert str(caught.value.hint).startswith("did you mean churn? valid are demo (")


def test_documentation__lists_the_presets() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [f"| `{name}` | {item.purpose} |" for name, item in PRESETS.items()]
    assert "\n".join(rows) in text
