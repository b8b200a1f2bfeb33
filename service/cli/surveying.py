"""How a survey is put on paper: for people, as JSON, as CSV. What is unknown is said to be unknown in all three."""

import csv
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from service.cli.printing import STYLES, count_line, say, table, warn
from service.cli.spelling import UNKNOWN, counted, dollars, roughly
from service.survey import HOURS_A_MONTH, Closed, Found, Report

PLACE = "RUNS, AND NOBODY SEEMS TO CALL"
TIMES = "\N{MULTIPLICATION SIGN}"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would carry out


def show(report: Report, idle: timedelta) -> None:
    """Print a report for people: first what is missing from it, then the totals, then what to look at."""
    survey = report.survey
    say("Read only: nothing was changed.")
    for line in missing(report):
        say(f"! {line}", "yellow")
    if not survey.found:
        say(f"No endpoint in {', '.join(survey.namespaces) or 'any namespace that could be read'}.")
        return
    holding = {found.name.namespace for found in survey.found}
    say(f"{counted(len(survey.found), 'endpoint')} in {counted(len(holding), 'namespace')}.")
    say()
    say(f"{count_line(report.by_status)}      burning {_burn(report)}")
    say()
    if report.quiet:
        _show_quiet(report)
    else:
        say(f"Nothing that runs is known to have been without a request and an edit for {roughly(idle)}.")
    blind = f" {_blind(report)}" if report.blind else ""
    say(f"Estimates: price {TIMES} replicas now, {HOURS_A_MONTH} h.{blind}")
    say("Next: lamplighter init > lamplighter.toml")


def missing(report: Report) -> Iterator[str]:
    """Yield a sentence for everything that is missing from a survey: whole namespaces first."""
    for closed in report.survey.closed:
        yield f"{closed.namespace} unreadable: {closed.sign}. Its endpoints are NOT in this list."
        yield f"  {closed.error}"
    yield from report.survey.remarks
    for found in report.survey.found:
        if found.unreadable is not None:
            yield f"{found.name} unreadable: its document cannot be understood ({found.unreadable})"


def document(report: Report) -> dict[str, Any]:
    """Return a report as JSON; null is unknown."""
    survey = report.survey
    return {
        "read_only": True,
        "at": _spelt(survey.at),
        "requests_since": _spelt(survey.since),
        "unreadable": [_closed(closed) for closed in survey.closed],
        "remarks": list(survey.remarks),
        "namespaces": list(survey.namespaces),
        "totals": {
            "endpoints": len(survey.found),
            "by_status": dict(report.by_status),
            "usd_per_hour": _rounded(report.usd_per_hour),
            "unpriced": report.unpriced,
            "quiet": len(report.quiet),
            "quiet_usd_per_hour": _rounded(report.quiet_usd_per_hour),
            "without_request_data": report.blind,
        },
        "endpoints": [_endpoint(found, report) for found in survey.found],
    }


def write_csv(report: Report) -> None:
    """Print a line for each endpoint, the columns named first; what is missing goes beside the output."""
    for line in missing(report):
        warn(f"! {line}")
    rows = [_flat(_endpoint(found, report)) for found in report.survey.found]
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)


COLUMNS = (
    *("namespace", "name", "status", "vendor", "region", "instance_type", "instance_size", "availability", "replicas"),
    *("usd_per_hour", "requests", "requests_since", "last_request_at", "requests_unknown", "created_at", "created_by"),
    *("edited_at", "edited_by", "editor_left", "quiet", "unreadable"),
)


def _show_quiet(report: Report) -> None:
    days = roughly(report.survey.at - report.survey.since)
    header = (PLACE, "", "HARDWARE", "$/h", "$/month", f"REQUESTS {days}", "LAST EDIT")
    rows = [_row(found, report.survey.at) for found in report.quiet]
    total, all_of_it = report.quiet_usd_per_hour, report.usd_per_hour
    share = f"= {total / all_of_it:.0%} of the burn" if total is not None and all_of_it else ""
    sums = ("", "", "", *_rates(total), share.replace("%", " %"), "")
    styles = [STYLES.get(str(found.status), "") for found in report.quiet]
    table(header, [*rows, sums], [*styles, "bold"], numbers={"$/h", "$/month"})


