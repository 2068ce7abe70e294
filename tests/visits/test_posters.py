"""Poster, QR code and social picture, opened by other libraries than those that made them."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from xml.etree import ElementTree

import pypdf
import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from visits import posters

ADDRESS = "https://dilaku.contoh.go.id/k/7GQ4M2/"
CONTENT = "HTTPS://DILAKU.CONTOH.GO.ID/K/7GQ4M2/"
A4 = (595.276, 841.89)  # points

SHORT = posters.Poster(
    office_name="Bawaslu Kabupaten Contoh",
    letterhead_institution="Badan Pengawas Pemilihan Umum",
    letterhead_unit="Kabupaten Contoh",
    address=ADDRESS,
    host="dilaku.contoh.go.id",
    code="7GQ4M2",
    point_name="Meja depan",
    hours_text="Senin–Kamis 08.00–16.00, Jumat 08.00–16.30 WIB",
    poster_number="P-01",
    printed_on="14 Juli 2026",
)
LONG = replace(
    SHORT,
    office_name="Bawaslu Kabupaten Penukal Abab Lematang Ilir Provinsi Sumatera Selatan",
    letterhead_unit="Kabupaten Penukal Abab Lematang Ilir Provinsi Sumatera Selatan",
    address="https://dilaku.bawaslu-banyuasin.sumselprov.go.id/k/WMQGWM/",
    host="dilaku.bawaslu-banyuasin.sumselprov.go.id",
    code="WMQGWM",
    point_name="Meja depan Pusat Pelayanan Penanganan Pelanggaran dan Penyelesaian Sengketa Proses, lantai 2",
    hours_text="Senin–Kamis 08.00–12.00 dan 13.00–16.00, Jumat 08.00–11.30 dan 13.00–16.30, Sabtu 08.00–12.00 WIB",
)
LOCAL = replace(SHORT, address="http://192.168.1.20:8000/k/7GQ4M2/", host="192.168.1.20:8000")
NAMELESS = posters.Poster("Kantor", "", "", ADDRESS, "dilaku.contoh.go.id", "7GQ4M2", "", "", "", "")
EVERY_LENGTH = pytest.mark.parametrize(
    "poster", [SHORT, LONG, LOCAL, NAMELESS], ids=["short", "long", "local", "nameless"]
)


def picture(content: bytes, mode: str = "RGB") -> Image.Image:
    return Image.open(io.BytesIO(content)).convert(mode)


def decoded(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


def sheet(poster: posters.Poster, dots_per_inch: float = 100) -> Image.Image:
    return pypdfium2.PdfDocument(posters.pdf(poster))[0].render(scale=dots_per_inch / 72).to_pil().convert("RGB")


def pdf_text(poster: posters.Poster) -> str:
    return " ".join(pypdf.PdfReader(io.BytesIO(posters.pdf(poster))).pages[0].extract_text().split())


def text_boxes(poster: posters.Poster) -> list[tuple[float, float, float, float]]:
    """(left, bottom, right, top) in points of every visible character."""
    text = pypdfium2.PdfDocument(posters.pdf(poster))[0].get_textpage()
    boxes = [text.get_charbox(index) for index in range(text.count_chars())]
    return [box for box in boxes if overlap(box, box) > 0]


def overlap(one: tuple, other: tuple) -> float:
    """Square points that both boxes cover."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0) * max(height, 0)


def svg_picture(content: bytes, pixels_a_unit: int) -> Image.Image:
    """The SVG's one path of bars, drawn by hand."""
    root = ElementTree.fromstring(content)
    background, path = root
    side = int(root.get("viewBox").split()[2])
    image = Image.new("L", (side * pixels_a_unit,) * 2, 255 if background.get("fill") == "#fff" else 0)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path.get("d")):
        box = (int(x), int(y), int(x) + int(length), int(y) + 1)
        image.paste(0, tuple(edge * pixels_a_unit for edge in box))
    return image


