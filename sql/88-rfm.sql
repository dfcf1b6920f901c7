-- segment.create_rfm_view: from purchases to customers, by recency, frequency and monetary value.

CREATE FUNCTION segment.rfm_segment(r int, f int, m int) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT (CASE r
		WHEN 5 THEN '{New Customers,Potential Loyalists,Potential Loyalists,Champions,Champions}'
		WHEN 4 THEN '{Promising,Potential Loyalists,Potential Loyalists,Loyal Customers,Champions}'
		WHEN 3 THEN '{About to Sleep,About to Sleep,Need Attention,Loyal Customers,Loyal Customers}'
		WHEN 2 THEN '{Hibernating,Hibernating,At Risk,At Risk,Cannot Lose Them}'
		WHEN 1 THEN '{Lost,Lost,At Risk,At Risk,Cannot Lose Them}'
	END::text[])[(f + m + 1) / 2];
END;
COMMENT ON FUNCTION segment.rfm_segment(int, int, int) IS
	'which of the usual eleven RFM segments a customer is in, by the scores 1 to 5 for recency, frequency and monetary value. Frequency and value count as their mean, rounded up. '
	'From the mean 1 to 5: at recency 5 New Customers, Potential Loyalists (2 and 3), Champions (4 and 5); at 4 Promising, Potential Loyalists (2 and 3), Loyal Customers, Champions; '
	'at 3 About to Sleep (1 and 2), Need Attention, Loyal Customers (4 and 5); at 2 Hibernating (1 and 2), At Risk (3 and 4), Cannot Lose Them; at 1 Lost (1 and 2), At Risk (3 and 4), Cannot Lose Them. NULL for a score that is none';

CREATE FUNCTION segment.check_rfm_column(source regclass, argument text, name text, types regtype[], wanted text) RETURNS regtype
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	type regtype;
BEGIN
	IF name IS NULL THEN
		RAISE EXCEPTION '% must name a column of %', argument, segment.qualified_name(source)
			USING ERRCODE = 'null_value_not_allowed', HINT = format('Write %s => ''column''.', argument);
	END IF;
	PERFORM segment.check_columns(source, ARRAY[name], argument);
	SELECT b.type INTO STRICT type FROM segment.base_columns(source) AS b WHERE b.name = check_rfm_column.name;
	IF type <> ALL (types) THEN
		RAISE EXCEPTION 'column % of % is of type %, which is not %', quote_ident(name), segment.qualified_name(source), type, wanted
			USING ERRCODE = 'datatype_mismatch', HINT = format('Name another column as %s, or make one in a view of the purchases.', argument);
	END IF;
	RETURN type;
END
$$;
COMMENT ON FUNCTION segment.check_rfm_column(regclass, text, text, regtype[], text) IS
	'type, without its domains, of the column that is given as the argument of that name; an error unless it is there (22004, 42703) and of one of the types (42804), if there are any';

CREATE FUNCTION segment.create_rfm_view_in(view text, source regclass, customer text, at text, amount text, as_of timestamptz,
		default_schema text) RETURNS regclass
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target text;
	type regtype;
	last_day text;
	days text;
	about record;
