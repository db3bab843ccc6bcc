"""The kinds of alarm rules: each says what it reads, when it begins to hold and when it is over."""

from kapmonitor.alarms.kinds.happening import HappeningRule, PulseLostRule
from kapmonitor.alarms.kinds.pressure import LowPressureRule, PressureRule, PressureWithSymptomsRule
from kapmonitor.alarms.kinds.technical import (
    BatteryRule,
    CuffRule,
    DisagreeRule,
    ImplausibleRule,
    OverdueRule,
    RefusedSourceRule,
    UnavailableRule,
)
from kapmonitor.alarms.kinds.threshold import CumulativeRule, ThresholdRule
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