@pytest.mark.parametrize(
    ("site_url", "code", "address"),
    [
        ("https://dilaku.contoh.go.id", "7GQ4M2", ADDRESS),
        ("HTTPS://Dilaku.Contoh.GO.ID/", "7gq4m2", ADDRESS),
        ("https://dilaku.contoh.go.id:443", "7GQ4M2", ADDRESS),
        ("http://192.168.1.20:8000", "7GQ4M2", "http://192.168.1.20:8000/k/7GQ4M2/"),
        ("http://kantor.local:80", "7GQ4M2", "http://kantor.local/k/7GQ4M2/"),
        ("http://[::1]:80", "7GQ4M2", "http://[::1]/k/7GQ4M2/"),
        ("http://[fd00::50]", "7GQ4M2", "http://[fd00::50]/k/7GQ4M2/"),
    ],
)
def test_check_in_address(site_url, code, address):
    assert posters.check_in_address(site_url, code) == address


@pytest.mark.parametrize(("length", "side"), [(36, 33), (50, 33), (51, 37), (64, 37), (65, 41)])
def test_qr_is_as_small_as_level_h_allows(length, side):
    address = "https://" + "x" * (length - 8)
    rows = posters.modules(address)
    assert (len(rows), {len(row) for row in rows}) == (side, {side})


def test_qr_png_is_one_bit_with_whole_pixels_and_a_quiet_zone():
    image = Image.open(io.BytesIO(posters.qr_png(ADDRESS)))
    module = image.width // 41
    assert (image.mode, image.size, image.width % 41) == ("1", (1025, 1025), 0)
    code = Image.eval(image.convert("L"), lambda level: 255 - level).getbbox()
    assert code == (4 * module, 4 * module, 37 * module, 37 * module)
    small = image.resize((41, 41), Image.Resampling.NEAREST)
    assert small.resize(image.size, Image.Resampling.NEAREST).tobytes() == image.tobytes()


def test_qr_png_holds_the_upper_case_address_at_level_h():
    found = zxingcpp.read_barcode(picture(posters.qr_png(ADDRESS)))
    assert (found.text, found.ec_level, str(found.format)) == (CONTENT, "H", "QR Code")


def test_qr_svg_is_the_same_code_in_one_path():
    content = posters.qr_svg(ADDRESS)
    root = ElementTree.fromstring(content)
    assert [child.tag.rpartition("}")[2] for child in root] == ["rect", "path"]
    assert (root.get("viewBox"), root.get("width"), root.get("height")) == ("0 0 41 41", "1025", "1025")
    drawn = svg_picture(content, 25)
    assert decoded(drawn) == [CONTENT]
    assert drawn.tobytes() == picture(posters.qr_png(ADDRESS), "L").tobytes()


def blurred(image):
    return image.filter(ImageFilter.GaussianBlur(2))


def pale(image):
    """15 % contrast: black becomes 45 % grey, white 60 %."""
    return Image.eval(image, lambda level: round(255 * (0.45 + 0.15 * level / 255)))


def leaning(image):
    """Seen from the side, in true perspective: the right edge is 30 % shorter than the left."""
    side = image.width
    far = -0.3 / side
    source = (1 + far * side, 0, 0, far * side / 2, 1, 0, far, 0)
    return image.transform(image.size, Image.Transform.PERSPECTIVE, source, Image.Resampling.BILINEAR, fillcolor=255)


@pytest.mark.parametrize("harm", [blurred, pale, leaning, lambda image: blurred(pale(leaning(image)))])
def test_qr_is_read_through_blur_haze_and_from_the_side(harm):
    image = picture(posters.qr_png(ADDRESS), "L").resize((410, 410), Image.Resampling.LANCZOS)
    assert decoded(harm(image)) == [CONTENT]


def test_qr_is_read_at_every_angle():
    image = picture(posters.qr_png(ADDRESS), "L").resize((410, 410), Image.Resampling.LANCZOS)

    def turned(angle):
        return image.rotate(angle, Image.Resampling.BILINEAR, expand=True, fillcolor=255)

    assert [decoded(turned(angle)) for angle in range(0, 360, 15)] == [[CONTENT]] * 24


