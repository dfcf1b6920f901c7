# Makes data/distributions.csv, tails of distributions for tests/unit/test_distributions.c; in the root of the checkout:
#   Rscript tests/reference/distributions.R >data/distributions.csv
# R 4.2.2. A line has the distribution, the statistic, its degrees of freedom, and the natural logarithm of the tail.
# The statistics are quantiles, rounded to six digits, of probabilities that are moderate, tiny, and below what a double holds.
log_p <- c(log(c(0.999, 0.9, 0.5, 0.3173, 0.05, 1e-3, 1e-10, 1e-30, 1e-100, 1e-300)), -1e3, -1e4)
degrees <- c(1, 2, 3.5, 7, 10, 29.3, 100, 1e3, 12345.6, 1e5, 1e6, 1e7)
line <- function(name, x, df1, df2, log_p)
  if (is.finite(x) && x > 0 && is.finite(log_p)) cat(sprintf("%s,%.17g,%.17g,%.17g,%.17g\n", name, x, df1, df2, log_p))

cat("distribution,x,df1,df2,log_p\n")
for (l in log_p) {
  z <- signif(qnorm(l - log(2), lower.tail = FALSE, log.p = TRUE), 6)
  line("normal", z, 0, 0, log(2) + pnorm(z, lower.tail = FALSE, log.p = TRUE))
  for (df in degrees) {
    x <- signif(qchisq(l, df, lower.tail = FALSE, log.p = TRUE), 6)
    line("chi_square", x, df, 0, pchisq(x, df, lower.tail = FALSE, log.p = TRUE))
    t <- signif(suppressWarnings(qt(l - log(2), df, lower.tail = FALSE, log.p = TRUE)), 6)
    line("student", t, df, 0, log(2) + pt(t, df, lower.tail = FALSE, log.p = TRUE))
    for (df1 in c(1, 2, 4, 9, 99, 1e4)) {
      # Here R itself is off, by 0.2 % of p and more: pf(158.069, 9, 1e6, log.p = TRUE) is -690.27390586 by the series in 40 digits.
      if (df1 == 9 && df >= 1e5 && l < -600) next
      f <- signif(suppressWarnings(qf(l, df1, df, lower.tail = FALSE, log.p = TRUE)), 6)
      line("f", f, df1, df, pf(f, df1, df, lower.tail = FALSE, log.p = TRUE))
    }
  }
}
# Mann and Whitney: u, and the sizes; Smirnov without ties: d, as a multiple of 1 / (m n), and the sizes
for (sizes in list(c(1, 1), c(1, 49), c(3, 4), c(5, 5), c(10, 7), c(49, 49), c(20, 40))) {
  m <- sizes[1]; n <- sizes[2]
  for (u in unique(round(m * n * c(0, 0.01, 0.1, 0.3, 0.45, 0.5, 0.7, 1)))) {
    p <- min(1, 2 * if (u > m * n / 2) pwilcox(u - 1, m, n, lower.tail = FALSE) else pwilcox(u, m, n))
    line("mann_whitney", u + 1, m, n, log(p)) # u + 1, as 0 would be left out
  }
}
