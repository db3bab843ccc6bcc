"""Tests of the alarm room."""
