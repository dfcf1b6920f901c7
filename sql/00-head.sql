-- The install script starts here. Its parts are numbered by what they need of each other.
\echo Use "CREATE EXTENSION segment" to load this file. \quit

CREATE SCHEMA segment;
GRANT USAGE ON SCHEMA segment TO PUBLIC;
COMMENT ON SCHEMA segment IS
'Managed customer segmentations: models, personas, views. The functions for single queries are in the schema chosen at CREATE EXTENSION.';
