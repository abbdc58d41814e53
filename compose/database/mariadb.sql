-- The record on MariaDB (10.5 or newer): its database, its owner, and who may only read it. Run it as root, as often as you like:
--     mariadb < mariadb.sql
-- Nobody has a password: with tls=mesh in the URL the server insists on the certificate of the mesh whose subject stands here.
-- Where passwords are wanted instead: IDENTIFIED BY '…' in place of REQUIRE SUBJECT.
-- Debian starts MariaDB with anonymous local users, which come before 'recorder'@'%' on loopback: DROP USER ''@'localhost';

CREATE DATABASE IF NOT EXISTS palestra CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE USER IF NOT EXISTS 'recorder'@'%';
ALTER USER 'recorder'@'%' IDENTIFIED VIA mysql_native_password USING '' REQUIRE SUBJECT '/O=Palestra/CN=recorder' WITH MAX_USER_CONNECTIONS 20;
GRANT ALL PRIVILEGES ON palestra.* TO 'recorder'@'%';

-- The frontend reads, and nothing else. (MariaDB knows no rights on tables that are not there yet, other than on all of them:
-- so here, unlike on PostgreSQL, the frontend's user may read the keys of webhooks too.)
CREATE USER IF NOT EXISTS 'frontend'@'%';
ALTER USER 'frontend'@'%' IDENTIFIED VIA mysql_native_password USING '' REQUIRE SUBJECT '/O=Palestra/CN=frontend' WITH MAX_USER_CONNECTIONS 100 MAX_STATEMENT_TIME 30;
GRANT SELECT ON palestra.* TO 'frontend'@'%';
