"""Reads the PNG files a test looks at: 8 bits a channel, grey, RGB, RGBA or palette, not interlaced."""
import struct
import zlib

CHANNELS = {0: 1, 2: 3, 3: 1, 6: 4}


class Picture:
    def __init__(self, width, height, channels, rows, palette):
        self.width, self.height = width, height
        self._channels, self._rows, self._palette = channels, rows, palette

    def at(self, x, y):
        """(red, green, blue)"""
        pixel = self._rows[y][x * self._channels:(x + 1) * self._channels]
        if self._palette is not None:
            return tuple(self._palette[pixel[0] * 3:pixel[0] * 3 + 3])
        return (pixel[0],) * 3 if self._channels == 1 else tuple(pixel[:3])


def _unfilter(data, stride, step, height):
    rows, above = [], bytearray(stride)
    for y in range(height):
        kind, row = data[y * (stride + 1)], bytearray(data[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            left = row[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            if kind == 1:
                add = left
            elif kind == 2:
                add = above[i]
            elif kind == 3:
                add = (left + above[i]) // 2
            elif kind == 4:
                estimate = left + above[i] - corner
                add = min((abs(estimate - left), 0, left), (abs(estimate - above[i]), 1, above[i]),
                          (abs(estimate - corner), 2, corner))[2]
            else:
                add = 0
            row[i] = (row[i] + add) & 0xFF
        rows.append(row)
        above = row
    return rows


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError(path + " is not a PNG file")
    at, packed, palette, header = 8, b"", None, None
    while at < len(data):
        size, tag = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if tag == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif tag == b"PLTE":
            palette = body
        elif tag == b"IDAT":
            packed += body
        at += size + 12
    width, height, depth, kind, _, _, interlace = header
    if depth != 8 or interlace or kind not in CHANNELS:
        raise ValueError(f"{path}: depth {depth}, colour type {kind}, interlace {interlace} not read")
    channels = CHANNELS[kind]
    rows = _unfilter(zlib.decompress(packed), width * channels, channels, height)
    return Picture(width, height, channels, rows, palette)
