#!/usr/bin/env python3
"""tetros_picture.py START LANDED: screens of TetrOS, 40 x 25 cells of plain background colours.

START must show the well (grey walls from row 4 to the floor in row 21, columns 13 and 26) with a piece in it;
LANDED, after four presses of Left, a piece at the left wall resting on the floor or on what lies there.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import png  # noqa: E402

TOP, FLOOR, LEFT, RIGHT = 4, 21, 13, 26
GREY, BLACK = (0xAA, 0xAA, 0xAA), (0, 0, 0)


def cells(path):
    picture = png.read(path)
    width, height = picture.width // 40, picture.height // 25
    return [[picture.at(column * width + width // 2, row * height + height // 2)
             for column in range(40)] for row in range(25)]


def check(condition, message):
    if not condition:
        print("FAIL: " + message)
        sys.exit(1)


def check_well(screen, name):
    for row in range(TOP, FLOOR):
        for column in (LEFT, RIGHT):
            check(screen[row][column] == GREY, f"{name}: no wall at row {row}, column {column}")
    for column in range(LEFT, RIGHT + 1):
        check(screen[FLOOR][column] == GREY, f"{name}: no floor at column {column}")


def filled(screen):
    return {(row, column) for row in range(TOP, FLOOR) for column in range(LEFT + 1, RIGHT)
            if screen[row][column] != BLACK}


def main():
    start, landed = cells(sys.argv[1]), cells(sys.argv[2])
    check_well(start, "start")
    check_well(landed, "landed")
    check(filled(start), "start: no piece in the well")
    check(any(column == LEFT + 1 and row >= FLOOR - 4 for row, column in filled(landed)),
          "landed: nothing at the left wall above the floor")
    check((FLOOR - 1, LEFT + 1) in filled(landed) or (FLOOR - 1, LEFT + 2) in filled(landed) or
          (FLOOR - 1, LEFT + 3) in filled(landed), "landed: nothing on the floor at the left")


main()
