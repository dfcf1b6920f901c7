-- segment.compare: whether groups differ in some columns, test by test, in numbers and in a sentence.

-- The models whose clusters the relation has, by way of whatever views.
CREATE FUNCTION segment.models_behind(source regclass) RETURNS TABLE (model_id bigint)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 1
BEGIN ATOMIC
	WITH RECURSIVE behind (relation) AS (
		SELECT source::oid
		UNION
		SELECT d.refobjid
		FROM behind AS b
		JOIN pg_rewrite AS r ON r.ev_class = b.relation
		JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
	)
	SELECT substring(c.relname FROM '[0-9]+$')::bigint
	FROM behind AS b JOIN pg_class AS c ON c.oid = b.relation
	WHERE c.relnamespace = 'segment'::regnamespace AND c.relkind = 'v' AND c.relname ~ '^model_[0-9]+$' AND c.oid <> source;
END;
COMMENT ON FUNCTION segment.models_behind(regclass) IS
	'numbers of the models whose gates the view or materialized view reads, itself or through other views: those that segment.create_view() made it, or a view below it, of';

CREATE FUNCTION segment.is_circular(source regclass, value text, by text) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	-- A model that is not visible may have any features: NULL, unless another one decides it.
	SELECT coalesce(by IN ('cluster', 'persona') AND count(b.model_id) > 0, false) AND
		(value IN ('cluster', 'persona', 'distance') OR bool_or(f.name = value OR
			-- as segment.encode() calls what it makes of a number, and of a category
			f.name = value || '_scaled' OR (v.is_category AND starts_with(f.name, value || '_'))) OR
		 CASE WHEN count(m.id) = count(b.model_id) THEN false END)
	FROM segment.models_behind(source) AS b LEFT JOIN segment.model AS m ON m.id = b.model_id
	LEFT JOIN LATERAL unnest(m.features) AS f(name) ON true,
		LATERAL (SELECT value IN (SELECT c.name FROM segment.category_columns(source) AS c) AS is_category) AS v;
END;
COMMENT ON FUNCTION segment.is_circular(regclass, text, text) IS
	'whether the groups are clusters that the value helped to form: "by" is the cluster or persona of a view made by segment.create_view(), or of a view of it, and "value" a feature of the model, or what segment.encode() made one of. NULL if the current role may not see the model';

-- How a p is written: 0.0123, or 1.2e-34 even where a double would be 0.
CREATE FUNCTION segment.p_text(p float8, log10_p float8) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN p >= 0.001 THEN trim_scale(round(p::numeric, CASE WHEN p < 0.1 THEN 4 ELSE 3 END))::text
		WHEN log10_p = '-Infinity' THEN '0'
		ELSE round((10 ^ (log10_p - e.exponent))::numeric, 1) || 'e' || e.exponent END
	-- two digits: 9.96e-5 is 1.0e-4
	FROM (SELECT floor(log10_p + log(10 / 9.95::float8)) AS exponent) AS e;
END;
COMMENT ON FUNCTION segment.p_text(float8, float8) IS
	'a p-value to read, from itself and its common logarithm, which also tells those too small for a double';

CREATE FUNCTION segment.effect_word(effect text, effect_size float8, categories int DEFAULT 2) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN s.size IS NULL THEN NULL WHEN s.size < b.small THEN 'negligible' WHEN s.size < b.medium THEN 'small'
		WHEN s.size < b.large THEN 'medium' ELSE 'large' END
	FROM (VALUES
		('Cohen''s d', 0.2, 0.5, 0.8),
		('rank-biserial r', 0.1, 0.3, 0.5),
		-- the D of two normal distributions that lie d = 0.2, 0.5 and 0.8 apart: 2 Phi(d / 2) - 1
		('D', 0.08, 0.20, 0.31),
		('eta squared', 0.01, 0.06, 0.14),
		('epsilon squared', 0.01, 0.06, 0.14),
		-- Cohen's w is V times the root of the lesser number of categories less 1
		('Cramer''s V', 0.1, 0.3, 0.5)) AS b (effect, small, medium, large),
	LATERAL (SELECT CASE WHEN b.effect = 'Cramer''s V' THEN effect_size * sqrt(categories - 1) ELSE abs(effect_size) END AS size) AS s
	WHERE b.effect = effect_word.effect;
