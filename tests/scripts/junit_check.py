#!/usr/bin/env python3
"""Checks a JUnit report as strictly as the readers of CI systems take it: junit_check.py FILE"""
import re
import sys
import xml.etree.ElementTree as ElementTree

NUMBER = re.compile(r"\d+(\.\d+)?$")
SUITES = {"tests", "failures", "errors", "skipped"}
SUITE = {"name", "tests", "failures", "errors", "skipped", "time"}
CASE = {"classname", "name", "time"}
INSIDE = ["properties", "skipped", "failure", "system-out"]  # in this order, each once at most
PROPERTIES = ["guest_time", "instructions", "hash"]


def need(good, text):
    if not good:
        sys.exit(f"junit: {text}")


def attributes(element, expected):
    need(set(element.attrib) == expected, f"<{element.tag}> has {sorted(element.attrib)}, expected {sorted(expected)}")


def check_case(case):
    attributes(case, CASE)
    need(case.get("name") and case.get("classname"), "a testcase without a name")
    need(NUMBER.match(case.get("time")), f"time '{case.get('time')}'")
    tags = [child.tag for child in case]
    need(tags == [tag for tag in INSIDE if tag in tags], f"children {tags}")
    need([p.get("name") for p in case.find("properties")] == PROPERTIES, "properties")
    for prop in case.find("properties"):
        attributes(prop, {"name", "value"})
    failure, skipped = case.find("failure"), case.find("skipped")
    need(failure is None or skipped is None, "failed and skipped at once")
    if failure is not None:
        attributes(failure, {"type", "message"})
        need(failure.get("message") and failure.text, "a failure that says nothing")
        need("\n" not in failure.get("message"), "a message of several lines")
    if skipped is not None:
        attributes(skipped, {"message"})
    return failure is not None, skipped is not None


def totals(element, counts):
    for key, value in zip(("tests", "failures", "skipped"), counts):
        need(element.get(key) == str(value), f"<{element.tag}> {key}={element.get(key)}, counted {value}")
    need(element.get("errors") == "0", "errors")


root = ElementTree.parse(sys.argv[1]).getroot()
need(root.tag == "testsuites", f"root <{root.tag}>")
attributes(root, SUITES)
everything = [0, 0, 0]
for suite in root:
    need(suite.tag == "testsuite", f"<{suite.tag}>")
    attributes(suite, SUITE)
    verdicts = [check_case(case) for case in suite]
    counts = [len(verdicts), sum(v[0] for v in verdicts), sum(v[1] for v in verdicts)]
    totals(suite, counts)
    everything = [a + b for a, b in zip(everything, counts)]
totals(root, everything)
print("junit: %d tests, %d failures, %d skipped: well formed" % tuple(everything))
