"""What the benchmark drivers share: the host's name, figures as text, the table's place in a document."""
import platform
import statistics


def processor_name():
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def spread(values):
    return f"{statistics.median(values):.2f}" + (f" ({min(values):.2f}-{max(values):.2f})" if len(values) > 1 else "")


def write_between_marks(path, script, text):
    """The table lives between two comments of the document that name its script, so that the words around it stay."""
    begin, end = f"<!-- {script} begin -->\n", f"<!-- {script} end -->\n"
    with open(path, encoding="utf-8") as file:
        document = file.read()
    if begin not in document or end not in document:
        raise SystemExit(f"{script}: '{path}' has no '{begin.strip()}' and '{end.strip()}'")
    head, rest = document.split(begin, 1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + begin + text + end + rest.split(end, 1)[1])
