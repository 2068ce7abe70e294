"""An Admin kantor keeps the words that the office uses often."""

import pytest

from tests.visits.threads import tree, words
from visits.models import AuditEvent, ReplyTemplate

LIST = "/staf/visits/replytemplate/"
pytestmark = pytest.mark.django_db


def fields(office, **kw):
    return {"office": office.pk, "title": "Salam", "body": "Halo.", "order": "9", "is_active": "on", **kw}


def test_a_new_office_begins_with_three(office):
    examples = list(office.reply_templates.values_list("title", "is_active"))
    assert examples == [
        ("Terima kasih atas saran", True),
        ("Mohon maaf atas pengalaman yang kurang baik", True),
        ("Meminta keterangan tambahan", True),
    ]
    for example in office.reply_templates.all():
        example.full_clean()


def test_several_lines_are_kept_as_they_were_typed(client_of, dewi, office):
    response = client_of(dewi).post(f"{LIST}add/", fields(office, body="Yth. pengirim,\r\n\r\nTerima\tkasih.\r\n"))
    assert response.status_code == 302
    example = ReplyTemplate.objects.get(title="Salam")
    assert (example.body, example.office, example.order) == ("Yth. pengirim,\n\nTerima kasih.", office, 9)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.object_id, event.details) == ("replytemplate.added", example.pk, {})


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"title": "\u200b"}, "Tulis judulnya."),
        ({"title": "Terima kasih atas saran"}, "Judul ini sudah ada."),
        ({"body": " \r\n "}, "Tulis isi balasannya."),
        ({"body": "\u200b"}, "Tulis isi balasannya."),
        ({"body": "a" * 2001}, "Terlalu panjang. Paling banyak 2.000 huruf."),
    ],
)
def test_mistakes(client_of, dewi, office, wrong, complaint):
    response = client_of(dewi).post(f"{LIST}add/", fields(office, **wrong))
    assert response.status_code == 422
    assert [words(line) for line in tree(response).findall(".//ul[@class]/li") if words(line) == complaint] == [
        complaint
    ]
    assert office.reply_templates.count() == 3


def test_switched_off_in_the_list_and_deleted(client_of, dewi, office):
    client = client_of(dewi)
    example = office.reply_templates.first()
    client.post(f"{LIST}{example.pk}/change/", fields(office, is_active="", title="Lama"))
    example.refresh_from_db()
    assert (example.title, example.is_active) == ("Lama", False)
    client.post(f"{LIST}{example.pk}/delete/", {"post": "yes"})
    assert office.reply_templates.count() == 2
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))[-2:] == [
        "replytemplate.changed",
        "replytemplate.deleted",
    ]


def test_another_office_neither_sees_nor_receives_any(client_of, dewi, alice, office, other_office):
    foreign = other_office.reply_templates.first()
    client = client_of(dewi)
    assert set(client.get(LIST).context["cl"].result_list) == set(office.reply_templates.all())
    assert client.get(f"{LIST}{foreign.pk}/change/").status_code == 404
    assert client.post(f"{LIST}add/", fields(other_office)).status_code == 422
    assert client_of(alice).get(LIST).status_code == 403
    assert other_office.reply_templates.count() == 3
