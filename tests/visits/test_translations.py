"""English for visitors: every word of theirs is in the catalogue, and the compiled catalogue is the written one."""

import gettext
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

CATALOGUE = Path(settings.BASE_DIR, "locale", "en", "LC_MESSAGES")
# Corrections of Django's own Indonesian.
CORRECTIONS = Path(settings.BASE_DIR, "locale", "id", "LC_MESSAGES")
# What visitors read. Staff pages are Indonesian and need no other words.
VISITORS_SOURCES = [
    "templates/visits",
    "templates/reports/public.html",
    "templates/reports/public_card.html",
    "templates/reports/_public_figures.html",
    "visits/errors.py",
    "visits/feedback_forms.py",
    "visits/feedback_views.py",
    "visits/forms.py",
    "visits/views.py",
    "visits/models/feedback.py",
    "visits/models/rights.py",
    "visits/models/office.py",
    "visits/models/visit.py",
    "visits/models/survey.py",
    "visits/public_pages.py",
    "visits/rights_forms.py",
    "visits/rights_views.py",
    "visits/rights_words.py",
    "visits/survey_forms.py",
    "visits/survey_questions.py",
    "visits/templatetags",
    "visits/whatsapp.py",
]


@pytest.fixture
def extracted(tmp_path, monkeypatch) -> list[str]:
    """The entries that makemessages finds in the visitors' sources today."""
    for source in VISITORS_SOURCES:
        origin, copy = Path(settings.BASE_DIR, source), tmp_path / source
        copy.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if origin.is_dir() else shutil.copy)(origin, copy)
    (tmp_path / "locale").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "LOCALE_PATHS", [])
    call_command("makemessages", locale=["en"], no_location=True, no_wrap=True, verbosity=0)
    return keys_of(tmp_path / "locale" / "en" / "LC_MESSAGES" / "django.po")


def entries_of(path: Path) -> list[str]:
    """The catalogue without its header and what it no longer needs."""
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")[1:]
    return [block for block in blocks if not block.startswith("#~")]


def keys_of(path: Path) -> list[str]:
    """Context, source and plural of each entry, as they are written there."""
    return [key_of(entry) for entry in entries_of(path)]


def key_of(entry: str) -> str:
    return "\n".join(line for line in entry.splitlines() if line.startswith(("msgctxt ", "msgid")))


def test_every_word_of_the_visitors_pages_is_in_the_catalogue(extracted):
    assert len(extracted) > 150
    assert sorted(set(extracted) - set(keys_of(CATALOGUE / "django.po"))) == []


def test_every_entry_is_translated_and_none_is_a_guess():
    for entry in entries_of(CATALOGUE / "django.po"):
        translations = re.findall(r'^msgstr(?:\[\d\])? "(.*)"', entry, re.MULTILINE)
        assert translations, entry
        assert all(translations), entry
        assert "#, fuzzy" not in entry


def test_translations_keep_the_places_for_values():
    for entry in entries_of(CATALOGUE / "django.po"):
        source, *translations = re.findall(r'^msg(?:id|str)\S* "(.*)"', entry, re.MULTILINE)
        for translation in translations:
            assert set(re.findall(r"%\(\w+\)\w", translation)) == set(re.findall(r"%\(\w+\)\w", source)), entry


@pytest.mark.parametrize("catalogue", [CATALOGUE, CORRECTIONS], ids=["en", "id"])
def test_the_compiled_catalogue_is_the_written_one(tmp_path, catalogue):
    subprocess.run(["msgfmt", "-o", tmp_path / "django.mo", catalogue / "django.po"], check=True, capture_output=True)

    assert messages_of(catalogue / "django.mo") == messages_of(tmp_path / "django.mo")


def messages_of(path: Path) -> dict:
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)._catalog
