"""The kinds of alarm rules: each says what it reads, when it begins to hold and when it is over."""

from kapmonitor.alarms.kinds.cumulative import CumulativeRule
from kapmonitor.alarms.kinds.equipment import (
    BatteryRule,
    CuffRule,
    ImplausibleRule,
    MismatchRule,
    RefusedSourceRule,
)
from kapmonitor.alarms.kinds.happening import HappeningRule, PulseLostRule
from kapmonitor.alarms.kinds.pressure import LowPressureRule, PressureRule
from kapmonitor.alarms.kinds.symptoms import PressureWithSymptomsRule
from kapmonitor.alarms.kinds.technical import DisagreeRule, OverdueRule, UnavailableRule
from kapmonitor.alarms.kinds.threshold import ThresholdRule
from kapmonitor.alarms.kinds.weak import WeakRule

Rule = (
    ThresholdRule
    | CumulativeRule
    | WeakRule
    | PressureRule
    | LowPressureRule
    | PressureWithSymptomsRule
    | HappeningRule
    | PulseLostRule
    | UnavailableRule
    | DisagreeRule
    | OverdueRule
    | CuffRule
    | ImplausibleRule
    | BatteryRule
    | RefusedSourceRule
    | MismatchRule
)
"""One row of `config/alarms.toml`; its key `kind` says which."""

__all__ = [
    "BatteryRule",
    "CuffRule",
    "CumulativeRule",
    "DisagreeRule",
    "HappeningRule",
    "ImplausibleRule",
    "LowPressureRule",
    "MismatchRule",
    "OverdueRule",
    "PressureRule",
    "PressureWithSymptomsRule",
    "PulseLostRule",
    "RefusedSourceRule",
    "Rule",
    "ThresholdRule",
    "UnavailableRule",
    "WeakRule",
]
