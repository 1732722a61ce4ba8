# metafor on eight invented studies with two of their cohorts in several rows.
# Rscript run.R prints the numbers of values.json with 15 digits.
suppressMessages(library(metafor))
d <- data.frame(
  study = LETTERS[1:8], cohort = c("u", "u", "v", "w", "w", "x", "y", "z"),
  observed = c(12, 20, 7, 33, 5, 15, 41, 9), expected = c(6.7, 18.3, 2.1, 20.5, 1.1, 10.2, 22.9, 9.4)
)
d$yi <- log(d$observed / d$expected); d$vi <- 1 / d$observed
fit <- rma(yi, vi, data = d, method = "REML", control = list(threshold = 1e-12, maxiter = 1000))
show <- function(name, x) cat(sprintf('  "%s": [%s],\n', name, paste(sprintf("%.15g", as.numeric(x)), collapse = ", ")))
l <- leave1out(fit)
show("loo_estimate", l$estimate); show("loo_se", l$se); show("loo_tau2", l$tau2); show("loo_i2", l$I2); show("loo_q", l$Q)
cu <- cumul(fit)
show("cumul_estimate", cu$estimate); show("cumul_se", cu$se); show("cumul_tau2", cu$tau2)
inf <- influence(fit)$inf
for (name in c("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat", "weight")) show(name, inf[[name]])
e <- regtest(fit, model = "lm"); show("egger", c(e$zval, e$dfs, e$pval))
e2 <- regtest(fit); show("egger_rma", c(e2$zval, e2$pval))
b <- ranktest(fit); show("begg", c(b$tau, b$pval))
for (side in c("left", "right")) { t <- trimfill(fit, side = side); show(paste0("trimfill_", side), c(t$k0, t$beta, t$se, t$tau2)) }
pdf(NULL); bj <- baujat(fit); show("baujat_x", bj$x); show("baujat_y", bj$y)
ee <- rma(yi, vi, data = d, method = "EE"); show("common", c(ee$beta, ee$se, ee$QE))
r <- robust(fit, cluster = d$cohort); show("robust", c(r$beta, r$se, r$dfs, r$ci.lb, r$ci.ub))
d$row <- seq_len(nrow(d))
m <- rma.mv(yi, vi, random = ~ 1 | cohort/row, data = d, control = list(optimizer = "optim", optmethod = "Nelder-Mead", reltol = 1e-14)); show("multilevel", c(m$beta, m$se, m$sigma2, logLik(m)))
m2 <- rma.mv(yi, vi, random = ~ 1 | cohort/row, data = d, method = "ML", control = list(optimizer = "optim", optmethod = "Nelder-Mead", reltol = 1e-14)); show("multilevel_ml", c(m2$beta, m2$se, m2$sigma2, logLik(m2)))
g <- gosh(rma(yi, vi, data = d, method = "DL"), progbar = FALSE)$res
show("gosh_means", colMeans(g[g$k > 1, c("k", "QE", "I2", "estimate")])); cat(nrow(g[g$k > 1, ]), "\n")
show("i2_h2_q", c(fit$I2, fit$H2, fit$QE, fit$tau2))
# a second set, in which cohorts differ
d <- data.frame(
  cohort = c("u", "u", "u", "v", "v", "w", "w", "x", "x"), row = 1:9,
  observed = c(42, 30, 61, 17, 25, 33, 28, 15, 22), expected = c(11.7, 10.3, 17.1, 14.5, 18.1, 15.2, 19.9, 14.4, 13.8)
)
d$yi <- log(d$observed / d$expected); d$vi <- 1 / d$observed
for (method in c("REML", "ML")) {
  m <- rma.mv(yi, vi, random = ~ 1 | cohort/row, data = d, method = method, control = list(optimizer = "optim", optmethod = "Nelder-Mead", reltol = 1e-15))
  show(paste0("nested_", method), c(m$beta, m$se, m$sigma2, logLik(m)))
}
r <- robust(rma(yi, vi, data = d, method = "REML", control = list(threshold = 1e-12)), cluster = d$cohort); show("nested_robust", c(r$beta, r$se, r$dfs))
