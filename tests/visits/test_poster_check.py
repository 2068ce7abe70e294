"""Staff look whether a poster is ours and current, and give a point another code."""

import io
import struct
from datetime import datetime, time, timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from visits import code_actions, posters, snapshot
from visits.models import AuditEvent, CheckInPoint, ReplacedCode
from visits.poster_check import Verdict, judge
from visits.templatetags.visitor import long_date

PAGE = "/staf/poster/periksa/"


def address(code: str) -> str:
    return posters.check_in_address(settings.SITE_URL, code)


def photo(*contents: str) -> SimpleUploadedFile:
    """A picture with these QR codes beside one another, as a camera sees a wall."""
    codes = [Image.open(io.BytesIO(posters.qr_png(content))).convert("L").resize((500, 500)) for content in contents]
    wall = Image.new("L", (600 * len(codes) + 100, 700), 200)
    for place, code in enumerate(codes):
        wall.paste(code.rotate(7, expand=True, fillcolor=200), (50 + 600 * place, 60))
    file = io.BytesIO()
    wall.save(file, "JPEG", quality=70)
    return SimpleUploadedFile("poster.jpg", file.getvalue())


def texts(response) -> list[str]:
    return [finding.verdict for finding in response.context["findings"]]


def revoke(point):
    CheckInPoint.objects.filter(pk=point.pk).update(is_active=False)


@pytest.fixture
def point(point):
    """A code of chance makes a picture of chance, and any reader misses one in so many."""
    point.code = "7GQ4M2"
    point.save()
    return point


def test_a_photo_with_a_damaged_note_of_the_camera_is_read_all_the_same(client_of, alice, point):
    """A width written in one byte, and that the picture is to be turned."""
    entries = struct.pack(">HHHIIHHIHHI", 2, 0x0100, 1, 1, 5 << 24, 0x0112, 3, 1, 6, 0, 0)
    file = io.BytesIO()
    Image.open(photo(address(point.code))).save(file, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08" + entries)
    response = client_of(alice).post(PAGE, {"photo": SimpleUploadedFile("a.jpg", file.getvalue())})
    assert texts(response) == ["ours"]


def test_the_printed_poster_is_ours(client_of, alice, point):
    sheet = client_of(alice).get(f"/staf/poster/{point.code}-lembar.png").content
    response = client_of(alice).post(PAGE, {"photo": SimpleUploadedFile("a.png", sheet)})
    [finding] = response.context["findings"]
    assert (finding.verdict, finding.point, finding.is_code_only) == (Verdict.OURS, point, False)
    assert "Poster ini milik kantor Anda dan berlaku." in response.text


def test_a_sticker_beside_the_true_code_is_found(client_of, alice, point):
    response = client_of(alice).post(PAGE, {"photo": photo(address(point.code), "https://evil.example/k/234567/")})
    assert sorted(texts(response)) == ["foreign", "ours"]
    assert "evil.example" in response.text


@pytest.mark.parametrize(
    "like",
    [
        "{address}",
        "{upper}",
        "{address}kunjungan/?lang=en",
        " {address} ",
        "{address_without_slash}",
    ],
)
def test_every_way_of_writing_our_address_is_ours(like, alice, point):
    ours = address(point.code)
    text = like.format(address=ours, upper=ours.upper(), address_without_slash=ours.removesuffix("/"))
    assert judge(text, alice).verdict == Verdict.OURS


@pytest.mark.parametrize(
    "like",
    [
        "{scheme}://{host}.evil.example/k/{code}/",
        "{scheme}://{host}@evil.example/k/{code}/",
        "{scheme}://evil.example/{host}/k/{code}/",
        "{scheme}://evil.example\\@{host}/k/{code}/",
        "ftp://{host}/k/{code}/",
        "{scheme}://{host}/k/{code}/../../x",
        "{scheme}://{host}/k/{code}/?next=https://evil.example",
        "{scheme}://{host}/t/{code}/",
        "{scheme}://{host}:1/k/{code}/",
        "javascript:alert(1)",
        "WIFI:S:gratis;T:WPA;P:12345678;;",
        "<script>alert(1)</script>",
        "https://[",
    ],
)
def test_what_only_resembles_our_address_is_foreign(like, alice, point, client_of):
    scheme, _, rest = address(point.code).partition("://")
    text = like.format(scheme=scheme, host=rest.split("/")[0], code=point.code)
    assert judge(text, alice).verdict == Verdict.FOREIGN
    page = client_of(alice).post(PAGE, {"address": text})
    assert "Bukan poster kita." in page.text
    assert "<script>alert" not in page.text


def test_a_look_alike_name_is_shown_as_browsers_write_it(alice):
    assert judge("https://dіlaku.example/k/234567/", alice).host == "xn--dlaku-n2e.example"


def test_typed_codes_say_what_was_not_looked_at(client_of, alice, point):
    response = client_of(alice).post(PAGE, {"address": f" {point.code[:3]}-{point.code[3:].lower()} "})
    [finding] = response.context["findings"]
    assert (finding.verdict, finding.is_code_only) == (Verdict.OURS, True)
    assert "Kode QR-nya sendiri bisa saja ditempeli" in response.text


def test_revoked_replaced_unknown_and_foreign_codes(client_of, alice, dewi, point, other_office):
    old = point.code
    code_actions.replace_code(point, by=dewi)
    assert judge(address(old), alice).verdict == Verdict.REPLACED
    point.refresh_from_db()
    revoke(point)
    assert judge(address(point.code), alice).verdict == Verdict.REVOKED
    assert judge(address("ZZZZZZ"), alice).verdict == Verdict.UNKNOWN_CODE
    theirs = judge(address(other_office.points.get().code), alice)
    assert (theirs.verdict, theirs.point) == (Verdict.OTHER_OFFICE, None)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no picture", "Berkas ini bukan foto yang dapat dibaca."),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "Berkas ini bukan foto yang dapat dibaca."),
        (b"", "kosong"),
    ],
)
def test_files_that_are_no_photo(client_of, alice, content, sentence):
    response = client_of(alice).post(PAGE, {"photo": SimpleUploadedFile("a.jpg", content)})
    assert (response.status_code, sentence in response.text) == (422, True)