def _row(found: Found, now: datetime) -> tuple[str, ...]:
    return (
        str(found.name),
        str(found.status),
        hardware(found),
        *_rates(found.usd_per_hour),
        _requests(found, now),
        _last_edit(found, now),
    )


def _rates(usd_per_hour: float | None) -> tuple[str, str]:
    """Return a rate by the hour and by the month."""
    if usd_per_hour is None:
        return UNKNOWN, UNKNOWN
    return f"{usd_per_hour:,.2f}", f"{usd_per_hour * HOURS_A_MONTH:,.0f}"


def hardware(found: Found) -> str:
    """Return the kind without its maker, the size, and how often, if there is more than one replica."""
    if found.hardware is None:
        return UNKNOWN
    kind = found.hardware.instance_type.partition("-")[2] or found.hardware.instance_type
    times = f" {TIMES}{found.replicas}" if found.replicas and found.replicas > 1 else ""
    return f"{kind} {found.hardware.instance_size}{times}"


def _requests(found: Found, now: datetime) -> str:
    if found.requests is None:
        return UNKNOWN
    known = now - found.requests.since
    partly = f" in {roughly(known)}" if known < timedelta(days=13) else ""
    last = f", last {roughly(now - found.requests.last_at)} ago" if found.requests.last_at else ""
    return f"{found.requests.count:,}{partly}{last}"


def _last_edit(found: Found, now: datetime) -> str:
    when = UNKNOWN if found.edited_at is None else f"{roughly(now - found.edited_at)} ago"
    left = " (left org)" if found.editor_left else ""
    return f"{when}, {found.edited_by or UNKNOWN}{left}"


def _burn(report: Report) -> str:
    if report.usd_per_hour is None:
        return "at a rate that is unknown"
    more = f", and {report.unpriced} more at a rate that is unknown" if report.unpriced else ""
    return f"about {dollars(report.usd_per_hour)}{more}"


def _blind(report: Report) -> str:
    also = " more" if report.quiet else ""
    have = "has" if report.blind == 1 else "have"
    return f"{report.blind}{also} {have} no request data: shown as unknown, not as idle."


def _closed(closed: Closed) -> dict[str, Any]:
    return {"namespace": closed.namespace, "reason": closed.sign, "error": closed.error}


def _endpoint(found: Found, report: Report) -> dict[str, Any]:
    machine, requests = found.hardware, found.requests
    return {
        "namespace": found.name.namespace,
        "name": found.name.name,
        "status": None if found.status is None else str(found.status),
        "unreadable": found.unreadable,
        "hardware": machine
        and {
            "vendor": machine.vendor,
            "region": machine.region,
            "instance_type": machine.instance_type,
            "instance_size": machine.instance_size,
            "availability": found.availability,
        },
        "replicas": found.replicas,
        "usd_per_hour": found.usd_per_hour,
        "requests": None if requests is None else requests.count,
        "requests_since": None if requests is None else _spelt(requests.since),
        "last_request_at": None if requests is None else _spelt(requests.last_at),
        "requests_unknown": found.requests_unknown,
        "created_at": _spelt(found.created_at),
        "created_by": found.created_by,
        "edited_at": _spelt(found.edited_at),
        "edited_by": found.edited_by,
        "editor_left": found.editor_left,
        "quiet": found in report.quiet,
    }


def _flat(told: Mapping[str, Any]) -> dict[str, Any]:
    flat = {**told, **(told["hardware"] or {})}
    return {
        key: f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
        for key, value in flat.items()
    }


def _rounded(usd_per_hour: float | None) -> float | None:
    return None if usd_per_hour is None else round(usd_per_hour, 4)


def _spelt(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")
