-- Run once by the image of PostgreSQL, while it makes a new database (compose.yaml). The application's role owns nothing;
-- what it may do says `manage.py prepare`.
\set password `cat /run/secrets/app_password`
CREATE ROLE dilaku_app LOGIN PASSWORD :'password';
