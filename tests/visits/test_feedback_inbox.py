"""Staff look at what waits for an answer: the order, the deadline, the filters, the search, the dashboard."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from tests.conftest import local
from tests.visits.test_odd_input import ODD_TEXT
from tests.visits.threads import letter, reply, tree, words
from visits import feedback_actions, inbox, roles
from visits.models import AuditEvent, ClosedDay, Feedback, Membership
from visits.opening import nth_working_day, nth_working_day_back

LIST = "/staf/visits/feedback/"
QUERIES = 14
pytestmark = pytest.mark.django_db


def labels(response) -> list[str]:
    return [feedback.label for feedback in response.context["cl"].result_list]


def rows(response) -> list[list[str]]:
    """What each row says, cell by cell."""
    return [[words(cell) for cell in row] for row in tree(response).find(".//table[@id='result_list']/tbody")]


@pytest.fixture
def friday(office, clock):
    """17 July 2026 at nine; the Thursday before is a holiday."""
    ClosedDay.objects.create(office=office, day="2026-07-16", name="Isra Mikraj")
    moment = local(office, "2026-07-17")
    clock.set(moment)
    return moment


def test_what_waits_longest_is_on_top_and_the_rest_by_age(make_feedback, client_of, alice):
    now = timezone.now()
    for days in [1, 3, 2]:
        make_feedback(created_at=now - timedelta(days=days))
    for days in [9, 8]:
        reply(make_feedback(created_at=now - timedelta(days=days)), by=alice)
    assert labels(client_of(alice).get(LIST)) == ["S-0002", "S-0003", "S-0001", "S-0005", "S-0004"]


def test_a_row_says_who_writes_what_since_when_and_no_phone_number(make_feedback, client_of, alice, office, friday):
    division = office.divisions.get(name="Sekretariat")
    created_at = friday - timedelta(days=7)
    make_feedback(name="Siti Rahmawati", phone="+6281234567890", created_at=created_at, division=division)
    make_feedback(category="pengaduan", body="kata " * 100, created_at=friday)
    response = client_of(alice).get(LIST)
    assert rows(response) == [
        [
            "S-0001Saran",
            "Ruang tunggu kurang kursi.Siti Rahmawati",
            "4 hari kerjaditerima 10 Jul",
            "Sekretariat",
            "Lewat 1 hari kerja",
        ],
        [
            "S-0002Pengaduan",
            f"{'kata ' * 27}kata…Tanpa nama",
            "sejak hari iniditerima 17 Jul",
            "-",
            "MenungguBatas Rabu",
        ],
    ]
    assert "81234567890" not in response.content.decode()


def test_the_waiting_letter_is_quoted_not_the_answered_one(make_feedback, client_of, alice):
    feedback = make_feedback()
    reply(feedback, by=alice)
    assert rows(client_of(alice).get(LIST))[0][1:] == [
        "Ruang tunggu kurang kursi.Tanpa nama",
        f"-diterima {_day(feedback)}",
        "-",
        "Dibalas",
    ]
    for body in ["Masih kurang.", "Dan lampunya mati."]:
        feedback_actions.add_letter(feedback, data=letter(body), content={"body": body})
    assert rows(client_of(alice).get(LIST))[0][1] == "Masih kurang.Tanpa nama"
    feedback_actions.close(feedback, seen=feedback_actions.standing(feedback), by=alice)
    assert rows(client_of(alice).get(LIST))[0][-1] == "Selesai"


def _day(feedback) -> str:
    return date_format(feedback.office.local(feedback.created_at), "j M")


def test_closed_by_its_writer_and_erased(make_feedback, client_of, alice):
    now = timezone.now()
    make_feedback(waiting_since=None, closed_at=now, closed_by="tamu")
    erased = make_feedback(waiting_since=None, closed_at=now, closed_by="petugas", anonymized_at=now)
    erased.messages.update(body="")
    cells = rows(client_of(alice).get(LIST))
    assert [(row[1], row[-1]) for row in cells] == [
        ("Data sudah dihapusData sudah dihapus", "Selesai"),
        ("Ruang tunggu kurang kursi.Tanpa nama", "Ditutup pengirim"),
    ]


def test_what_looks_odd_waits_for_a_decision_and_an_answer_is_one(make_feedback, client_of, alice):
    """visits/flagged.py decides of all at once; whoever answers one has decided too, and so has who opens it again."""
    odd = {"flagged_reason": "kolom jebakan terisi", "waiting_since": None}
    one, other, client = make_feedback(**odd), make_feedback(**odd), client_of(alice)
    shown = client.get(f"{LIST}?status=diperiksa")
    assert [row[-1] for row in rows(shown)] == ["Perlu diperiksa", "Perlu diperiksa"]
    reply(one, by=alice)
    feedback_actions.close(other, seen=feedback_actions.standing(other), by=alice)
    assert list(Feedback.objects.counted()) == [one]
    feedback_actions.reopen(other, by=alice)
    assert labels(client.get(f"{LIST}?status=menunggu")) == ["S-0002"]
    assert Feedback.objects.counted().count() == 2


@pytest.mark.parametrize(
    ("now", "age", "due", "urgency"),
    [
        ("2026-07-10 14:06", "sejak hari ini", "Batas Rabu", ""),
        ("2026-07-12 09:00", "belum 1 hari kerja", "Batas Rabu", ""),
        ("2026-07-13 09:00", "1 hari kerja", "Batas Rabu", ""),
        ("2026-07-14 09:00", "2 hari kerja", "Batas besok", "near"),
        ("2026-07-15 23:59", "3 hari kerja", "Batas hari ini", "near"),
        ("2026-07-16 00:01", "3 hari kerja", "Lewat batas", "late"),
        ("2026-07-17 00:01", "4 hari kerja", "Lewat 1 hari kerja", "late"),
        ("2026-07-20 09:00", "5 hari kerja", "Lewat 2 hari kerja", "late"),
    ],
)
def test_three_working_days(make_feedback, office, friday, clock, now, age, due, urgency):
    """Written on a Friday. Weekend and holiday count for nobody, and midnight is the office's own."""
    feedback = make_feedback(created_at=local(office, "2026-07-10", "14:05:00"))
    clock.set(local(office, *now.split()))
    wait = inbox.wait(feedback, inbox.Calendar.of(office))
    assert wait == inbox.Wait(age, due, is_late=urgency == "late", is_near=urgency == "near")


