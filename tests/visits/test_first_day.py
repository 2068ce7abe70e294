"""The checklist of the first day: what is done is seen, what may be right is confirmed, and then it goes away."""

import pytest

from tests.visits.test_staff_settings import typed
from visits import first_day, roles
from visits.models import AuditEvent, ClosedDay, District, Office
from visits.starter import make_office

HEAD = "Hari pertama: "


@pytest.fixture
def office(db):
    """As a new installation makes it."""
    return make_office()


@pytest.fixture
def admin(client_of, dewi):
    return client_of(dewi)


def done(office):
    return {item.key for item in first_day.of(Office.objects.get(pk=office.pk)).items if item.is_done}


def trail(*actions):
    return [
        (line.action, line.actor, line.office_id, line.object_type, line.object_id, line.details)
        for line in AuditEvent.objects.filter(action__in=actions).order_by("pk")
    ]


def confirm(admin, office, key):
    return admin.post(f"/staf/visits/office/{office.pk}/hari-pertama/{key}/sesuai/")


def complete(admin, office, point, make_user):
    Office.objects.filter(pk=office.pk).update(name="Bawaslu Kabupaten Banyuasin", unit="Kabupaten Banyuasin")
    for key in ["emblem", "hours", "divisions", "services"]:
        confirm(admin, office, key)
    District.objects.create(office=office, name="Betung")
    ClosedDay.objects.create(office=office, day=office.today(), name="Libur")
    admin.get(f"/staf/poster/{point.code}.pdf")
    make_user("eko", office, roles.STAFF)


def test_a_new_office_has_done_nothing_yet(admin, office, dewi):
    assert done(office) == set()
    response = admin.get("/staf/")
    body = response.content.decode()
    assert f"{HEAD}0 dari 9 selesai" in body
    assert body.count(">Belum<") == 9
    for item in response.context["first_day"].items:
        assert admin.get(item.url).status_code == 200, item.key


def test_every_item_is_done_by_doing_it(admin, office, point, make_user):
    settings = f"/staf/visits/office/{office.pk}/change/"
    admin.post(settings, typed(admin, settings) | {"name": "Bawaslu Kabupaten Banyuasin"})
    assert done(office) == set(), "the letterhead still says Contoh"
    admin.post(settings, typed(admin, settings) | {"unit": "Kabupaten Banyuasin"})
    assert done(office) == {"letterhead"}
    admin.post(settings, typed(admin, settings) | {"service_hours-0-opens_at": "07.30"})
    assert done(office) == {"letterhead", "hours"}
    row = {"office": office.pk, "order": "9", "is_active": "on"}
    admin.post("/staf/visits/division/add/", row | {"name": "Humas"})
    admin.post("/staf/visits/district/add/", row | {"name": "Betung"})
    assert done(office) == {"letterhead", "hours", "divisions", "districts"}
    purpose = f"/staf/visits/purpose/{office.purposes.first().pk}/change/"
    admin.post(purpose, typed(admin, purpose) | {"name": "Konsultasi"})
    admin.post("/staf/visits/closedday/add/", {"office": office.pk, "day": office.today().isoformat(), "name": "Libur"})
    assert done(office) == {"letterhead", "hours", "divisions", "districts", "services", "closed_days"}
    make_user("eko", office, roles.STAFF)
    admin.get(f"/staf/poster/{point.code}.pdf")
    Office.objects.filter(pk=office.pk).update(emblem=b"png")
    assert done(office) == {task.key for task in first_day.TASKS}


@pytest.mark.parametrize("ending", [".png", ".svg", "-sosial.png", "-lembar.png", "/"])
def test_only_the_sheet_for_the_door_counts_as_printed(admin, office, point, ending):
    admin.get(f"/staf/poster/{point.code}{ending}")
    admin.head(f"/staf/poster/{point.code}.pdf")
    assert "poster" not in done(office)


def test_a_downloaded_poster_leaves_a_trace(admin, office, point):
    admin.get(f"/staf/poster/{point.code}.pdf")
    assert trail("poster.downloaded") == [("poster.downloaded", "dewi", office.pk, "checkinpoint", point.pk, {})]
    assert "Mengunduh poster" in admin.get("/staf/visits/auditevent/").content.decode()


@pytest.mark.parametrize("key", ["emblem", "hours", "divisions", "services"])
def test_what_is_right_as_it_is_can_be_said_to_be(admin, office, key):
    response = confirm(admin, office, key)
    assert response["Location"] == "/staf/?kantor=kantor-contoh"
    assert done(office) == {key}
    assert trail(f"{key}.confirmed") == [(f"{key}.confirmed", "dewi", office.pk, "office", office.pk, {})]
    body = admin.get("/staf/").content.decode()
    assert f"/hari-pertama/{key}/sesuai/" not in body
    assert body.count("/sesuai/") == 3


