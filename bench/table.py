"""The results as a page: the table of bench/rows.py, then every side's numbers beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.rows import ROWS, MissingError, Reports, show_mb, show_ms

if TYPE_CHECKING:
    from datetime import datetime

    from bench.corpus import Truth

BUSY_LOAD = 2.5  # the side before leaves about two behind
VERDICTS = {True: "yes", False: "**no**", None: "–"}
PLANTED = {
    "needle": "key_events",
    "address_anywhere": "address_events",
    "field": "address_events",
    "field_substring": "agent_events",
    "field_regex": "agent_events",
    "substring_anywhere": "agent_events",
    "grep_rare": "key_events",
}


def table_rows(reports: Reports) -> list[dict[str, Any]]:
    """Every row judged: `met` is yes, no, open while a number is missing, or – where nothing is asked."""
    judged = []
    for row in ROWS:
        try:
            outcome = row.judge(reports)
            result = {"measured": outcome.measured, "ratio": outcome.ratio, "met": VERDICTS[outcome.is_met]}
        except MissingError as missing:
            result = {"measured": str(missing), "ratio": "", "met": "open"}
        judged.append({"what": row.what, "must": row.must, **result})
    return judged


def wrong_answers(reports: Reports, truth: Truth) -> list[str]:
    """Answers that differ from what was planted: a fast wrong answer is no measurement."""
    wrong = []
    for side, report in reports.items():
        for measure, answer in report.get("answers", {}).items():
            wanted = 0 if measure == "absent" else getattr(truth, PLANTED[measure]) if measure in PLANTED else None
            if wanted is not None and answer.strip('"') != str(wanted):
                wrong.append(f"{side} answers {measure} with {answer}, planted {wanted}")
    return wrong


def busy(reports: Reports) -> list[str]:
    """Sides that shared the machine with other work: their times are worth little."""
    loads = {side: report["facts"]["load_before"] for side, report in reports.items() if "facts" in report}
    shown = ", ".join(f"{side} {load:.1f}" for side, load in loads.items() if load > BUSY_LOAD)
    return (
        [f"**Other work was running** (load before the side began: {shown}): times are too long.", ""] if shown else []
    )


def results_markdown(
    rows: list[dict[str, Any]], reports: Reports, facts: dict[str, str], truth: Truth, at: datetime
) -> str:
    """The whole page."""
    sides = list(reports)
    lines = [
        f"# Benchmark of {at:%Y-%m-%d}",
        "",
        "; ".join(f"{name}: {value}" for name, value in facts.items()) + ".",
        (
            f"Corpus: {truth.events:,} CloudTrail events, {show_mb(truth.raw_bytes)} raw, seed {truth.seed}. "
            "Times are medians of warm runs (five or more), wall clock; all sides in one run on one machine."
        ),
        "",
        "| what | must | measured | ratio | met |",
        "|---|---|---|---|---|",
        *(f"| {row['what']} | {row['must']} | {row['measured']} | {row['ratio']} | {row['met']} |" for row in rows),
        "",
        *busy(reports),
        *(f"**Wrong answer:** {text}." for text in wrong_answers(reports, truth)),
        *(f"**{side} gave no report:** {report['failed']}." for side, report in reports.items() if "failed" in report),
        "",
        "## All sides",
        "",
        "| | " + " | ".join(f"{side} {reports[side].get('version', '')}" for side in sides) + " |",
        "|---|" + "---|" * len(sides),
    ]
    measures = dict.fromkeys(name for report in reports.values() for name in report.get("timings", {}))
    for measure in measures:
        cells = [_cell(reports[side].get("timings", {}).get(measure)) for side in sides]
        lines.append(f"| {measure} | " + " | ".join(cells) + " |")
    for name in ("size_bytes", "peak_rss_bytes"):
        values = [reports[side].get("facts", {}).get(name) for side in sides]
        lines.append(f"| {name} | " + " | ".join("" if v is None else show_mb(v) for v in values) + " |")
    return "\n".join(lines) + "\n"


def _cell(timing: dict[str, float] | None) -> str:
    if timing is None:
        return ""
    cpu = f", CPU {timing['cpu_s']:.1f} s" if timing["runs"] == 1 else ""
    return f"{show_ms(timing['wall_s'])}{cpu}"
