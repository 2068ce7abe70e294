"""Everybody reads the figures of locked reports: page, CSV, card. Nothing of fewer than five people stands there."""

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import html5lib
import pytest
from django.test import Client

from reports import actions
from reports.models import ArchivedReport
from reports.monthly import Row
from reports.period import Period
from reports.public import _answered, _purposes
from tests.conftest import local
from visits.models import Office

PAGE, CARD, FILE = "/publik/contoh/", "/publik/contoh/sematan/", "/publik/contoh/angka.csv"


@pytest.fixture(autouse=True)
def _in_july(clock):
    clock.set(datetime(2026, 7, 14, 10, tzinfo=ZoneInfo("Asia/Jakarta")))


@pytest.fixture
def arrive(office, make_visit):
    """So many visits on 10 June, or another day, for a purpose."""

    def make(times: int, purpose=None, day: str = "2026-06-10") -> None:
        arrived_at = local(office, day)
        for _ in range(times):
            make_visit(
                arrived_at=arrived_at,
                left_at=arrived_at + timedelta(minutes=30),
                ended_by="tamu",
                purpose=purpose or office.purposes.first(),
            )

    return make


@pytest.fixture
def lock(office, dewi):
    def make(period: str = "2026-06") -> ArchivedReport:
        return actions.lock(office=office, period=Period.parse(period), number=f"No {period}", by=dewi)

    return make


def file_rows() -> list[list[str]]:
    text = Client().get(FILE).content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def told(address: str = PAGE) -> str:
    """The words of the page's main part."""
    root = html5lib.parse(Client().get(address).content, namespaceHTMLElements=False, transport_encoding="utf-8")
    return " ".join(" ".join(root.find(".//main").itertext()).split())


def test_only_locked_months_are_told(arrive, lock):
    arrive(7)
    arrive(9, day="2026-05-12")
    assert "Belum ada laporan yang disahkan." in told()
    lock()
    assert file_rows()[1] == ["2026-06", "Kunjungan", "7"]
    assert not any(row[0] == "2026-05" for row in file_rows())
    lock("2026-05")
    lock("2026-T2")
    assert [row for row in file_rows() if row[1] == "Kunjungan"] == [
        ["2026-06", "Kunjungan", "7"],
        ["2026-05", "Kunjungan", "9"],
    ]


def test_index_and_feedback_of_the_month(arrive, lock, make_survey, make_feedback, office):
    arrive(6)
    for _ in range(5):
        make_survey(day=datetime(2026, 6, 11).date(), speed=3)
    received = local(office, "2026-06-11")
    for _ in range(6):
        make_feedback(created_at=received, waiting_since=None, first_replied_at=received + timedelta(hours=2))
    lock()
    assert file_rows() == [
        ["Bulan", "Rincian", "Nilai"],
        ["2026-06", "Kunjungan", "6"],
        ["2026-06", f"Kunjungan: {office.purposes.first().name}", "6"],
        ["2026-06", "Responden survei kepuasan", "5"],
        ["2026-06", "Indeks kepuasan masyarakat", "97,22"],
        ["2026-06", "Mutu pelayanan", "A"],
        ["2026-06", "Saran diterima", "6"],
        ["2026-06", "Saran dibalas", "6"],
    ]
    for address in [PAGE, CARD]:
        assert "Indeks kepuasan 97,22 A, Sangat Baik . 5 responden" in told(address)
        assert "Saran dibalas 6 dari 6" in told(address)
    assert "Satisfaction index 97.22" in told(f"{PAGE}?lang=en")


def test_nothing_of_fewer_than_five_people(arrive, lock, make_survey, make_feedback, office):
    arrive(4)
    for _ in range(4):
        make_survey(day=datetime(2026, 6, 11).date())
        make_feedback(created_at=local(office, "2026-06-11"))
    lock()
    assert file_rows() == [["Bulan", "Rincian", "Nilai"]]
    assert "Kunjungan < 5" in told()
    assert "100,00" not in told()


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([9, 7], [("0", 9), ("1", 7)]),
        ([9, 7, 4], [("0", 9), ("Layanan lain", 11)]),
        ([9, 3, 2], [("0", 9), ("Layanan lain", 5)]),
        ([5, 4], [("Layanan lain", 9)]),
        ([9, 7, 0], [("0", 9), ("1", 7)]),
        ([3, 2], [("Layanan lain", 5)]),
    ],
)
def test_purposes_of_few_hide_behind_others(counts, shown):
    rows = [Row(str(number), visits, 0, 0, 0) for number, visits in enumerate(counts)]
    assert [(purpose.label, purpose.visits) for purpose in _purposes(rows)] == shown