def test_a_far_deadline_has_a_date_and_an_office_that_never_opens_has_none(make_feedback, office, clock):
    clock.set(local(office, "2026-03-16"))
    ClosedDay.objects.bulk_create(
        ClosedDay(office=office, day=date(2026, 3, day), name="Libur") for day in range(17, 26)
    )
    feedback = make_feedback()
    assert inbox.wait(feedback, inbox.Calendar.of(office)).due == "Batas Senin, 30 Maret"
    office.service_hours.all().delete()
    wait = inbox.wait(feedback, inbox.Calendar.of(office))
    assert (wait.due, wait.is_late, inbox.of(office).late) == ("", False, 0)


@pytest.mark.parametrize(
    ("replied", "said"),
    [
        ("2026-07-10 23:59", "pada hari yang sama"),
        ("2026-07-12 10:00", "sebelum hari kerja berikutnya"),
        ("2026-07-13 00:01", "setelah 1 hari kerja"),
        ("2026-07-17 10:00", "setelah 4 hari kerja"),
    ],
)
def test_how_long_the_first_answer_took(make_feedback, office, friday, replied, said):
    feedback = make_feedback(created_at=local(office, "2026-07-10", "14:05:00"))
    feedback.first_replied_at = local(office, *replied.split())
    assert inbox.answer_words(feedback, inbox.Calendar.of(office)) == said


def test_forwards_and_backwards_agree_on_every_day_of_a_year(office):
    """What was due before today is just what was written before the day that the filter computes."""
    for day in ["2026-03-19", "2026-03-20", "2026-03-23", "2026-12-25"]:
        ClosedDay.objects.create(office=office, day=day, name="Libur")
    calendar = inbox.Calendar.of(office)
    for today in (date(2026, 1, 1) + timedelta(days=offset) for offset in range(365)):
        first = nth_working_day_back(today, 3, calendar.week, calendar.closed_days)
        for written in (today - timedelta(days=offset) for offset in range(15)):
            due = nth_working_day(written, 3, calendar.week, calendar.closed_days)
            assert (written < first) == (due < today), (written, today)


