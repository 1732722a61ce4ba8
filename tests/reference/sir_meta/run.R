# Random-effects meta-analysis of observed over expected counts, by metafor, lme4 and a
# likelihood integrated here. Rscript run.R in this folder rewrites values.json.
# Data: Epi::nickel with Epi::ewrates (GPL-2), metadat::dat.nielweise2008 (GPL >= 2), and
# two invented tables.
suppressMessages({library(Epi); library(metafor); library(numDeriv); library(jsonlite)})
data(nickel); data(ewrates)
tight <- list(threshold = 1e-13, maxiter = 10000, tol = 1e-13)

# Lung cancer deaths of nickel refiners by exposure and age at first exposure.
people <- Lexis(entry = list(age = agein, period = dob + agein), exit = list(age = ageout),
                entry.status = 0, exit.status = as.integer(icd %in% c(162, 163)), id = id,
                data = nickel)
cells <- splitLexis(people, breaks = seq(0, 100, 5), time.scale = "age")
cells <- splitLexis(cells, breaks = seq(1931, 1986, 5), time.scale = "period")
age <- pmin(timeBand(cells, "age", "left"), 80)
period <- pmin(timeBand(cells, "period", "left"), 1976)
rate <- ewrates$lung[match(paste(age, period), paste(ewrates$age, ewrates$year))] / 1e6
refiners <- aggregate(cbind(observed = cells$lex.Xst, expected = rate * cells$lex.dur), FUN = sum,
  by = list(exposure = cut(cells$exposure, c(-1, 0, 4, 8, Inf), labels = FALSE),
            first = cut(cells$age1st, c(0, 20, 25, 30, 35, Inf), labels = FALSE, right = FALSE)))
refiners <- refiners[refiners$expected > 0.2, ]
catheters <- with(dat.nielweise2008, data.frame(observed = x2i, expected = t2i))
four <- data.frame(observed = c(12, 20, 7, 33), expected = c(6.7, 18.3, 2.1, 20.5))
zeros <- data.frame(observed = c(0, 3, 0, 7, 12, 1), expected = c(.4, 1.1, 1.9, 1.4, 9.5, 2.2),
                    half = c(0, 0, 0, 1, 1, 1))

