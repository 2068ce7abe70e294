"""Admin kantor keeps the settings of the own office; IT the accounts."""

import io

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.forms import CheckboxInput
from PIL import Image

from tests.visits.pages import every, tree, words
from visits import emblem, roles
from visits.models import AuditEvent, CheckInPoint, ClosedDay, District, Division, Membership, Purpose


def typed(client, address):
    """What the page's form holds, inlines included: as a browser would send it back."""
    context = client.get(address).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values = {field.html_name: _sent(field) for form in forms for field in form}
    return {name: value for name, value in values.items() if value is not None}


def _sent(field):
    if isinstance(field.field.widget, CheckboxInput):
        return "on" if field.value() else None
    value = field.field.widget.format_value(field.value()) if field.value() is not None else None
    return next(iter(value), "") if isinstance(value, list) else value


def picture(kind, size):
    file = io.BytesIO()
    Image.new("RGB", size, "#7A1523").save(file, kind, exif=b"Exif\0\0secret-place" if kind == "JPEG" else b"")
    file.seek(0)
    file.name = f"lambang.{kind.lower()}"
    return file


@pytest.fixture
def admin(client_of, dewi):
    return client_of(dewi)


def test_a_new_row_gets_the_only_office(admin, office):
    page = admin.get("/staf/visits/district/add/").content.decode()
    assert f'<input type="hidden" name="office" value="{office.pk}"' in page
    admin.post("/staf/visits/district/add/", {"office": office.pk, "name": "Betung", "order": "3", "is_active": "on"})
    assert District.objects.get(name="Betung").office == office
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor, event.office_id) == ("district.added", "dewi", office.pk)


def test_the_office_of_others_is_refused(admin, other_office):
    sent = {"office": other_office.pk, "name": "Betung", "order": "3", "is_active": "on"}
    response = admin.post("/staf/visits/district/add/", sent)
    assert set(response.context["adminform"].form.errors) == {"office"}
    assert not District.objects.filter(name="Betung").exists()


def test_a_row_stays_in_its_office(admin, office, other_office, dewi):
    Membership.objects.create(user=dewi, office=other_office)
    division = office.divisions.first()
    address = f"/staf/visits/division/{division.pk}/change/"
    admin.post(address, {"office": other_office.pk, "name": "Ketua Baru", "order": "1", "is_active": "on"})
    division.refresh_from_db()
    assert (division.name, division.office) == ("Ketua Baru", office)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.details) == ("division.changed", {"fields": ["name"]})


@pytest.mark.parametrize("page", ["add/", "change/"])
def test_a_second_one_of_the_same_name_is_a_mistake_not_a_fault(admin, office, page):
    first, second = office.divisions.all()[:2]
    address = "/staf/visits/division/add/" if page == "add/" else f"/staf/visits/division/{second.pk}/change/"
    response = admin.post(address, {"office": office.pk, "name": first.name, "order": "9", "is_active": "on"})
    assert response.context["adminform"].form.non_field_errors() == ["Divisi ini sudah ada."]
    assert office.divisions.filter(name=first.name).count() == 1


def test_rows_of_others_can_not_be_edited_in_the_list(admin, office, other_office):
    foreign, own = other_office.divisions.first(), office.divisions.first()
    sent = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "_save": "Simpan", "form-0-order": "77"}
    response = admin.post("/staf/visits/division/", sent | {"form-0-id": foreign.pk})
    assert response.status_code == 400
    assert not Division.objects.filter(order=77).exists()
    admin.post("/staf/visits/division/", sent | {"form-0-id": own.pk, "form-0-is_active": "on"})
    assert list(Division.objects.filter(order=77)) == [own]


def test_what_visits_refer_to_stays(admin, office, make_visit):
    used, unused = office.districts.all()
    make_visit(district=used)
    assert admin.post(f"/staf/visits/district/{used.pk}/delete/", {"post": "yes"}).status_code == 403
    admin.post(f"/staf/visits/district/{unused.pk}/delete/", {"post": "yes"})
    assert list(office.districts.all()) == [used]
    assert AuditEvent.objects.latest("pk").action == "district.deleted"


def test_closed_day(admin, office):
    admin.post("/staf/visits/closedday/add/", {"office": office.pk, "day": "2026-12-25", "name": "Natal"})
    assert str(ClosedDay.objects.get()) == "25-12-2026 Natal"


def test_confidentiality_is_switched_off_only_by_who_may_see_the_names(admin, office, dewi, client_of, root):
    purpose = office.purposes.get(is_confidential=True)
    address = f"/staf/visits/purpose/{purpose.pk}/change/"
    sent = typed(admin, address)
    assert "is_confidential" not in sent
    admin.post(address, sent | {"name": "Laporan"})
    purpose.refresh_from_db()
    assert (purpose.name, purpose.is_confidential) == ("Laporan", True)
    trusted = client_of(root)
    sent = typed(trusted, address)
    del sent["is_confidential"]
    trusted.post(address, sent)
    purpose.refresh_from_db()
    assert not purpose.is_confidential