def test_every_office_is_late_by_its_own_calendar(make_feedback, office, other_office, client_of, root, friday):
    """22.00 in Jakarta is midnight in Jayapura; only here Thursday was closed."""
    for where in [office, other_office]:
        for day, at in [("2026-07-12", "23:59:59"), ("2026-07-13", "21:59:59"), ("2026-07-13", "22:00:00")]:
            make_feedback(office=where, created_at=local(office, day, at))
    client = client_of(root)

    def found(query):
        return {(row.office.slug, row.number): row for row in client.get(LIST + query).context["cl"].result_list}

    late = {key for key, row in found("").items() if inbox.wait(row, inbox.Calendar.of(row.office)).is_late}
    assert set(found("?status=lewat-batas")) == late == {("contoh", 1), ("lain", 1), ("lain", 2)}


def test_filters(make_feedback, office, other_office, client_of, alice, root, friday):
    division = office.divisions.get(name="Ketua")
    make_feedback(created_at=friday - timedelta(days=9), division=division)
    make_feedback(category="pertanyaan")
    make_feedback(waiting_since=None, first_replied_at=friday)
    make_feedback(waiting_since=None, first_replied_at=friday, closed_at=friday, closed_by="tamu", category="apresiasi")
    make_feedback(office=other_office, category="pertanyaan")
    client = client_of(alice)
    assert {
        query: labels(client.get(LIST + query))
        for query in [
            "?status=menunggu",
            "?status=lewat-batas",
            "?status=dibalas",
            "?status=selesai",
            "?status=entah",
            "?jenis=pertanyaan",
            "?divisi=Ketua",
            "?divisi=belum-dibagi&status=menunggu",
        ]
    } == {
        "?status=menunggu": ["S-0001", "S-0002"],
        "?status=lewat-batas": ["S-0001"],
        "?status=dibalas": ["S-0003"],
        "?status=selesai": ["S-0004"],
        "?status=entah": ["S-0001", "S-0002", "S-0004", "S-0003"],
        "?jenis=pertanyaan": ["S-0002"],
        "?divisi=Ketua": ["S-0001"],
        "?divisi=belum-dibagi&status=menunggu": ["S-0002"],
    }
    assert labels(client_of(root).get(f"{LIST}?kantor=lain")) == ["S-0001"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("S-0002", ["S-0002"]),
        ("s2", ["S-0002"]),
        (" 0002 ", ["S-0002"]),
        ("2", ["S-0002"]),
        ("999999", []),
        ("99999999999999999999", []),
        ("rahma", ["S-0001"]),
        ("RAHMA kursi", ["S-0001"]),
        ("pegangan", ["S-0002"]),
        ("sudah kami tambah", ["S-0002"]),
        ("100%", ["S-0002"]),
        ("100_", []),
        ("\\", []),
        ("'; drop table", []),
        ("81234567890", []),
        ("+6281234567890", []),
    ],
)
def test_search_by_number_name_or_words_of_any_letter(make_feedback, client_of, alice, text, found):
    make_feedback(name="Siti Rahmawati", phone="+6281234567890")
    reply(make_feedback(body="Pegangan toilet, 100% perlu."), by=alice)
    response = client_of(alice).get(LIST, {"q": text})
    assert labels(response) == found
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.details) == ("feedback.searched", {"rows": len(found)})


@pytest.mark.parametrize("text", ODD_TEXT)
def test_no_text_breaks_the_search(make_feedback, client_of, alice, text):
    make_feedback()
    response = client_of(alice).get(LIST, {"q": text})
    assert response.status_code == 400 or labels(response) == (["S-0001"] if not text.strip() else [])


def test_of_very_many_the_most_urgent_are_found(make_feedback, alice, monkeypatch):
    monkeypatch.setattr(inbox, "FOUND_AT_MOST", 2)
    now = timezone.now()
    for days in [1, 3, 2]:
        make_feedback(created_at=now - timedelta(days=days))
    found = inbox.found(Feedback.objects.for_staff(alice), "kursi")
    assert [feedback.number for feedback in found] == [2, 3]


