# Two tests on the same people, four small worlds: the coronary artery study of Weiner et al.
# (N Engl J Med 1979;301:230), exercise test and chest-pain history in 1465 men, as printed in
# Pepe's book of 2003; an invented small study; one with no disagreement among the well; one
# with few people. Rscript run.R rewrites values.json beside it.
suppressMessages({library(geepack); library(jsonlite)})
worlds <- list(
  coronary = list(ill = c(786, 29, 183, 25), well = c(69, 46, 176, 151)),
  small = list(ill = c(12, 5, 2, 4), well = c(3, 6, 1, 30)),
  agreeing_well = list(ill = c(20, 7, 1, 2), well = c(4, 0, 0, 40)),
  tiny = list(ill = c(1, 1, 7, 12), well = c(2, 3, 2, 14)))
people <- function(w) {
  k <- rep(1:4, 2); n <- c(w$ill, w$well)
  i <- rep(1:8, n)
  data.frame(d = as.numeric(i <= 4), y1 = as.numeric(k[i] %in% 1:2), y2 = as.numeric(k[i] %in% c(1, 3)))
}
# the logarithm of second over first: slope of a log-linear model with a robust variance
contrast <- function(id, test, right) {
  frame <- data.frame(id, test, right)[order(id, test), ]
  fit <- geeglm(right ~ test, family = poisson("log"), id = id, data = frame,
                corstr = "independence", control = geese.control(epsilon = 1e-14, maxit = 200))
  c(ratio = exp(coef(fit)[[2]]), std_error = sqrt(vcov(fit)[2, 2]))
}
stacked <- function(p) data.frame(id = rep(seq_len(nrow(p)), 2), d = rep(p$d, 2),
                                  test = rep(0:1, each = nrow(p)), y = c(p$y1, p$y2))
# restricted likelihood of the three cell probabilities, searched without any closed form
score_limits <- function(b, c, n, level = 0.95) {
  z <- qnorm(1 - (1 - level) / 2)
  statistic <- function(delta) {
    loglik <- function(q) { # q: first only; q + delta: second only
      term <- function(x, p) if (x == 0) 0 else x * log(p)
      term(b, q) + term(c, q + delta) + term(n - b - c, 1 - 2 * q - delta)
    }
    q <- optimize(loglik, c(max(0, -delta), (1 - delta) / 2), maximum = TRUE, tol = 1e-14)$maximum
    (c - b - n * delta) / sqrt(n * (2 * q + delta * (1 - delta)))
  }
  middle <- (c - b) / n
  c(uniroot(function(x) statistic(x) - z, c(-0.999, middle - 1e-6), tol = 1e-13)$root,
    uniroot(function(x) statistic(x) + z, c(middle + 1e-6, 0.999), tol = 1e-13)$root)
}
one <- function(w) {
  s <- stacked(people(w))
  matched <- function(x) {
    m <- matrix(x, 2, byrow = TRUE); n <- sum(x)
    list(mcnemar = unname(mcnemar.test(m, correct = FALSE)$statistic),
         exact_p = if (x[2] + x[3] > 0) binom.test(x[2], x[2] + x[3])$p.value else 1,
         score = if (x[2] + x[3] > 0) score_limits(x[2], x[3], n) else c(NA, NA))
  }
  part <- function(keep, right) contrast(s$id[keep], s$test[keep], as.numeric(right[keep]))
  list(ill = w$ill, well = w$well, sensitivity = matched(w$ill),
       specificity = matched(rev(w$well)),
       sensitivity_ratio = part(s$d == 1, s$y == 1), specificity_ratio = part(s$d == 0, s$y == 0),
       ppv_ratio = part(s$y == 1, s$d == 1), npv_ratio = part(s$y == 0, s$d == 0))
}
writeLines(toJSON(list(source = list(r = as.character(getRversion()), geepack = as.character(packageVersion("geepack"))),
                       worlds = lapply(worlds, function(w) lapply(one(w), as.list))),
                  digits = NA, auto_unbox = TRUE, na = "null", pretty = TRUE), "values.json")
