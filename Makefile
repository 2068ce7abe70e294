# DILAKU. `make help` lists the targets; README.md explains the variables.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
.DEFAULT_GOAL := help
.PHONY: help run demo test lint check screenshots bench backup restore requirements sbom

# Works from any folder (make -C, make -f) and with spaces in the path.
HERE := $(shell dirname -- "$$(realpath -- "$(strip $(MAKEFILE_LIST))")")
PYTHON := .venv/bin/python

# Replaces the shell, so that signals reach the server; and when make itself is killed, the server ends too.
START = exec $$(command -v setpriv >/dev/null && echo setpriv --pdeathsig TERM) $(PYTHON) manage.py start

# Makes .venv, or makes it anew when it was moved or its Python was replaced; installs $(1) when it has changed.
# The stamp is written last, so an interrupted installation is repeated.
define install
cd -- "$(HERE)"
umask 022
place="$$PWD/.venv $$($(PYTHON) -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null || true)"
stamp=".venv/$(1).installed"
if [ "$$(cat "$$stamp" 2>/dev/null || true)" != "$$place $$(sha256sum < $(1))" ]; then
    if [ -e "$$stamp" ] && [[ "$$(cat "$$stamp")" != "$$place "* ]] || ! $(PYTHON) -m pip --version >/dev/null 2>&1; then
        python=""
        for name in python3 python3.14 python3.13 python3.12 python3.11; do
            if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python="$$name"; break; fi
        done
        if [ -z "$$python" ]; then echo "Python 3.11 or newer is needed: apt install python3 python3-venv" >&2; exit 1; fi
        if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then
            echo "Python's venv module is missing: apt install python3-venv" >&2; exit 1
        fi
        echo "Making .venv with $$("$$python" --version)."
        "$$python" -m venv --clear .venv
    fi
    echo "Installing the packages of $(1)."
    $(PYTHON) -m pip install --quiet --no-input --disable-pip-version-check --root-user-action=ignore -r $(1)
    place="$$PWD/.venv $$($(PYTHON) -c 'import sys; print(*sys.version_info[:2])')"
    echo "$$place $$(sha256sum < $(1))" > "$$stamp"
fi
endef

help:
	echo "make run    serve DILAKU; PORT, HOST, SITE_URL, DATABASE_URL and others are in README.md"
	echo "make demo   the same with a year of example visits, in a database of its own"
	echo "make backup  a dump of the database into BACKUP_DIR (var/backups); make restore FILE=... takes one back"
	echo "make test   everything that CI runs: lint, checks, tests with PostgreSQL and Chromium"
	echo "make lint   ruff only"
	echo "make screenshots  docs/screenshots anew, of the demo office"
	echo "make bench  what it costs, beside references; BENCH=full for ten million visits, BENCH=50000 for so many"
	echo "make check  Django's checks and missing migrations only"
	echo "make requirements  compiles the lists of packages after a change in requirements*.in; UPGRADE=1 renews what they need in turn"
	echo "make sbom   a bill of materials of what runs, CycloneDX, into var/sbom.cdx.json"

screenshots:
	$(call install,requirements-dev.txt)
	$(PYTHON) -m tests.browser.screenshots

run:
	$(call install,requirements.txt)
	$(START)

demo:
	$(call install,requirements.txt)
	export VAR_DIR="$${VAR_DIR:-$$PWD/var/demo}"
	$(START) --demo

backup:
	$(call install,requirements.txt)
	$(PYTHON) manage.py backup

restore:
	if [ -z "$(FILE)" ]; then echo "Which dump? make restore FILE=var/backups/dilaku-....dump" >&2; exit 1; fi
	file="$$(realpath -- "$(FILE)")"
	$(call install,requirements.txt)
	$(PYTHON) manage.py restore "$$file"

lint:
	$(call install,requirements-dev.txt)
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check

check:
	$(call install,requirements-dev.txt)
	export VAR_DIR="$${VAR_DIR:-$$PWD/var/test}"
	$(PYTHON) manage.py check
	$(PYTHON) manage.py makemigrations --check --dry-run

test: lint check
	cd -- "$(HERE)"
	missing=""
	command -v chromium >/dev/null || missing="$$missing chromium"
	command -v msgfmt >/dev/null || missing="$$missing gettext"
	command -v wrk >/dev/null || missing="$$missing wrk"
	command -v pdftotext >/dev/null || missing="$$missing poppler-utils"
	[ -x /usr/bin/caddy ] || missing="$$missing caddy"
	/usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing="$$missing python3-venv"
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ]; then
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null
	elif [ -n "$$missing" ]; then
	    echo "The tests need more programs: sudo apt install$$missing" >&2; exit 1
	fi
	export VAR_DIR="$${VAR_DIR:-$$PWD/var/test}"
	$(PYTHON) -m pytest -n 2

bench:
	$(call install,requirements.txt)
	if ! command -v wrk >/dev/null && [ "$$(id -u)" = 0 ]; then
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wrk >/dev/null
	fi
	command -v wrk >/dev/null || echo "Pages under load are left out, wrk is missing: sudo apt install wrk"
	exec $(PYTHON) -m bench --visits "$${BENCH:-}"

# Each list keeps to the one before it, so that what is tested is what runs.
requirements:
	$(call install,requirements-dev.txt)
	compile() {
	    $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	        $${UPGRADE:+--upgrade} --custom-compile-command "make requirements" --output-file "$$1.txt" "$$1.in" "$${@:2}"
	}
	compile requirements-server
	compile requirements --constraints requirements-server.txt
	compile requirements-dev --constraints requirements.txt
	$(call install,requirements-dev.txt)
	$(PYTHON) -m tests.supply_chain licences

sbom:
	$(call install,requirements.txt)
	bill="$${VAR_DIR:-var}/sbom.cdx.json"
	mkdir -p -- "$${bill%/*}"
	$(PYTHON) -m tests.supply_chain sbom > "$$bill.new"
	mv -- "$$bill.new" "$$bill"
	echo "$$bill"
