"""Admin kantor locks a report and opens it again; a locked report and the count behind it stay as they are."""

import threading
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import html5lib
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from reports import actions, archive
from reports.models import ArchivedReport
from reports.monthly import MonthlyReport, build
from reports.period import Period
from tests.conftest import local
from tests.reports.test_page import cards, csv_figures, page, pdf_text, table, words
from visits import actions as visit_actions
from visits import roles
from visits.models import AuditEvent, Visit

JULY = datetime(2026, 7, 14, 10, tzinfo=ZoneInfo("Asia/Jakarta"))
JUNE = Period.parse("2026-06")
NUMBER = "045/HM.02/K.CTH/07/2026"


@pytest.fixture(autouse=True)
def _in_july(clock):
    clock.set(JULY)


@pytest.fixture
def arrive(office, make_visit):
    def make(day: str, at: str = "09:00:00", **kw) -> Visit:
        arrived_at = local(office, day, at)
        ending = {"left_at": arrived_at + timedelta(minutes=30), "ended_by": "tamu"}
        return make_visit(arrived_at=arrived_at, **{**ending, **kw})

    return make


@pytest.fixture
def visit(arrive):
    return arrive("2026-06-10", party_size=3)


@pytest.fixture
def locked(office, dewi, visit):
    return actions.lock(office=office, period=JUNE, number=NUMBER, by=dewi)


def said(response) -> str:
    html = html5lib.parse(response.content, namespaceHTMLElements=False, transport_encoding="utf-8")
    return words(next(ul for ul in html.iter("ul") if "messagelist" in ul.get("class", "")))


# Locking.


def test_a_locked_report_stays_while_its_rows_change(client_of, dewi, office, visit, locked):
    client = client_of(dewi)
    before = csv_figures(client)
    Visit.objects.filter(pk=visit.pk).update(party_size=9, left_at=None, ended_by="")
    office.signatory_name, office.unit = "Pejabat Baru", "Kabupaten Baru"
    office.save()

    assert cards(page(client))["Tamu (orang)"] == "3"
    assert csv_figures(client) == before
    text = pdf_text(client)
    assert f"Nomor {NUMBER}. Disahkan 14 Juli 2026" in text
    assert "Baru" not in text
    assert build(office, JUNE).now.people == 9


def test_locking_from_the_page(client_of, dewi, office, visit):
    client = client_of(dewi)
    assert "Laporan ini belum disahkan." in words(page(client))

    response = client.post("/staf/laporan/2026-06/sahkan/", {"number": f" {NUMBER} "}, follow=True)

    assert response.redirect_chain == [("/staf/laporan/2026-06/", 302)]
    assert said(response) == "Laporan Juni 2026 disahkan. Angkanya tidak berubah lagi."
    assert f"Disahkan 14 Juli 2026 dengan nomor {NUMBER} oleh dewi." in words(page(client))
    stored = ArchivedReport.objects.get()
    assert (stored.office, stored.period, stored.number, stored.stored_by) == (office, "2026-06", NUMBER, dewi)
    assert MonthlyReport.from_json(stored.figures) == build(office, JUNE)
    event = AuditEvent.objects.get(action="report.locked")
    assert (event.actor, event.object_id) == ("dewi", stored.pk)
    assert event.details == {"period": "2026-06", "number": NUMBER, "checksum": stored.checksum}


@pytest.mark.parametrize(
    ("period", "number", "complaint"),
    [
        ("2026-06", "", "Tulis nomor laporan."),
        ("2026-06", "1" * 81, "Terlalu panjang. Paling banyak 80 huruf."),
        ("2026-07", "046", "Periode ini belum selesai, jadi laporannya belum bisa disahkan."),
        ("2026-05", NUMBER, f"Nomor {NUMBER} sudah dipakai laporan lain."),
        ("2026-06", "046", f"Laporan ini sudah disahkan dengan nomor {NUMBER}."),
    ],
)
def test_what_cannot_be_locked_says_why(client_of, dewi, locked, period, number, complaint):
    response = client_of(dewi).post(f"/staf/laporan/{period}/sahkan/", {"number": number})

    assert response.status_code == 422
    html = html5lib.parse(response.content, namespaceHTMLElements=False, transport_encoding="utf-8")
    assert words(next(element for element in html.iter("div") if element.get("role") == "alert")) == complaint
    assert words(next(html.iter("title"))).startswith("Perlu diperbaiki: ")
    assert ArchivedReport.objects.count() == 1


def test_a_month_with_an_open_visit_waits(client_of, dewi, arrive):
    arrive("2026-06-30", left_at=None, ended_by="")
    response = client_of(dewi).post("/staf/laporan/2026-06/sahkan/", {"number": NUMBER})

    assert response.status_code == 422
    assert "Masih ada kunjungan yang belum selesai pada periode ini." in response.content.decode()
    assert not ArchivedReport.objects.exists()


