
-- Gaussian mixtures, as labels: gmm_label

-- @each-arity
CREATE FUNCTION gmm_label(k integer, @PARAMS@) RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_gmm_label_columns' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION gmm_label(integer, @TYPES@) IS
'Gaussian mixture: the most probable component, 0 to k - 1, of each row of the window partition by @N@ numeric column(s), unscaled, each component having a covariance of its own. Components are numbered by their means, ascending; one may be the most probable nowhere. The frame and ORDER BY of the window do not matter. NULL for a row with a NULL, NaN or infinite feature. k, 1 or more, is read from the first row; with fewer distinct rows than k there are fewer components. Other covariances, scaling and options: gmm_label(ARRAY[...], k, covariance => ...).';
-- @end

CREATE FUNCTION gmm_label(features double precision[], k integer, covariance text DEFAULT 'full',
						  scale text DEFAULT 'none', seed bigint DEFAULT 0, n_init integer DEFAULT 0,
						  max_iter integer DEFAULT 2000)
	RETURNS integer
	AS 'MODULE_PATHNAME', 'segment_gmm_label_array' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION gmm_label(double precision[], integer, text, text, bigint, integer, integer) IS
'Gaussian mixture: the most probable component, 0 to k - 1, the lowest number of equals, of each row of the window partition by an array of features, of one length in all rows. covariance: full (one for each component), tied (one for all), diag (no correlations) or spherical (one variance for each component). scale: none, zscore, minmax, robust or log; with full and tied it matters to the starts alone, but for log. seed: of the random starts. n_init: their number, 0 means 20. max_iter: bound on the iterations of a start; where components overlap much, EM may take hundreds, and a NOTICE says when it was stopped. Maximum likelihood by EM, until the gain to come is estimated below 1e-7 nats a row, so the same rows get the same labels in whatever order they are stored. No covariance is less than a millionth of each feature''s variance, which a NOTICE says where it is reached: with constant columns, columns that follow from others, or rows that are equal. O(rows * k * features^2) an iteration. Above segment.max_memory it is refused (SQLSTATE 54000). Dempster, Laird, Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x; Biernacki, Celeux, Govaert 2003, doi:10.1016/S0167-9473(02)00163-9; Ingrassia, Rocci 2007, doi:10.1016/j.csda.2006.10.011.';
