"""Staff pages are valid HTML: no parse error, no id twice."""

from collections import Counter

import html5lib
import pytest

from tests.authenticator import set_up
from tests.conftest import PASSWORD
from visits import rights

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/staf/",
        "/staf/visits/visit/",
        "/staf/visits/visit/?q=siti",
        "/staf/visits/visit/add/",
        "/staf/visits/visit/{visit}/change/",
        "/staf/visits/visit/{visit}/kecualikan/",
        "/staf/visits/visit/{visit}/history/",
        "/staf/di-dalam/",
        "/staf/poster/",
        "/staf/poster/{code}/",
        "/staf/poster/periksa/",
        "/staf/diperiksa/",
        "/staf/rekan/",
        "/staf/laporan/2026-06/",
        "/staf/laporan/{month}/",
        "/staf/visits/office/{office}/change/",
        "/staf/visits/purpose/",
        "/staf/visits/purpose/add/",
        "/staf/visits/feedback/",
        "/staf/visits/surveyresponse/",
        "/staf/visits/feedback/{feedback}/change/",
        "/staf/visits/datarequest/",
        "/staf/visits/datarequest/{asked}/change/",
        "/staf/hak-data/",
        "/staf/visits/replytemplate/add/",
        "/staf/visits/closedday/libur-nasional/",
        "/staf/visits/district/tempel/",
        "/staf/visits/auditevent/?pengguna=dewi&dari=2026-01-01&q=1",
        "/staf/akun/",
        "/staf/akun/verifikasi/",
    ],
)
def test_valid_html(client_of, dewi, office, point, make_visit, make_survey, answered, address):
    make_survey(2, comment="Antre lama")
    month, visit = f"{office.today():%Y-%m}", make_visit()
    rows = {
        "visit": visit.pk,
        "asked": rights.ask(visit, kind="penghapusan", words="Mohon dihapus.").pk,
        "feedback": answered.pk,
        "code": point.code,
        "office": office.pk,
        "month": month,
    }
    page = client_of(dewi).get(address.format(**rows)).content.decode()

    assert_valid(page)


def test_valid_html_of_what_a_phone_number_finds(client_of, dewi, make_visit, make_feedback):
    visit, thread = make_visit(), make_feedback(phone="+6281234567890")
    client, typed = client_of(dewi), {"phone": "0812-3456-7890"}
    for mistake in [{}, {"day": "2026-07-14"}, {"thread_number": "S-"}]:
        assert_valid(client.post("/staf/hak-data/", mistake).content.decode())
    chosen = {"visit": visit.pk, "thread": thread.pk, "identity": "on"}
    for fields in [typed, {**typed, "do": "hapus"}, {**typed, **chosen, "do": "hapus"}]:
        assert_valid(client.post("/staf/hak-data/", fields).content.decode())


def test_valid_html_of_the_second_factor(client_of, dewi, client):
    owner, pages = client_of(dewi), ["/staf/akun/", "/staf/akun/verifikasi/", "/staf/akun/verifikasi/kode/"]
    set_up(owner)
    for address in [*pages, "/staf/akun/verifikasi/matikan/"]:
        assert_valid(owner.get(address).content.decode())
        assert_valid(owner.post(address).content.decode() or "<!DOCTYPE html>")
    client.post("/staf/login/", {"username": "dewi", "password": PASSWORD})
    for page in [client.get("/staf/login/kode/"), client.post("/staf/login/kode/")]:
        assert_valid(page.content.decode())


def assert_valid(page):
    root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    ids = Counter(element.get("id") for element in root.iter() if element.get("id"))

    assert [name for name, times in ids.items() if times > 1] == []
