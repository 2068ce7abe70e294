"""Questions that nobody should have to remember to ask."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["dilaku", "visits", "reports", "tests"]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.svg"))

# What stands on what, and the least contrast (WCAG 2.2: 4.5 for text, 3 for borders and graphs).
CONTRASTS = [
    ("ink", "bg", 4.5),
    ("ink", "surface", 4.5),
    ("ink", "sunken", 4.5),
    ("ink", "soft", 4.5),
    ("muted", "bg", 4.5),
    ("muted", "surface", 4.5),
    ("muted", "sunken", 4.5),
    ("edge", "bg", 3.0),
    ("edge", "surface", 3.0),
    ("mast-muted", "mast", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("accent-edge", "bg", 3.0),
    ("accent-text", "bg", 4.5),
    ("accent-text", "surface", 4.5),
    ("accent-text", "soft", 4.5),
    ("gold", "mast", 3.0),
    ("ok", "bg", 4.5),
    ("ok", "ok-soft", 4.5),
    ("warn", "bg", 4.5),
    ("warn", "warn-soft", 4.5),
    ("err", "bg", 4.5),
    ("err", "surface", 4.5),
    ("err", "err-soft", 4.5),
    ("focus", "bg", 3.0),
]


def python_files() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts]


def colours(css: str) -> dict[str, str]:
    return {name: value.upper() for name, value in re.findall(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6})\b", css)}


def tokens() -> dict[str, dict[str, str]]:
    light, dark = (ROOT / "static/css/tokens.css").read_text().split("@media (prefers-color-scheme:dark)")
    return {"light": colours(light), "dark": colours(light) | colours(dark)}


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of #RRGGBB, 0 to 1."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted([luminance(one), luminance(other)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_no_file_is_too_long_to_read():
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in python_files()}

    assert {name: lines for name, lines in long.items() if lines > 400 and not name.startswith("tests/")} == {}


def test_every_template_is_used():
    sources = [path.read_text() for path in [*python_files(), *TEMPLATES]]
    # Django looks for these by name.
    found_by_name = {
        "admin/" + str(path.relative_to(ROOT / "templates/admin")) for path in ROOT.glob("templates/admin/**/*")
    }
    names = {str(path.relative_to(ROOT / "templates")) for path in TEMPLATES} - found_by_name

    assert {name for name in names if not any(f'"{name}"' in source for source in sources)} == set()


def test_no_template_holds_a_script_a_style_or_a_handler():
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)|<style\b(?!>\{% public_stylesheet %\}</style>)|\sstyle=|\son[a-z]+=", re.I
    )
    found = {str(path.relative_to(ROOT)): inline.findall(path.read_text()) for path in TEMPLATES}

    assert {name: hits for name, hits in found.items() if hits} == {}


def test_staff_and_public_pages_have_the_same_colours():
    shared = tokens()
    css = (ROOT / "static/css/staff.css").read_text()
    light, dark_by_system, dark_by_choice = re.split(
        r"@media ?\(prefers-color-scheme: ?dark\)|html\[data-theme=\"?dark\"?\]", css, maxsplit=2
    )
    dark_by_choice = dark_by_choice.split("}")[0]
    for scheme, block in [("light", light), ("dark", dark_by_system), ("dark", dark_by_choice)]:
        staff = colours(block)
        named = {name: value for name, value in shared[scheme].items() if name in staff and name != "accent"}
        assert {name: staff[name] for name in named} == named
        assert staff["dk-accent"] == shared[scheme]["accent"]
        assert set(shared[scheme]) - {"accent"} <= set(staff) | ({"on-accent"} if scheme == "dark" else set())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_keep_their_contrast(scheme):
    palette = tokens()[scheme]

    low = {
        (front, back): round(contrast(palette[front], palette[back]), 2)
        for front, back, least in CONTRASTS
        if contrast(palette[front], palette[back]) < least
    }
    assert low == {}
