# Rubin's rules with Barnard and Rubin's degrees of freedom, as mice::pool.scalar has them.
q <- c(0.9, 1.0, 1.1, 1.35, 0.8); u <- c(0.2, 0.21, 0.19, 0.25, 0.2)^2; m <- length(q)
for (dfcom in c(47, Inf)) {
  qbar <- mean(q); ubar <- mean(u); b <- var(q); t <- ubar + (1 + 1 / m) * b
  lambda <- (1 + 1 / m) * b / t; dfold <- (m - 1) / lambda^2
  df <- if (is.infinite(dfcom)) dfold else { o <- (dfcom + 1) / (dfcom + 3) * dfcom * (1 - lambda); dfold * o / (dfold + o) }
  r <- (1 + 1 / m) * b / ubar
  cat(sprintf("%.15g", c(qbar, sqrt(t), df, qbar + c(-1, 1) * qt(0.975, df) * sqrt(t), (r + 2 / (df + 3)) / (r + 1), 2 * pt(-abs(qbar / sqrt(t)), df))), "\n")
}
