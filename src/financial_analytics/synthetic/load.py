"""Reading the configuration: defaults, then a preset, YAML, ``--set``, then sizes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.errors import UserInputError
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.presets import preset as lab_bank

_SIZES = ("customers", "transactions", "start", "end", "seed", "deltas", "merchants")


def _names() -> list[str]:
    default = BankConfig()
    groups = [name for name in vars(default) if name not in _SIZES]
    return [
        f"{group}.{item.name}"
        for group in groups
        for item in dataclasses.fields(getattr(default, group))
    ]


def _unknown(name: str) -> UserInputError:
    valid = [*_SIZES, *_names()]
    near = difflib.get_close_matches(name, valid, n=3, cutoff=0.5)
    group = name.split(".", maxsplit=1)[0]
    options = near or [item for item in valid if item.startswith(group + ".")]
    hint = (
        "did you mean " + ", ".join(options[:8]) + "?"
        if options
        else ("mechanisms are " + ", ".join(sorted({item.split(".")[0] for item in _names()})))
    )
    return UserInputError(f"the synthetic bank has no parameter {name!r}", hint=hint)


def _date(name: str, given: object) -> dt.date:
    if isinstance(given, dt.date):
        return given
    try:
        return dt.date.fromisoformat(str(given))
    except ValueError:
        raise UserInputError(
            f"{name} is {given!r}, which is no date", hint="write it as 2025-12-31"
        ) from None


def _value(name: str, spec: dataclasses.Field[Any], given: object) -> Any:
    if not spec.metadata:
        return _date(name, given)
    low, high, doc = spec.metadata["low"], spec.metadata["high"], spec.metadata["doc"]
    whole = isinstance(spec.default, int)
    hint = f"{name} ({doc}) takes a {'whole ' if whole else ''}number from {low:g} to {high:g}"
    try:
        if isinstance(given, bool):
            raise ValueError
        number = float(given)  # type: ignore[arg-type]
        value = int(number) if whole else number
        if whole and (value != number):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise UserInputError(f"{name} is {given!r}, which is not a number it takes", hint) from None
    if not low <= value <= high:
        raise UserInputError(f"{name} is {given!r}, which is out of its range", hint)
    return value


def _apply(config: BankConfig, settings: Mapping[str, object]) -> BankConfig:
    fields = {item.name: item for item in dataclasses.fields(BankConfig)}
    changes: dict[str, Any] = {}
    for name, given in settings.items():
        group, _, leaf = name.partition(".")
        if group not in fields or (group in _SIZES) == bool(leaf):
            raise _unknown(name)
        if group in _SIZES:
            changes[group] = _value(name, fields[group], given)
            continue
        mechanism = changes.get(group, getattr(config, group))
        spec = {item.name: item for item in dataclasses.fields(mechanism)}.get(leaf)
        if spec is None:
            raise _unknown(name)
        changes[group] = dataclasses.replace(mechanism, **{leaf: _value(name, spec, given)})
    return dataclasses.replace(config, **changes)


def _flat(document: object, path: Path) -> dict[str, object]:
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise UserInputError(f"{path} holds no mapping", hint="write mechanism:\\n  name: value")
    flat: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{leaf}": inner for leaf, inner in value.items()}
        else:
            flat[str(key)] = value
    return flat


def _read(path: Path) -> dict[str, object]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserInputError(f"cannot read {path}: {error.strerror}", "check the path") from error
    except yaml.YAMLError as error:
        raise UserInputError(f"{path} is not YAML: {error}", "check its indentation") from error
    return _flat(document, path)


def check(config: BankConfig) -> BankConfig:
    """Return `config` if its parts agree with each other.

    Raises
    ------
    UserInputError
        If the window is empty or too long, or holds fewer days than deltas.
    """
    days = (config.end - config.start).days + 1
    if days < 1:
        raise UserInputError(
            f"start {config.start} lies after end {config.end}", "give an earlier --start"
        )
    if config.start < dt.date(1990, 1, 1) or config.end > dt.date(2100, 12, 31) or days > 36_600:
        raise UserInputError(
            f"the window {config.start} to {config.end} is out of range",
            "keep it between 1990-01-01 and 2100-12-31",
        )
    if config.deltas >= days:
        raise UserInputError(
            f"{config.deltas} deltas do not fit into {days} days",
            f"give at most {days - 1}, or an earlier --start",
        )
    if config.branches.far_km < config.branches.near_km:
        raise UserInputError("branches.far_km is below branches.near_km", "raise branches.far_km")
    return config


def load_config(
    yaml_path: Path | None = None,
    overrides: Sequence[str] = (),
    preset: str | None = None,
    **sizes: object,
) -> BankConfig:
    """Return the configuration of a bank.

    Parameters
    ----------
    yaml_path : Path, optional
        YAML with sizes at the top and one mapping per mechanism.
    overrides : sequence of str
        ``mechanism.name=value``, applied after the file.
    preset : str, optional
        Name of a lab bank, whose settings the file, `overrides` and `sizes` may change.
    **sizes
        ``customers``, ``transactions``, ``start``, ``end``, ``seed``,
        ``deltas``, ``merchants``; applied last. None is "not given".

    Raises
    ------
    UserInputError
        If a name is unknown or a value is out of its range; says what is valid.

    Examples
    --------
    >>> load_config(overrides=["churn.fee_effect=0"], customers=10).churn.fee_effect
    0.0
    """
    settings: dict[str, object] = dict(lab_bank(preset).settings) if preset else {}
    settings |= _read(yaml_path) if yaml_path else {}
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals:
            raise UserInputError(
                f"--set {text!r} has no '='", hint="write it as --set churn.fee_effect=0"
            )
        settings[name.strip()] = value.strip()
    settings |= {name: value for name, value in sizes.items() if value is not None}
    return check(_apply(BankConfig(), settings))