@pytest.mark.parametrize("step", ["sahkan", "buka"])
def test_only_admin_kantor_may(client_of, alice, bob, charlie, dewi, locked, step):
    for person, query, status in [(alice, "", 403), (bob, "", 403), (charlie, "?kantor=contoh", 404)]:
        fields = {"number": "047", "reason": "Iseng"}
        assert client_of(person).post(f"/staf/laporan/2026-06/{step}/{query}", fields).status_code == status
    assert client_of(dewi).get(f"/staf/laporan/2026-06/{step}/").status_code == 405
    assert ArchivedReport.objects.current().get() == locked
    assert [form for form in page(client_of(bob)).iter("form") if "laporan" in form.get("action", "")] == []


# Opening it again.


def test_opening_it_again_leaves_a_trace_and_counts_anew(client_of, dewi, office, visit, locked):
    client = client_of(dewi)
    Visit.objects.filter(pk=visit.pk).update(party_size=9)
    response = client.post("/staf/laporan/2026-06/buka/", {"reason": "Ada catatan ganda"}, follow=True)

    assert said(response) == "Laporan Juni 2026 dibuka lagi. Sahkan kembali bila sudah benar."
    html = page(client)
    assert cards(html)["Tamu (orang)"] == "9"
    assert table(html, "h-state")[1:] == [[NUMBER, "14 Juli 2026, dewi", "14 Juli 2026, dewi", "Ada catatan ganda"]]
    locked.refresh_from_db()
    assert (locked.ended_at, locked.ended_by, locked.ended_reason) == (JULY, dewi, "Ada catatan ganda")
    assert AuditEvent.objects.get(action="report.unlocked").details["number"] == NUMBER
    assert actions.lock(office=office, period=JUNE, number=NUMBER, by=dewi).is_intact


def test_opening_needs_a_reason_and_something_to_open(client_of, dewi, visit, locked):
    client = client_of(dewi)
    assert client.post("/staf/laporan/2026-06/buka/", {"reason": " "}).status_code == 422
    response = client.post("/staf/laporan/2026-05/buka/", {"reason": "Salah bulan"})
    assert "Laporan ini tidak sedang disahkan." in response.content.decode()
    assert ArchivedReport.objects.current().get() == locked


def test_figures_whose_rows_are_anonymised_stay_after_opening(client_of, dewi, office, visit, locked):
    """Without the numbers nobody can count again who came twice."""
    Visit.objects.filter(pk=visit.pk).update(name="", phone="", anonymized_at=JULY)
    actions.unlock(office=office, period=JUNE, reason="Nomor surat salah", by=dewi)

    issue = archive.issue_of(office, JUNE)
    assert (issue.is_locked, issue.report.now.visitors, issue.letterhead.report_number) == (False, 1, "")
    assert "Data pribadi di balik laporan ini sudah dihapus" in words(page(client_of(dewi)))
    again = actions.lock(office=office, period=JUNE, number="046", by=dewi)
    assert MonthlyReport.from_json(again.figures).now.visitors == 1
    assert archive.issue_of(office, JUNE).letterhead.report_number == "046"


def test_storing_keeps_the_figures_once(office, visit):
    actions.store(office=office, period=JUNE)
    Visit.objects.filter(pk=visit.pk).update(name="", phone="", anonymized_at=JULY)
    actions.store(office=office, period=JUNE)

    assert archive.issue_of(office, JUNE).report.now.visitors == 1
    assert ArchivedReport.objects.count() == 1


# A damaged archive.


@pytest.mark.parametrize("change", [{"figures": "{}"}, {"figures": "rusak"}, {"letterhead": "{}"}, {"number": "999"}])
def test_a_changed_archive_is_told_plainly(client_of, dewi, locked, caplog, change):
    ArchivedReport.objects.update(**change)
    client = client_of(dewi)
    response = client.get("/staf/laporan/2026-06/")

    assert response.status_code == 409
    assert "Arsip laporan ini rusak." in response.content.decode()
    assert [client.get(f"/staf/laporan/2026-06.{kind}").status_code for kind in ["pdf", "xlsx", "csv"]] == [409] * 3
    assert AuditEvent.objects.filter(action="report.damaged", details__period="2026-06").count() == 4
    assert f"archived report {locked.pk} does not match its checksum" in caplog.text
    client.post("/staf/laporan/2026-06/buka/", {"reason": "Arsip rusak"})
    assert cards(page(client))["Kunjungan"] == "1"


# The count behind it.