def test_a_new_purpose_may_be_confidential(admin, office):
    sent = typed(admin, "/staf/visits/purpose/add/") | {
        "name": "Pengaduan",
        "is_confidential": "on",
        "required_documents-0-name": "KTP",
        "required_documents-0-order": "1",
    }
    admin.post("/staf/visits/purpose/add/", sent)
    purpose = Purpose.objects.get(name="Pengaduan")
    assert (purpose.office, purpose.is_confidential) == (office, True)
    assert [document.name for document in purpose.required_documents.all()] == ["KTP"]


def test_the_office_is_kept_in_order(admin, office):
    address = f"/staf/visits/office/{office.pk}/change/"
    sent = typed(admin, address) | {"whatsapp": "0812 3456 7890", "slug": "lain", "service_hours-0-opens_at": "07.30"}
    assert sent["service_hours-0-closes_at"] == "16.00"
    response = admin.post(address, sent)
    assert response.status_code == 302
    office.refresh_from_db()
    assert (office.whatsapp, office.slug) == ("+6281234567890", "contoh")
    assert f"{office.service_hours.get(weekday=1).opens_at:%H.%M}" == "07.30"
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.object_id) == ("office.changed", office.pk)
    assert event.details == {"fields": ["whatsapp", "servicehours.opens_at"]}


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("whatsapp", "123", "Nomor kurang lengkap. Contoh: 0812-3456-7890"),
        ("retention_months", "0", "Pastikan nilai ini lebih besar dari atau sama dengan 1."),
        ("service_hours-0-opens_at", "17.00", "Jam buka harus sebelum jam tutup."),
        ("service_hours-0-opens_at", "pagi", "Tulis jam seperti 08.00."),
        ("service_hours-1-weekday", "1", "Ada dua baris dengan hari yang sama."),
    ],
)
def test_impossible_settings_are_explained(admin, office, field, value, error):
    address = f"/staf/visits/office/{office.pk}/change/"
    response = admin.post(address, typed(admin, address) | {field: value})
    assert response.status_code == 422
    body = response.content.decode()
    assert error in body and "Perbaiki isian yang ditandai di bawah ini." in body
    assert list(office.service_hours.values_list("weekday", "opens_at__hour"))[:2] == [(1, 8), (2, 8)]


def test_two_weekdays_swap_their_hours(admin, office):
    address = f"/staf/visits/office/{office.pk}/change/"
    swapped = {"service_hours-0-weekday": "2", "service_hours-1-weekday": "1", "service_hours-0-opens_at": "07.30"}
    assert admin.post(address, typed(admin, address) | swapped).status_code == 302
    connection.check_constraints()
    hours = office.service_hours.order_by("weekday").values_list("weekday", "opens_at__hour", "opens_at__minute")
    assert list(hours[:2]) == [(1, 8, 0), (2, 7, 30)]


def test_an_office_that_it_adds_is_ready_for_its_first_visitor(client_of, root, client, visit_fields):
    it = client_of(root)
    fields = typed(it, "/staf/visits/office/add/") | {"name": "Bawaslu Kota Baru", "slug": "baru"}
    fields |= {"institution": "Badan Pengawas Pemilihan Umum", "unit": "Kota Baru"}

    it.post("/staf/visits/office/add/", fields)

    point = CheckInPoint.objects.get(office__slug="baru")
    counts = [point.office.purposes.count(), point.office.service_hours.count(), point.office.divisions.count()]
    assert counts == [9, 5, 6]
    assert client.post(f"/k/{point.code}/kunjungan/", visit_fields(point)).status_code == 303
    assert point.office.visits.get().number == 1


@pytest.mark.parametrize(("kind", "size"), [("PNG", (1200, 600)), ("JPEG", (600, 1200)), ("PNG", (64, 64))])
def test_emblem_becomes_a_small_png(admin, office, kind, size):
    address = f"/staf/visits/office/{office.pk}/change/"
    admin.post(address, typed(admin, address) | {"new_emblem": picture(kind, size)})
    office.refresh_from_db()
    kept = bytes(office.emblem)
    image = Image.open(io.BytesIO(kept))
    scale = min(1, 512 / max(size))
    assert (image.format, image.size) == ("PNG", tuple(round(side * scale) for side in size))
    assert b"secret-place" not in kept
    assert admin.get(f"/staf/visits/office/{office.pk}/lambang.png").content == kept
    admin.post(address, typed(admin, address) | {"no_emblem": "on"})
    office.refresh_from_db()
    assert office.emblem is None


