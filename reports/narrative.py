"""A report in sentences, computed from its figures. Pure: MonthlyReport in, Indonesian out.

`narrative` leads with what a leader can repeat; `notes` says how the figures are to be read; `change_text` stands under
one figure. Indonesian has no plural; what needs words of its own is nothing, one, and nothing to compare with.
"""

from reports.compared import Change, Compared
from reports.feedback import IN_TIME, Feedback
from reports.monthly import Day, Figures, MonthlyReport, Row
from reports.numbers import Number, percent, written
from reports.period import WEEKDAYS, Kind, Period, day_name
from reports.survey import Survey

FEW = 10  # visits: below this a percentage says less than the number
TOO_MANY_EQUALS = 3  # more than three winners are none
TELLING_PERCENT = 1000  # from here on a percentage says less than the number

SURVEY_NOTES = [
    "Indeks kepuasan (25–100) dihitung menurut PermenPANRB 14/2017 dari sembilan unsur berbobot sama. Penilaian "
    "dihitung pada hari diisi; responden yang disarankan menurut Krejcie dan Morgan.",
]
FEEDBACK_NOTES = [
    "Saran dihitung menurut hari masuknya; yang sudah dibalas dihitung sampai laporan ini dibuat. "
    "Saran yang mendapat tulisan baru setelah dibalas dihitung di kolom Dibalas dan juga di kolom Menunggu.",
]
KIND_NAMES = {Kind.MONTH: "Bulan", Kind.QUARTER: "Triwulan", Kind.SEMESTER: "Semester", Kind.YEAR: "Tahun"}


def narrative(report: MonthlyReport) -> list[str]:
    """The lead, then one sentence a fact; never empty."""
    sentences = [_lead(report), *_facts(report), _satisfaction(report), _feedback(report), _unfinished(report)]
    return [sentence for sentence in sentences if sentence]


def _facts(report: MonthlyReport) -> list[str]:
    if report.now.visits == 0:
        return []
    if report.now.visits == 1:
        return [_only_visit(report), _length(report.now), _last_year(report)]
    facts = [_busiest_days, _busiest_hours, _purposes]
    return [*(fact(report) for fact in facts), _visitors(report.now), _length(report.now), _last_year(report)]


def previous_name(report: MonthlyReport) -> str:
    """What the figures are compared with, as a sentence says it: "Mei", "Desember 2025", "1–14 Juni"."""
    return _earlier_name(report, report.period.previous, report.previous)


def last_year_name(report: MonthlyReport) -> str:
    return _earlier_name(report, report.period.same_period_last_year, report.last_year)


def _earlier_name(report: MonthlyReport, period: Period, figures: Figures) -> str:
    return (figures.span if report.is_partial else period).named(beside=report.period.year)


# The lead.


def _lead(report: MonthlyReport) -> str:
    during = f"Selama {report.period.named()}"
    if report.is_partial:
        during = f"{'Pada' if report.now.span.days == 1 else 'Selama'} {report.now.span.named()}"
    if report.now.visits == 0:
        return f"{during} {'belum' if report.is_partial else 'tidak'} ada kunjungan. {_nothing_now(report)}"
    visits, people = written(report.now.visits), written(report.now.people)
    return f"{during}, kantor menerima {visits} kunjungan dengan {people} tamu. {_lead_change(report)}"


def _nothing_now(report: MonthlyReport) -> str:
    if report.previous.visits:
        return f"Pada {previous_name(report)} ada {written(report.previous.visits)} kunjungan."
    return f"Pada {previous_name(report)} juga tidak ada."


def _lead_change(report: MonthlyReport) -> str:
    change, name = report.compared("visits").since_previous, previous_name(report)
    if change.base == 0:
        return f"Pada {name} tidak ada kunjungan."
    if change.difference == 0:
        return f"Jumlah kunjungan sama dengan {name} ({written(change.base)})."
    return f"Jumlah kunjungan {_moved(change)} dibanding {name} ({written(change.base)})."


def _moved(change: Change, unit: str = "") -> str:
    """ "naik 31%", or "naik 3 menit" where the percentage is missing, 0 or absurd. The difference is not 0."""
    direction = "naik" if change.difference > 0 else "turun"
    if change.percent and abs(change.percent) < TELLING_PERCENT:
        return f"{direction} {written(abs(change.percent))}%"
    return f"{direction} {_with_unit(abs(change.difference), unit)}"


def _with_unit(value: Number, unit: str) -> str:
    return f"{written(value)} {unit}".strip()


def change_text(compared: Compared, than: str, *, unit: str = "", in_percent: bool = True) -> str:
    """Under a figure: "naik 31% dari Mei (180)"; "turun 1 menit dari Mei (34)" with a unit and without `in_percent`."""
    change = compared.since_previous
    if change is None:
        return "tanpa pembanding"
    if change.difference == 0:
        return f"sama dengan {than} ({written(change.base)})"
    if change.base == 0:
        return f"tidak ada pada {than}"
    shown = change if in_percent else Change(change.base, change.difference, None)
    return f"{_moved(shown, unit)} dari {than} ({written(change.base)})"