END;
COMMENT ON FUNCTION segment.effect_word(text, float8, int) IS
	'the usual word for an effect size: negligible, small, medium or large, by the conventions of Cohen (Statistical Power Analysis for the Behavioral Sciences, 1988, doi:10.4324/9780203771587); categories: of a table, the lesser of its rows and columns';

-- p-values adjusted for their number: of several that are tried, the smallest is small by chance.
CREATE FUNCTION segment.adjust_p(p float8[], method text) RETURNS float8[]
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT array_agg(CASE WHEN a.p IS NULL OR method = 'none' THEN a.p
			WHEN method = 'holm' THEN least(1, a.holm) ELSE least(1, a.bh) END ORDER BY a."position")
	FROM (
		SELECT r.p, r."position", max((r.m - r.rank + 1) * r.p) OVER (ORDER BY r.rank) AS holm,
			min(r.m * r.p / r.rank) OVER (ORDER BY r.rank DESC) AS bh
		FROM (
			SELECT v.p, v."position", count(v.p) OVER () AS m, row_number() OVER (ORDER BY v.p, v."position") AS rank
			FROM unnest(p) WITH ORDINALITY AS v(p, "position")) AS r) AS a;
END;
COMMENT ON FUNCTION segment.adjust_p(float8[], text) IS
	'p-values adjusted by the method holm (Holm 1979), which bounds the probability of any false finding, or bh (Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x), which bounds the share of false ones among the findings; none leaves them. NULLs take no part';