BEGIN
	PERFORM segment.check_source(source);
	PERFORM segment.check_rfm_column(source, 'customer', customer, NULL, NULL);
	type := segment.check_rfm_column(source, 'at', at, '{date,timestamp,timestamptz}', 'a date or a time');
	PERFORM segment.check_rfm_column(source, 'amount', amount, '{int2,int4,int8,float4,float8,numeric}', 'a number');
	IF customer IN ('recency', 'frequency', 'monetary', 'r', 'f', 'm', 'segment') THEN
		RAISE EXCEPTION 'the view has a column % of its own', customer
			USING ERRCODE = 'duplicate_column', HINT = 'Rename the column of the customer in a view of the purchases.';
	ELSIF NOT isfinite(as_of) THEN
		RAISE EXCEPTION 'as_of must not be infinite'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave it out for the time of the last purchase.';
	END IF;
	target := segment.view_target(view, source, default_schema);

	-- In the time zone of this session, once and for all: a day means the same to every reader.
	last_day := format('%L::pg_catalog.%I', CASE type
		WHEN 'date'::regtype THEN as_of::date::text
		WHEN 'timestamp'::regtype THEN as_of::timestamp::text
		ELSE as_of::text END, (SELECT t.typname FROM pg_type AS t WHERE t.oid = type));
	days := format(CASE type
		WHEN 'date'::regtype THEN '%1$s - g.last'
		ELSE 'pg_catalog.floor(EXTRACT(epoch FROM %1$s - g.last) / 86400)::pg_catalog.int4' END,
		CASE WHEN as_of IS NULL THEN 'pg_catalog.max(g.last) OVER ()' ELSE last_day END);

	-- One scan of the purchases. Equal values have the same rank, and so the same score. Amounts are added as numeric,
	-- because a sum of floats depends on their order.
	EXECUTE format(
		'CREATE VIEW %1$s AS '
		'SELECT s.%2$I, s.recency, s.frequency, s.monetary, s.r, s.f, s.m, segment.rfm_segment(s.r, s.f, s.m) AS segment '
		'FROM (SELECT g.%2$I, %6$s AS recency, g.frequency, g.monetary, '
		'(5 * (rank() OVER (ORDER BY g.last) - 1) / count(*) OVER () + 1)::pg_catalog.int4 AS r, '
		'(5 * (rank() OVER (ORDER BY g.frequency) - 1) / count(*) OVER () + 1)::pg_catalog.int4 AS f, '
		'(5 * (rank() OVER (ORDER BY g.monetary) - 1) / count(*) OVER () + 1)::pg_catalog.int4 AS m '
		'FROM (SELECT p.%2$I, max(p.%3$I) FILTER (WHERE p.%4$I >= 0) AS last, '
		'count(*) FILTER (WHERE p.%4$I >= 0) AS frequency, sum(p.%4$I::pg_catalog.numeric)::pg_catalog.float8 AS monetary '
		'FROM %5$s AS p WHERE p.%2$I IS NOT NULL AND isfinite(p.%3$I) AND p.%4$I::pg_catalog.numeric < ''Infinity'' '
		'AND p.%4$I::pg_catalog.numeric > ''-Infinity''%7$s '
		'GROUP BY p.%2$I HAVING count(*) FILTER (WHERE p.%4$I >= 0) > 0) AS g) AS s',
		target, customer, at, amount, segment.qualified_name(source), days,
		CASE WHEN as_of IS NULL THEN '' ELSE format(' AND p.%I <= %s', at, last_day) END);

	EXECUTE format('COMMENT ON VIEW %s IS %L', target, format('customers of %s by recency, frequency and monetary value of their purchases up to %s',
		segment.qualified_name(source), coalesce(as_of::text, 'the last one')));
	FOR about IN VALUES
		(customer, coalesce((SELECT c.comment FROM segment.passed_columns(source, NULL) AS c WHERE c.name = customer), 'customer')),
		('recency', 'whole days from the last purchase to ' || coalesce(as_of::text, 'the last one of all')),
		('frequency', 'number of purchases; amounts below 0, which are returns, do not count'),
		('monetary', 'sum of the amounts, less returns'),
		('r', 'score of recency: 5 for the fifth of the customers who bought last, 1 for those who have not for the longest'),
		('f', 'score of frequency: 5 for the fifth who bought most often'),
		('m', 'score of monetary value: 5 for the fifth who spent most'),
		('segment', 'RFM segment, by segment.rfm_segment')
	LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target, about.column1, about.column2);
	END LOOP;
	RETURN target::regclass;
END
$$;
COMMENT ON FUNCTION segment.create_rfm_view_in(text, regclass, text, text, text, timestamptz, text) IS
	'segment.create_rfm_view with the caller''s current schema as the last argument; to be called through segment.create_rfm_view';

CREATE FUNCTION segment.create_rfm_view(view text, source regclass, customer text, at text, amount text, as_of timestamptz DEFAULT NULL)
	RETURNS regclass
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT segment.create_rfm_view_in(create_rfm_view.view, source, customer, at, amount, as_of, current_schema()::text);
END;
COMMENT ON FUNCTION segment.create_rfm_view(text, regclass, text, text, text, timestamptz) IS
	'makes a view with a row per customer of a table, view, materialized view, partitioned or foreign table of purchases, and returns it: the customer, recency (whole days from the last purchase to as_of), frequency (purchases), monetary (sum of the amounts), '
	'scores r, f and m of 1 to 5, and the segment by segment.rfm_segment. One scan of the purchases when the view is read. '
	'customer, at and amount are columns: whoever bought, when (date, timestamp or timestamptz), for how much (a number). as_of: later purchases are ignored; NULL: the time of the last purchase. '
	'A score is the fifth in which the share of customers who are below lies: equal values have equal scores, and the fifths are of equal size where no values are equal. '
	'An amount below 0 is a return: it lowers the sum, and is no purchase. Rows with NULL in one of the columns, an infinite time, or NaN or infinity as the amount take no part. The view can be a source of segment.fit, also joined to the customers. Hughes 1994, Strategic Database Marketing. '
	'Errors: unknown source (42P01) or column (42703), a customer column of one of these names (42701), a column of the wrong type (42804), NULL for a column (22004), an infinite as_of (22023); the name of the view as for segment.create_view';
