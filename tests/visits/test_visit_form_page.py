"""The page of the visit form: what it asks, its mistakes, and what comes back."""

import pytest

from tests.visits.pages import every, form_of, only, tree, words
from visits import snapshot
from visits.models import Visit

pytestmark = pytest.mark.django_db

ODD_NAMES = ["<script>alert(1)</script>", "{{7*7}}", "ꦱꦶꦠꦶ ꦫꦲ꧀ꦩꦮꦠꦶ", 'Siti 🌸 O\'Neil & Anak "Ti"']
CONTROLS = {"input", "select", "textarea"}


def test_the_form_asks_no_more_than_it_says(client, point, at):
    at("10:00")
    root = tree(client.get(form_of(point)))
    form = root.find(".//form")

    assert only(root, "h1") == "Isi buku tamu"
    assert every(form, "legend") == ["Anda datang sebagai", "Apa keperluan Anda hari ini?"]
    assert required_names(form) == {"name", "phone", "visitor_kind", "district", "purpose"}
    assert control_names(form) == [
        "submission_id",
        "situs",  # for machines, see visits/abuse.py
        "name",
        "phone",
        "visitor_kind",
        "organization",
        "district",
        "purpose",
        "party_size",
        "meeting_with",
        "note",
        "consent",
    ]
    assert only(form, "details/summary") == "Orang yang dituju dan catatan (opsional)"
    assert form.find(".//details").get("open") is None
    assert form.find(".//input[@name='consent']").get("checked") is None
    assert only(form, "button[@type='submit']") == "Kirim dan ambil nomor kunjungan"
    assert root.find(".//p[@class='hold']") is None


def control_names(form) -> list[str]:
    return list(dict.fromkeys(control.get("name") for control in form.iter() if control.tag in CONTROLS))


def required_names(form) -> set[str]:
    return {control.get("name") for control in form.iter() if control.get("required") is not None}


def test_each_opening_of_the_form_has_its_own_id(client, point):
    ids = [tree(client.get(form_of(point))).find(".//input[@name='submission_id']").get("value") for _ in range(3)]

    assert len(set(ids)) == 3


def test_a_changed_setting_shows_in_the_form(client, point):
    client.get(form_of(point))
    point.office.districts.create(name="Sukamaju", order=9)
    snapshot.forget()

    assert every(tree(client.get(form_of(point))), "option")[:4] == [
        "Pilih kecamatan",
        "Dalam kabupaten/kota",
        "Luar kabupaten/kota",
        "Sukamaju",
    ]


def test_an_office_without_districts_asks_for_none(client, point, visit_fields):
    fields = visit_fields(point, district="")
    point.office.districts.all().delete()
    snapshot.forget()

    assert tree(client.get(form_of(point))).find(".//select") is None
    assert client.post(form_of(point), fields).status_code == 303
    assert Visit.objects.get().district is None


def test_a_purpose_tells_what_to_bring_and_where_else_to_go(client, point):
    purpose = point.office.purposes.get(name="Laporan dugaan pelanggaran")
    purpose.elsewhere_url = "https://lapor.contoh.go.id/"
    purpose.save()
    root = tree(client.get(form_of(point)))
    card = next(card for card in root.findall(".//div[@class='card']") if purpose.name in words(card.find("label")))

    assert only(card, "div/b") == "Yang perlu disiapkan"
    assert every(card, "li") == ["KTP pelapor", "Waktu, tempat, dan uraian kejadian", "Bukti dan nama saksi"]
    assert every(card, "div/p") == [purpose.advice, "Bisa juga diurus tanpa datang (tab baru)"]
    assert card.find(".//a").get("href") == "https://lapor.contoh.go.id/"


def test_a_closed_office_warns_before_the_form_is_filled_in(client, point, at):
    at("20:00")

    assert only(tree(client.get(form_of(point))), "p[@class='hold']") == (
        "Kantor sedang tutup. Isi hanya bila Anda sudah punya janji temu."
    )


def test_an_online_point_says_that_the_visit_is_announced(client, online_point, at):
    at("20:00")
    root = tree(client.get(form_of(online_point)))

    assert only(root, "h1") == "Kabarkan kedatangan"
    assert every(root, "legend") == ["Anda datang sebagai", "Apa keperluan Anda?"]
    assert only(root, "button[@type='submit']") == "Kirim kabar kedatangan"
    assert root.find(".//p[@class='hold']") is None


def test_mistakes_are_listed_in_the_order_of_the_page(client, point, visit_fields):
    fields = visit_fields(point, name=" ", phone="0812 34", organization="", party_size="0", meeting_with="Budi")
    root = tree(client.post(form_of(point), fields))
    summary = root.find(".//div[@role='alert']")

    assert only(root, "title").startswith("Perlu diperbaiki: Isi buku tamu")
    assert only(summary, "h2") == "Ada 4 isian yang perlu diperbaiki"
    assert [(link.get("href"), words(link)) for link in summary.iter("a")] == [
        ("#name", "Tulis nama lengkap Anda."),
        ("#phone", "Nomor HP kurang lengkap. Contoh: 0812 3456 7890"),
        ("#organization", "Tulis nama instansi Anda."),
        ("#party_size", "Jumlah tamu paling sedikit 1, termasuk Anda."),
    ]
    assert root.find(".//input[@id='phone']").attrib.items() >= {
        ("value", "0812 34"),
        ("aria-invalid", "true"),
        ("aria-describedby", "phone-error phone-hint"),
    }
    assert root.find(".//details").get("open") is not None, "what was typed there stays in sight"
    assert [link for link in root.iter("a") if link.get("hreflang")] == [], "a link would lose what was typed"


def test_what_was_chosen_stays_chosen(client, point, visit_fields):
    fields = visit_fields(point, name="", consent="on", note="Perlu\nkursi roda")
    root = tree(client.post(form_of(point), fields))
    checked = [control for control in root.iter("input") if "checked" in control.attrib]
    chosen = {control.get("name"): control.get("value") for control in checked}

    assert chosen == {"visitor_kind": "akademisi", "purpose": fields["purpose"], "consent": None}
    assert root.find(".//option[@selected]").get("value") == fields["district"]
    assert root.find(".//textarea").text == "Perlu\nkursi roda"
    assert root.find(".//input[@name='submission_id']").get("value") == fields["submission_id"]


def test_other_content_under_a_known_id_is_offered_as_a_new_visit(client, point, visit_fields):
    fields = visit_fields(point)
    client.post(form_of(point), fields)
    response = client.post(form_of(point), {**fields, "name": "Budi Santoso"})
    root = tree(response)

    assert response.status_code == 409
    assert only(root, "div[@role='alert']/h2") == "Halaman ini sudah mencatat isian lain"
    assert only(root, "div[@role='alert']/p").endswith("Bila hanya ada yang keliru, sampaikan kepada petugas.")
    assert only(root, "button[@type='submit']") == "Catat sebagai kunjungan baru"
    again = {**fields, "name": "Budi Santoso", "submission_id": root.find(".//input[@type='hidden']").get("value")}
    assert client.post(form_of(point), again).status_code == 303
    assert list(Visit.objects.order_by("number").values_list("name", flat=True)) == ["Siti Rahmawati", "Budi Santoso"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_come_back_as_text(client, point, visit_fields, name):
    root = tree(client.post(form_of(point), visit_fields(point, name=name, phone="")))
    assert root.find(".//input[@id='name']").get("value") == name

    ticket = client.post(form_of(point), visit_fields(point, name=name)).headers["Location"]
    assert only(tree(client.get(ticket)), "h1") == f"Terima kasih, {name}"
