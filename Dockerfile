# DILAKU in a container; compose.yaml runs it. Nothing in here is secret, and nothing is written at run time.

FROM python:3.13-slim-trixie AS packages
WORKDIR /build
COPY requirements-server.txt .
# Without the embedded PostgreSQL: here the database is a server of its own. Wheels only, so no compiler is needed.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --only-binary=:all: --require-hashes --requirement requirements-server.txt

FROM python:3.13-slim-trixie
# pg_dump and pg_restore for the backup: Debian's version is that of the server in compose.yaml.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*
# Volumes: the socket where the proxy finds the server, the log of erasures, the dumps. A new volume takes over this owner.
RUN groupadd --gid 10001 dilaku \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --shell /usr/sbin/nologin dilaku \
    && install -d -o dilaku -g dilaku -m 755 /run/dilaku \
    && install -d -o dilaku -g dilaku -m 700 /var/lib/dilaku /var/lib/dilaku-backup
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BIND=unix:/run/dilaku/app.sock
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
# Settings want secrets and a database to be named; no server ever uses these.
RUN SECRET_KEY=only-while-the-image-is-built-and-never-by-any-server-at-all \
    LINK_SECRET=only-while-the-image-is-built-and-never-by-any-server-at-all \
    DATABASE_URL=postgres://none@localhost/none \
    python manage.py collectstatic --noinput \
    && python -m compileall -q dilaku visits reports \
    && chmod -R a+rX .
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-m", "dilaku.probe"]
ENTRYPOINT ["python"]
CMD ["-m", "gunicorn", "--config", "dilaku/gunicorn.py"]
