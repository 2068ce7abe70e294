"""A sheet with gaps and oddities: the page says what is missing, and nothing of the rest is lost."""

import pytest

from tests.visits.pages import every, only
from tests.visits.sheets import chosen, stored, survey_of, tree
from visits.models.survey import ELEMENTS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("missing", ELEMENTS)
def test_each_of_the_nine_is_asked_for_and_the_others_are_kept(client, ended, survey_fields, missing):
    fields = survey_fields(3, comment="Ruang tunggu sejuk", job="pns")
    del fields[missing]

    response = client.post(survey_of(ended), fields)

    number = ELEMENTS.index(missing) + 1
    root = tree(response)
    assert response.status_code == 422
    assert every(root, "div[@role='alert']//li") == [f"Pilih jawaban pertanyaan {number}."]
    assert root.find(".//div[@role='alert']//a").get("href") == f"#{missing}"
    marked = root.find(".//fieldset[@class='f bad']")
    assert (marked.find(".//input").get("name"), marked.find(".//input").get("id")) == (missing, missing)
    assert only(root, "title").startswith("Perlu diperbaiki: ")
    assert chosen(root) == {element: "3" for element in ELEMENTS if element != missing}
    assert only(root, "textarea[@name='comment']") == "Ruang tunggu sejuk"
    assert root.find(".//select[@name='job']/option[@selected]").get("value") == "pns"
    assert stored() == []


def test_an_empty_sheet_names_all_nine_and_what_else_is_odd_in_the_order_of_the_page(client, ended):
    root = tree(client.post(survey_of(ended), {"age": "abc"}))

    assert only(root, "div[@role='alert']/h2") == "Ada 10 isian yang perlu diperbaiki"
    assert every(root, "div[@role='alert']//li") == [
        *[f"Pilih jawaban pertanyaan {number}." for number in range(1, 10)],
        "Tulis umur dengan angka, atau kosongkan.",
    ]


@pytest.mark.parametrize("odd", ["0", "5", "-1", "1.0", "empat", " ", "\0", "９", "4" * 5000])
def test_an_answer_is_one_of_four(client, ended, survey_fields, odd):
    response = client.post(survey_of(ended), survey_fields(conduct=odd))

    assert list(response.context["form"].errors) == ["conduct"]
    assert stored() == []


@pytest.mark.parametrize(
    ("field", "odd", "words"),
    [
        ("age", "0", "Tulis umur dengan angka, atau kosongkan."),
        ("age", "121", "Tulis umur dengan angka, atau kosongkan."),
        ("age", "empat puluh", "Tulis umur dengan angka, atau kosongkan."),
        ("age", "9" * 5000, "Tulis umur dengan angka, atau kosongkan."),
        ("sex", "X", "Pilih dari daftar, atau kosongkan."),
        ("education", "S4", "Pilih dari daftar, atau kosongkan."),
        ("job", "petani\0", "Pilih dari daftar, atau kosongkan."),
        ("comment", "a" * 501, "Terlalu panjang. Paling banyak 500 huruf."),
    ],
)
def test_odd_words_about_oneself_are_explained_in_an_open_panel(client, ended, survey_fields, field, odd, words):
    response = client.post(survey_of(ended), survey_fields(**{field: odd}))
    root = tree(response)

    assert response.status_code == 422
    assert every(root, "div[@role='alert']//li") == [words]
    assert (root.find(".//details").get("open") is not None) == (field != "comment")
    assert root.find(f".//*[@id='{field}']").get("aria-invalid") == "true"
    assert stored() == []


@pytest.mark.parametrize(("typed", "kept"), [("1", 1), ("120", 120), ("", None), (" 41 ", 41)])
def test_age_may_be_told(client, ended, survey_fields, typed, kept):
    client.post(survey_of(ended), survey_fields(age=typed))

    assert [row["age"] for row in stored()] == [kept]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("satu\r\n\x07dua\0", "satu\ndua"),
        ("🌺" * 500, "🌺" * 500),
    ],
    ids=["script", "controls", "flowers"],
)
def test_a_comment_comes_back_as_it_was_meant(client, ended, survey_fields, typed, kept):
    client.post(survey_of(ended), survey_fields(comment=typed))

    assert [row["comment"] for row in stored()] == [kept]
    assert only(tree(client.get(survey_of(ended))), "textarea[@name='comment']") == " ".join(kept.split())


def test_another_site_sends_nothing_and_loses_nothing(client, ended, survey_fields):
    response = client.post(
        survey_of(ended), survey_fields(2, comment="Tetap ada"), headers={"sec-fetch-site": "cross-site"}
    )
    root = tree(response)

    assert response.status_code == 403
    assert chosen(root) == dict.fromkeys(ELEMENTS, "2")
    assert only(root, "textarea[@name='comment']") == "Tetap ada"
    assert "Isian ini datang dari situs lain." in " ".join(every(root, "div[@role='alert']/p"))
    assert stored() == []