def test_photos_without_a_code_too_large_or_too_many_pixels(client_of, alice):
    def sent(size, **options):
        file = io.BytesIO()
        Image.new("1", size).save(file, "PNG", **options)
        return client_of(alice).post(PAGE, {"photo": SimpleUploadedFile("a.png", file.getvalue())}).text

    assert "Tidak ada kode QR yang terbaca" in sent((300, 300))
    assert "bukan foto yang dapat dibaca" in sent((9000, 9000))
    large = SimpleUploadedFile("a.jpg", b"x" * (5 * 1024 * 1024 + 1))
    assert "Foto terlalu besar." in client_of(alice).post(PAGE, {"photo": large}).text


def test_nothing_given_is_told(client_of, alice):
    response = client_of(alice).post(PAGE)
    assert (response.status_code, "Ambil foto poster, atau ketik alamatnya." in response.text) == (422, True)


def test_a_new_code_takes_over_and_the_old_one_explains_itself(client_of, dewi, point):
    old = point.code
    Client().get(f"/k/{old}/")  # into the snapshot of this process
    response = client_of(dewi).post(f"/staf/poster/{old}/ganti/", follow=True)
    point.refresh_from_db()
    assert point.code != old
    assert f"Kode Pintu depan sekarang {point.code}." in response.text
    assert Client().get(f"/k/{point.code}/").status_code == 200
    snapshot.forget()  # two seconds later
    gone = Client().get(f"/K/{old}/")
    assert (gone.status_code, "Kode ini tidak berlaku lagi" in gone.text) == (410, True)
    event = AuditEvent.objects.get(action="checkinpoint.code_replaced")
    assert (event.actor, event.office_id, event.object_id, event.details) == ("dewi", point.office_id, point.pk, {})


def test_a_form_that_was_open_when_the_code_changed_loses_nothing(point, dewi, visit_fields):
    old, fields = point.code, visit_fields(point, name="Siti Rahmawati")
    code_actions.replace_code(point, by=dewi)
    answer = Client().post(f"/k/{old}/kunjungan/", fields)
    assert (answer.status_code, "Siti Rahmawati" in answer.text) == (410, True)


def test_after_thirty_days_the_old_code_is_unknown(point, dewi):
    old = point.code
    code_actions.replace_code(point, by=dewi)
    ReplacedCode.objects.filter(code=old).update(replaced_at=timezone.now() - timedelta(days=30))
    assert Client().get(f"/k/{old}/").status_code == 404


def test_the_day_of_an_old_code_is_the_offices_own(client_of, root, other_office):
    """Half past midnight in Jayapura is the evening before in Jakarta."""
    point, today = other_office.points.get(), other_office.today()
    new = code_actions.replace_code(point, by=root).code
    ReplacedCode.objects.update(replaced_at=datetime.combine(today, time(0, 30), other_office.zone))
    client = client_of(root)
    assert f"diganti {long_date(today)}," in client.get(f"/staf/poster/{new}/").text
    assert f"diganti pada {long_date(today)}." in client.post(PAGE, {"address": point.code}).text


def test_undo_brings_the_old_posters_back(client_of, dewi, point):
    old = point.code
    new = code_actions.replace_code(point, by=dewi).code
    assert f"Pakai lagi {old}" in client_of(dewi).get(f"/staf/poster/{new}/").text
    response = client_of(dewi).post(f"/staf/poster/{new}/pakai-lagi/", {"earlier": old}, follow=True)
    assert f"Kode {old} berlaku lagi." in response.text
    assert Client().get(f"/k/{old}/").status_code == 200
    assert Client().get(f"/k/{new}/").status_code == 410
    assert list(ReplacedCode.objects.values_list("code", flat=True)) == [new]


def test_no_other_code_can_be_taken_over(client_of, dewi, point, other_office, root):
    theirs = other_office.points.get()
    earlier_of_theirs = theirs.code
    code_actions.replace_code(theirs, by=root)
    response = client_of(dewi).post(
        f"/staf/poster/{point.code}/pakai-lagi/", {"earlier": earlier_of_theirs}, follow=True
    )
    assert "Kode itu tidak bisa dipakai lagi." in response.text
    code = point.code
    point.refresh_from_db()
    assert point.code == code


def test_strangers_replace_nothing(client_of, alice, charlie, dewi, point, make_user, other_office):
    elsewhere = make_user("edi", other_office, "Admin kantor")
    for user in [alice, charlie, elsewhere]:
        client_of(user).post(f"/staf/poster/{point.code}/ganti/")
    assert client_of(dewi).get(f"/staf/poster/{point.code}/ganti/").status_code == 405
    assert not ReplacedCode.objects.exists()
