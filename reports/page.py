"""What the page of a report shows, computed before the template."""

from reports import archive
from reports.archive import Issue
from reports.charts import column_chart
from reports.forms import LockForm, UnlockForm
from reports.period import Kind
from reports.shown import shown
from reports.shown_opinions import opinions

CHART_TITLES = {Kind.MONTH: "Kunjungan per hari"}


def context(office, issue: Issue) -> dict:
    report = issue.report
    view, years = shown(report), archive.years(office)
    known = {entry.period for year in years for _title, entries in year.groups for entry in entries}
    return {
        "shown": view,
        "opinions": opinions(report),
        "letterhead": issue.letterhead,
        "archived": issue.archived,
        "is_partial": report.is_partial,
        "may_be_locked_on": report.period.next.first_day,
        "history": archive.history(office, report.period),
        "form": None if report.is_partial else UnlockForm() if issue.is_locked else LockForm(),
        "chart": column_chart(view.columns),
        "chart_title": CHART_TITLES.get(report.period.kind, "Kunjungan per bulan"),
        "previous": report.period.previous if report.period.previous in known else None,
        "next": report.period.next if report.period.next in known else None,
        "years": years,
    }
