#!/usr/bin/env python3
"""kolibrios_picture.py DESKTOP: KolibriOS' desktop at 1024 x 768: dark ground, rows of icons, the task bar with the
green Menu button at its left and the blue clock at its right, the mouse pointer in the middle.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import png  # noqa: E402

GROUND, BAR, CLOCK, WHITE = (24, 32, 40), (104, 119, 150), (0, 128, 255), (255, 255, 255)


def check(condition, message):
    if not condition:
        print("FAIL: " + message)
        sys.exit(1)


def main():
    desktop = png.read(sys.argv[1])
    check((desktop.width, desktop.height) == (1024, 768), f"{desktop.width} x {desktop.height} dots")
    check(desktop.at(4, 400) == GROUND, "no desktop")
    check(desktop.at(300, 750) == BAR, "no task bar")
    check(desktop.at(995, 752) == CLOCK, "no clock")
    green = [(x, y) for x in range(0, 46) for y in range(742, 766) if desktop.at(x, y)[1] > 80 > desktop.at(x, y)[2]]
    check(len(green) > 100, "no Menu button")
    pointer = [(x, y) for x in range(500, 530) for y in range(375, 405) if desktop.at(x, y) == WHITE]
    check(len(pointer) > 20, "no mouse pointer")
    for x, y in ((0, 0), (68, 0), (136, 0), (204, 0), (820, 0), (888, 0), (956, 0), (0, 612), (956, 612)):
        colours = {desktop.at(x + dx, y + dy) for dx in range(16, 52, 2) for dy in range(8, 44, 2)}
        check(len(colours) > 4, f"no icon near {x}, {y}")


if __name__ == "__main__":
    main()