normal <- function(y, v, method, test, x = NULL) {
  control <- if (method %in% c("DL", "HE")) list() else tight
  fit <- if (is.null(x)) rma(y, v, method = method, test = test, control = control) else
    rma(y, v, mods = x, method = method, test = test, control = control)
  p <- if (is.null(x)) predict(fit) else list(pi.lb = NA, pi.ub = NA)
  list(mean = as.numeric(fit$beta), std_error = fit$se, lower = fit$ci.lb, upper = fit$ci.ub,
       tau2 = fit$tau2, i2 = fit$I2 / 100, h2 = fit$H2, q = fit$QE, q_p = fit$QEp,
       tested = c(fit$QM, fit$QMp), prediction = c(p$pi.lb, p$pi.ub),
       ml = as.numeric(logLik(fit, REML = FALSE)), reml = as.numeric(logLik(fit, REML = TRUE)))
}
exact <- function(o, e, x = matrix(1, length(o), 1), starts = c(-5, -1, 0.5)) {
  one <- function(o, eta, s) {
    h <- function(u) dpois(o, exp(eta + s * u), log = TRUE) + dnorm(u, log = TRUE)
    top <- optimize(h, c(-12, 12), maximum = TRUE, tol = 1e-10)
    area <- function(a, b) integrate(function(u) exp(h(u) - top$objective), a, b, rel.tol = 1e-11,
                                     subdivisions = 1000)$value
    m <- top$maximum
    log(area(m - 12, m - 1) + area(m - 1, m) + area(m, m + 1) + area(m + 1, m + 12)) + top$objective
  }
  p <- ncol(x)
  nll <- function(b) -sum(mapply(one, o, log(e) + as.numeric(x %*% b[1:p]), exp(b[p + 1])))
  first <- coef(glm(o ~ x - 1, offset = log(e), family = poisson))
  runs <- lapply(starts, function(s) optim(c(first, s), nll, control = list(reltol = 1e-15, maxit = 5000)))
  best <- runs[[which.min(sapply(runs, `[[`, "value"))]]$par
  for (i in 1:6) { g <- grad(nll, best); h <- hessian(nll, best)
    if (all(eigen(h)$values > 0)) best <- best - solve(h, g) }
  cov <- solve(hessian(nll, best))
  list(mean = unname(best[1:p]), std_error = sqrt(diag(cov))[1:p], tau2 = unname(exp(2 * best[p + 1])),
       log_likelihood = -nll(best))
}
glmm <- function(d) {
  g <- rma.glmm(measure = "IRLN", xi = d$observed, ti = d$expected)
  list(mean = as.numeric(g$beta), std_error = g$se, tau2 = g$tau2, q_lr = g$QE.LRT)
}
one <- function(d) {
  y <- log(d$observed / d$expected); v <- 1 / d$observed
  methods <- c("REML", "ML", "PM", "DL", "HE", "SJ", "EB")
  out <- list(observed = d$observed, expected = d$expected)
  for (m in methods) {
    out[[tolower(m)]] <- normal(y, v, m, "z")
    out[[paste0(tolower(m), "_hk")]] <- normal(y, v, m, "knha")
    out[[paste0(tolower(m), "_t")]] <- normal(y, v, m, "t")
  }
  limits <- confint(rma(y, v, method = "REML", control = tight), control = list(tol = 1e-13))$random
  out$q_profile <- as.numeric(limits[1, 2:3])
  out$poisson <- exact(d$observed, d$expected)
  out$glmm <- glmm(d)
  out
}
x <- refiners$exposure
trend <- list(exposure = x,
  reml = normal(log(refiners$observed / refiners$expected), 1 / refiners$observed, "REML", "z", cbind(exposure = x)),
  reml_hk = normal(log(refiners$observed / refiners$expected), 1 / refiners$observed, "REML", "knha", cbind(exposure = x)),
  pm = normal(log(refiners$observed / refiners$expected), 1 / refiners$observed, "PM", "z", cbind(exposure = x)),
  sj = normal(log(refiners$observed / refiners$expected), 1 / refiners$observed, "SJ", "z", cbind(exposure = x)),
  he = normal(log(refiners$observed / refiners$expected), 1 / refiners$observed, "HE", "z", cbind(exposure = x)),
  poisson = exact(refiners$observed, refiners$expected, cbind(1, x)))
with_zeros <- list(observed = zeros$observed, expected = zeros$expected, half = zeros$half,
  poisson = exact(zeros$observed, zeros$expected),
  poisson_by_half = exact(zeros$observed, zeros$expected, cbind(1, zeros$half)))
# Windows that are the bands themselves: a Poisson mixed model with a factor.
bands <- data.frame(study = rep(c("a", "b", "c", "d"), each = 3), band = rep(c(0, 1, 5), 4),
  observed = c(14, 12, 9, 25, 16, 21, 4, 3, 5, 51, 30, 24),
  expected = c(2.9, 5.1, 7.7, 3.8, 7.4, 11.9, .6, 1.9, 2.4, 4.4, 9.0, 10.8))
mixed <- lme4::glmer(observed ~ factor(band) - 1 + (1 | study), offset = log(expected), bands,
  poisson, nAGQ = 25)
curve <- c(as.list(bands), list(log_ratio = unname(lme4::fixef(mixed)), tau2 = lme4::VarCorr(mixed)$study[1]))
versions <- sapply(c("metafor", "lme4", "Epi", "metadat"), function(p) as.character(packageVersion(p)))
write_json(list(R = R.version.string, packages = as.list(versions), nickel = one(refiners),
  nielweise = one(catheters), four = one(four), nickel_trend = trend, zeros = with_zeros, curve = curve),
  "values.json", digits = I(17), auto_unbox = TRUE, pretty = TRUE, na = "null")
