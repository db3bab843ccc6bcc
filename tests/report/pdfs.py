"""As much of PDF as it takes to read back what a report says: pages, and the text on each.

Reads what weasyprint and Chromium write: objects in the open or packed together, contents and maps deflated,
text as glyph numbers that a font's own map turns into characters.
"""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
_SHOWN = re.compile(rb"/(\S+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|\((.*?)(?<!\\)\)\s*Tj|\bET\b", re.DOTALL)


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, without spaces where the file has none."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    for body in list(objects.values()):
        if b"/ObjStm" in body:
            objects |= _packed(body)
    return [_text(objects, body) for body in objects.values() if re.search(rb"/Type\s*/Page\b", body)]


def _text(objects: dict[int, bytes], page: bytes) -> str:
    fonts = _fonts(objects, page)
    found, font = "", dict[int, str]()
    contents = b"".join(_stream(objects[number]) for number in _references(page, b"Contents"))
    for name, glyphs, _, *_ in _SHOWN.findall(contents):
        if name:
            font = fonts.get(name, {})
        elif glyphs:
            found += "".join(font.get(int(glyphs[i : i + 4], 16), "") for i in range(0, len(glyphs), 4))
        else:
            found += " "
    return found


def _packed(body: bytes) -> dict[int, bytes]:
    stream, first = _stream(body), int(re.findall(rb"/First (\d+)", body)[0])
    numbers = [int(each) for each in stream[:first].split()]
    starts = [first + offset for offset in numbers[1::2]]
    ends = [*starts[1:], len(stream)]
    return {number: stream[start:end] for number, start, end in zip(numbers[::2], starts, ends, strict=True)}


def _fonts(objects: dict[int, bytes], page: bytes) -> dict[bytes, dict[int, str]]:
    resources = page
    for number in _references(page, b"Resources"):
        resources = objects[number]
    table = resources
    for number in _references(resources, b"Font"):
        table = objects[number]
    names = re.findall(rb"/(\S+)\s+(\d+) 0 R", table)
    return {name: _map(objects, objects[int(number)]) for name, number in names}


def _map(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    for number in _references(font, b"ToUnicode"):
        text = _stream(objects[number])
        for block in re.findall(rb"beginbfchar(.*?)endbfchar", text, re.DOTALL):
            for code, means in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
                found[int(code, 16)] = _characters(means)
        for block in re.findall(rb"beginbfrange(.*?)endbfrange", text, re.DOTALL):
            for low, high, means in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
                for step in range(int(high, 16) - int(low, 16) + 1):
                    found[int(low, 16) + step] = chr(int(means, 16) + step)
    return found


def _characters(code: bytes) -> str:
    return bytes.fromhex(code.decode()).decode("utf-16-be")


def _stream(body: bytes) -> bytes:
    raw = body.split(b"stream", 1)[1].lstrip(b"\r\n").rsplit(b"endstream", 1)[0]
    return zlib.decompressobj().decompress(raw) if b"FlateDecode" in body else raw


def _references(body: bytes, key: bytes) -> list[int]:
    match = re.search(rb"/" + key + rb"\s*(\[[^\]]*\]|\d+ 0 R)", body)
    return [int(number) for number in re.findall(rb"(\d+) 0 R", match[1])] if match else []
