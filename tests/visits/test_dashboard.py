"""The first page of the staff area, and its fragment that keeps it up to date."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from reports.charts import day_bars
from visits import actions, rights, roles
from visits.models import Membership, StaffSession

LIVE = "/staf/hari-ini/"
QUERIES = 23
FOR_ADMINS = 2  # the first day, the data requests


def cards(response):
    return {card.label: (card.value, card.hint) for card in response.context["cards"]}


@pytest.fixture
def noon(office, monkeypatch):
    """14 July 2026, a Tuesday, at 10.24 by the office's clock."""
    moment = timezone.datetime(2026, 7, 14, 10, 24, tzinfo=office.zone)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


def test_figures_of_now(make_visit, office, client_of, alice, noon):
    ago = lambda **time: noon - timedelta(**time)  # noqa: E731
    make_visit(arrived_at=ago(minutes=49), party_size=3)
    make_visit(arrived_at=ago(minutes=7))
    make_visit(arrived_at=ago(hours=2), left_at=ago(hours=1), ended_by="tamu", party_size=9)
    make_visit(arrived_at=ago(hours=1), excluded_at=noon, excluded_reason="Uji coba")
    make_visit(arrived_at=ago(days=7, minutes=1), left_at=ago(days=7), ended_by="tamu")
    make_visit(arrived_at=ago(days=7) + timedelta(minutes=1), left_at=ago(days=6), ended_by="tamu")
    make_visit(arrived_at=None, created_at=ago(days=2))
    make_visit(arrived_at=None, created_at=ago(days=8))
    response = client_of(alice).get("/staf/")
    assert cards(response) == {
        "Kunjungan hari ini": (3, "Selasa lalu pada jam yang sama: 1"),
        "Sedang berkunjung": (2, "Paling lama 49 menit"),
        "Orang di dalam": (4, "Daftar untuk keadaan darurat"),
        "Dikabarkan daring": (1, "Paling lama menunggu 2 hari"),
        "Saran menunggu": (0, "Semua sudah dibalas"),
        "Indeks kepuasan": (None, "Belum ada penilaian bulan ini"),
    }
    body = response.content.decode()
    assert "<h1>Selasa, 14 Juli 2026</h1><p>Angka per pukul 10.24 WIB</p>" in body
    assert "5 kunjungan, rata-rata 0,2 per hari layanan" in body


def test_the_day_is_the_offices_own(make_visit, other_office, client_of, charlie, noon):
    """10.24 in Jakarta is 12.24 in Jayapura."""
    make_visit(office=other_office, arrived_at=noon)
    response = client_of(charlie).get("/staf/")
    assert "Angka per pukul 12.24 WIT" in response.content.decode()
    assert [row.time for row in response.context["rows"]] == ["12.24"]


def test_open_ones_on_top_then_the_newest(make_visit, client_of, alice, noon):
    for minutes, left in [(60, None), (50, 5), (40, None), (30, 5)]:
        ended = {"left_at": noon - timedelta(minutes=left), "ended_by": "petugas"} if left else {}
        make_visit(arrived_at=noon - timedelta(minutes=minutes), phone=f"+62812345678{minutes}", **ended)
    make_visit(arrived_at=noon - timedelta(days=1), phone="+6281234567811")
    rows = client_of(alice).get("/staf/").context["rows"]
    assert [(row.time, row.is_open) for row in rows] == [
        ("09.44", True),
        ("09.24", True),
        ("13 Jul 10.24", True),
        ("09.54", False),
        ("09.34", False),
    ]


def test_more_visits_than_fit_are_one_link_away(make_visit, client_of, alice, noon, monkeypatch):
    monkeypatch.setattr("visits.desk.SHOWN_TODAY", 2)
    for _each in range(5):
        make_visit(arrived_at=noon)
    body = client_of(alice).get("/staf/").content.decode()
    assert '<a id="to-more" class="dk-all" href="/staf/visits/visit/?waktu=hari-ini">Lihat 3 tamu lainnya</a>' in body


def test_a_second_visit_with_the_same_phone_is_marked(make_visit, office, client_of, alice, ratna, noon):
    make_visit(arrived_at=noon - timedelta(hours=2), purpose=office.purposes.get(is_confidential=True))
    make_visit(arrived_at=noon - timedelta(hours=1))
    make_visit(arrived_at=noon)
    make_visit(arrived_at=noon, phone="", entered_by=alice, point=None)

    def repeats(person):
        return {row.label: row.repeats for row in client_of(person).get("/staf/").context["rows"]}

    assert repeats(ratna) == {"001": 1, "002": 2, "003": 3, "004": 1}
    assert repeats(alice) == {"001": 1, "002": 1, "003": 2, "004": 1}


def test_leadership_sees_figures_and_no_names(make_visit, client_of, bob, noon):
    make_visit(name="Kenari", arrived_at=noon)
    make_visit(name="Kutilang", arrived_at=None, created_at=noon)
    response = client_of(bob).get("/staf/")
    body = response.content.decode()
    assert cards(response)["Kunjungan hari ini"][0] == 1
    assert 'class="dk-bars"' in body
    assert not re.search("Kenari|Kutilang|/staf/visits/visit/|Selesai", body)


