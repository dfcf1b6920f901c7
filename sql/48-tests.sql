-- Do groups differ?  Aggregates that test it: means, ranks, distributions, categories

CREATE TYPE two_sample_test AS (
	statistic double precision, df double precision, p double precision, log10_p double precision, effect_size double precision,
	group1 text, group2 text, n1 bigint, n2 bigint, mean1 double precision, mean2 double precision
);
COMMENT ON TYPE two_sample_test IS
'What a test of two groups found: the statistic, its degrees of freedom (NULL where it has none), p on both sides and its common logarithm, which is there where p is too small for a double and 0, the effect size, and name, rows and mean of each group, in the order of their values (text byte by byte). The second group is compared with the first: a positive effect says that its values are the higher ones. Where no test could be made, statistic, df, p and effect size are NULL.';
CREATE TYPE anova_test AS (
	statistic double precision, df double precision, df2 double precision, p double precision, log10_p double precision, effect_size double precision,
	groups integer, n bigint, pooled_f double precision, pooled_df2 double precision, pooled_p double precision, pooled_log10_p double precision
);
COMMENT ON TYPE anova_test IS
'What an analysis of variance found: Welch''s F, its degrees of freedom df and df2, p and its common logarithm, eta squared, groups and rows; and Fisher''s F, which takes the variances of all groups for equal, with degrees df and pooled_df2. NULL where no test could be made.';
CREATE TYPE kruskal_wallis_test AS (
	statistic double precision, df double precision, p double precision, log10_p double precision, effect_size double precision,
	groups integer, n bigint
);
COMMENT ON TYPE kruskal_wallis_test IS
'What the test of Kruskal and Wallis found: H, its degrees of freedom, p and its common logarithm, epsilon squared, groups and rows. NULL where no test could be made.';
CREATE TYPE chi_square_test AS (
	statistic double precision, df double precision, p double precision, log10_p double precision, effect_size double precision,
	rows integer, columns integer, n bigint, least_expected double precision
);
COMMENT ON TYPE chi_square_test IS
'What a chi-square test found: the statistic, its degrees of freedom, p and its common logarithm, Cramer''s V, the categories of the first and of the second argument, rows counted, and the least count that independence would make one expect in a cell. NULL where no test could be made.';

CREATE FUNCTION segment.test_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_test_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.test_combine(internal, internal) IS 'Combine function of the aggregates that test groups.';
CREATE FUNCTION segment.test_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'segment_test_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.test_serialize(internal) IS 'Serialization function of the aggregates that test groups.';
CREATE FUNCTION segment.test_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_test_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.test_deserialize(bytea, internal) IS 'Deserialization function of the aggregates that test groups.';

-- @each-type welch_t two_samples anova kruskal_wallis
CREATE FUNCTION segment.@TYPE@_add(internal, value double precision, grp anyelement) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_@TYPE@_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.@TYPE@_add(internal, double precision, anyelement) IS 'Transition function of tests of groups.';
-- @end

CREATE FUNCTION segment.welch_t_final(internal) RETURNS two_sample_test
	AS 'MODULE_PATHNAME', 'segment_welch_t_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.welch_t_final(internal) IS 'Final function of welch_t.';
