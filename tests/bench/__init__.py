"""The benchmarks: `make bench`, or `python -m tests.bench --help`. The figures: docs/performance.md.

Nothing here is a test and no test asserts a speed. Each module measures one thing through the code that the
service runs; what stands at the far end of a wire, and whatever else must not be counted, is in processes of
its own.
"""
