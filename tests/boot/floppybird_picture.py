#!/usr/bin/env python3
"""floppybird_picture.py TITLE FLIGHT LANDED: the game in mode 13h, 320 x 200 dots in 640 x 400.

TITLE shows the bird in the middle over the skyline; FLIGHT, soon after Space, has it further left between pipes;
LANDED, when nobody flapped for seconds, is the title again.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import png  # noqa: E402

SKY, CLOUD, SAND, ORANGE = (0, 170, 170), (255, 255, 255), (255, 190, 125), (255, 190, 0)


def near(colour, wanted):
    """Within what different widenings of 6 bits to 8 make of one colour."""
    return all(abs(a - b) <= 5 for a, b in zip(colour, wanted))


def check(condition, message):
    if not condition:
        print("FAIL: " + message)
        sys.exit(1)


def columns_of(picture, colour, rows):
    return {x for x in range(0, 640, 2) for y in rows if near(picture.at(x, y), colour)}


def check_scene(picture, name):
    check((picture.width, picture.height) == (640, 400), f"{name}: {picture.width} x {picture.height} dots")
    check(near(picture.at(4, 4), SKY), f"{name}: no sky at the top")
    check(near(picture.at(4, 396), SAND), f"{name}: no sand at the bottom")
    check(any(near(picture.at(x, 200), CLOUD) for x in range(0, 640, 2)), f"{name}: no clouds")
    for y in range(0, 400, 2):
        for x in range(0, 640, 2):
            dot = picture.at(x, y)
            check(dot == picture.at(x + 1, y) == picture.at(x, y + 1), f"{name}: half a dot at {x}, {y}")


def main():
    title, flight, landed = (png.read(path) for path in sys.argv[1:4])
    for name, picture in (("title", title), ("flight", flight), ("landed", landed)):
        check_scene(picture, name)
    sky_rows = range(100, 176, 2)
    bird_then, bird_now = (columns_of(picture, ORANGE, sky_rows) for picture in (title, flight))
    check(bird_then and min(bird_then) > 280 and max(bird_then) < 360, "title: no bird in the middle")
    check(bird_now and max(bird_now) < 200, "flight: the bird is not at the left")
    high = range(0, 16, 2)
    check(all(near(title.at(x, 2), SKY) for x in range(0, 640, 2)), "title: something in the sky")
    check(any(not near(flight.at(x, y), SKY) for x in range(200, 300, 2) for y in high), "flight: no pipes")
    check(all(title.at(x, y) == landed.at(x, y) for x in range(640) for y in range(300)),
          "landed: not the title again")


main()
