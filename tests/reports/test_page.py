"""Leadership opens the report of its office: page, PDF, CSV and plain SQL say the same, to the row."""

import csv
import io
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import html5lib
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from reports.numbers import written
from reports.table import SUMMARY
from tests.conftest import local
from tests.reports import oracle
from visits import roles
from visits.models import AuditEvent, Membership, Visit
from visits.starter import make_office

JULY = datetime(2026, 7, 14, 10, tzinfo=ZoneInfo("Asia/Jakarta"))
JUNE = (date(2026, 6, 1), date(2026, 6, 30))
SVG = "{http://www.w3.org/2000/svg}"
FILES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@pytest.fixture(autouse=True)
def _in_july(clock):
    clock.set(JULY)


@pytest.fixture
def arrive(office, make_visit):
    """A visit at a time of the office's clock, closed by the visitor after half an hour."""

    def make(day: str, at: str = "09:00:00", **kw) -> Visit:
        arrived_at = local(kw.get("office", office), day, at)
        ending = {"left_at": arrived_at + timedelta(minutes=30), "ended_by": "tamu"}
        return make_visit(arrived_at=arrived_at, **{**ending, **kw})

    return make


@pytest.fixture
def june(arrive, office):
    """Twelve visits, and some beside them: excluded, announced, of other months and of nobody here."""
    for number in range(12):
        arrive(
            f"2026-06-{number + 1:02d}",
            f"{8 + number % 5:02d}:59:59",
            phone=f"+62812345678{number % 9:02d}",
            party_size=number % 3 + 1,
            visitor_kind="media",
            organization=f"Radio {number % 2}",
            purpose=office.purposes.all()[number % 4],
        )
    arrive("2026-06-05", excluded_at=local(office, "2026-06-05", "12:00"), excluded_reason="Uji coba")
    for number in range(3):
        arrive(f"2026-05-{number + 4:02d}")


def page(client, period: str = "2026-06"):
    response = client.get(f"/staf/laporan/{period}/")
    assert response.status_code == 200
    return html5lib.parse(response.content, namespaceHTMLElements=False, transport_encoding="utf-8")


def table(html, heading: str) -> list[list[str]]:
    """The cells of the table below this heading."""
    section = next(section for section in html.iter("section") if section.get("aria-labelledby") == heading)
    return [["".join(cell.itertext()).strip() for cell in row] for row in section.iter("tr")]


def words(element) -> str:
    return " ".join("".join(element.itertext()).split())


def cards(html) -> dict[str, str]:
    figures = next(element for element in html.iter("dl"))
    return {words(card[0]): words(card[1]).split()[0] for card in figures}


def csv_figures(client, period: str = "2026-06") -> dict[tuple[str, str], str]:
    text = client.get(f"/staf/laporan/{period}.csv").content.decode("utf-8-sig")
    return {(section, key): value for section, key, value in csv.reader(io.StringIO(text), delimiter=";")}


def pdf_text(client, period: str = "2026-06") -> str:
    content = client.get(f"/staf/laporan/{period}.pdf").content
    return " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(content)).pages).split())


