#!/usr/bin/python3
"""Holds what espy writes against the schemas, and its numbers and links against each other.

usage: formats.py KIND FILE [BASE]
KIND: events, run, ctrf, matrix, junit. BASE: the folder that links are relative to (default: that of FILE).
Every finding is a line; the exit status is 1 if there are any, 3 if python3-jsonschema is missing.
"""
import collections
import json
import os
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

try:
    import jsonschema
except ImportError:
    sys.exit(3)

SCHEMAS = os.path.join(os.path.dirname(__file__), "..", "..", "reports", "schema")
found = []


def say(text):
    if len(found) < 20:
        print(text)
    found.append(text)


def validator(name):
    with open(os.path.join(SCHEMAS, name + ".json"), encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def check_schema(checker, document, where):
    for error in checker.iter_errors(document):
        path = "/".join(str(p) for p in error.absolute_path)
        say(f"{where}: {path}: {error.message[:300]}")


def check_exists(base, path, where):
    if path.startswith("/") or not os.path.exists(os.path.join(base, path)):
        say(f"{where}: no such evidence: {path} from {base}")


def check_equal(what, want, got):
    if want != got:
        say(f"{what}: want {want}, got {got}")


def load(file):
    def refuse(word):
        raise ValueError(word)

    with open(file, encoding="utf-8") as f:
        return json.load(f, parse_constant=refuse)


def events(file, _):
    """Each line by the schema of its own kind: a message then says what is wrong with it, and not that no kind fits."""
    schema = validator("events").schema
    kinds = {kind["$ref"].split("/")[-1] for kind in schema["oneOf"]}
    checkers = {kind: jsonschema.Draft7Validator({"$ref": "#/definitions/" + kind, "definitions": schema["definitions"]})
                for kind in kinds}
    with open(file, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if not line.endswith("\n"):
                break  # torn: what run_read() counts
            event = json.loads(line)
            if event.get("event") not in kinds:
                say(f"{file}:{number}: event: {event.get('event')}")
            else:
                check_schema(checkers[event["event"]], event, f"{file}:{number}")


def run(file, base):
    document = load(file)
    check_schema(validator("run"), document, file)
    verdicts = collections.Counter(c["verdict"].lower() for c in document["cases"])
    summary = dict(document["summary"])
    check_equal(f"{file}: total", summary.pop("total"), len(document["cases"]))
    for verdict, count in summary.items():
        check_equal(f"{file}: {verdict}", verdicts[verdict], count)
    for case in document["cases"]:
        if case["evidence"] is not None:
            check_exists(base, case["evidence"] + "packets.pcapng", file)


def ctrf(file, base):
    document = load(file)
    check_schema(validator("ctrf"), document, file)
    results = document["results"]
    statuses = collections.Counter(t["status"] for t in results["tests"])
    for status in ("passed", "failed", "skipped", "pending", "other"):
        check_equal(f"{file}: {status}", statuses[status], results["summary"][status])
    check_equal(f"{file}: tests", len(results["tests"]), results["summary"]["tests"])
    check_equal(f"{file}: suites", len({t["suite"][0] for t in results["tests"]}), results["summary"]["suites"])
    for test in results["tests"]:
        for attachment in test.get("attachments", []):
            check_exists(base, attachment["path"], file)


def matrix(file, base):
    document = load(file)
    check_schema(validator("matrix"), document, file)
    for i, one in enumerate(document["runs"]):
        check_exists(base, one["folder"] + "events.jsonl", file)
        for verdict in ("pass", "fail", "skip", "total"):
            check_equal(f"{file}: run {i}: {verdict}", one["summary"][verdict],
                        sum(s["cells"][i][verdict] for s in document["suites"]))
    for difference in document["differences"]:
        check_equal(f"{file}: {difference['case']}: verdicts", len(document["runs"]), len(difference["verdicts"]))
        if len(set(difference["verdicts"])) < 2:
            say(f"{file}: {difference['case']}: no difference: {difference['verdicts']}")


def junit(file, base):
    """What GitLab and Jenkins make of it, beside the XSD."""
    if os.path.getsize(file) >= 30_000_000:
        say(f"{file}: GitLab refuses 30 MB and more")
    root = ElementTree.parse(file).getroot()
    names = set()
    totals = collections.Counter()
    micro = lambda e: round(float(e.get("time")) * 1_000_000)
    for suite in root:
        counts = collections.Counter(tests=0, failures=0, errors=0, skipped=0)
        time = 0
        for case in suite.iter("testcase"):
            name = (case.get("classname"), case.get("name"))
            if name in names:
                say(f"{file}: twice: {name}")
            names.add(name)
            counts["tests"] += 1
            time += micro(case)
            for kind, counter in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
                ending = case.find(kind)
                if ending is not None:
                    counts[counter] += 1
                    if not ending.get("message") or not (ending.text or "").strip():
                        say(f"{file}: {name}: {kind} without message or body")
            for path in re.findall(r"\[\[ATTACHMENT\|([^\[\]|]+?)\]\]", case.findtext("system-out") or ""):
                check_exists(base, path, file)
        for counter, count in counts.items():
            check_equal(f"{file}: {suite.get('name')}: {counter}", count, int(suite.get(counter)))
        check_equal(f"{file}: {suite.get('name')}: time", time, micro(suite))
        totals.update(counts)
        totals["time"] += time
    for counter in ("tests", "failures", "errors", "skipped"):
        check_equal(f"{file}: {counter}", totals[counter], int(root.get(counter)))
    check_equal(f"{file}: time", totals["time"], micro(root))


def links(file, base):
    """Every relative link of a Markdown or HTML file leads somewhere."""
    with open(file, encoding="utf-8") as f:
        text = f.read()
    paths = set(re.findall(r'href="([^"#:]+)["#]', text)) | set(re.findall(r"\]\(([^)#:]+)\)", text))
    if not paths:
        say(f"{file}: no link at all")
    for path in paths:
        check_exists(base, urllib.parse.unquote(path), file)


KINDS = {"events": events, "run": run, "ctrf": ctrf, "matrix": matrix, "junit": junit, "links": links}
kind, target = sys.argv[1], sys.argv[2]
KINDS[kind](target, sys.argv[3] if len(sys.argv) > 3 else os.path.dirname(target) or ".")
sys.exit(1 if found else 0)