def test_a_visit_of_a_locked_month_is_not_excluded(client_of, alice, visit, locked):
    client = client_of(alice)
    response = client.post(f"/staf/visits/visit/{visit.pk}/kecualikan/", {"reason": "Catatan ganda"}, follow=True)

    assert said(response) == (
        "Kunjungan 001 tidak berubah: laporan Juni 2026 sudah dikunci, jadi jumlah kunjungannya tetap. "
        "Admin kantor bisa membukanya lagi di halaman laporan; sesudah itu coba sekali lagi."
    )
    assert '<a href="/staf/laporan/2026-06/?kantor=contoh">halaman laporan</a>' in response.content.decode()
    visit.refresh_from_db()
    assert visit.excluded_at is None
    assert not AuditEvent.objects.filter(action="visit.excluded").exists()


def test_an_excluded_visit_of_a_locked_year_is_not_counted_again(client_of, alice, office, dewi, arrive):
    excluded = arrive("2025-06-10", excluded_at=JULY, excluded_reason="Uji coba")
    actions.lock(office=office, period=Period.parse("2025"), number="001", by=dewi)
    response = client_of(alice).post(f"/staf/visits/visit/{excluded.pk}/hitung-lagi/", follow=True)

    assert "laporan tahun 2025 sudah dikunci" in said(response)
    excluded.refresh_from_db()
    assert excluded.excluded_at == JULY


def test_unlocked_it_is_excluded(office, dewi, visit, locked):
    with pytest.raises(visit_actions.ArchivedPeriodError), transaction.atomic():
        visit_actions.exclude(visit, reason="Catatan ganda", by=dewi)
    actions.unlock(office=office, period=JUNE, reason="Ada catatan ganda", by=dewi)
    visit_actions.exclude(visit, reason="Catatan ganda", by=dewi)

    assert build(office, JUNE).now.visits == 0


def test_other_days_and_offices_go_on(office, other_office, dewi, visit, locked, arrive, make_visit):
    for day in ["2026-05-31", "2026-07-01"]:
        visit_actions.exclude(arrive(day), reason="Catatan ganda", by=dewi)
    make_visit(office=other_office, arrived_at=local(other_office, "2026-06-10"))
    Visit.objects.filter(pk=visit.pk).update(left_at=None, ended_by="", name="", phone="", anonymized_at=JULY)


def test_the_database_keeps_rows_out_and_in(office, dewi, arrive, monkeypatch):
    """Whatever writes them: an import, a script, a mistake. Real days, since the database has its own clock."""
    monkeypatch.undo()
    last_month = Period.containing(office.today()).previous
    visit = arrive(str(last_month.first_day))
    actions.lock(office=office, period=last_month, number=NUMBER, by=dewi)
    day = last_month.last_day
    for change in [
        lambda: arrive(str(day)),
        lambda: Visit.objects.filter(pk=visit.pk).delete(),
        lambda: Visit.objects.filter(pk=visit.pk).update(day=office.today()),
        lambda: Visit.objects.filter(pk=arrive(str(office.today())).pk).update(day=day),
        lambda: Visit.objects.filter(pk=visit.pk).update(excluded_at=timezone.now(), excluded_reason="Uji coba"),
    ]:
        with pytest.raises(IntegrityError, match=f"the report of {last_month} is archived"), transaction.atomic():
            change()
    assert build(office, last_month).now.visits == 1


@pytest.mark.django_db(transaction=True)
def test_an_exclusion_under_way_is_waited_for(office, dewi, visit):
    """The figures that are stored are those of the rows that stay."""
    excluded, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def exclude():
        with transaction.atomic():
            visit_actions.exclude(visit, reason="Catatan ganda", by=dewi)
            excluded.set()
            go_on.wait(60)
        connection.close()

    def lock():
        actions.lock(office=office, period=JUNE, number=NUMBER, by=dewi)
        done.set()
        connection.close()

    threads = [threading.Thread(target=exclude), threading.Thread(target=lock)]
    threads[0].start()
    assert excluded.wait(60)
    threads[1].start()
    assert not done.wait(0.5)
    go_on.set()
    for thread in threads:
        thread.join(60)

    assert MonthlyReport.from_json(ArchivedReport.objects.get().figures).now.visits == 0


def test_one_current_report_per_period_and_number(office, locked):
    def copy(**changes):
        fields = {field.attname: getattr(locked, field.attname) for field in ArchivedReport._meta.fields}
        return ArchivedReport(**{**fields, "id": None, **changes})

    for wrong in [copy(number="046"), copy(period="2026-05"), copy(ended_at=JULY), copy(ended_reason="Iseng")]:
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong.save(force_insert=True)


def test_admin_kantor_alone_has_the_permission():
    granted = {role for role, permissions in roles.ROLES.items() if "lock_report" in permissions}
    assert granted == {roles.OFFICE_ADMIN}


def test_the_days_of_an_archived_report_are_those_of_its_period(locked):
    assert (locked.first_day, locked.last_day, locked.title) == (date(2026, 6, 1), date(2026, 6, 30), "Juni 2026")