# The figures.


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
def test_every_form_says_what_sql_counts_to_the_row(client_of, bob, office, other_office, arrive, zone):
    office.time_zone = zone
    office.save()
    office.refresh_from_db()
    for day, at, people in [
        ("2026-05-31", "23:59:59.999999", 1),
        ("2026-06-01", "00:00:00", 2),
        ("2026-06-15", "12:30:00", 3),
        ("2026-06-30", "23:59:59.999999", 4),
        ("2026-07-01", "00:00:00", 5),
    ]:
        arrive(day, at, party_size=people)
    arrive("2026-06-15", office=other_office)
    arrive("2026-06-15", left_at=None, ended_by="")
    arrive("2026-06-15", excluded_at=local(office, "2026-06-16"), excluded_reason="Uji coba")
    client = client_of(bob)

    expected = oracle.figures(office.pk, *JUNE)
    assert (expected["visits"], expected["people"], expected["excluded"]) == (4, 10, 1)
    shown = {name: "–" if value is None else written(value) for name, value in expected.items()}
    html = page(client)
    figures = {row[0]: row[1] for row in table(html, "h-figures")[1:]}
    assert {label: figures[label] for _name, label in SUMMARY} == {label: shown[name] for name, label in SUMMARY}
    assert cards(html)["Kunjungan"] == shown["visits"]
    assert cards(html)["Tamu (orang)"] == shown["people"]
    figures = csv_figures(client)
    assert [figures["Ringkasan", label].replace(".", "") for _name, label in SUMMARY] == [
        shown[name].replace(".", "") for name, _label in SUMMARY
    ]
    text = pdf_text(client)
    assert f"kantor menerima {shown['visits']} kunjungan dengan {shown['people']} tamu" in text
    assert f"{shown['visits']} kunjungan" in words(next(p for p in html.iter("p") if "kantor menerima" in words(p)))


def test_page_csv_and_pdf_have_the_same_breakdowns(client_of, bob, office, june):
    client = client_of(bob)
    html, figures, text = page(client), csv_figures(client), pdf_text(client)

    for heading, group, section in [
        ("h-purposes", "purposes", "Keperluan"),
        ("h-kinds", "kinds", "Asal tamu"),
        ("h-districts", "districts", "Kecamatan"),
        ("h-points", "points", "Titik check-in"),
    ]:
        expected = oracle.counts(group, office.pk, *JUNE)
        rows = table(html, heading)[1:]
        assert {row[0]: int(row[2]) for row in rows} == expected
        assert {key: int(figures[section, key]) for key in expected} == expected
        assert [row for row in rows if f"{row[0]} {row[2]} {row[3].removesuffix('%')}" not in text] == []
    named = {row["key"].capitalize(): row["count"] for row in oracle.rows(oracle.ORGANIZATIONS, office.pk, *JUNE)}
    assert {row[0]: int(row[2]) for row in table(html, "h-organizations")[1:]} == named == {"Radio 0": 6, "Radio 1": 3}


def test_the_chart_and_its_table_show_every_day(client_of, bob, office, june):
    html = page(client_of(bob))

    days = oracle.counts("days", office.pk, *JUNE)
    rows = table(html, "h-chart")[1:]
    assert [int(count) for _day, count in rows] == list(dict(sorted(days.items())).values())
    assert rows[0][0] == "Senin, 1 Juni 2026"
    titles = [words(title) for title in html.iter(f"{SVG}title")]
    assert titles == [f"{day}: {count}" for day, count in rows]


def test_the_heat_map_sums_up(client_of, bob, office, june):
    head, *rows, foot = table(page(client_of(bob)), "h-hours")

    cells = oracle.counts("cells", office.pk, *JUNE)
    weekdays = ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"]
    shown = {
        f"{weekdays.index(row[0]) + 1} {int(hour)}": int(count)
        for row in rows
        for hour, count in zip(head[1:-1], row[1:-1], strict=True)
        if int(count)
    }
    assert shown == cells
    assert foot[-1] == "12"
    assert sum(map(int, foot[1:-1])) == 12


def test_svg_coordinates_are_no_indonesian_numbers(client_of, bob, june):
    html = page(client_of(bob))

    shapes = [shape for name in ["svg", "rect", "text", "line"] for shape in html.iter(f"{SVG}{name}")]
    assert len(shapes) > 40
    assert [value for shape in shapes for name, value in shape.items() if name != "class" and "," in value] == []


def test_a_longer_period_has_a_bar_for_each_month(client_of, bob, june):
    html = page(client_of(bob), "2026-T2")

    assert words(next(h for h in html.iter("h2") if h.get("id") == "h-chart")) == "Kunjungan per bulan"
    assert table(html, "h-chart")[1:] == [["Mei 2026", "3"], ["Juni 2026", "12"]]