@EVERY_LENGTH
def test_poster_is_read_in_colour_grey_and_black(poster):
    colour = sheet(poster)
    grey = colour.convert("L")
    black = colour.convert("1", dither=Image.Dither.NONE).convert("L")
    assert [decoded(image) for image in (colour, grey, black)] == [[poster.address.upper()]] * 3


@EVERY_LENGTH
def test_poster_is_read_from_a_thumbnail_of_300_pixels(poster):
    thumbnail = sheet(poster)
    thumbnail.thumbnail((300, 425), Image.Resampling.LANCZOS)
    assert (thumbnail.width, decoded(thumbnail)) == (300, [poster.address.upper()])


def test_quiet_zone_of_the_poster_is_white():
    image = sheet(SHORT, dots_per_inch=300)
    corners = zxingcpp.read_barcode(image).position
    module = (corners.top_right.x - corners.top_left.x) / 33
    assert 33 * module / 300 * 25.4 == pytest.approx(81.5, abs=0.5)  # mm
    zone = round(4 * module) - 2  # two pixels for the edge of the code
    around = (
        corners.top_left.x - zone,
        corners.top_left.y - zone,
        corners.bottom_right.x + zone,
        corners.bottom_right.y + zone,
    )
    ring = image.convert("L").crop(around)
    ring.paste(255, (zone - 3, zone - 3, ring.width - zone + 3, ring.height - zone + 3))
    assert ring.getextrema() == (255, 255)


@EVERY_LENGTH
def test_pdf_is_one_a4_page_with_its_fonts(poster):
    reader = pypdf.PdfReader(io.BytesIO(posters.pdf(poster)))
    sizes = [tuple(map(float, page.mediabox[2:])) for page in reader.pages]
    assert sizes == [pytest.approx(A4, abs=0.01)]
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        descendant = font["/DescendantFonts"][0].get_object()
        assert "/FontFile3" in descendant["/FontDescriptor"]
        assert "Inter-" in font["/BaseFont"]


def test_pdf_says_everything_in_reading_order():
    assert pdf_text(SHORT) == (
        "Badan Pengawas Pemilihan Umum Kabupaten Contoh Meja depan Pindai untuk mengisi buku tamu "
        "Langkah 1 Arahkan kamera ke kode di samping, lalu ketuk tautannya "
        "Langkah 2 Isi data singkat kira-kira satu menit "
        "Langkah 3 Tunjukkan nomor kunjungan Anda kepada petugas "
        "Tidak bisa memindai? Ketik alamat ini di ponsel lalu kode kantor dilaku.contoh.go.id 7 G Q 4 M 2 "
        "Alamat resmi Bawaslu Kabupaten Contoh: dilaku.contoh.go.id Periksa alamat di ponsel sebelum mengisi. "
        "Kami tidak pernah meminta kata sandi, kode OTP, atau uang. "
        "Bila kode QR ini tampak ditempel ulang, beri tahu petugas. "
        "Tidak punya ponsel? Petugas kami siap membantu. "
        "Jam layanan: Senin–Kamis 08.00–16.00, Jumat 08.00–16.30 WIB Poster P-01, dicetak 14 Juli 2026"
    )


def test_pdf_of_a_long_name_leaves_nothing_out():
    times = {
        LONG.office_name: 1,
        LONG.letterhead_unit: 2,  # the office's name ends with it
        LONG.point_name: 1,
        LONG.hours_text: 1,
        LONG.host: 2,
        " ".join(LONG.code): 1,
    }
    text = pdf_text(LONG)
    assert {said: text.count(said) for said in times} == times


@pytest.mark.parametrize(
    "poster",
    [
        SHORT,
        LONG,
        LOCAL,
        NAMELESS,
        replace(SHORT, office_name="W" * 120, letterhead_institution="W" * 120, letterhead_unit="M " * 60),
        replace(SHORT, letterhead_institution="", host="x" * 120, point_name="W" * 120, hours_text="8" * 120),
        replace(LONG, office_name="Kantor Wilayah " * 8, letterhead_unit="Kabupaten Kepulauan " * 6),
    ],
    ids=["short", "long", "local", "nameless", "wide-letters", "one-word", "120-characters"],
)
def test_no_text_leaves_the_margins_or_covers_another(poster):
    boxes = text_boxes(poster)
    assert len(boxes) > 300
    assert min(box[0] for box in boxes) >= 40 and max(box[2] for box in boxes) <= A4[0] - 40
    assert min(box[1] for box in boxes) >= 25 and max(box[3] for box in boxes) <= A4[1] - 35
    worst = max(overlap(one, other) for index, one in enumerate(boxes) for other in boxes[index + 1 :])
    assert worst < 0.5  # kerned neighbours touch


