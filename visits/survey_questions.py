"""The questionnaire of PermenPANRB 14/2017, word for word. Answers stand from 1, the worst, to 4."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Question:
    opening: str | Promise
    subject: str | Promise
    answers: tuple[str | Promise, ...]
    hint: str | Promise = ""

    def words(self, answer: int) -> str | Promise:
        return self.answers[answer - 1]


OPINION = _("Bagaimana pendapat Saudara tentang")
# Keyed and ordered as visits.models.survey.ELEMENTS.
QUESTIONS = {
    "requirements": Question(
        OPINION,
        _("kesesuaian persyaratan pelayanan dengan jenis pelayanannya?"),
        (_("Tidak sesuai"), _("Kurang sesuai"), _("Sesuai"), _("Sangat sesuai")),
    ),
    "procedure": Question(
        _("Bagaimana pemahaman Saudara tentang"),
        _("kemudahan prosedur pelayanan di unit ini?"),
        (_("Tidak mudah"), _("Kurang mudah"), _("Mudah"), _("Sangat mudah")),
    ),
    "speed": Question(
        OPINION,
        _("kecepatan waktu dalam memberikan pelayanan?"),
        (_("Tidak cepat"), _("Kurang cepat"), _("Cepat"), _("Sangat cepat")),
    ),
    "cost": Question(
        OPINION,
        _("kewajaran biaya/tarif dalam pelayanan?"),
        (_("Sangat mahal"), _("Cukup mahal"), _("Murah"), _("Gratis")),
        hint=_("Pilih Gratis bila Anda tidak membayar apa pun."),
    ),
    "product": Question(
        OPINION,
        _("kesesuaian produk pelayanan antara yang tercantum dalam standar pelayanan dengan hasil yang diberikan?"),
        (_("Tidak sesuai"), _("Kurang sesuai"), _("Sesuai"), _("Sangat sesuai")),
    ),
    "competence": Question(
        OPINION,
        _("kompetensi/kemampuan petugas dalam pelayanan?"),
        (_("Tidak kompeten"), _("Kurang kompeten"), _("Kompeten"), _("Sangat kompeten")),
    ),
    "conduct": Question(
        OPINION,
        _("perilaku petugas dalam pelayanan terkait kesopanan dan keramahan?"),
        (
            _("Tidak sopan dan ramah"),
            _("Kurang sopan dan ramah"),
            _("Sopan dan ramah"),
            _("Sangat sopan dan ramah"),
        ),
    ),
    "facilities": Question(
        OPINION,
        _("kualitas sarana dan prasarana?"),
        (_("Buruk"), _("Cukup"), _("Baik"), _("Sangat baik")),
    ),
    "complaints": Question(
        OPINION,
        _("penanganan pengaduan pengguna layanan?"),
        (_("Tidak ada"), _("Ada tetapi tidak berfungsi"), _("Berfungsi kurang maksimal"), _("Dikelola dengan baik")),
    ),
}
