"""Whole processes, as users run them."""