@pytest.mark.parametrize("key", ["letterhead", "districts", "closed_days", "poster", "colleagues", "lain", "visit"])
def test_what_has_to_be_done_can_not_be_waved_through(admin, office, key):
    assert confirm(admin, office, key).status_code == 404
    assert not AuditEvent.objects.filter(action__endswith=".confirmed").exists()


def test_people_who_do_not_count(office, dewi, make_user, other_office):
    make_user("eko", office, roles.STAFF, is_active=False)
    make_user("fitri", office, is_superuser=True)
    make_user("gita", other_office, roles.STAFF)
    assert "colleagues" not in done(office)


def test_rows_that_do_not_count(office, other_office):
    ClosedDay.objects.create(
        office=office, day=office.today().replace(year=office.today().year - 1, day=1), name="Dulu"
    )
    ClosedDay.objects.create(office=other_office, day=office.today(), name="Libur")
    District.objects.create(office=office, name="Betung", is_active=False)
    District.objects.create(office=other_office, name="Betung")
    AuditEvent.objects.create(action="hours.confirmed", office_id=other_office.pk)
    AuditEvent.objects.create(action="office.changed", office_id=office.pk, details={"fields": ["whatsapp"]})
    assert done(office) == set()


def test_it_goes_away_when_all_is_done(admin, office, point, make_user, client_of, root):
    complete(admin, office, point, make_user)
    assert done(office) == {task.key for task in first_day.TASKS}
    for client in [admin, client_of(root)]:
        assert HEAD not in client.get("/staf/").content.decode()
    assert "Semua sudah selesai." in admin.get(f"/staf/visits/office/{office.pk}/change/").content.decode()


def test_it_is_hidden_for_the_whole_office_and_called_back(admin, office, make_user, client_of):
    second = client_of(make_user("eko", office, roles.OFFICE_ADMIN))
    body = admin.post(f"/staf/visits/office/{office.pk}/hari-pertama/sembunyikan/", follow=True).content.decode()
    assert HEAD not in body and "memunculkannya lagi" in body
    assert HEAD not in second.get("/staf/").content.decode()
    settings = second.get(f"/staf/visits/office/{office.pk}/change/").content.decode()
    show = f"/staf/visits/office/{office.pk}/hari-pertama/tampilkan/"
    assert f'formaction="{show}"' in settings
    second.post(show)
    second.post(show)
    assert HEAD in admin.get("/staf/").content.decode()
    assert "1 dari 9 selesai" in admin.get(f"/staf/visits/office/{office.pk}/change/").content.decode()
    assert trail("firstday.hidden", "firstday.shown") == [
        ("firstday.hidden", "dewi", office.pk, "office", office.pk, {}),
        ("firstday.shown", "eko", office.pk, "office", office.pk, {}),
    ]


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_it_is_for_those_who_may_change_the_office(request, client_of, office, who):
    client = client_of(request.getfixturevalue(who))
    assert HEAD not in client.get("/staf/").content.decode()
    assert confirm(client, office, "hours").status_code == 403
    for step in ["sembunyikan", "tampilkan"]:
        assert client.post(f"/staf/visits/office/{office.pk}/hari-pertama/{step}/").status_code == 403
    assert done(office) == set()


def test_the_office_of_others_is_out_of_reach(admin, office, other_office):
    assert confirm(admin, other_office, "hours").status_code == 404
    assert admin.post(f"/staf/visits/office/{other_office.pk}/hari-pertama/sembunyikan/").status_code == 404
    other_office.refresh_from_db()
    assert (other_office.first_day_hidden_at, done(other_office)) == (None, {"letterhead"})


def test_each_office_has_its_own_list(client_of, root, office, other_office):
    client = client_of(root)
    client.post(f"/staf/visits/office/{office.pk}/hari-pertama/sembunyikan/")
    assert HEAD not in client.get("/staf/?kantor=kantor-contoh").content.decode()
    response = client.get("/staf/?kantor=lain")
    urls = {item.key: item.url for item in response.context["first_day"].items}
    assert urls["districts"] == "/staf/visits/district/tempel/?kantor=lain"
    assert urls["hours"].startswith(f"/staf/visits/office/{other_office.pk}/change/")


def test_it_takes_one_query_and_none_once_hidden(office, dewi, django_assert_num_queries):
    dewi.has_perm("visits.change_office")
    with django_assert_num_queries(1):
        assert first_day.shown(office, dewi).done == 0
    for number in range(3):
        District.objects.create(office=office, name=f"Kecamatan {number}")
        AuditEvent.objects.create(action="division.changed", office_id=office.pk)
    with django_assert_num_queries(1):
        assert first_day.shown(office, dewi).done == 2
    first_day.hide(office, by=dewi)
    office.refresh_from_db()
    with django_assert_num_queries(0):
        assert first_day.shown(office, dewi) is None
