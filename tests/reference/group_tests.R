# Makes data/group_tests.csv, what R finds in 20 random data sets, for tests/sql/tests.sql; in the root of the checkout:
#   Rscript tests/reference/group_tests.R >data/group_tests.csv
# R 4.2.2. The data sets go to data/group_values.csv: set, grp, value. Sizes are unequal, most sets have ties, some heavy tails.
# The second group is compared with the first, hence x = second, y = first.
set.seed(20240607)
options(warn = -1)
values <- file("data/group_values.csv", "w")
cat("set,grp,value\n", file = values)
line <- function(set, test, statistic, df, df2, p) cat(sprintf("%d,%s,%.17g,%s,%s,%.17g\n", set, test, statistic,
  if (is.na(df)) "" else sprintf("%.17g", df), if (is.na(df2)) "" else sprintf("%.17g", df2), p))

cat("set,test,statistic,df,df2,p\n")
for (set in 1:20) {
  k <- if (set <= 12) 2 else set - 10 # groups
  sizes <- if (set %in% c(1, 2)) c(30, 49) else if (set %in% c(3, 4)) c(12, 7) else sample(5:160, k)
  draw <- switch(set %% 5 + 1,
    function(n, g) rnorm(n, g / 4, g),                      # normal, of unequal variance
    function(n, g) round(rnorm(n, 50 + 2 * g, 8)),          # integers, tied
    function(n, g) rt(n, 1.5) + g / 3,                      # heavy tails
    function(n, g) rpois(n, 2 + g / 2),                     # few values, many ties
    function(n, g) rlnorm(n, g / 5, 2))                     # skewed money
  x <- unlist(lapply(1:k, function(g) signif(draw(sizes[g], g), 6)))
  g <- rep(1:k, sizes)
  cat(sprintf("%d,%d,%.17g\n", set, g, x), sep = "", file = values)
  if (k == 2) {
    a <- x[g == 1]; b <- x[g == 2]
    r <- t.test(b, a); line(set, "welch_t", r$statistic, r$parameter, NA, r$p.value)
    r <- wilcox.test(b, a); line(set, "mann_whitney", r$statistic, NA, NA, r$p.value)
    r <- ks.test(b, a); line(set, if (r$exact) "ks_test" else "ks_test_limit", r$statistic, NA, NA, r$p.value)
  }
  r <- oneway.test(x ~ g); line(set, "anova", r$statistic, r$parameter[1], r$parameter[2], r$p.value)
  r <- oneway.test(x ~ g, var.equal = TRUE); line(set, "pooled", r$statistic, r$parameter[1], r$parameter[2], r$p.value)
  r <- kruskal.test(x, g); line(set, "kruskal_wallis", r$statistic, r$parameter, NA, r$p.value)
  r <- chisq.test(table(abs(round(x)) %% 4, g), correct = FALSE); line(set, "chi_square", r$statistic, r$parameter, NA, r$p.value)
}
close(values)
