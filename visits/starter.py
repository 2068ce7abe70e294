"""The office that a new installation begins with: sensible defaults, all of them editable by staff."""

from datetime import time

from django.db import transaction

from visits.models import (
    CheckInPoint,
    District,
    Division,
    Office,
    Purpose,
    ReplyTemplate,
    RequiredDocument,
    ServiceHours,
)

# What the staff replace first; the checklist of the first day asks for it.
NAME = "Kantor Contoh"
SLUG = "kantor-contoh"
UNIT = "Kabupaten Contoh"

DIVISIONS = [
    "Ketua",
    "SDM, Organisasi dan Diklat",
    "Pencegahan, Partisipasi Masyarakat dan Humas",
    "Penanganan Pelanggaran, Data dan Informasi",
    "Hukum dan Penyelesaian Sengketa",
    "Sekretariat",
]

DISTRICTS = ["Dalam kabupaten/kota", "Luar kabupaten/kota"]

VIOLATION_ADVICE = (
    "Mengisi buku tamu belum berarti melapor. Laporan resmi disampaikan paling lambat 7 hari kerja sejak Anda "
    "mengetahui kejadiannya. Petugas akan membantu Anda."
)

# (name, description, advice, confidential, what to bring)
PURPOSES = [
    ("Konsultasi hukum pemilu", "Bertanya soal aturan dan tahapan", "", False, ["Dokumen yang akan dibahas, bila ada"]),
    (
        "Laporan dugaan pelanggaran",
        "Menyampaikan laporan beserta bukti",
        VIOLATION_ADVICE,
        True,
        ["KTP pelapor", "Waktu, tempat, dan uraian kejadian", "Bukti dan nama saksi"],
    ),
    (
        "Penyelesaian sengketa proses",
        "Konsultasi atau pengajuan permohonan",
        "",
        False,
        ["KTP pemohon atau surat kuasa", "Salinan keputusan yang disengketakan"],
    ),
    (
        "Permintaan data dan informasi",
        "Layanan informasi publik (PPID)",
        "",
        False,
        ["KTP atau kartu mahasiswa", "Surat pengantar, bila mewakili lembaga"],
    ),
    ("Koordinasi antarlembaga", "Rapat atau urusan kedinasan", "", False, ["Surat tugas, bila ada"]),
    ("Audiensi atau kerja sama", "Lembaga, kampus, dan komunitas", "", False, ["Surat permohonan audiensi"]),
    (
        "Penelitian atau magang",
        "Izin, wawancara, dan pengambilan data",
        "",
        False,
        ["Surat pengantar dari kampus", "Proposal penelitian, bila ada"],
    ),
    ("Antar surat atau dokumen", "", "", False, []),
    ("Keperluan lain", "", "", False, []),
]

# (title, body): courteous, and true of whatever the letter says
REPLY_TEMPLATES = [
    (
        "Terima kasih atas saran",
        "Terima kasih sudah meluangkan waktu untuk menulis kepada kami.\n\n"
        "Saran Anda sudah kami baca dan kami sampaikan kepada bagian yang menanganinya. Kabar berikutnya kami tulis di "
        "halaman ini.",
    ),
    (
        "Mohon maaf atas pengalaman yang kurang baik",
        "Terima kasih sudah memberi tahu kami, dan mohon maaf atas pengalaman yang kurang menyenangkan itu.\n\n"
        "Kami sedang memeriksanya bersama petugas yang bersangkutan. Hasilnya kami sampaikan di halaman ini.",
    ),
    (
        "Meminta keterangan tambahan",
        "Terima kasih sudah menghubungi kami.\n\n"
        "Agar jawaban kami tepat, mohon tuliskan di halaman ini kapan kejadiannya, di bagian mana, dan apa yang Anda "
        "harapkan dari kami. Anda tidak perlu menuliskan nomor KTP atau data pribadi lain.",
    ),
]


@transaction.atomic
def make_office(**fields) -> Office:
    """An office with hours, divisions, districts, purposes and a poster for the front door."""
    defaults = {
        "name": NAME,
        "slug": SLUG,
        "institution": "Badan Pengawas Pemilihan Umum",
        "unit": UNIT,
        "privacy_contact": "Sekretariat, di meja depan kantor",
    }
    office = Office.objects.create(**{**defaults, **fields})
    furnish(office)
    return office


@transaction.atomic
def furnish(office: Office) -> None:
    """What an empty office begins with. Service hours that are there already stay."""
    if not office.service_hours.exists():
        ServiceHours.objects.bulk_create(_week(office))
    Division.objects.bulk_create(
        Division(office=office, name=name, order=order) for order, name in enumerate(DIVISIONS, start=1)
    )
    District.objects.bulk_create(
        District(office=office, name=name, order=order) for order, name in enumerate(DISTRICTS, start=1)
    )
    ReplyTemplate.objects.bulk_create(
        ReplyTemplate(office=office, title=title, body=body, order=order)
        for order, (title, body) in enumerate(REPLY_TEMPLATES, start=1)
    )
    for order, (name, description, advice, is_confidential, documents) in enumerate(PURPOSES, start=1):
        purpose = Purpose.objects.create(
            office=office,
            name=name,
            description=description,
            advice=advice,
            is_confidential=is_confidential,
            order=order,
        )
        RequiredDocument.objects.bulk_create(
            RequiredDocument(purpose=purpose, name=document, order=place)
            for place, document in enumerate(documents, start=1)
        )
    CheckInPoint.objects.create(office=office, name="Pintu depan")


def _week(office: Office) -> list[ServiceHours]:
    """Perpres 21/2023 inside 37.5 hours: Monday to Thursday 08.00-16.00, Friday 08.00-16.30 with a longer break."""
    noon = {"break_starts_at": time(12), "break_ends_at": time(13)}
    friday = {"break_starts_at": time(11, 30), "break_ends_at": time(13)}
    week = [
        ServiceHours(office=office, weekday=weekday, opens_at=time(8), closes_at=time(16), **noon)
        for weekday in range(1, 5)
    ]
    return [*week, ServiceHours(office=office, weekday=5, opens_at=time(8), closes_at=time(16, 30), **friday)]
