"""Staff look for a visit: the list, its filters, its search box."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.conftest import local
from visits.admin.base import COUNTED_AT_MOST, CappedPaginator
from visits.models import AuditEvent, Visit
from visits.search import newest_found

LIST = "/staf/visits/visit/"


def numbers(response):
    return [visit.number for visit in response.context["cl"].result_list]


@pytest.fixture
def found(alice):
    def search(text):
        return [visit.name for visit in newest_found(Visit.objects.for_staff(alice), text, alice)]

    return search


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rahma", "Siti Rahmawati"),
        ("SITI", "Siti Rahmawati"),
        ("rahma siti", "Siti Rahmawati"),
        ("nur'aini", "Nur'aini"),
        ("aini", "Nur'aini"),
        ("nur’aini", "Nur'aini"),
        ("ahmad", "H.Ahmad Dahlan"),
        ("h.ahm", "H.Ahmad Dahlan"),
        ("amin", "Al-Amin"),
        ("al-am", "Al-Amin"),
        ("ꦱꦸꦫ", "ꦱꦸꦫꦺꦴ ꦱꦤ꧀"),
        ("josé", "José Ñandú"),
        ("maju", "Budi"),
        ("jaya pt", "Budi"),
    ],
)
def test_words_begin_with_what_was_typed(make_visit, found, text, name):
    for other in ["Siti Rahmawati", "Nur'aini", "H.Ahmad Dahlan", "Al-Amin", "ꦱꦸꦫꦺꦴ ꦱꦤ꧀", "José Ñandú"]:
        make_visit(name=other)
    make_visit(name="Budi", organization="PT.Maju/Jaya", visitor_kind="ormas")
    assert found(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "!",
        "+",
        "+-",
        "'",
        "\\",
        "a:*b",
        "(",
        "siti | budi",
        "siti <-> budi",
        "siti & !budi",
        "%",
        "_",
        "😀",
        "'' or 1=1",
        "a" * 5000,
        "& &",
    ],
)
def test_no_text_is_read_as_a_query(make_visit, found, text):
    make_visit(name="Siti")
    make_visit(name="Budi")
    assert found(text) == []


@pytest.mark.parametrize("text", ["7890", "567890", "890", "0812 3456-7890", "+62 812 3456 7890", "081234567890"])
def test_last_digits_of_the_phone(make_visit, found, text):
    make_visit(name="Siti", phone="+6281234567890")
    make_visit(name="Budi", phone="+6289078907891")
    assert found(text) == ["Siti"]


def test_two_digits_are_a_visit_number_not_a_phone(make_visit, found):
    make_visit(name="Satu", phone="+6281234567802")
    make_visit(name="Dua", phone="+6281234567899")
    assert found("2") == ["Dua"]
    assert found("002") == ["Dua"]
    assert found("02") == ["Dua"]


def test_only_the_newest_200(make_visit, office, alice, monkeypatch):
    start = local(office, "2026-07-14")
    for minute in range(3):
        make_visit(name="Siti", arrived_at=start + timedelta(minutes=minute))
    visits = newest_found(Visit.objects.all(), "siti", alice)
    assert [visit.number for visit in visits] == [3, 2, 1]
    monkeypatch.setattr("visits.search.NEWEST", 2)
    assert [visit.number for visit in newest_found(Visit.objects.all(), "siti", alice)] == [3, 2]


def test_search_is_audited_with_the_number_of_rows_only(make_visit, client_of, alice):
    make_visit(name="Siti Rahmawati")
    response = client_of(alice).get(LIST, {"q": "rahma"})
    assert numbers(response) == [1]
    event = AuditEvent.objects.get(action="visit.searched")
    assert (event.actor, event.details, event.object_id) == ("alice", {"rows": 1}, None)


def test_masked_rows_are_never_found(make_visit, office, client_of, alice, ratna):
    make_visit(name="Siti Rahasia", purpose=office.purposes.get(is_confidential=True))
    assert numbers(client_of(alice).get(LIST, {"q": "rahasia"})) == []
    assert numbers(client_of(alice).get(LIST)) == [1]
    assert numbers(client_of(ratna).get(LIST, {"q": "rahasia"})) == [1]


def test_list_shows_own_office_newest_first(make_visit, office, other_office, client_of, alice, root):
    now = local(office, "2026-07-14")
    make_visit(arrived_at=now - timedelta(minutes=2))
    make_visit(arrived_at=None)
    make_visit(arrived_at=now)
    make_visit(office=other_office, name="Orang Lain")
    response = client_of(alice).get(LIST)
    assert [visit.number for visit in response.context["cl"].result_list] == [2, 1, None]
    assert "Orang Lain" not in response.content.decode()
    assert "Orang Lain" in client_of(root).get(LIST).content.decode()


def test_filters(make_visit, office, client_of, alice):
    now = timezone.now() + timedelta(minutes=1)
    open_one = make_visit(visitor_kind="media", organization="Koran")
    done = make_visit(left_at=now, ended_by="petugas")
    automatic = make_visit(left_at=now, ended_by="otomatis", purpose=office.purposes.all()[3])
    excluded = make_visit(excluded_at=now, excluded_reason="Uji coba", entered_by=alice, point=None)
    announced = make_visit(arrived_at=None)
    lapsed = make_visit(arrived_at=None, created_at=now - timedelta(days=8), lapsed_at=now)
    client = client_of(alice)

    def filtered(query):
        return {visit.pk for visit in client.get(f"{LIST}?{query}").context["cl"].result_list}

    everything = {visit.pk for visit in [open_one, done, automatic, excluded, announced, lapsed]}
    assert filtered("") == everything
    assert filtered("status=berkunjung") == {open_one.pk}
    assert filtered("status=selesai") == {done.pk}
    assert filtered("status=otomatis") == {automatic.pk}
    assert filtered("status=dikabarkan") == {announced.pk}
    assert filtered("status=dikecualikan") == {excluded.pk}
    assert filtered("asal=media") == {open_one.pk}
    assert filtered("cara=petugas") == {excluded.pk}
    assert filtered("cara=tamu") == everything - {excluded.pk}
    assert filtered(f"keperluan={automatic.purpose.name}") == {automatic.pk}
    assert filtered("status=berkunjung&asal=perorangan") == set()
    assert filtered("status=tidak-ada&waktu=tidak-ada") == everything


def test_periods_are_the_offices_own_days(make_visit, office, client_of, alice):
    midnight = office.local(timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    month = midnight.replace(day=1)
    moments = {
        "today": midnight,
        "yesterday": midnight - timedelta(microseconds=1),
        "six days ago": midnight - timedelta(days=6),
        "seven days ago": midnight - timedelta(days=6, microseconds=1),
        "month": month,
        "last month": month - timedelta(microseconds=1),
    }
    for name, moment in moments.items():
        make_visit(name=name, arrived_at=moment)
    client = client_of(alice)

    def named(period):
        return {visit.name for visit in client.get(LIST, {"waktu": period}).context["cl"].result_list}

    week = midnight - timedelta(days=6)
    assert named("hari-ini") == {name for name, moment in moments.items() if moment >= midnight}
    assert named("7-hari") == {name for name, moment in moments.items() if moment >= week}
    assert named("bulan-ini") == {name for name, moment in moments.items() if moment >= month}


def test_as_many_queries_for_three_rows_as_for_one(make_visit, client_of, alice, django_assert_num_queries):
    client = client_of(alice)
    make_visit()
    with django_assert_num_queries(12):
        client.get(LIST)
    make_visit()
    make_visit(organization="Koran", visitor_kind="media")
    with django_assert_num_queries(12):
        client.get(LIST)


def test_large_tables_are_counted_to_ten_thousand(django_assert_num_queries, db):
    paginator = CappedPaginator(Visit.objects.order_by("-pk"), 25)
    with django_assert_num_queries(1) as statements:
        assert paginator.count == 0
    assert f"LIMIT {COUNTED_AT_MOST + 1}" in statements[0]["sql"]
    assert not paginator.is_capped


def test_a_page_far_beyond_the_last_is_no_fault(make_visit, client_of, alice):
    make_visit()
    for page in ["0", "-1", "x", "99999999999999999999"]:
        response = client_of(alice).get(LIST, {"p": page}, follow=True)
        assert [visit.number for visit in response.context["cl"].result_list] == [1]