CREATE AGGREGATE welch_t(value double precision, grp anyelement) (
	SFUNC = segment.welch_t_add, STYPE = internal, SSPACE = 4096, FINALFUNC = segment.welch_t_final,
	COMBINEFUNC = segment.test_combine, SERIALFUNC = segment.test_serialize, DESERIALFUNC = segment.test_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE welch_t(double precision, anyelement) IS
'Do the means of two groups differ? Welch''s t, without assuming equal variances: the mean of the second group less that of the first, over its standard error, with the degrees of freedom of Welch and Satterthwaite; as R''s t.test, whose sign is the other one. effect_size is Cohen''s d, by the pooled standard deviation. Sums are exact: the same rows give the same bits in any order, and a large common part of the values costs no digit. A group of one row, or values that are constant in both groups, leave the test NULL, and a NOTICE says so. Rows with a NULL, NaN or infinite value or a NULL group take no part; a NOTICE counts them. NULL without rows. An error for a third group (SQLSTATE 22023), and for a type without hash or order (42883). O(n) time, 4 kB. Welch 1947, doi:10.1093/biomet/34.1-2.28.';

CREATE FUNCTION segment.mann_whitney_final(internal) RETURNS two_sample_test
	AS 'MODULE_PATHNAME', 'segment_mann_whitney_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.mann_whitney_final(internal) IS 'Final function of mann_whitney.';
CREATE AGGREGATE mann_whitney(value double precision, grp anyelement) (
	SFUNC = segment.two_samples_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.mann_whitney_final,
	COMBINEFUNC = segment.test_combine, SERIALFUNC = segment.test_serialize, DESERIALFUNC = segment.test_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mann_whitney(double precision, anyelement) IS
'Are the values of one of two groups higher than those of the other? U of Mann and Whitney, also known as Wilcoxon''s rank sum test: in how many pairs the second group''s value is the higher one, ties counting half. As R''s wilcox.test: exact below 50 rows a group without ties, otherwise a normal approximation with corrections for ties and continuity. effect_size is the rank-biserial correlation, 2 U / (n1 n2) - 1: the share of pairs in which the second is higher less that in which it is lower. Values that are all equal have p = 1. Rows with a NULL, NaN or infinite value or a NULL group take no part; a NOTICE counts them. NULL without rows. Errors: a third group (SQLSTATE 22023); a type without hash or order (42883); more memory than segment.max_memory (54000): it holds all values, up to 24 bytes each, and 31 more at the end; ks_test of the same arguments in the same query shares them. O(n) time. Mann and Whitney 1947, doi:10.1214/aoms/1177730491.';

CREATE FUNCTION segment.ks_test_final(internal) RETURNS two_sample_test
	AS 'MODULE_PATHNAME', 'segment_ks_test_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.ks_test_final(internal) IS 'Final function of ks_test.';
CREATE AGGREGATE ks_test(value double precision, grp anyelement) (
	SFUNC = segment.two_samples_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.ks_test_final,
	COMBINEFUNC = segment.test_combine, SERIALFUNC = segment.test_serialize, DESERIALFUNC = segment.test_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE ks_test(double precision, anyelement) IS
'Are two groups distributed alike? D of Kolmogorov and Smirnov: the largest distance between their distribution functions, which is the effect_size too. As R''s ks.test: p is exact, given the ties, while n1 n2 < 10000, otherwise by Kolmogorov''s limit, which is high where values are tied. Rows, errors and costs as of mann_whitney. Schroeer and Trenkler 1995, doi:10.1016/0167-9473(94)00040-P.';

CREATE FUNCTION segment.anova_final(internal) RETURNS anova_test
	AS 'MODULE_PATHNAME', 'segment_anova_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.anova_final(internal) IS 'Final function of anova.';
CREATE AGGREGATE anova(value double precision, grp anyelement) (
	SFUNC = segment.anova_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.anova_final,
	COMBINEFUNC = segment.test_combine, SERIALFUNC = segment.test_serialize, DESERIALFUNC = segment.test_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE anova(double precision, anyelement) IS
'Do the means of the groups differ? Welch''s analysis of variance, without assuming equal variances, as R''s oneway.test; and in the fields pooled_* Fisher''s, which assumes them, as R''s aov. effect_size is eta squared, the share of the variance that lies between the groups. Sums are exact: the same rows give the same bits in any order. A single group, a group of one row, or one whose values are all equal leave Welch''s test NULL, and a NOTICE says so. Rows with a NULL, NaN or infinite value or a NULL group take no part; a NOTICE counts them. NULL without rows. Errors: a type without hash or order (SQLSTATE 42883); more memory than segment.max_memory (54000): 1.7 kB a group. O(n) time. Welch 1951, doi:10.1093/biomet/38.3-4.330.';

CREATE FUNCTION segment.kruskal_wallis_final(internal) RETURNS kruskal_wallis_test
	AS 'MODULE_PATHNAME', 'segment_kruskal_wallis_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.kruskal_wallis_final(internal) IS 'Final function of kruskal_wallis.';
CREATE AGGREGATE kruskal_wallis(value double precision, grp anyelement) (
	SFUNC = segment.kruskal_wallis_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.kruskal_wallis_final,
	COMBINEFUNC = segment.test_combine, SERIALFUNC = segment.test_serialize, DESERIALFUNC = segment.test_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE kruskal_wallis(double precision, anyelement) IS
'Are the values of some groups higher than those of others? H of Kruskal and Wallis, corrected for ties, with p by chi-square, as R''s kruskal.test. effect_size is epsilon squared, H / (n - 1). Values that are all equal have H = 0 and p = 1; a single group has no test, and a NOTICE says so. Rows, errors and costs as of mann_whitney, but for any number of groups. Kruskal and Wallis 1952, doi:10.1080/01621459.1952.10483441.';

CREATE FUNCTION segment.chi_square_add(internal, a anyelement, b anycompatible) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_chi_square_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.chi_square_add(internal, anyelement, anycompatible) IS 'Transition function of chi_square.';
CREATE FUNCTION segment.chi_square_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_chi_square_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.chi_square_combine(internal, internal) IS 'Combine function of chi_square.';
CREATE FUNCTION segment.chi_square_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'segment_chi_square_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.chi_square_serialize(internal) IS 'Serialization function of chi_square.';
CREATE FUNCTION segment.chi_square_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'segment_chi_square_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.chi_square_deserialize(bytea, internal) IS 'Deserialization function of chi_square.';
CREATE FUNCTION segment.chi_square_final(internal) RETURNS chi_square_test
	AS 'MODULE_PATHNAME', 'segment_chi_square_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.chi_square_final(internal) IS 'Final function of chi_square.';
CREATE AGGREGATE chi_square(a anyelement, b anycompatible) (
	SFUNC = segment.chi_square_add, STYPE = internal, SSPACE = 16384, FINALFUNC = segment.chi_square_final,
	COMBINEFUNC = segment.chi_square_combine, SERIALFUNC = segment.chi_square_serialize, DESERIALFUNC = segment.chi_square_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE chi_square(anyelement, anycompatible) IS
'Are two categories independent? Pearson''s chi-square of their contingency table, without Yates''s correction (R''s chisq.test with correct = FALSE). effect_size is Cramer''s V. p is an approximation that needs counts of 5 or so: least_expected tells. A single row or column has no test, and a NOTICE says so. Rows with a NULL take no part; a NOTICE counts them. NULL without rows. Errors: a type without hash or order (SQLSTATE 42883); more memory than segment.max_memory (54000): up to 64 bytes a pair that occurs. O(n) time. Pearson 1900, doi:10.1080/14786440009463897.';