@pytest.mark.parametrize(
    ("received", "answered", "shown"), [(20, 20, 20), (20, 15, 15), (20, 16, None), (20, 4, None), (4, 4, None)]
)
def test_answered_tells_nothing_of_the_few_that_were_not(received, answered, shown):
    assert _answered(received, answered) == shown


def test_page_and_card_tell_what_the_file_tells(arrive, lock, make_feedback, office):
    arrive(6)
    received = local(office, "2026-06-11")
    for number in range(9):
        make_feedback(created_at=received, waiting_since=None, first_replied_at=received if number else None)
    lock()
    assert [row[1:] for row in file_rows()[3:]] == [["Saran diterima", "9"]]
    for address in [PAGE, CARD]:
        assert "Saran diterima 9" in told(address)
        assert "Saran dibalas" not in told(address).partition("Dari bulan ke bulan")[0]


def test_no_name_number_or_organization(arrive, lock, make_visit, office):
    arrive(8)
    lock()
    for address in [PAGE, CARD, FILE]:
        text = Client().get(address).content.decode()
        assert "Siti" not in text
        assert "81234567890" not in text


def test_a_report_opened_again_is_no_longer_public(arrive, lock, office, dewi):
    arrive(8)
    lock()
    actions.unlock(office=office, period=Period.parse("2026-06"), reason="Ada catatan ganda", by=dewi)
    assert "Belum ada laporan yang disahkan." in told()


def test_a_damaged_report_is_left_out(arrive, lock):
    arrive(8)
    locked = lock()
    ArchivedReport.objects.filter(pk=locked.pk).update(figures=locked.figures.replace('"visits":8', '"visits":9'))
    assert "Belum ada laporan yang disahkan." in told()


def test_an_office_can_switch_it_off(arrive, lock, office, client_of, dewi):
    arrive(8)
    lock()
    page = client_of(dewi).get(f"/staf/visits/office/{office.pk}/change/").text
    assert 'name="publishes_figures"' in page
    Office.objects.filter(pk=office.pk).update(publishes_figures=False)
    unknown = Client().get("/publik/tidak-ada/")
    for address in [PAGE, CARD, FILE]:
        answer = Client().get(address)
        assert (answer.status_code, answer.context["title"]) == (404, unknown.context["title"])


def test_only_the_card_may_be_framed(arrive, lock):
    arrive(8)
    lock()
    framed = {}
    for address in [PAGE, CARD, FILE, "/", "/privasi/"]:
        headers = Client().get(address).headers
        framed[address] = (
            "X-Frame-Options" in headers,
            "frame-ancestors *" in headers["Content-Security-Policy"],
            headers["Cross-Origin-Resource-Policy"],
        )
    assert framed == {
        PAGE: (True, False, "same-origin"),
        CARD: (False, True, "cross-origin"),
        FILE: (True, False, "same-origin"),
        "/": (True, False, "same-origin"),
        "/privasi/": (True, False, "same-origin"),
    }
    policy = Client().get(CARD).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy


def test_the_line_for_other_sites_holds_the_official_address(office, settings):
    """Whichever name of the server the page was opened under, an office's own network included."""
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://tamu.contoh.go.id", ["*"]
    page = Client().get(PAGE, headers={"host": "192.168.1.7:8000"}).text
    assert f'&lt;iframe src="https://tamu.contoh.go.id{CARD}"' in page
    assert "192.168.1.7" not in page


def test_wrong_methods_are_refused(office):
    for address in [PAGE, CARD, FILE]:
        assert Client().post(address).headers["Allow"] == "GET, HEAD"


def test_another_office_keeps_its_own_figures(arrive, lock, other_office):
    arrive(8)
    lock()
    assert "Belum ada laporan yang disahkan." in told("/publik/lain/")
