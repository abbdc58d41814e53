-- The record on PostgreSQL (14 or newer): its database, its owner, and who may only read it. Run it as a superuser, as often as you like:
--     psql -X -v ON_ERROR_STOP=1 -d postgres -f postgresql.sql
-- Nobody has a password: with tls=mesh in the URL the server asks for a certificate of the mesh and takes its CN as the user
-- (pg_hba.conf beside this file). Where passwords are wanted instead: ALTER ROLE recorder PASSWORD '…'; the same for frontend.
-- Afterwards, at every start, the recorder brings the tables; what it makes later is readable by itself (default privileges).

SELECT 'CREATE ROLE recorder LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'recorder') \gexec
SELECT 'CREATE ROLE frontend LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'frontend') \gexec
SELECT 'CREATE ROLE replicator LOGIN REPLICATION' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'replicator') \gexec
ALTER ROLE recorder NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 20;
ALTER ROLE frontend NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 100;
-- A standby's line: it copies what is written, signs in to no database (pg_hba.conf) and changes nothing.
ALTER ROLE replicator NOSUPERUSER NOCREATEDB NOCREATEROLE REPLICATION NOBYPASSRLS CONNECTION LIMIT 8;

SELECT 'CREATE DATABASE palestra OWNER recorder ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'palestra') \gexec
ALTER DATABASE palestra OWNER TO recorder;
REVOKE ALL ON DATABASE palestra FROM PUBLIC;
GRANT CONNECT ON DATABASE palestra TO frontend;

\connect palestra

ALTER SCHEMA public OWNER TO recorder;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO frontend;

-- The frontend reads, and nothing else: rights first, then a session that is read-only even if somebody gave it more.
ALTER ROLE frontend IN DATABASE palestra SET default_transaction_read_only = on;
ALTER ROLE frontend IN DATABASE palestra SET statement_timeout = '30s';
ALTER ROLE frontend IN DATABASE palestra SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE recorder IN DATABASE palestra SET idle_in_transaction_session_timeout = '60s';
ALTER DEFAULT PRIVILEGES FOR ROLE recorder IN SCHEMA public GRANT SELECT ON TABLES TO frontend;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO frontend;

-- What signs webhooks is nothing that a page shows. (The recorder does the same when it makes the table.)
SELECT 'REVOKE SELECT ON webhooks FROM frontend' WHERE to_regclass('public.webhooks') IS NOT NULL \gexec
SELECT 'GRANT SELECT (username, url, changed_at) ON webhooks TO frontend' WHERE to_regclass('public.webhooks') IS NOT NULL \gexec

-- Nor is there anything else in which somebody who signs in could leave something: large objects, which everybody may make by default,
-- and messages in the write-ahead log, as long as he likes.
-- Locks by number are the recorder's too: it holds one while it brings the tables.
DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^(lo_|loread$|lowrite$|pg_(try_)?advisory_|pg_logical_emit_message$)'
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', one);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO recorder', one);
    END LOOP;
END $$;
