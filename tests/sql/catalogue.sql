-- What the catalogue says of the extension: nothing without a comment, nothing left to the caller's search_path
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS without_comment
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
WHERE e.extname = 'segment' AND obj_description(d.objid, d.classid::regclass::name) IS NULL
  AND NOT (d.classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_type t WHERE t.oid = d.objid AND (t.typrelid <> 0 OR t.typelem <> 0)))
  AND d.classid NOT IN ('pg_opfamily'::regclass)
ORDER BY 1;
-- columns of the tables and views that people read
SELECT c.oid::regclass AS relation, a.attname AS column_without_comment
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE e.extname = 'segment' AND col_description(c.oid, a.attnum) IS NULL
ORDER BY 1, 2;
-- BI tools read the views over ODBC and JDBC: no column of a type that drivers do not know, or without a size (see sql/75-overview.sql)
SELECT c.oid::regclass AS view, a.attname AS column_for_no_driver, format_type(a.atttypid, a.atttypmod)
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind = 'v'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE e.extname = 'segment' AND (a.atttypid <> ALL ('{bool,int4,int8,float8,numeric,text,date,timestamptz,text[],int4[],jsonb}'::regtype[])
	OR a.atttypid = 'numeric'::regtype AND a.atttypmod = -1)
ORDER BY 1, 2;
-- and what is built on them relies on their columns: the order stays, new ones come at the end
SELECT c.oid::regclass AS view, string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) AS columns
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind = 'v'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE e.extname = 'segment' GROUP BY c.oid ORDER BY c.oid::regclass::text;
-- functions written in SQL or PL/pgSQL either pin search_path or, for the few that must see the caller's, are named here
SELECT p.oid::regprocedure AS caller_search_path
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid JOIN pg_language l ON l.oid = p.prolang
WHERE e.extname = 'segment' AND l.lanname IN ('sql', 'plpgsql') AND p.prokind <> 'a'
  AND p.prosqlbody IS NULL	-- those were bound when they were made
  AND NOT coalesce(array_to_string(p.proconfig, ',') LIKE '%search_path%', false)
ORDER BY 1;
-- a function is no less volatile than those of ours that it calls
WITH f AS (
	SELECT p.oid::regprocedure AS function, p.proname AS name, p.provolatile AS volatility,
		regexp_replace(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), '--[^\n]*|''[^'']*''', '', 'g') AS body
	FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
	WHERE e.extname = 'segment' AND p.prokind <> 'a'
)
SELECT f.function, called.function AS calls
FROM f JOIN f AS called ON strpos('isv', f.volatility) < strpos('isv', called.volatility) AND f.body ~ ('\msegment\.' || called.name || '\(')
ORDER BY 1, 2;
-- those that run with other rights than the caller's
SELECT p.oid::regprocedure AS security_definer, p.proconfig
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
WHERE e.extname = 'segment' AND p.prosecdef ORDER BY 1;
-- PostgreSQL's own checks of operator classes
SELECT opcname, amvalidate(oid) FROM pg_opclass WHERE opcname LIKE 'cluster%' ORDER BY 1;
