#!/bin/sh
# One dump of the database, now; dumps older than KEEP_DAYS go, once the new one is whole. Run by compose.yaml and by
# dilaku-backup.service. Which database: libpq's own variables (PGHOST, PGUSER, PGDATABASE, PGPASSWORD).
set -eu
umask 077
cd "$BACKUP_DIR"
name="dilaku-$(date +%Y-%m-%d-%H%M%S).dump"
rm -f -- *.dump.part
pg_dump --format=custom --no-owner --no-privileges --file="$name.part"
# A dump that was cut short has no readable list of contents.
pg_restore --list "$name.part" >/dev/null
sync "$name.part"
mv -- "$name.part" "$name"
find . -maxdepth 1 -name 'dilaku-*.dump' -mtime "+${KEEP_DAYS:-14}" -delete
echo "backup: $name, $(du -h "$name" | cut -f1)"
