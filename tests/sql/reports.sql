-- segment.reports: the latest reports, for the owner of the model alone; tests/t/130_report.pl has segment.keep_report with a real one
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_segment_reports;
CREATE ROLE regress_segment_reports_guest;
CREATE SCHEMA reports AUTHORIZATION regress_segment_reports;
SET ROLE regress_segment_reports;
SET search_path = reports, public;
CREATE TABLE points AS SELECT i AS id, i % 7 AS x FROM generate_series(1, 50) AS i;
SELECT size FROM segment.fit('points', 'points', '{x}', 2, '{id}');
SELECT size FROM segment.fit('others', 'points', '{x}', 1, '{id}');
SELECT segment.keep_page(segment.model_id('points'), NULL, 2, 'one') = now() AS at;
SELECT segment.keep_page(segment.model_id('points'), NULL, 2, 'two') = now() AS at;
SELECT segment.keep_page(segment.model_id('others'), NULL, 2, 'other') = now() AS at;
-- the two latest are kept, of each model
SELECT segment.keep_page(segment.model_id('points'), NULL, 2, 'three') = now() AS at;
SELECT model, row_number() OVER (PARTITION BY model ORDER BY at), html, owner FROM segment.reports;
-- one a transaction: the last
BEGIN;
SELECT segment.keep_page(segment.model_id('points'), NULL, 9, 'four') = now() AS at;
SELECT segment.keep_page(segment.model_id('points'), NULL, 9, 'five') = now() AS at;
COMMIT;
SELECT html FROM segment.reports WHERE model = 'points';
-- of a model by groups, those of each group, in whatever way its value is written
CREATE TABLE stores AS SELECT i AS id, i % 7 AS x, i % 2 + 0.5 AS store FROM generate_series(1, 50) AS i;
SELECT by_value, size FROM segment.fit('stores', 'stores', '{x}', 1, '{id}', by => 'store');
SELECT segment.keep_page(model_id, by_value, 1, 'one') = now() AS at FROM segment.group_of(segment.model_id('stores'), '0.5');
SELECT segment.keep_page(model_id, by_value, 1, 'two') = now() AS at FROM segment.group_of(segment.model_id('stores'), '1.50');
SELECT segment.keep_page(model_id, by_value, 1, 'three') = now() AS at FROM segment.group_of(segment.model_id('stores'), '1.5');
SELECT html, by_value FROM segment.reports WHERE model = 'stores';
SELECT segment.keep_report('stores', by_value => '7');
SELECT segment.keep_report('points', by_value => '7');
SELECT segment.drop('stores');
-- a guest of the model has its own way to make a report, of what it may read
SELECT segment.share('points', 'regress_segment_reports_guest');
SET ROLE regress_segment_reports_guest;
SELECT model FROM segment.models;
SELECT * FROM segment.reports;
SELECT segment.keep_report('points');
INSERT INTO segment.report_kept (model_id, html) SELECT id, 'forged' FROM segment.model;
DELETE FROM segment.report_kept;
SET ROLE regress_segment_reports;
SELECT count(*) FROM segment.reports;
SELECT segment.keep_report('points', 0);
SELECT segment.keep_report('points', NULL);
SELECT segment.keep_report('nobody');
-- reports go with their model
SELECT segment.drop('points');
SELECT model, html FROM segment.reports;
SELECT segment.drop('others');
RESET ROLE;
DROP SCHEMA reports CASCADE;
DROP ROLE regress_segment_reports, regress_segment_reports_guest;