def test_many_districts_are_summed_up(client_of, bob, office, arrive):
    for number in range(13):
        district = office.districts.create(name=f"Kecamatan {number:02d}")
        for _visit in range(13 - number):
            arrive("2026-06-10", district=district)

    rows = table(page(client_of(bob)), "h-districts")[1:]

    assert len(rows) == 11
    assert rows[-1][0] == "3 kecamatan lainnya"
    assert rows[-1][2] == str(3 + 2 + 1)
    assert sum(int(row[2]) for row in rows) == Visit.objects.count()


def test_the_dashboard_counts_the_same_days(client_of, bob, june, clock):
    clock.set(JULY.replace(month=6, day=30))
    client = client_of(bob)
    on_dashboard = {bar.day: bar.count for bar in client.get("/staf/").context["chart"].bars if bar.count}

    figures = csv_figures(client)
    in_report = {key: int(value) for (section, key), value in figures.items() if section == "Kunjungan per hari"}
    assert {str(day): count for day, count in on_dashboard.items()} == {
        day: count for day, count in in_report.items() if count
    }


# Odd periods.


def test_the_first_page_is_the_last_full_month(client_of, bob):
    response = client_of(bob).get("/staf/laporan/")
    assert response.status_code == 302
    assert response["Location"] == "/staf/laporan/2026-06/"


def test_a_month_that_is_not_over_says_so(client_of, bob, arrive):
    arrive("2026-07-03")
    text = words(page(client_of(bob), "2026-07"))

    assert "Bulan ini belum selesai: angka dihitung sampai Selasa, 14 Juli" in text
    assert "Dibandingkan dengan 1–14 Juni 2026 dan 1–14 Juli 2025." in text
    assert "Laporannya bisa disahkan mulai 1 Agustus 2026." in text


@pytest.mark.parametrize("period", ["2026-08", "2026-T4", "2027", "2026-13", "2026-T5", "1999-01", "2026-6", "x"])
def test_what_has_not_begun_or_is_no_period_is_not_found(client_of, bob, period):
    client = client_of(bob)
    assert client.get(f"/staf/laporan/{period}/").status_code == 404
    assert {kind: client.get(f"/staf/laporan/{period}.{kind}").status_code for kind in FILES} == dict.fromkeys(
        FILES, 404
    )


@pytest.mark.parametrize(
    ("period", "lead"),
    [
        ("2026-06", "Selama Juni 2026 tidak ada kunjungan."),
        ("2024-02", "Selama Februari 2024, kantor menerima 1 kunjungan"),
        ("2001-T1", "Selama triwulan I 2001 tidak ada kunjungan."),
    ],
)
def test_an_empty_month_a_leap_day_and_long_ago_read_sensibly(client_of, bob, arrive, period, lead):
    arrive("2024-02-29")
    client = client_of(bob)
    html = page(client, period)

    assert words(html).count(lead) == 1
    assert words(html).count("None") == 0
    assert lead in pdf_text(client, period)
    if period == "2024-02":
        assert table(html, "h-chart")[1:] == [["Kamis, 29 Februari 2024", "1"]]


def test_an_office_without_hours_and_visits_has_no_heat_map(client_of, bob, office):
    office.service_hours.all().delete()
    html = page(client_of(bob))
    assert "h-hours" not in {section.get("aria-labelledby") for section in html.iter("section")}
    assert client_of(bob).get("/staf/laporan/2026-06.pdf").content.startswith(b"%PDF")


def test_what_exists_is_listed_from_the_first_visit_on(client_of, bob, arrive):
    arrive("2025-11-20")
    links = [a for a in page(client_of(bob)).iter("a") if a.get("href", "").startswith("/staf/laporan/2")]
    listed = [a.get("href").split("/")[3] for a in links if "rel" not in a.attrib and "class" not in a.attrib]

    assert listed == [
        *[f"2026-{month:02d}" for month in range(1, 8)],
        *["2026-T1", "2026-T2", "2026-T3", "2026-S1", "2026-S2", "2026"],
        *["2025-11", "2025-12", "2025-T4", "2025-S2", "2025"],
    ]