CREATE FUNCTION segment.verdict(test text, p float8, log10_p float8, p_adjusted float8, effect_size float8, size text, groups int,
		pair @extschema@.two_sample_test, least_expected float8, value text, by text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN p IS NULL AND groups < 2 THEN format('No test: %s has fewer than two groups with values.', by)
		WHEN p IS NULL AND test = 'chi-square' THEN format('No test: %s has one category only.', value)
		WHEN p IS NULL AND test = 'Welch t' THEN 'No test: a group has a single value, or both are constant.'
		WHEN p IS NULL THEN 'No test: a group has a single value, or is constant.'
		WHEN test = 'Welch t' AND significant THEN format('The mean of %s, %s, is significantly %s than that of %s, %s (%s).',
			f.group2, segment.short_number(pair.mean2), CASE WHEN effect_size > 0 THEN 'higher' ELSE 'lower' END,
			f.group1, segment.short_number(pair.mean1), facts)
		WHEN test = 'Welch t' THEN format('The means of %s, %s, and %s, %s, do not differ significantly (%s).',
			f.group1, segment.short_number(pair.mean1), f.group2, segment.short_number(pair.mean2), facts)
		WHEN test = 'Mann-Whitney U' AND significant THEN format('Values of %s are significantly %s than those of %s, in %s %% of pairs (%s).',
			f.group2, CASE WHEN effect_size > 0 THEN 'higher' ELSE 'lower' END,
			f.group1, round((50 + 50 * abs(effect_size))::numeric, 1), facts)
		WHEN test = 'Mann-Whitney U' THEN format('Neither %s nor %s has significantly higher values (%s).', f.group1, f.group2, facts)
		WHEN test = 'Kolmogorov-Smirnov D' THEN format('The distributions of %s and %s %s: at most %s percentage points apart (%s).',
			f.group1, f.group2, CASE WHEN significant THEN 'differ significantly' ELSE 'do not differ significantly' END,
			round((100 * effect_size)::numeric, 1), facts)
		WHEN test = 'Welch ANOVA' THEN format('The means of the %s groups %s: groups make %s %% of the variance (%s).',
			groups, CASE WHEN significant THEN 'differ significantly' ELSE 'do not differ significantly' END,
			round((100 * effect_size)::numeric, 1), facts)
		WHEN test = 'Kruskal-Wallis H' THEN format('The ranks of the %s groups %s: groups make %s %% of their variance (%s).',
			groups, CASE WHEN significant THEN 'differ significantly' ELSE 'do not differ significantly' END,
			round((100 * effect_size)::numeric, 1), facts)
		ELSE format('%s and %s %s (%s).', value, by,
				CASE WHEN significant THEN 'depend on each other significantly' ELSE 'do not depend on each other significantly' END, facts) ||
			CASE WHEN least_expected < 5 THEN ' Some counts are expected to be below 5, so that p is rough.' ELSE '' END
		END
	FROM (SELECT p_adjusted <= 0.05 AS significant,
			-- a group is called by its value, unless that says little, such as 1 or t
			CASE WHEN pair.group1 ~ '[[:alpha:]]{2}' THEN pair.group1 ELSE by || ' = ' || pair.group1 END AS group1,
			CASE WHEN pair.group2 ~ '[[:alpha:]]{2}' THEN pair.group2 ELSE by || ' = ' || pair.group2 END AS group2,
			format('p = %s%s, %s effect', segment.p_text(p, log10_p),
				CASE WHEN p_adjusted <> p THEN ', adjusted ' || segment.p_text(p_adjusted, log10_p + log(p_adjusted / p)) ELSE '' END, size) AS facts) AS f;
END;
COMMENT ON FUNCTION segment.verdict(text, float8, float8, float8, float8, text, int, @extschema@.two_sample_test, float8, text, text) IS
	'a sentence for a row of segment.compare; significant is an adjusted p of 0.05 or less';

CREATE FUNCTION segment.compare_columns(source regclass, wanted text[], by text, adjust text, search_path text)
	RETURNS TABLE (value text, test text, statistic float8, df float8, df2 float8, p float8, log10_p float8, p_adjusted float8,
		effect text, effect_size float8, size text, groups int, n bigint, circular boolean, verdict text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	wrong record;
	source_name CONSTANT text := segment.qualified_name(source);
	numbers text[];
	categories text[];
	two text[];
	many text[];
	circular_values text[];
	unclear_values text[];
	usable text;
	query text;
	anovas @extschema@.anova_test[];
	tables @extschema@.chi_square_test[];
	pairs @extschema@.two_sample_test[];
	ranks @extschema@.kruskal_wallis_test[];
	skipped bigint[];
	told text;
BEGIN
	PERFORM segment.check_source(source);
	IF wanted IS NULL THEN
		RAISE EXCEPTION 'value must not be NULL'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Name one column to compare, or several: ''{a,b}''.';
	ELSIF by IS NULL THEN
		RAISE EXCEPTION 'by must not be NULL'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Name the column whose values make the groups, such as ''persona''.';
	ELSIF adjust IS NULL OR adjust NOT IN ('holm', 'bh', 'none') THEN
		RAISE EXCEPTION 'unknown adjustment %', coalesce('"' || adjust || '"', 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'An adjustment is holm, bh (Benjamini and Hochberg) or none.';
	END IF;
	IF cardinality(wanted) = 0 OR array_ndims(wanted) > 1 OR array_position(wanted, NULL) IS NOT NULL THEN
		RAISE EXCEPTION 'value must be a list of columns'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Name one column to compare, or several: ''{a,b}''.';
	END IF;
	SELECT c.name INTO told FROM unnest(wanted || by) WITH ORDINALITY AS c(name, "position")
		WHERE NOT EXISTS (SELECT FROM pg_attribute AS a
			WHERE a.attrelid = source AND a.attname::text = c.name AND a.attnum > 0 AND NOT a.attisdropped)
		ORDER BY c."position" LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'column % of % does not exist', quote_ident(told), source_name
			USING ERRCODE = 'undefined_column', HINT = format('Its columns are %s.',
				(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
					WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped));
	END IF;
	PERFORM segment.check_columns(source, wanted, 'value');
	IF by = ANY (wanted) THEN
		RAISE EXCEPTION 'column % cannot be compared with itself', quote_ident(by)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'value and by must be different columns.';
	END IF;
	SELECT array_agg(v.name ORDER BY v."position") INTO numbers
		FROM unnest(wanted) WITH ORDINALITY AS v(name, "position") WHERE v.name IN (SELECT c.name FROM segment.numeric_columns(source) AS c);
	SELECT array_agg(v.name ORDER BY v."position") INTO categories
		FROM unnest(wanted) WITH ORDINALITY AS v(name, "position") WHERE v.name IN (SELECT c.name FROM segment.category_columns(source) AS c);
	SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type INTO wrong
		FROM unnest(wanted) WITH ORDINALITY AS v(name, "position")
		JOIN pg_attribute AS a ON a.attrelid = source AND a.attname::text = v.name
		WHERE v.name <> ALL (coalesce(numbers, '{}') || coalesce(categories, '{}'))
		ORDER BY v."position" LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'column % of % is of type %, which is neither a number nor a category', quote_ident(wrong.attname), source_name, wrong.type
			USING ERRCODE = 'datatype_mismatch', HINT = 'Make a number or a text of it in a view, and compare that.';
	END IF;

	-- One scan tells how many groups there are, and tests the means and the categories; a second one tests numbers by rank.
	-- Every name is written out: the functions that a view calls may need the caller's search_path.
	usable := 's.%1$I::pg_catalog.float8 OPERATOR(pg_catalog.>) ''-Infinity''::pg_catalog.float8 AND '
		's.%1$I::pg_catalog.float8 OPERATOR(pg_catalog.<) ''Infinity''::pg_catalog.float8 AND s.%2$I IS NOT NULL';
	SELECT format('SELECT ARRAY[%s]::@extschema@.anova_test[], ARRAY[%s]::@extschema@.chi_square_test[], ARRAY[%s]::pg_catalog.int8[] FROM %s AS s',
			(SELECT string_agg(format('@extschema@.anova(s.%1$I::pg_catalog.float8, s.%2$I) FILTER (WHERE ' || usable || ')', c.name, by), ', ' ORDER BY c."position")
				FROM unnest(numbers) WITH ORDINALITY AS c(name, "position")),
			(SELECT string_agg(format('@extschema@.chi_square(s.%1$I, s.%2$I) FILTER (WHERE s.%1$I IS NOT NULL AND s.%2$I IS NOT NULL)', c.name, by), ', ' ORDER BY c."position")
				FROM unnest(categories) WITH ORDINALITY AS c(name, "position")),
			(SELECT string_agg(format('pg_catalog.count(*) FILTER (WHERE (' ||
						CASE WHEN c.name = ANY (numbers) THEN usable ELSE 's.%1$I IS NOT NULL AND s.%2$I IS NOT NULL' END || ') IS NOT TRUE)', c.name, by), ', ' ORDER BY c."position")
				FROM unnest(wanted) WITH ORDINALITY AS c(name, "position")),
			source_name)
		INTO query;
	PERFORM set_config('search_path', compare_columns.search_path, true);
	EXECUTE query INTO anovas, tables, skipped;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

	SELECT array_agg(c.name ORDER BY c."position") FILTER (WHERE (anovas[c."position"]).groups = 2),
			array_agg(c.name ORDER BY c."position") FILTER (WHERE (anovas[c."position"]).groups > 2)
		INTO two, many FROM unnest(numbers) WITH ORDINALITY AS c(name, "position");
	IF two IS NOT NULL OR many IS NOT NULL THEN
		SELECT format('SELECT ARRAY[%s]::@extschema@.two_sample_test[], ARRAY[%s]::@extschema@.kruskal_wallis_test[] FROM %s AS s',
				(SELECT string_agg(format('@extschema@.%3$s(s.%1$I::pg_catalog.float8, s.%2$I) FILTER (WHERE ' || usable || ')', c.name, by, t.name), ', ' ORDER BY c."position", t."position")
					FROM unnest(two) WITH ORDINALITY AS c(name, "position"), unnest('{welch_t,mann_whitney,ks_test}'::text[]) WITH ORDINALITY AS t(name, "position")),
				(SELECT string_agg(format('@extschema@.kruskal_wallis(s.%1$I::pg_catalog.float8, s.%2$I) FILTER (WHERE ' || usable || ')', c.name, by), ', ' ORDER BY c."position")
					FROM unnest(many) WITH ORDINALITY AS c(name, "position")),
				source_name)
			INTO query;
		PERFORM set_config('search_path', compare_columns.search_path, true);
		EXECUTE query INTO pairs, ranks;
		PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	END IF;

	SELECT string_agg(format('%s of %s', skipped[c."position"], quote_ident(c.name)), ', ' ORDER BY c."position") INTO told
		FROM unnest(wanted) WITH ORDINALITY AS c(name, "position") WHERE skipped[c."position"] > 0;
	IF told IS NOT NULL THEN
		RAISE NOTICE 'values that are NULL, NaN or infinite, or in no group, took no part: %', told;
	END IF;
	SELECT array_agg(c.name ORDER BY c."position") FILTER (WHERE i.circular),
			array_agg(c.name ORDER BY c."position") FILTER (WHERE i.circular IS NULL)
		INTO circular_values, unclear_values
		FROM unnest(wanted) WITH ORDINALITY AS c(name, "position"), LATERAL (SELECT segment.is_circular(source, c.name, by) AS circular) AS i;
	IF circular_values IS NOT NULL THEN
		RAISE NOTICE 'the groups are clusters that were formed by these values, and so they differ in them: %',
				(SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c."position") FROM unnest(circular_values) WITH ORDINALITY AS c(name, "position"))
			USING DETAIL = 'Clustering makes groups that differ, in noise as well; these p-values say nothing.',
				HINT = 'Compare columns that are no features of the model.';
	END IF;
	IF unclear_values IS NOT NULL THEN
		RAISE NOTICE 'the groups are clusters of a model that role "%" may not see: whether it was fitted to these values is unknown', current_user
			USING HINT = 'Its owner can let the role see it: segment.share().';
	END IF;

	RETURN QUERY
		WITH found AS (
			SELECT x.name, t.family, t.test, (t.result).statistic, (t.result).df, NULL::float8 AS df2, (t.result).p, (t.result).log10_p, t.effect, (t.result).effect_size,
				2 AS groups, (t.result).n1 + (t.result).n2 AS n, 2 AS lesser, t.result AS pair, NULL::float8 AS least_expected
			FROM unnest(two) WITH ORDINALITY AS x(name, "position"), LATERAL (VALUES
				(1, 'Welch t', 'Cohen''s d', pairs[3 * x."position" - 2]),
				(2, 'Mann-Whitney U', 'rank-biserial r', pairs[3 * x."position" - 1]),
				(3, 'Kolmogorov-Smirnov D', 'D', pairs[3 * x."position"])) AS t (family, test, effect, result)
			UNION ALL
			SELECT x.name, 1, 'Welch ANOVA', (a.result).statistic, (a.result).df, (a.result).df2, (a.result).p, (a.result).log10_p, 'eta squared', (a.result).effect_size,
				coalesce((a.result).groups, 0), coalesce((a.result).n, 0), NULL, NULL, NULL
			FROM unnest(numbers) WITH ORDINALITY AS x(name, "position"), LATERAL (SELECT anovas[x."position"] AS result) AS a
			WHERE (a.result).groups IS DISTINCT FROM 2
			UNION ALL
			SELECT x.name, 2, 'Kruskal-Wallis H', (k.result).statistic, (k.result).df, NULL, (k.result).p, (k.result).log10_p, 'epsilon squared', (k.result).effect_size,
				(k.result).groups, (k.result).n, NULL, NULL, NULL
			FROM unnest(many) WITH ORDINALITY AS x(name, "position"), LATERAL (SELECT ranks[x."position"] AS result) AS k
			UNION ALL
			SELECT x.name, 0, 'chi-square', (c.result).statistic, (c.result).df, NULL, (c.result).p, (c.result).log10_p, 'Cramer''s V', (c.result).effect_size,
				coalesce((c.result).columns, 0), coalesce((c.result).n, 0), least((c.result).rows, (c.result).columns), NULL, (c.result).least_expected
			FROM unnest(categories) WITH ORDINALITY AS x(name, "position"), LATERAL (SELECT tables[x."position"] AS result) AS c
		),
		-- Adjusted over the values, each kind of test by itself; a chi-square is the only test of its value, and counts with every kind.
		family AS (
			SELECT f.number, array_agg(r.name ORDER BY r.name) AS names, segment.adjust_p(array_agg(r.p ORDER BY r.name), adjust) AS adjusted
			FROM generate_series(1, 3) AS f(number) JOIN found AS r ON r.family IN (0, f.number) GROUP BY f.number
		)
		SELECT r.name, r.test, r.statistic, r.df, r.df2, r.p, r.log10_p, a.p_adjusted, r.effect, r.effect_size, w.size, r.groups, r.n, r.circular,
			segment.verdict(r.test, r.p, r.log10_p, a.p_adjusted, r.effect_size, w.size, r.groups, r.pair, r.least_expected, r.name, by) ||
				CASE WHEN r.circular THEN ' Circular: the clusters were formed by it.' ELSE '' END
		FROM (SELECT f.*, v."position", CASE WHEN f.name = ANY (unclear_values) THEN NULL ELSE coalesce(f.name = ANY (circular_values), false) END AS circular
			FROM found AS f JOIN unnest(wanted) WITH ORDINALITY AS v(name, "position") ON v.name = f.name) AS r
		CROSS JOIN LATERAL (SELECT segment.effect_word(r.effect, r.effect_size, r.lesser) AS size) AS w
		JOIN family AS y ON y.number = greatest(r.family, 1)
		CROSS JOIN LATERAL (SELECT y.adjusted[array_position(y.names, r.name)] AS p_adjusted) AS a
		ORDER BY r."position", r.family;
END
$$;
COMMENT ON FUNCTION segment.compare_columns(regclass, text[], text, text, text) IS
	'segment.compare with the caller''s search_path as the last argument; to be called through segment.compare';

CREATE FUNCTION segment.compare(source regclass, value text[], by text, adjust text DEFAULT 'holm')
	RETURNS TABLE (value text, test text, statistic float8, df float8, df2 float8, p float8, log10_p float8, p_adjusted float8,
		effect text, effect_size float8, size text, groups int, n bigint, circular boolean, verdict text)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
	SELECT c.value, c.test, c.statistic, c.df, c.df2, c.p, c.log10_p, c.p_adjusted, c.effect, c.effect_size, c.size, c.groups, c.n, c.circular, c.verdict
	FROM segment.compare_columns(source, $2, by, adjust, current_setting('search_path')) AS c;
END;
COMMENT ON FUNCTION segment.compare(regclass, text[], text, text) IS
	'whether the groups that the column "by" makes, of a table, view, materialized view, partitioned or foreign table, differ in some columns: a row for each value and test. '
	'A number is tested by Welch t, Mann-Whitney U and Kolmogorov-Smirnov D between two groups, by Welch ANOVA and Kruskal-Wallis H among more; a category (text, boolean, enumeration) by chi-square. '
	'statistic, df and df2 (degrees of freedom), p (two-sided) and log10_p (its logarithm, also where p is too small for a double); p_adjusted: for the number of values asked, each kind of test by itself, by adjust => holm, bh (Benjamini and Hochberg) or none; '
	'effect, effect_size and size: negligible, small, medium or large by Cohen 1988, doi:10.4324/9780203771587, for D that of normal distributions; a positive d or r: the second group, in the order of their values, has the higher ones; groups and n: what took part; '
	'circular: "by" is the cluster or persona of a view made by segment.create_view(), and the value a feature of the model, or what segment.encode() made one of, which a NOTICE says too: such p-values say nothing (NULL: the role may not see the model); verdict: a sentence, significant being an adjusted p of 0.05 or less. '
	'The tests are the aggregates welch_t, mann_whitney, ks_test, anova, kruskal_wallis and chi_square. Values that are NULL, NaN or infinite, or in no group, take no part; a NOTICE counts them. Without two groups, or where a test cannot be made, its p is NULL. '
	'Reads the source twice, as the caller, with the caller''s search_path; the tests by rank hold the values in memory, some 60 bytes each. '
	'Errors: unknown source (42P01) or column (42703); a value that is neither number nor category (42804), or is "by" itself, an unknown adjustment (22023); a NULL argument (22004); more memory than segment.max_memory (54000)';

CREATE FUNCTION segment.compare(source regclass, value text, by text, adjust text DEFAULT 'holm')
	RETURNS TABLE (value text, test text, statistic float8, df float8, df2 float8, p float8, log10_p float8, p_adjusted float8,
		effect text, effect_size float8, size text, groups int, n bigint, circular boolean, verdict text)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
	SELECT c.value, c.test, c.statistic, c.df, c.df2, c.p, c.log10_p, c.p_adjusted, c.effect, c.effect_size, c.size, c.groups, c.n, c.circular, c.verdict
	FROM segment.compare(source, CASE WHEN $2 LIKE '{%}' THEN $2::text[] WHEN $2 IS NOT NULL THEN ARRAY[$2] END, by, adjust) AS c;
END;
COMMENT ON FUNCTION segment.compare(regclass, text, text, text) IS
	'the same for one column, or for a list of columns as it is typed: ''{age,annual_income}''';
