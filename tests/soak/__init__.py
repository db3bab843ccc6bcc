"""What takes long: `make soak`, within `MINUTES`. A short piece of each runs with the other tests."""
