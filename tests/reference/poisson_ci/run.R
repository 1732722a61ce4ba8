# Limits of Poisson counts, their p-values, and tests over strata, by base R.
# Rscript run.R in this folder rewrites values.json.
library(jsonlite)
root <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15 * max(1, high))$root
one <- function(o, level) {
  a <- 1 - level; z <- qnorm(1 - a / 2); u <- o + 1
  exact <- c(if (o == 0) 0 else qgamma(a / 2, o), qgamma(a / 2, o + 1, lower.tail = FALSE))
  below <- function(m) ppois(o, m) - dpois(o, m) / 2 - a / 2
  above <- function(m) ppois(o, m, lower.tail = FALSE) + dpois(o, m) / 2 - a / 2
  drop <- function(m) 2 * ((if (o == 0) 0 else o * log(o / m)) - (o - m)) - qchisq(level, 1)
  byar <- function(n, z) if (n == 0) 0 else n * (1 - 1 / (9 * n) + z / (3 * sqrt(n)))^3
  list(
    exact = exact,
    `mid-p` = c(if (o == 0) 0 else root(above, exact[1], o), root(below, max(o, 1e-9), exact[2])),
    byar = c(byar(o, -z), byar(u, z)),
    vandenbroucke = c(max(sqrt(o) - z / 2, 0)^2, (sqrt(o) + z / 2)^2),
    score = o + z^2 / 2 + c(-1, 1) * z * sqrt(o + z^2 / 4),
    `log-wald` = if (o == 0) NULL else o * exp(c(-1, 1) * z / sqrt(o)),
    profile = c(if (o == 0) 0 else root(drop, o / 1e4, o), root(drop, max(o, 1e-9), exact[2] + 9))
  )
}
counts <- c(0, 1, 2, 3, 5, 7, 12, 20, 50, 95, 147, 1000, 1e5)
limits <- list()
for (level in c(.9, .95, .99)) for (o in counts)
  limits[[length(limits) + 1]] <- list(count = o, level = level, limits = one(o, level))
p <- list()
for (e in c(.1, 6.7, 110.18)) for (o in counts[1:11]) {
  low <- ppois(o, e); high <- ppois(o - 1, e, lower.tail = FALSE); half <- dpois(o, e) / 2
  p[[length(p) + 1]] <- list(observed = o, expected = e, exact = min(1, 2 * min(low, high)),
    `mid-p` = min(1, 2 * min(low - half, high - half)))
}
O <- c(3, 8, 12, 20, 31); E <- c(5, 6.6, 9.6, 13, 16.8); x <- 0:4
null <- glm(O ~ offset(log(E)), family = poisson, epsilon = 1e-14)
fit <- glm(O ~ x + offset(log(E)), family = poisson, epsilon = 1e-14)
fallen <- function(b) {
  s <- E * exp(b * x)
  -2 * sum(O * log(s / sum(s))) - qchisq(.95, 1) -
    min(-2 * sum(O * log(fitted(fit) / sum(fitted(fit)))))
}
b <- coef(fit)[["x"]]; f <- fitted(null)
strata <- list(observed = O, expected = E,
  homogeneity = c(null$deviance, sum((O - f)^2 / f)),
  homogeneity_p = pchisq(c(null$deviance, sum((O - f)^2 / f)), 4, lower.tail = FALSE),
  slope = b, std_error = sqrt(vcov(fit)["x", "x"]),
  profile = exp(c(root(fallen, -1, b), root(fallen, b, 2))),
  confint = unname(suppressMessages(exp(confint(fit)))["x", ]),
  lr = null$deviance - fit$deviance,
  lr_p = pchisq(null$deviance - fit$deviance, 1, lower.tail = FALSE),
  score = sum(x * (O - f))^2 / (sum(x^2 * f) - sum(x * f)^2 / sum(f)))
test <- binom.test(c(12, 20), p = 6.7 / 25)
odds <- test$conf.int / (1 - test$conf.int)
tails <- c(pbinom(12, 32, 6.7 / 25), pbinom(11, 32, 6.7 / 25, lower.tail = FALSE))
half <- dbinom(12, 32, 6.7 / 25) / 2
compare <- list(estimate = (12 / 6.7) / (20 / 18.3), limits = as.numeric(odds) * 18.3 / 6.7,
  central = 2 * min(tails), central_mid = 2 * min(tails - half), minlike = test$p.value)
write_json(list(R = R.version.string, limits = limits, p_values = p, strata = strata,
  compare = compare), "values.json", digits = I(17), auto_unbox = TRUE, pretty = TRUE)