def test_without_an_office_there_is_a_calm_word(client_of, make_user):
    client = client_of(make_user("eko"))
    assert "belum ditugaskan di kantor mana pun" in client.get("/staf/").content.decode()
    assert client.get(LIVE).status_code == 403


def test_without_any_permission_there_are_no_figures(make_visit, office, client_of, make_user):
    make_visit()
    client = client_of(make_user("eko", office, roles.REPORT_RECEIVER))
    body = client.get("/staf/").content.decode()
    assert "belum diberi wewenang" in body and "Kunjungan hari ini" not in body
    assert client.get(LIVE).status_code == 403


def test_several_offices_are_chosen_by_address(make_visit, office, other_office, client_of, alice, root, noon):
    make_visit(name="Kenari", arrived_at=noon)
    make_visit(name="Kutilang", office=other_office, arrived_at=noon)
    Membership.objects.create(user=alice, office=other_office)
    for person in [alice, root]:
        client = client_of(person)
        here = client.get("/staf/?kantor=contoh").content.decode()
        there = client.get("/staf/?kantor=lain").content.decode()
        assert ("Kenari" in here, "Kutilang" in here) == (True, False)
        assert ("Kenari" in there, "Kutilang" in there) == (False, True)
        assert 'data-source="/staf/hari-ini/?kantor=lain"' in there
        assert "/staf/visits/visit/?kantor=lain&amp;waktu=hari-ini" in there
        kept_up_to_date = client.get(f"{LIVE}?kantor=lain").content.decode()
        assert 'href="/staf/visits/visit/add/?kantor=lain"' in there
        assert kept_up_to_date in there


def test_as_many_queries_for_three_visits_as_for_one(make_visit, client_of, alice, django_assert_num_queries):
    client = client_of(alice)
    make_visit()
    make_visit(arrived_at=None)
    with django_assert_num_queries(QUERIES):
        client.get("/staf/")
    for _each in range(2):
        make_visit(organization="Koran", visitor_kind="media")
        make_visit(arrived_at=None)
    with django_assert_num_queries(QUERIES):
        client.get("/staf/")


def test_as_many_queries_for_three_data_requests_as_for_one(make_visit, client_of, dewi, django_assert_num_queries):
    client = client_of(dewi)
    for rows in [1, 2]:
        for _each in range(rows):
            rights.ask(make_visit(), kind="penghapusan", words="")
        with django_assert_num_queries(QUERIES + FOR_ADMINS):
            client.get("/staf/")


def test_the_fragment_tells_of_a_new_visit(make_visit, client_of, alice, noon):
    client = client_of(alice)
    first = client.get(LIVE)
    unchanged = client.get(LIVE, headers={"If-None-Match": first["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    visit = make_visit(name="Kenari", arrived_at=noon)
    second = client.get(LIVE, headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    assert f'data-visit="{visit.pk}" data-label="001"' in second.content.decode()
    actions.close(visit, by=alice)
    assert "Selesai 10.24" in client.get(LIVE, headers={"If-None-Match": second["ETag"]}).content.decode()


def test_the_fragment_lengthens_no_session_and_takes_no_message(make_visit, client_of, alice):
    visit, client = make_visit(), client_of(alice)
    client.post(f"/staf/visits/visit/{visit.pk}/selesai/", {"next": "/staf/"})
    before = StaffSession.objects.values_list("session_data", "expire_date").get()
    response = client.get(LIVE)
    assert not response.cookies
    assert StaffSession.objects.values_list("session_data", "expire_date").get() == before
    assert "Kunjungan 001 selesai." in client.get("/staf/").content.decode()


def test_the_fragment_holds_no_token(make_visit, client_of, alice):
    make_visit()
    assert "csrf" not in client_of(alice).get(LIVE).content.decode()


def test_bars():
    today = timezone.datetime(2026, 7, 14).date()
    counts = [(today - timedelta(days=3 - place), count) for place, count in enumerate([20, 0, 5, 10])]
    chart = day_bars(counts, today)
    assert (chart.total, chart.height, chart.base) == (35, 144, 122)
    assert [(bar.x, bar.width, bar.y, bar.height) for bar in chart.bars] == [
        ("3.50%", "18.00%", "18.0", "104.0"),
        ("28.50%", "18.00%", "122.0", "0.0"),
        ("53.50%", "18.00%", "96.0", "26.0"),
        ("78.50%", "18.00%", "70.0", "52.0"),
    ]
    assert [bar.shows_count for bar in chart.bars] == [True, False, False, True]
    assert [bar.date_anchor for bar in chart.bars] == ["", "", "middle", ""]


def test_bars_of_nothing():
    today = timezone.datetime(2026, 7, 14).date()
    chart = day_bars([(today, 0)], today)
    assert (chart.total, chart.bars[0].height, chart.bars[0].shows_count) == (0, "0.0", False)


def test_numbers_of_neighbours_do_not_collide():
    today = timezone.datetime(2026, 7, 14).date()
    chart = day_bars([(today - timedelta(days=1), 10), (today, 9)], today)
    assert [bar.shows_count for bar in chart.bars] == [False, True]
