"""The flight recorder: what each device of a session sent, byte for byte, and all that its monitor was told.

`records` is what stands in a recording, `file` its form, `tap` listens at the links, `monitor` at the
session, `recorder` brings both together, `writer` puts them on the disk. The format: docs/replaying.md.
"""
