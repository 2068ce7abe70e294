"""What does not look like a visitor is kept and flagged, a flood refused with a way out; people are never slowed."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

import reports.actions
from reports.period import Period
from tests.conftest import local
from visits import abuse, actions
from visits.codes import private_key
from visits.models import AuditEvent, Feedback, SubmissionCount, SurveyResponse, Visit
from visits.models.survey import ELEMENTS

ADDRESS = "203.0.113.7"


@pytest.fixture(autouse=True)
def _within_one_window(clock):
    """Forms are counted by windows of ten minutes: none of them ends while a test goes on."""
    clock.set(timezone.now())


@pytest.fixture
def send(point, visit_fields):
    def send(*, address: str = ADDRESS, at=None, **fields):
        at = at or point
        sent = visit_fields(at, **fields)
        return Client(REMOTE_ADDR=address).post(f"/k/{at.code}/kunjungan/", sent)

    return send


@pytest.fixture
def feedback_fields():
    return {"submission_id": str(uuid4()), "category": "saran", "body": "Kursinya kurang.", "name": "", "phone": ""}


@pytest.fixture
def sheet_fields():
    return {"submission_id": str(uuid4()), **dict.fromkeys(ELEMENTS, "4")}


def counted_before(count: int, *keys: str) -> None:
    """As if so many forms had come in this window already."""
    window = abuse._window(timezone.now())
    for key in keys:
        SubmissionCount.objects.create(key=abuse._key(key), window_start=window, count=count)


def test_fifty_visitors_behind_one_address_are_fifty_visits(send):
    answers = [send(name=f"Tamu {number}") for number in range(50)]
    assert {answer.status_code for answer in answers} == {303}
    assert Visit.objects.counted().count() == 50
    assert not Visit.objects.flagged().exists()


def test_the_trap_is_in_every_form_and_people_do_not_meet_it(point):
    for page in ["kunjungan", "saran", "penilaian"]:
        html = Client().get(f"/k/{point.code}/{page}/").text
        trap = '<input type="text" name="situs" tabindex="-1" autocomplete="off">'
        assert f'<div class="aside" aria-hidden="true"><label>Kosongkan ini {trap}' in html


def test_a_visit_from_the_trap_is_kept_flagged_and_not_counted(send, client_of, alice):
    answer = send(situs="http://spam.example")
    visit = Visit.objects.get()
    assert (visit.flagged_reason, visit.excluded_reason) == (abuse.HONEYPOT, "Otomatis: kolom jebakan terisi")
    assert visit.number == 1
    assert not Visit.objects.counted().exists()
    ticket = Client().get(answer.headers["Location"]).text
    assert "001" in ticket
    assert "tidak dihitung" not in ticket
    dashboard = client_of(alice).get("/staf/").text
    assert "1 isian tampak bukan dari tamu, dan belum dihitung." in dashboard


def test_the_same_form_again_is_still_one_flagged_visit(send):
    submission_id = str(uuid4())
    first, second = (send(situs="x", submission_id=submission_id) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Visit.objects.count() == 1


def test_feedback_and_survey_from_the_trap(point, office, feedback_fields, sheet_fields):
    Client().post(f"/k/{point.code}/saran/", {**feedback_fields, "situs": "x"})
    Client().post(f"/k/{point.code}/penilaian/", {**sheet_fields, "situs": "x"})
    thread, sheet = Feedback.objects.get(), SurveyResponse.objects.get()
    assert (thread.flagged_reason, thread.waiting_since) == (abuse.HONEYPOT, None)
    assert sheet.flagged_reason == abuse.HONEYPOT
    assert not Feedback.objects.waiting().exists()
    assert not SurveyResponse.objects.given(sheet.day, sheet.day).exists()


@pytest.mark.parametrize(
    ("key", "count", "reason"),
    [
        (f"{ADDRESS} {{code}}", abuse.ADDRESS_AT_CODE - 1, ""),
        (f"{ADDRESS} {{code}}", abuse.ADDRESS_AT_CODE, abuse.TOO_MANY_FROM_ADDRESS),
        ("code {code}", abuse.CODE - 1, ""),
        ("code {code}", abuse.CODE, abuse.TOO_MANY_AT_CODE),
        (ADDRESS, abuse.ADDRESS_FLOOD - 1, ""),
    ],
)
def test_where_suspicion_begins(send, point, key, count, reason):
    counted_before(count, key.format(code=point.code))
    send()
    assert Visit.objects.get().flagged_reason == reason


@pytest.mark.parametrize(("key", "count"), [(ADDRESS, abuse.ADDRESS_FLOOD), ("code {code}", abuse.CODE_FLOOD)])
def test_a_flood_is_refused_with_what_was_typed_and_a_way_out(send, point, key, count):
    counted_before(count, key.format(code=point.code))
    answer = send(name="Nama yang diketik")
    assert (answer.status_code, Visit.objects.count()) == (429, 0)
    assert 1 <= int(answer.headers["Retry-After"]) <= 601
    assert "Nama yang diketik" in answer.text
    assert "Terlalu banyak isian datang sekaligus dari jaringan ini." in answer.text
    assert "Petugas di meja depan juga bisa membantu Anda." in answer.text


def test_letters_of_one_thread_are_no_way_around_it(make_feedback, point):
    thread = make_feedback()
    page = f"/s/{private_key('feedback', thread.submission_id)}/"
    counted_before(abuse.CODE_FLOOD - 1, f"code {point.code}")
    first, second = (Client().post(page, {"submission_id": str(uuid4()), "body": f"Surat {n}"}) for n in [1, 2])
    assert (first.status_code, second.status_code, thread.messages.count()) == (303, 429, 2)
    assert "Surat 2" in second.text
    assert 1 <= int(second.headers["Retry-After"]) <= 601


def test_others_are_free_while_one_address_floods(send, point):
    counted_before(abuse.ADDRESS_FLOOD, ADDRESS)
    assert send(address="203.0.113.8").status_code == 303
    assert Visit.objects.counted().count() == 1


def test_ten_minutes_later_it_is_forgotten(send, point, clock):
    counted_before(abuse.ADDRESS_FLOOD, ADDRESS)
    clock.set(timezone.now() + abuse.WINDOW)
    assert send().status_code == 303


def test_a_claimed_address_changes_nothing(point, visit_fields):
    counted_before(abuse.ADDRESS_FLOOD, ADDRESS)
    answer = Client(REMOTE_ADDR=ADDRESS).post(
        f"/k/{point.code}/kunjungan/", visit_fields(point), headers={"X-Forwarded-For": "198.51.100.1"}
    )
    assert answer.status_code == 429


def test_an_ipv6_subscriber_is_one_network(send):
    counted_before(abuse.ADDRESS_FLOOD, "2001:db8:1:2::")
    assert send(address="2001:db8:1:2:aaaa::1").status_code == 429
    assert send(address="2001:db8:1:3::1").status_code == 303


def test_an_ipv4_address_at_an_ipv6_socket_is_itself(send):
    counted_before(abuse.ADDRESS_FLOOD, ADDRESS)
    assert send(address=f"::ffff:{ADDRESS}").status_code == 429
    assert send(address="::ffff:203.0.113.8").status_code == 303


def test_nobody_reads_an_address_back(send):
    send()
    keys = list(SubmissionCount.objects.values_list("key", flat=True))
    assert len(keys) == 3
    assert not any(ADDRESS in key for key in keys)


def test_upkeep_forgets_old_windows(db):
    now = timezone.now()
    for age in [timedelta(0), 3 * abuse.WINDOW]:
        SubmissionCount.objects.create(key="x", window_start=now - age, count=1)
    abuse.forget_old()
    assert list(SubmissionCount.objects.values_list("window_start", flat=True)) == [now]


def test_an_old_page_or_a_quick_hand_alone_never_flags(send):
    send(queued_seconds="40000")
    assert not Visit.objects.flagged().exists()


# Staff decide.


@pytest.fixture
def flagged(point, send, feedback_fields, sheet_fields):
    send(situs="x")
    Client().post(f"/k/{point.code}/saran/", {**feedback_fields, "situs": "x"})
    Client().post(f"/k/{point.code}/penilaian/", {**sheet_fields, "situs": "x"})


@pytest.fixture
def flagged_rows(make_visit, make_feedback, make_survey):
    def make() -> dict:
        doubt = {"flagged_reason": abuse.HONEYPOT}
        return {
            "kunjungan": make_visit(excluded_at=timezone.now(), excluded_reason="Otomatis", **doubt),
            "saran": make_feedback(**doubt),
            "penilaian": make_survey(**doubt),
        }

    return make


def marks(client) -> dict[str, int]:
    return {pile.name: pile.mark for pile in client.get("/staf/diperiksa/").context.get("piles", [])}


def decide(client, kind: str, answer: str, mark: int | None = None) -> str:
    """Of what the page shows now, or has shown before."""
    sent = {"kind": kind, "answer": answer, "mark": mark or marks(client).get(kind, 1)}
    return client.post("/staf/diperiksa/", sent, follow=True).text


@pytest.mark.usefixtures("flagged")
def test_staff_say_that_they_were_visitors(client_of, alice):
    client = client_of(alice)
    assert "Kolom jebakan terisi: 1" in client.get("/staf/diperiksa/").text
    for kind in ["kunjungan", "saran", "penilaian"]:
        assert "1 isian dihitung." in decide(client, kind, "hitung")
    visit, thread, sheet = Visit.objects.get(), Feedback.objects.get(), SurveyResponse.objects.get()
    assert (visit.excluded_at, visit.excluded_reason, visit.flagged_reason) == (None, "", "")
    assert (thread.flagged_reason, thread.waiting_since) == ("", thread.created_at)
    assert sheet.flagged_reason == ""
    assert "Tidak ada yang perlu diperiksa." in client.get("/staf/diperiksa/").text
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
        "visit.included",
        "feedback.counted",
        "surveyresponse.counted",
    }


def test_a_locked_month_keeps_nothing_else_from_being_counted(client_of, alice, dewi, office, make_visit, make_survey):
    doubt = {"flagged_reason": abuse.HONEYPOT}
    visits = []
    for day in ["2026-06-09", "2026-07-09"]:
        at = local(office, day, "10:00")
        visits.append(make_visit(arrived_at=at, excluded_at=at, excluded_reason="Otomatis", **doubt))
        make_survey(day=date.fromisoformat(day), **doubt)
    june, july = visits
    reports.actions.lock(office=office, period=Period.parse("2026-06"), number="045/HM.02/VII/2026", by=dewi)
    client = client_of(alice)

    for kind in ["kunjungan", "penilaian"]:
        page = decide(client, kind, "hitung")
        assert "1 isian dihitung." in page
        assert "1 isian tidak bisa dihitung lagi: laporan Juni 2026 sudah disahkan." in page
    assert list(Visit.objects.flagged()) == [june]
    assert [sheet.day.month for sheet in SurveyResponse.objects.flagged()] == [6]
    july.refresh_from_db()
    assert july.excluded_at is None
    for kind in ["kunjungan", "penilaian"]:
        assert "1 isian tidak dihitung." in decide(client, kind, "abaikan")
    assert "Tidak ada yang perlu diperiksa." in client.get("/staf/diperiksa/").text


@pytest.mark.usefixtures("flagged")
def test_staff_see_what_they_decide_of(client_of, alice):
    client = client_of(alice)
    page = client.get("/staf/diperiksa/").text
    for rows in ["/staf/visits/visit/?status=diperiksa", "/staf/visits/feedback/?status=diperiksa"]:
        assert f'href="{rows}"' in page
        assert client.get(rows).context["cl"].result_count == 1
    assert ", perlu diperiksa</small>" in client.get("/staf/visits/surveyresponse/").text


@pytest.mark.usefixtures("flagged")
def test_staff_say_that_they_were_none(client_of, alice):
    client = client_of(alice)
    for kind in ["kunjungan", "saran", "penilaian"]:
        assert "1 isian tidak dihitung." in decide(client, kind, "abaikan")
    visit, thread = Visit.objects.get(), Feedback.objects.get()
    assert (visit.flagged_reason, visit.excluded_reason) == ("", "Otomatis: kolom jebakan terisi")
    assert (thread.is_closed, thread.flagged_reason) == (True, abuse.HONEYPOT)
    assert not SurveyResponse.objects.exists()
    assert "Tidak ada yang perlu diperiksa." in client.get("/staf/diperiksa/").text


def test_one_visit_is_decided_on_its_own_page(send, client_of, alice):
    send(situs="x")
    visit = Visit.objects.get()
    client = client_of(alice)
    assert "Perlu diperiksa" in client.get("/staf/visits/visit/?status=diperiksa").text
    client.post(f"/staf/visits/visit/{visit.pk}/tidak-dihitung/")
    visit.refresh_from_db()
    assert (visit.flagged_reason, visit.excluded_at is None) == ("", False)


def test_the_sheet_of_a_flagged_visit_waits_for_a_decision_too(send, client_of, alice, survey_fields):
    send(situs="x")
    page = f"/t/{private_key('visit', Visit.objects.get().submission_id)}/penilaian/"
    assert Client().post(page, survey_fields(1)).status_code == 303
    assert SurveyResponse.objects.get().flagged_reason == abuse.HONEYPOT
    assert not SurveyResponse.objects.counted().exists()

    decide(client_of(alice), "penilaian", "hitung")
    Client().post(page, survey_fields(2))
    assert SurveyResponse.objects.counted().get().speed == 2, "what is changed later stays counted"


def test_a_flagged_visit_ends_like_any_other(send):
    answer = send(situs="x")
    Client(headers={"Sec-Fetch-Site": "same-origin"}).post(f"{answer.headers['Location'].split('?')[0]}selesai/")
    actions.include(Visit.objects.get(), by=None)
    assert Visit.objects.get().left_at is not None


@pytest.mark.usefixtures("flagged")
def test_strangers_decide_nothing(client_of, bob, charlie, dewi):
    for user in [bob, charlie]:
        decide(client_of(user), "kunjungan", "hitung")
    right = {"kind": "kunjungan", "answer": "hitung", "mark": "1"}
    for wrong in [{"kind": "?"}, {"answer": "?"}, {"mark": ""}, {"mark": "-1"}, {"mark": "9" * 19}]:
        assert client_of(dewi).post("/staf/diperiksa/", right | wrong).status_code == 404
    assert Visit.objects.flagged().count() == 1


@pytest.mark.parametrize("answer", ["hitung", "abaikan"])
def test_nothing_is_decided_that_came_after_the_page(client_of, alice, flagged_rows, answer):
    client = client_of(alice)
    flagged_rows()
    shown = marks(client)
    later = flagged_rows()
    for kind in ["kunjungan", "saran"]:
        assert f"1 isian {'tidak ' * (answer == 'abaikan')}dihitung." in decide(client, kind, answer, shown[kind])
        assert marks(client)[kind] == later[kind].pk
    response = client.post("/staf/diperiksa/", {"kind": "penilaian", "answer": answer, "mark": shown["penilaian"]})
    assert response.status_code == 409 and "Isian berubah sejak halaman ini dibuka." in response.text
    assert [pile.size for pile in response.context["piles"]] == [1, 1, 2]


def test_a_pile_of_thousands_is_decided_in_parts(client_of, alice, flagged_rows, monkeypatch):
    monkeypatch.setattr("visits.flagged.AT_ONCE", 2)
    for _ in range(3):
        flagged_rows()
    client = client_of(alice)
    first, second = (decide(client, "kunjungan", "hitung") for _ in range(2))
    assert "2 isian dihitung." in first and "Sisanya masih di bawah." in first
    assert "1 isian dihitung." in second and "Sisanya" not in second
    assert (Visit.objects.flagged().count(), Visit.objects.counted().count()) == (0, 3)
