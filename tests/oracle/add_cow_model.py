#!/usr/bin/env python3
"""add-cow files, read and written by their document and nothing else: no other program knows them.

  add_cow_model.py read FILE OUT       the disk's content as a raw file
  add_cow_model.py write FILE KIND IMAGE BACKING SECTORS SEED OUT
                   KIND v1 or acow: FILE over a raw BACKING, with random clusters; OUT: what it must show
"""
import os
import random
import struct
import sys

V1_MAGIC = b"ADD_COW\xff"


def header(file):
    head = open(file, "rb").read(2 << 20)
    if head[:8] == V1_MAGIC:
        version, b_at, b_len, i_at, i_len = struct.unpack_from("<5I", head, 8)
        features = struct.unpack_from("<Q", head, 28)[0]
        assert version == 1 and features <= 3, "header"
        backing = head[b_at:b_at + b_len] if features & 1 else b""
        return backing.decode(), head[i_at:i_at + i_len].decode(), 65536, 4096, False
    assert head[:4] == b"ACOW", "magic"
    b_at, b_len, i_at, i_len, bits = struct.unpack_from("<5I", head, 4)
    features, compatible = struct.unpack_from("<2Q", head, 24)
    size = struct.unpack_from("<I", head, 40)[0]
    assert features == 0 and size == max(4096, 1 << bits), "header"
    backing = head[b_at:b_at + b_len] if b_at else b""
    return backing.decode(), head[i_at:i_at + i_len].decode(), 1 << bits, size, bool(compatible & 1)


def read(file, out):
    folder = os.path.dirname(os.path.abspath(file))
    backing, image, cluster, bitmap_at, whole = header(file)
    data = open(os.path.join(folder, image), "rb").read()
    under = b""
    if backing and not whole:
        path = os.path.join(folder, backing)
        magic = open(path, "rb").read(8)
        under = read(path, None) if magic == V1_MAGIC or magic[:4] == b"ACOW" else open(path, "rb").read()
    bitmap = open(file, "rb").read()[bitmap_at:]
    disk = bytearray(data)
    for n in range(0 if whole else (len(data) + cluster - 1) // cluster):
        if n // 8 < len(bitmap) and bitmap[n // 8] >> n % 8 & 1:
            continue
        at = n * cluster
        length = min(cluster, len(data) - at)
        disk[at:at + length] = under[at:at + length].ljust(length, b"\0")
    if out:
        open(out, "wb").write(disk)
    return bytes(disk)


def write(file, kind, image, backing, sectors, seed, out):
    rng = random.Random(seed)
    size = sectors * 512
    cluster = 65536 if kind == "v1" else 4096
    names = backing.encode() + image.encode()
    if kind == "v1":
        head = V1_MAGIC + struct.pack("<5IQ", 1, 36, len(backing), 36 + len(backing), len(image), 3) + names
    else:
        head = struct.pack("<4s5IQQI16s16s", b"ACOW", 76, len(backing), 76 + len(backing), len(image), 12, 0, 0,
                           4096, b"raw", b"raw") + names
    data = bytearray(rng.randbytes(size))  # what no bit names must not be seen
    clusters = (size + cluster - 1) // cluster
    bitmap = bytearray((clusters + 7) // 8)
    for n in range(clusters):
        if rng.random() < 0.4:
            bitmap[n // 8] |= 1 << n % 8
    if kind != "v1":
        bitmap += bytes(-len(bitmap) % cluster)
    open(image, "wb").write(data)
    open(file, "wb").write(head.ljust(4096, b"\0") + bitmap)
    open(out, "wb").write(read(file, None))


if sys.argv[1] == "read":
    read(sys.argv[2], sys.argv[3])
else:
    name, kind, image, backing, sectors, seed, out = sys.argv[2:9]
    write(name, kind, image, backing, int(sectors), int(seed), out)
