"""The watchdog: its judgement, and the process on real brokers."""
