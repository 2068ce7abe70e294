"""The made-up visitors of the demo: names, organisations, telephone numbers. Nobody here exists."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random  # noqa: TID251 - made-up people, always the same ones; nothing here is secret

from visits.models import Visit

Kind = Visit.VisitorKind

CITY = "Kota Contoh"
ELSEWHERE = "Luar Kabupaten Contoh"
# Kecamatan, and how many visitors of a hundred or so come from there.
DISTRICTS = {
    CITY: 30,
    "Contoh Hilir": 12,
    "Contoh Hulu": 10,
    "Tanjung Melur": 9,
    "Rantau Kencana": 8,
    "Sungai Selasih": 7,
    "Lubuk Intan": 6,
    "Padang Lestari": 5,
    "Teluk Kemuning": 4,
    "Bukit Cemara": 3,
    "Rawa Mekar": 2,
    "Pulau Seroja": 1,
    ELSEWHERE: 9,
}

# The earlier in its list, the more people an organisation tends to send.
ORGANIZATIONS = {
    Kind.PARTY: [
        "DPC Partai Bahtera Rakyat",
        "DPC Partai Lentera Negeri",
        "DPD Partai Samudra Bersatu",
        "DPC Partai Padi Makmur",
        "DPD Partai Cakrawala Bangsa",
        "DPC Partai Pelangi Nusantara",
        "DPD Partai Tunas Persaudaraan",
    ],
    Kind.GOVERNMENT: [
        "Badan Kesbangpol Kabupaten Contoh",
        "Dinas Kependudukan dan Pencatatan Sipil Kabupaten Contoh",
        "Polres Contoh",
        "Kejaksaan Negeri Contoh",
        "Inspektorat Kabupaten Contoh",
        "Satpol PP Kabupaten Contoh",
        "Diskominfo Kabupaten Contoh",
        "Kantor Camat Contoh Hilir",
        "Pengadilan Negeri Contoh",
    ],
    Kind.MEDIA: [
        "Harian Suara Contoh",
        "Radio Gema Contoh",
        "Kabar Contoh Daring",
        "Tabloid Lintas Rantau",
        "TV Contoh Raya",
        "Majalah Warga Contoh",
    ],
    Kind.ACADEMIC: [
        "Universitas Contoh Raya",
        "Fakultas Hukum Universitas Contoh Raya",
        "Institut Agama Islam Contoh",
        "Politeknik Contoh",
        "STISIP Tunas Contoh",
        "SMA Negeri 1 Kota Contoh",
    ],
    Kind.CIVIL_SOCIETY: [
        "Jaringan Pemantau Pemilu Contoh",
        "Karang Taruna Kabupaten Contoh",
        "LSM Titian Warga",
        "Forum Pemilih Disabilitas Contoh",
        "Perempuan Peduli Demokrasi Contoh",
        "Paguyuban Tani Padang Lestari",
    ],
    Kind.ELECTION_BODY: [
        "KPU Kabupaten Contoh",
        "Bawaslu Provinsi Contoh",
        "Panwaslu Kecamatan Tanjung Melur",
        "Panwaslu Kecamatan Lubuk Intan",
        "PPK Kecamatan Contoh Hulu",
    ],
}

# How many regular visitors a kind has, and which share of its visits they make: party liaisons and journalists most.
REGULARS = {
    Kind.INDIVIDUAL: (45, 0.15),
    Kind.PARTY: (18, 0.75),
    Kind.GOVERNMENT: (24, 0.55),
    Kind.MEDIA: (14, 0.85),
    Kind.ACADEMIC: (30, 0.40),
    Kind.CIVIL_SOCIETY: (12, 0.60),
    Kind.ELECTION_BODY: (10, 0.80),
}


@dataclass(frozen=True)
class Region:
    """Names that go together. In some regions people bear one name, or a family name after their own."""

    share: int
    women: list[str]
    men: list[str]
    last: list[str]


REGIONS = [
    Region(  # Java
        30,
        ["Sri", "Dewi", "Endang", "Wahyuni", "Lestari", "Retno", "Ningsih", "Yuliana", "Puji", "Kartika"],
        ["Agus", "Bambang", "Slamet", "Eko", "Joko", "Hadi", "Wahyu", "Sugeng", "Dwi", "Tri"],
        ["Santoso", "Wibowo", "Rahayu", "Setiawan", "Prasetyo", "Kurniawan", "Susanto", "Nugroho", "Purwanto"],
    ),
    Region(  # Malay Sumatra
        30,
        ["Nur'aini", "Siti", "Fitri", "Rohana", "Hj. Zubaidah", "Maryam", "Hj. Halimah", "Rina", "Yanti", "Laila"],
        ["Ahmad", "M. Yusuf", "Syafi'i", "Iskandar", "H. Ma'ruf", "Firdaus", "H. Ridwan", "Zulkifli", "Hasan", "Fauzi"],
        ["Rahman", "Saputra", "Effendi", "Basri", "Hidayat", "Aziz", "Alamsyah", "Yunus", "Hakim"],
    ),
    Region(  # Batak
        8,
        ["Tiur", "Rotua", "Lamria", "Elfrida", "Debora"],
        ["Parlindungan", "Togar", "Hotman", "Binsar", "Jonathan"],
        ["Sihombing", "Nasution", "Simanjuntak", "Harahap", "Lubis", "Tarigan"],
    ),
    Region(  # Minangkabau
        8,
        ["Yusnidar", "Upik", "Rahmi", "Desmawati", "Gusni"],
        ["Afrizal", "Syahrul", "Yondri", "Buyung", "Irwandi"],
        ["Chaniago", "Piliang", "Tanjung", "Koto", "Sikumbang"],
    ),
    Region(  # Bugis and Makassar
        7,
        ["Andi Tenri", "Besse", "Hasnah", "Rosmini", "St. Aminah"],
        ["Andi Baso", "Daeng", "Muh. Ilham", "Ambo", "Syamsuddin"],
        ["Paturusi", "Mappasomba", "Parenrengi", "Lawang", "Rauf"],
    ),
    Region(  # Bali
        6,
        ["Ni Luh Putu", "Ni Kadek", "Ni Made", "Ni Komang"],
        ["I Wayan", "I Made", "I Nyoman", "I Ketut"],
        ["Sudiarta", "Wirawan", "Adnyana", "Sukerta", "Yasa"],
    ),
    Region(  # the east
        7,
        ["Yosefina", "Maria", "Orpa", "Grace", "Merry"],
        ["Yohanes", "Frans", "Melkianus", "Ferdinand", "Yance"],
        ["Rumbiak", "Tuhumury", "Kaunang", "Lerebulan", "Nabut", "Wenda"],
    ),
    Region(  # Chinese Indonesians
        4,
        ["Mei Lin", "Lina", "Jessica", "Yenny"],
        ["Hendra", "Kevin", "Budi", "Sanjaya"],
        ["Halim", "Tanoto", "Gunadi", "Wijaya"],
    ),
]
# Written as people write them; the long ones try out every narrow column.
SINGLE_NAMES = ["Suharti", "Paijan", "Sumiyem", "Nurhayati", "Rusdi", "Kasman", "Asnawi", "Darmi", "Ujang", "Wagiman"]
LONG_NAMES = [
    "Raden Ajeng Kusumawardhani Puspita Ningrum Sastrodiningrat",
    "Prof. Dr. Ir. H. Muhammad Syarifuddin Abdurrahman Hadiningrat, S.H., M.H.",
    "Ida Ayu Made Pradnya Paramita Kusuma Dewi",
    "Hj. Siti Nur'aini Khairunnisa binti Abdul Ma'ruf",
]
TITLES_BEFORE = [("Dr.", "Dr."), ("Ir.", "Ir."), ("Drs.", "Dra.")]  # of a man, of a woman
TITLES_AFTER = ["S.H.", "S.Pd.", "S.E.", "S.Sos.", "M.Si.", "M.H.", "A.Md."]

# (name, number, kind, organisation). The numbers are those that the regulators of the two countries keep for fiction.
FOREIGNERS = [
    ("Sarah O'Connell", "+447700900142", Kind.ACADEMIC, "University of Exampleshire"),
    ("Daniel Whitcombe", "+447700900187", Kind.MEDIA, "The Example Courier"),
    ("Marisol Vega", "+12025550117", Kind.CIVIL_SOCIETY, "Example Election Observers"),
    ("Priya Raman", "+12025550164", Kind.ACADEMIC, "Example State University"),
    ("Thomas Lindqvist", "+12025550139", Kind.INDIVIDUAL, ""),
]
FOREIGN_SHARE = 0.012

# Of the prefixes 0834 to 0837 none is given to any operator: these numbers ring nowhere.
UNASSIGNED_PREFIXES = [834, 835, 836, 837]


@dataclass(frozen=True)
class Person:
    name: str
    phone: str
    kind: Kind
    organization: str
    district: str
    language: str = "id"


class Crowd:
    """Everybody who might come; the same generator brings the same people."""

    def __init__(self, rng: Random):
        self.rng = rng
        self.numbers = self._numbers()
        self.foreigners = [
            Person(name, phone, kind, organization, ELSEWHERE, "en") for name, phone, kind, organization in FOREIGNERS
        ]
        self.regulars = {kind: [self._newcomer(kind) for _ in range(size)] for kind, (size, _share) in REGULARS.items()}

    def visitor(self, kind: Kind) -> Person:
        """A foreigner now and then, whatever the kind asked for; else a regular or somebody new."""
        if self.rng.random() < FOREIGN_SHARE:
            return self.rng.choice(self.foreigners)
        _size, share = REGULARS[kind]
        return self.rng.choice(self.regulars[kind]) if self.rng.random() < share else self._newcomer(kind)

    def _newcomer(self, kind: Kind) -> Person:
        return Person(self._name(), next(self.numbers), kind, self._organization(kind), self._district())

    def _organization(self, kind: Kind) -> str:
        if kind == Kind.INDIVIDUAL:
            return ""
        organizations = ORGANIZATIONS[kind]
        return self.rng.choices(organizations, range(len(organizations), 0, -1))[0]

    def _district(self) -> str:
        return self.rng.choices(list(DISTRICTS), list(DISTRICTS.values()))[0]

    def _name(self) -> str:
        chance = self.rng.random()
        if chance < 0.004:
            return self.rng.choice(LONG_NAMES)
        if chance < 0.06:
            return self.rng.choice(SINGLE_NAMES)
        return self._full_name()

    def _full_name(self) -> str:
        region = self.rng.choices(REGIONS, [region.share for region in REGIONS])[0]
        is_woman = self.rng.random() < 0.45
        name = f"{self.rng.choice(region.women if is_woman else region.men)} {self.rng.choice(region.last)}"
        if self.rng.random() < 0.06:
            name = f"{self.rng.choice(TITLES_BEFORE)[is_woman]} {name}"
        if self.rng.random() < 0.12:
            name = f"{name}, {self.rng.choice(TITLES_AFTER)}"
        return name

    def _numbers(self) -> Iterator[str]:
        """Each number once, several times as many as a year needs."""
        for number in self.rng.sample(range(1, 10_000), 9_999):
            yield f"+62{UNASSIGNED_PREFIXES[number % len(UNASSIGNED_PREFIXES)]}0000{number:04d}"