def test_as_many_queries_for_three_threads_as_for_one(
    make_feedback, office, client_of, alice, django_assert_num_queries
):
    client = client_of(alice)
    make_feedback()
    client.get(LIST)
    with django_assert_num_queries(QUERIES):
        client.get(LIST)
    reply(make_feedback(division=office.divisions.first()), by=alice)
    make_feedback(name="Siti")
    with django_assert_num_queries(QUERIES):
        client.get(LIST)


def test_what_visitors_write_is_shown_as_text(make_feedback, client_of, alice):
    make_feedback(name="<b>Siti</b>", body="<script>alert(1)</script>")
    body = client_of(alice).get(LIST).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body and "<b>Siti" not in body


def test_another_office_sees_nothing_and_leadership_is_refused(make_feedback, client_of, charlie, bob):
    make_feedback()
    assert labels(client_of(charlie).get(LIST)) == labels(client_of(charlie).get(LIST, {"q": "kursi"})) == []
    assert client_of(bob).get(LIST).status_code == 403
    for query in ["?name__startswith=S", "?phone=%2B62", "?messages__body__contains=kursi"]:
        assert client_of(charlie).get(LIST + query).status_code == 400


def card(response):
    cards = {card.label: (card.value, card.hint, card.url) for card in response.context["cards"]}
    return cards.get("Saran menunggu")


def test_the_dashboard_counts_what_waits_and_shows_the_most_urgent(make_feedback, client_of, alice, office, friday):
    client = client_of(alice)
    assert card(client.get("/staf/")) == (0, "Semua sudah dibalas", f"{LIST}?status=menunggu")
    make_feedback(name="Siti Rahmawati", created_at=friday - timedelta(days=3))
    response = client.get("/staf/")
    assert card(response)[:2] == (1, "Paling lama: 2 hari kerja")
    panel = tree(response).find(".//section[@aria-labelledby='h-letters']")
    assert words(panel.find("ul/li/a")) == "S-0001: Ruang tunggu kurang kursi.Siti Rahmawati, 2 hari kerja"
    for days in [7, 8, 0]:
        make_feedback(created_at=friday - timedelta(days=days))
    response = client.get("/staf/")
    assert card(response)[:2] == (4, "2 lewat batas. Paling lama: 5 hari kerja")
    panel = tree(response).find(".//section[@aria-labelledby='h-letters']")
    assert [words(line.find("a/small")) for line in panel.iter("li")] == [
        "Tanpa nama, 5 hari kerja, lewat 2 hari kerja",
        "Tanpa nama, 4 hari kerja, lewat 1 hari kerja",
        "Siti Rahmawati, 2 hari kerja",
    ]
    assert words(panel.find("a")) == "Lihat 1 saran lainnya"


def test_the_dashboard_of_those_who_may_not_read_letters_says_nothing_of_them(make_feedback, client_of, bob):
    make_feedback(name="Siti Rahmawati")
    response = client_of(bob).get("/staf/")
    assert card(response) is None
    assert "kursi" not in response.content.decode() and LIST not in response.content.decode()


def test_of_several_offices_the_card_leads_to_this_ones_letters(make_feedback, client_of, alice, other_office):
    Membership.objects.create(user=alice, office=other_office)
    make_feedback(office=other_office)
    client = client_of(alice)
    assert card(client.get("/staf/?kantor=lain")) == (
        1,
        "Paling lama: sejak hari ini",
        f"{LIST}?kantor=lain&status=menunggu",
    )
    assert card(client.get("/staf/?kantor=contoh"))[0] == 0


def test_the_menu_names_the_inbox_for_those_who_may_open_it(make_user, office, client_of, alice, bob, dewi):
    def menu(person):
        groups = client_of(person).get("/staf/").context["app_list"]
        return {"Saran", "Contoh balasan"} & {str(model["name"]) for group in groups for model in group["models"]}

    people = [alice, bob, dewi, make_user("eko", office, roles.REPORT_RECEIVER)]
    assert [menu(person) for person in people] == [{"Saran"}, set(), {"Saran", "Contoh balasan"}, set()]
