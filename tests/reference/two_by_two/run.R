# Two-by-two tables: proportions by seven intervals, likelihood ratios, odds ratios, Youden's index and
# predictive values at a given prevalence, by base R.
# Rscript run.R in this folder rewrites values.json.
# Counts: liver scans (Altman DG, Bland JM. BMJ 1994;308:1552), the rest hypothetical.
library(jsonlite)
tables <- list(c(231, 32, 27, 54), c(31, 12, 9, 148), c(10, 5, 4, 46), c(8, 11, 7, 253), c(3, 1, 2, 5))
proportion <- function(x, n, level) {
  a <- 1 - level; z <- qnorm(1 - a / 2); p <- x / n
  se <- sqrt(p * (1 - p) / n); nt <- n + z^2; pt <- (x + z^2 / 2) / nt; st <- sqrt(pt * (1 - pt) / nt)
  midp <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15)$root
  list(estimate = p,
    exact = as.numeric(binom.test(x, n, conf.level = level)$conf.int),
    wilson = as.numeric(suppressWarnings(prop.test(x, n, conf.level = level, correct = FALSE))$conf.int),
    `wilson-cc` = as.numeric(suppressWarnings(prop.test(x, n, conf.level = level, correct = TRUE))$conf.int),
    jeffreys = qbeta(c(a / 2, 1 - a / 2), x + .5, n - x + .5),
    `agresti-coull` = pt + c(-1, 1) * z * st,
    wald = p + c(-1, 1) * z * se,
    logit = plogis(qlogis(p) + c(-1, 1) * z / sqrt(n * p * (1 - p))),
    `mid-p` = c(
      midp(function(q) pbinom(x, n, q, lower.tail = FALSE) + dbinom(x, n, q) / 2 - a / 2, 1e-9, p),
      midp(function(q) pbinom(x, n, q) - dbinom(x, n, q) / 2 - a / 2, p, 1 - 1e-9)))
}
predictive <- function(t, prevalence, level) {
  z <- qnorm(1 - (1 - level) / 2); se <- t[1] / (t[1] + t[3]); sp <- t[4] / (t[2] + t[4])
  odds <- qlogis(prevalence)
  ppv <- odds + log(se / (1 - sp)); npv <- -odds + log(sp / (1 - se))
  vp <- (1 - se) / (t[1] + t[3]) / se + sp / (t[2] + t[4]) / (1 - sp)
  vn <- se / (t[1] + t[3]) / (1 - se) + (1 - sp) / (t[2] + t[4]) / sp
  list(prevalence = prevalence, ppv = plogis(ppv + c(0, -1, 1) * z * sqrt(vp)),
    npv = plogis(npv + c(0, -1, 1) * z * sqrt(vn)))
}
one <- function(t, level) {
  z <- qnorm(1 - (1 - level) / 2); ill <- t[1] + t[3]; well <- t[2] + t[4]
  ratio <- function(x, n, y, m) (x / n) / (y / m) * exp(c(0, -1, 1) * z * sqrt(1 / x - 1 / n + 1 / y - 1 / m))
  list(tp = t[1], fp = t[2], fn = t[3], tn = t[4], level = level,
    sensitivity = proportion(t[1], t[1] + t[3], level), specificity = proportion(t[4], t[2] + t[4], level),
    positive_likelihood_ratio = ratio(t[1], ill, t[2], well), negative_likelihood_ratio = ratio(t[3], ill, t[4], well),
    diagnostic_odds_ratio = t[1] * t[4] / t[2] / t[3] * exp(c(0, -1, 1) * z * sqrt(sum(1 / t))),
    predictive = lapply(c(.02, .17, .5), function(p) predictive(t, p, level)))
}
cases <- list()
for (level in c(.9, .95)) for (t in tables) cases[[length(cases) + 1]] <- one(t, level)
write_json(list(R = R.version.string, cases = cases),
  "values.json", digits = I(17), auto_unbox = TRUE, pretty = TRUE)