def test_a_photo_of_the_emblem_stands_upright():
    file, orientation = io.BytesIO(), Image.Exif()
    orientation[0x0112] = 6  # to be turned by 90 degrees
    Image.new("RGB", (600, 300)).save(file, "JPEG", exif=orientation)
    assert Image.open(io.BytesIO(emblem.as_png(file.getvalue()))).size == (256, 512)


@pytest.mark.parametrize(
    "content",
    [
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture("PNG", (900, 900)).read()[:200],
        b"x" * 3_000_000,
    ],
)
def test_what_is_no_picture_is_refused(admin, office, content):
    address = f"/staf/visits/office/{office.pk}/change/"
    file = io.BytesIO(content)
    file.name = "lambang.png"
    response = admin.post(address, typed(admin, address) | {"new_emblem": file})
    assert response.context["adminform"].form.errors == {
        "new_emblem": ["Pilih gambar PNG atau JPEG yang lebih kecil dari 2 MB."]
    }
    office.refresh_from_db()
    assert office.emblem is None


def test_a_point_keeps_its_code(admin, office, point):
    code = point.code
    address = f"/staf/visits/checkinpoint/{point.pk}/change/"
    admin.post(address, {"office": office.pk, "name": "Pintu samping", "kind": "poster", "code": "BBBBBB"})
    point.refresh_from_db()
    assert (point.name, point.code, point.is_active) == ("Pintu samping", code, False)
    admin.post(
        "/staf/visits/checkinpoint/add/", {"office": office.pk, "name": "Web", "kind": "online", "is_active": "on"}
    )
    assert CheckInPoint.objects.get(name="Web").office == office


def test_who_only_reads_a_point_is_sent_to_no_page_that_refuses(client_of, alice, office, point):
    desk = client_of(alice)
    root = tree(desk.get(f"/staf/visits/checkinpoint/{point.pk}/change/"))
    shown = root.find(".//*[@id='content']")
    links = {words(link): link.get("href") for link in shown.findall(".//a")}

    assert every(shown, "div[@class='readonly']")[0] == office.name
    assert {text: desk.get(href).status_code for text, href in links.items()} == {
        "Riwayat": 200,
        "Lihat poster": 200,
        "Tutup": 200,
    }


def test_it_makes_an_account(client_of, root, office):
    roles.grant(Group, Group.permissions.field.related_model)
    client, address = client_of(root), "/staf/auth/user/add/"
    sent = typed(client, address) | {
        "username": "petugas2",
        "password1": "sandi-panjang-sekali-9",
        "password2": "sandi-panjang-sekali-9",
        "groups": [Group.objects.get(name=roles.STAFF).pk],
        "memberships-0-office": office.pk,
    }
    client.post(address, sent)
    user = User.objects.get(username="petugas2")
    assert (user.is_staff, user.is_superuser, user.check_password("sandi-panjang-sekali-9")) == (True, False, True)
    assert user.has_perm("visits.add_visit")
    assert [membership.office for membership in user.memberships.all()] == [office]
    assert AuditEvent.objects.filter(action="user.added", object_id=user.pk).exists()
    assert "sandi-panjang" not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize("flag", ["is_superuser", "is_active"])
def test_the_last_superuser_stays(client_of, root, make_user, flag):
    client, address = client_of(root), f"/staf/auth/user/{root.pk}/change/"
    sent = typed(client, address)
    del sent[flag], sent["groups"]
    response = client.post(address, sent)
    assert "satu-satunya pengelola DILAKU" in response.context["adminform"].form.non_field_errors()[0]
    assert User.objects.filter(is_superuser=True, is_active=True).get() == root
    make_user("second", is_superuser=True)
    assert client.post(address, sent).status_code == 302
    assert User.objects.filter(is_superuser=True, is_active=True).get().username == "second"


def test_a_group_saved_unchanged_keeps_its_permissions(client_of, root):
    client = client_of(root)
    for group in Group.objects.all():
        held = set(group.permissions.values_list("codename", flat=True))
        address = f"/staf/auth/group/{group.pk}/change/"
        form = client.get(address).context["adminform"].form
        assert client.post(address, {name: form[name].value() for name in form.fields}).status_code == 302
        assert (held, set(group.permissions.values_list("codename", flat=True))) == (held, held)
        assert held


def test_an_admin_reads_the_trail_of_the_own_office_only(admin, office, other_office, make_visit):
    AuditEvent.objects.create(action="visit.closed", actor="seseorang", office_id=other_office.pk)
    AuditEvent.objects.create(action="visit.closed", actor="rekan", office_id=office.pk)
    body = admin.get("/staf/visits/auditevent/").content.decode()
    assert "rekan" in body and "seseorang" not in body