# When they came.


def _only_visit(report: MonthlyReport) -> str:
    day, hour = report.now.busiest_day.day, report.now.busiest_hour.hour
    purpose = _inside_sentence(report.purposes[0].label)
    return f"Satu-satunya kunjungan datang pada {day_name(day)}, {_between(hour, hour + 1)}, untuk {purpose}."


def _busiest_days(report: MonthlyReport) -> str:
    count = report.now.busiest_day.visits
    days = [day for day in report.days if day.visits == count]
    if count == report.now.visits:
        return f"Semuanya datang pada {day_name(days[0].day)}."
    if len(days) > TOO_MANY_EQUALS:
        return f"Paling banyak {written(count)} kunjungan sehari, pada {written(len(days))} hari."
    each = "dengan" if len(days) == 1 else "masing-masing"
    return f"Hari tersibuk adalah {_list_of_days(days)}, {each} {written(count)} kunjungan."


def _list_of_days(days: list[Day]) -> str:
    """ "Senin, 15 Juni", "Senin, 15 Juni, dan Rabu, 17 Juni": the dates have commas of their own."""
    *others, last = [day_name(day.day) for day in days]
    return f"{'; '.join(others)}; dan {last}" if len(others) > 1 else ", dan ".join([*others, last])


def _busiest_hours(report: MonthlyReport) -> str:
    """The two hours together in which most came, and the densest hour of the week if there is just one."""
    if report.now.visits < FEW:
        return ""
    width = min(2, len(report.hours))
    windows = [sum(report.hour_totals[place : place + width]) for place in range(len(report.hours) - width + 1)]
    most = max(windows)
    start = report.hours[windows.index(most)]
    share = percent(most, report.now.visits)
    return f"Sebanyak {share}% kunjungan datang {_between(start, start + width)}{_densest_hour(report)}."


def _densest_hour(report: MonthlyReport) -> str:
    cells = [
        (count, row.weekday, hour)
        for row in report.weekdays
        for hour, count in zip(report.hours, row.visits, strict=True)
    ]
    most = max(cells)[0]
    densest = [(weekday, hour) for count, weekday, hour in cells if count == most]
    if len(densest) > 1:
        return ""
    weekday, hour = densest[0]
    return f", paling padat pada {WEEKDAYS[weekday - 1]} pukul {hour:02d}.00"


def _between(start: int, end: int) -> str:
    return f"antara pukul {start:02d}.00 dan {end:02d}.00"


# What for, who, how long.


def _purposes(report: MonthlyReport) -> str:
    rows = [row for row in report.purposes if row.visits]
    first = _winners(rows)
    if len(rows) == 1:
        return f"Semuanya untuk {_inside_sentence(rows[0].label)}."
    if len(first) > TOO_MANY_EQUALS:
        return ""
    second = _winners(rows[len(first) :])
    followed = "" if len(first) > 1 or len(second) > TOO_MANY_EQUALS else f", disusul {_with_share(second, report)}"
    return f"Keperluan terbanyak adalah {_with_share(first, report, with_count=True)}{followed}."


def _winners(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.visits == rows[0].visits]


def _with_share(rows: list[Row], report: MonthlyReport, *, with_count: bool = False) -> str:
    """ "konsultasi (79 kunjungan atau 34%)", "konsultasi (17%)", "audiensi dan magang (masing-masing 17%)"."""
    count, share = f"{written(rows[0].visits)} kunjungan", f"{rows[0].percent}%"
    figure = f"{count} atau {share}" if with_count else share
    each = "" if len(rows) == 1 else "masing-masing "
    return f"{_list_of(rows)} ({each}{count if report.now.visits < FEW else figure})"


def _list_of(rows: list[Row]) -> str:
    return _joined([_inside_sentence(row.label) for row in rows])


def _joined(names: list[str]) -> str:
    *others, last = names
    if len(others) > 1:
        return f"{', '.join(others)}, dan {last}"
    return " dan ".join([*others, last])


