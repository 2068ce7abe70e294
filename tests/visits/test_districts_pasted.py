"""A list of kecamatan, pasted as it stands somewhere else."""

import pytest

from visits import districts
from visits.models import AuditEvent, District, Membership

PASTE = "/staf/visits/district/tempel/"
BANYUASIN = "Betung\nBanyuasin I\nTanjung Lago"


@pytest.fixture
def admin(client_of, dewi):
    return client_of(dewi)


def names(office, **kw):
    return list(office.districts.filter(**kw).order_by("order").values_list("name", flat=True))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Betung\nMakarti Jaya", ["Betung", "Makarti Jaya"]),
        ("Betung, Makarti Jaya;Suak Tapeh", ["Betung", "Makarti Jaya", "Suak Tapeh"]),
        ("1. Betung\n2) Makarti Jaya\n10.  Suak Tapeh", ["Betung", "Makarti Jaya", "Suak Tapeh"]),
        ("- Betung\n• Makarti Jaya\n* Suak Tapeh", ["Betung", "Makarti Jaya", "Suak Tapeh"]),
        ("Betung\nBETUNG\n betung ", ["Betung"]),
        ("Betung\nAir Salek\nbetung\nAir Kumbang", ["Betung", "Air Salek", "Air Kumbang"]),
        ("2 x 11 Enam Lingkung\nIV Jurai", ["2 x 11 Enam Lingkung", "IV Jurai"]),
        ("\n , ;\n", []),
    ],
)
def test_names_are_found(text, found):
    assert districts.names_in(text) == found


def test_a_table_from_a_worksheet_with_the_line_ends_of_windows(admin, office):
    response = admin.post(PASTE, {"names": "1\tBetung\r\n2.\t Air  Salek\r\n"})
    assert response.context["plan"].new == ["Betung", "Air Salek"]


def test_first_the_count_then_the_rows(admin, office):
    response = admin.post(PASTE, {"names": BANYUASIN, "check": "Periksa daftar"})
    body = response.content.decode()
    assert "3 nama baru" in body and "Tambahkan 3 kecamatan" in body and "Betung · Banyuasin I · Tanjung Lago" in body
    assert office.districts.count() == 2
    assert not AuditEvent.objects.filter(action="district.pasted").exists()
    response = admin.post(PASTE, {"names": BANYUASIN, "add": "Tambahkan 3 kecamatan"}, follow=True)
    assert "3 kecamatan ditambahkan." in response.content.decode()
    assert names(office) == [
        "Dalam kabupaten/kota",
        "Luar kabupaten/kota",
        "Betung",
        "Banyuasin I",
        "Tanjung Lago",
    ]


def test_known_ones_stay_and_old_ones_come_back(admin, office, dewi, make_visit):
    old = District.objects.create(office=office, name="Betung", order=7, is_active=False)
    make_visit(district=old)
    typed = {"names": "BETUNG, dalam kabupaten/kota, Air Salek"}
    body = admin.post(PASTE, typed).content.decode()
    assert "1 nama baru, 1 dipakai lagi, 1 sudah ada" in body
    response = admin.post(PASTE, typed | {"add": "x"}, follow=True)
    assert "1 kecamatan ditambahkan, 1 dipakai lagi, 1 sudah ada." in response.content.decode()
    old.refresh_from_db()
    assert (old.is_active, old.name, old.order) == (True, "Betung", 7)
    assert names(office) == ["Dalam kabupaten/kota", "Luar kabupaten/kota", "Betung", "Air Salek"]
    event = AuditEvent.objects.get(action="district.pasted")
    assert (event.actor, event.office_id, event.details) == ("dewi", office.pk, {"added": 1, "reactivated": 1})
    trail = admin.get("/staf/visits/auditevent/").content.decode()
    assert "Menempel daftar kecamatan" in trail and "1 ditambahkan, 1 dipakai lagi" in trail


def test_twice_is_once(admin, office):
    for _each in range(2):
        admin.post(PASTE, {"names": BANYUASIN, "add": "x"})
    assert office.districts.count() == 5
    assert AuditEvent.objects.filter(action="district.pasted").count() == 1
    body = admin.post(PASTE, {"names": BANYUASIN}).content.decode()
    assert "0 nama baru, 3 sudah ada" in body and "Tambahkan 0" not in body


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "Tempel atau tulis nama kecamatan."),
        (" ,\n;", "Tempel atau tulis nama kecamatan."),
        ("\u200b\n\u3164", "Tempel atau tulis nama kecamatan."),
        ("\n".join(f"Kecamatan {number}" for number in range(301)), "Paling banyak 300 nama sekaligus; ini 301."),
        ("Betung\n" + "x" * 81, "Paling panjang 80 huruf: “" + "x" * 60 + "…”"),
    ],
)
@pytest.mark.parametrize("button", ["check", "add"])
def test_mistakes_are_explained_and_the_list_stays(admin, office, text, error, button):
    response = admin.post(PASTE, {"names": text, button: "x"})
    assert (response.status_code, response.context["form"].errors) == (422, {"names": [error]})
    assert response.context["form"]["names"].value() == text
    assert office.districts.count() == 2


def test_the_longest_list(admin, office):
    District.objects.filter(office=office, name="Luar kabupaten/kota").update(order=32_767)
    text = "\n".join(f"{number:03d}" + "x" * 77 for number in range(300))
    assert admin.post(PASTE, {"names": text, "add": "x"}).status_code == 302
    assert office.districts.count() == 302


def test_what_could_not_be_stored_is_left_out(admin, office):
    admin.post(PASTE, {"names": "Be\0tung\nAir\x07 Salek\nMakarti\u00a0Jaya", "add": "x"})
    assert names(office)[2:] == ["Betung", "Air Salek", "Makarti Jaya"]


@pytest.mark.parametrize("who", ["alice", "bob", "charlie"])
def test_it_is_for_admins(request, client_of, office, who):
    client = client_of(request.getfixturevalue(who))
    assert client.get(PASTE).status_code == 403
    assert client.post(PASTE, {"names": BANYUASIN, "add": "x"}).status_code == 403
    assert not District.objects.filter(name="Betung").exists()


def test_only_the_own_office_gets_them(admin, dewi, office, other_office):
    assert admin.post(f"{PASTE}?kantor=lain", {"names": BANYUASIN, "add": "x"}).status_code == 404
    Membership.objects.create(user=dewi, office=other_office)
    admin.post(f"{PASTE}?kantor=lain", {"names": BANYUASIN, "add": "x"})
    assert (office.districts.count(), other_office.districts.count()) == (2, 5)


def test_the_list_of_districts_leads_here(admin, client_of, office):
    assert f'href="{PASTE}"' in admin.get("/staf/visits/district/").content.decode()