# Who, and what stays of it.


def test_files_have_plain_names_and_are_not_kept(client_of, bob, june):
    for kind, content_type in FILES.items():
        response = client_of(bob).get(f"/staf/laporan/2026-06.{kind}")
        assert response.status_code == 200
        assert response["Content-Type"] == content_type
        assert response["Content-Disposition"] == f'attachment; filename="laporan-kunjungan-contoh-2026-06.{kind}"'
        assert {"no-store", "private"} <= {part.strip() for part in response["Cache-Control"].split(",")}


def test_page_and_files_leave_a_trace(client_of, bob, office):
    client = client_of(bob)
    page(client)
    for kind in FILES:
        client.get(f"/staf/laporan/2026-06.{kind}")

    events = AuditEvent.objects.order_by("pk").values_list("action", "actor", "office_id", "details")
    assert list(events) == [
        ("report.opened", "bob", office.pk, {"period": "2026-06"}),
        *[("report.downloaded", "bob", office.pk, {"period": "2026-06", "format": kind}) for kind in FILES],
    ]


@pytest.mark.parametrize("ending", ["/", ".pdf", ".xlsx", ".csv"])
def test_strangers_stay_outside(client_of, charlie, make_user, office, ending):
    """Somebody of another office, somebody without the permission, nobody at all."""
    address = f"/staf/laporan/2026-06{ending}"
    assert client_of(charlie).get(f"{address}?kantor=contoh").status_code == 404
    without = client_of(make_user("eko", office, roles.REPORT_RECEIVER))
    assert without.get(address).status_code == 403
    assert without.post(address).status_code in {403, 405}
    assert Client().get(address)["Location"] == f"/staf/login/?next={address}"
    assert set(AuditEvent.objects.values_list("action", flat=True)) == {"refused"}


def test_no_name_of_a_visitor_is_in_any_of_it(client_of, bob, office, arrive):
    secret = office.purposes.get(is_confidential=True)
    arrive("2026-06-03", name="Merpati", note="Rahasia", visitor_kind="media", organization="Sarang", purpose=secret)
    client = client_of(bob)
    text = client.get("/staf/laporan/2026-06/").content.decode() + str(csv_figures(client)) + pdf_text(client)

    assert [word for word in ["Merpati", "Rahasia", "Sarang", "81234567890"] if word in text] == []
    assert secret.name in text


def test_links_stay_in_the_chosen_office(client_of, bob, arrive):
    second = make_office(name="Kantor Kedua", slug="kedua")
    Membership.objects.create(user=bob, office=second)
    client = client_of(bob)

    response = client.get("/staf/laporan/?kantor=kedua")
    assert response["Location"] == "/staf/laporan/2026-06/?kantor=kedua"
    html = html5lib.parse(client.get(response["Location"]).content, namespaceHTMLElements=False)
    links = [a.get("href") for a in html.iter("a") if a.get("href", "").startswith("/staf/laporan/2")]
    assert len(links) > 3
    assert [link for link in links if not link.endswith("?kantor=kedua")] == []
    name = client.get("/staf/laporan/2026-06.csv?kantor=kedua")["Content-Disposition"]
    assert name == 'attachment; filename="laporan-kunjungan-kedua-2026-06.csv"'


@pytest.mark.parametrize("ending", ["/", ".pdf", ".csv"])
def test_the_number_of_queries_does_not_grow(client_of, bob, arrive, ending):
    client = client_of(bob)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/staf/laporan/2026-06{ending}").status_code == 200
        return len(captured)

    arrive("2026-06-01")
    one = queries()
    arrive("2026-06-02")
    arrive("2026-05-03", phone="+6281200000000")
    assert queries() == one