def _inside_sentence(label: str) -> str:
    """A name that begins like a sentence, inside one; "PPID" stays as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _visitors(now: Figures) -> str:
    if now.visitors == 0:
        return ""
    again = f"{written(now.returning)} di antaranya" if now.returning else "tidak ada yang"
    return f"Menurut nomor HP ada {written(now.visitors)} tamu berbeda; {again} datang lebih dari sekali."


def _length(now: Figures) -> str:
    if now.minutes is None:
        return _no_length(now)
    length = _with_unit(now.minutes, "menit") if now.minutes else "kurang dari 1 menit"
    if now.visits == 1:
        return f"Lamanya {length}."
    without = f", tanpa {written(now.auto_closed)} kunjungan yang ditutup otomatis" if now.auto_closed else ""
    return f"Rata-rata lama kunjungan {length}{without}."


def _no_length(now: Figures) -> str:
    every = "kunjungan ini" if now.visits == 1 else "semua kunjungan"
    if now.auto_closed == now.visits:
        return f"Lamanya tidak dapat dihitung karena {every} ditutup otomatis."
    if now.still_open == now.visits:
        return f"Lamanya belum dapat dihitung karena {every} belum selesai."
    return "Lamanya belum dapat dihitung karena belum ada kunjungan yang diselesaikan tamu atau petugas."


def _last_year(report: MonthlyReport) -> str:
    change = report.compared("visits").since_last_year
    if report.period.kind == Kind.YEAR or change.base == 0:
        return ""
    moved = _moved(change) if change.difference else "sama banyak"
    return f"Dibanding {last_year_name(report)} ({written(change.base)}), jumlah kunjungan {moved}."


# What they think of it.


def _satisfaction(report: MonthlyReport) -> str:
    if not (report.survey and report.survey.now.n):
        return ""
    survey, name = report.survey, previous_name(report)
    moved = f", {change_text(survey.index, name, in_percent=False)}" if survey.previous.n else ""
    grade = f"mutu {survey.now.grade}, {survey.grade_words.lower()}"
    answers = f"berdasarkan {written(survey.now.n)} penilaian"
    return f"Indeks kepuasan {written(survey.now.index)} dari 100 ({grade}), {answers}{moved}."


def _feedback(report: MonthlyReport) -> str:
    if not (report.feedback and report.feedback.now.received):
        return ""
    now = report.feedback.now
    if now.received == 1:
        return f"Satu saran masuk, dan {'sudah' if now.answered else 'belum'} dibalas."
    if now.answered == now.received:
        return f"Sebanyak {written(now.received)} saran masuk, semuanya sudah dibalas."
    answered = f"{written(now.answered)} sudah dibalas" if now.answered else "belum ada yang dibalas"
    return f"Sebanyak {written(now.received)} saran masuk, {answered}."


def weakest(survey: Survey) -> str:
    """What to work on; empty where all elements are alike."""
    if len({score.total for score in survey.scores}) < 2:
        return ""
    return f"Nilai terendah ada pada {_joined([label.lower() for label in survey.lowest])}."


def promptness(feedback: Feedback) -> list[str]:
    """How soon visitors were answered; nothing where there is nothing to tell."""
    sentences, due = [], feedback.in_time + feedback.late
    if due > 1:
        share = f"{written(feedback.in_time)} dari {written(due)} saran"
        sentences.append(f"{share} ({feedback.in_time_percent}%) dibalas dalam {IN_TIME} hari kerja.")
    if not feedback.now.answered:
        return sentences
    if feedback.median_days == feedback.slowest_days:
        return [*sentences, f"Balasannya datang {_within(feedback.slowest_days)}."]
    slowest = f"yang paling lambat {_within(feedback.slowest_days)}"
    return [*sentences, f"Separuh balasan pertama datang {_within(feedback.median_days)}; {slowest}."]


def _within(days: int) -> str:
    return f"dalam {written(days)} hari kerja" if days else "pada hari yang sama"


def _unfinished(report: MonthlyReport) -> str:
    if not report.is_partial:
        return ""
    until = day_name(report.now.last_day)
    return (
        f"{KIND_NAMES[report.period.kind]} ini belum selesai: angka dihitung sampai {until}, "
        "dan dibandingkan dengan jumlah hari yang sama."
    )


# How to read the figures.


def notes(report: MonthlyReport) -> list[str]:
    now = report.now
    entered = (
        f", termasuk {written(now.entered_by_staff)} kunjungan yang dicatat petugas" if now.entered_by_staff else ""
    )
    return [
        f"Angka berasal dari buku tamu digital DILAKU{entered}.",
        "Laporan ini tidak memuat nama, nomor HP, atau catatan tamu, dan tidak memuat instansi pada keperluan rahasia.",
        f"Perubahan dihitung terhadap {_compared_with(report)}.",
        f"Rata-rata per hari kerja dihitung atas {written(now.working_days)} hari kerja, tanpa hari libur.",
        f"Rata-rata lama kunjungan dihitung dari {written(now.timed)} kunjungan yang diselesaikan tamu atau petugas; "
        f"{written(now.auto_closed)} ditutup otomatis dan {written(now.still_open)} belum selesai.",
        "Tamu yang datang lebih dari sekali dikenali dari nomor HP dalam periode ini; "
        f"{written(now.without_phone)} kunjungan tanpa nomor HP.",
        *([f"Sebanyak {written(now.excluded)} catatan dikecualikan dan tidak dihitung."] if now.excluded else []),
        *(SURVEY_NOTES if report.survey and report.survey.now.n else []),
        *(FEEDBACK_NOTES if report.feedback and report.feedback.now.received else []),
    ]


def _compared_with(report: MonthlyReport) -> str:
    return report.previous.span.named() if report.is_partial else report.period.previous.named()