@EVERY_LENGTH
def test_typed_address_stays_large(poster):
    text = pypdfium2.PdfDocument(posters.pdf(poster))[0].get_textpage()
    start, length = text.search(poster.host).get_next()
    sizes = {round(pypdfium2.raw.FPDFText_GetFontSize(text, index), 1) for index in range(start, start + length)}
    assert len(sizes) == 1 and min(sizes) >= 15  # points


@pytest.mark.parametrize(
    "name", ["#panic()", "*x*", "$x$", "_x_ `x`", "= Judul", '"#sys.inputs"', "@a <b> [c]", "\\ // /* */"]
)
def test_markup_is_printed_as_it_is_typed(name):
    poster = replace(SHORT, office_name=f"Kantor {name}", letterhead_unit=name, point_name=name)
    assert pdf_text(poster).count(name) == 3


@pytest.mark.parametrize("text", ["😀" * 20, "ꦲꦏ꧀ꦱꦫꦗꦮ", "\u202eabc", "a\x00b\nc\td", "\ud800", "é" * 120, "عربي", "   "])
def test_any_character_gives_one_page_and_a_picture(text):
    fields = ["office_name", "letterhead_institution", "letterhead_unit", "host", "code", "point_name", "hours_text"]
    poster = replace(SHORT, **dict.fromkeys(fields, text), poster_number=text, printed_on=text)
    assert len(pypdf.PdfReader(io.BytesIO(posters.pdf(poster))).pages) == 1
    assert decoded(sheet(poster)) == [CONTENT]
    assert decoded(picture(posters.social_png(poster))) == [CONTENT]


def emblem(kind: str = "PNG", size: tuple[int, int] = (1200, 1500)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "#0050a0").save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_emblem_takes_the_place_of_the_ring(kind):
    middle = (26 / 25.4 * 100, 24 / 25.4 * 100)  # 16 mm margin + half of 20 mm; 14 mm + half of 20 mm
    with_emblem = replace(SHORT, emblem_png=emblem(kind))
    assert sheet(SHORT).getpixel(tuple(map(round, middle))) == (255, 255, 255)
    assert sheet(with_emblem).getpixel(tuple(map(round, middle))) == pytest.approx((0, 0x50, 0xA0), abs=3)
    assert pdf_text(with_emblem) == pdf_text(SHORT)


@pytest.mark.parametrize("content", [b"", b"no picture", emblem()[:200], b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_picture_leaves_the_ring(content):
    assert posters.pdf(replace(SHORT, emblem_png=content)) == posters.pdf(SHORT)


def test_same_poster_same_bytes():
    for make in (posters.pdf, posters.social_png, lambda poster: posters.page_png(poster, width=600)):
        assert make(SHORT) == make(SHORT)


def test_threads_do_not_mix_posters():
    several = [replace(SHORT, point_name=f"Meja {number}") for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(posters.pdf, several)) == [posters.pdf(poster) for poster in several]


@pytest.mark.parametrize("width", [320, 900, 1191])
def test_page_png_is_as_wide_as_asked(width):
    page = picture(posters.page_png(SHORT, width=width))
    assert page.size == (width, pytest.approx(width * 297 / 210, abs=1))
    assert decoded(page) == [CONTENT]


@EVERY_LENGTH
def test_social_picture_is_read_at_full_size_and_on_a_phone(poster):
    image = picture(posters.social_png(poster))
    assert image.size == (1080, 1350)
    phone = image.resize((360, 450), Image.Resampling.LANCZOS)
    assert [decoded(shown) for shown in (image, phone, image.convert("L"))] == [[poster.address.upper()]] * 3
