# Ultrasonography for deep venous thrombosis: bivariate meta-analysis by metafor and lme4.
# Rscript run.R in this folder rewrites data.csv and values.json.
suppressMessages({library(metafor); library(lme4); library(jsonlite)})
all <- metadat::dat.kearon1998
d <- all[all$patients == "symptomatic" & !is.na(all$tp), ]
d <- data.frame(study = make.unique(paste(d$study, d$year)), tp = d$tp, fp = d$nn - d$tn,
  fn = d$np - d$tp, tn = d$tn)
write.csv(d, "data.csv", row.names = FALSE, quote = TRUE)
cells <- d[, c("tp", "fp", "fn", "tn")] + 0.5
k <- nrow(d)
long <- with(cells, data.frame(study = rep(d$study, 2),
  outcome = factor(rep(c("sensitivity", "specificity"), each = k)),
  y = c(log(tp / fn), log(tn / fp)), v = c(1 / tp + 1 / fn, 1 / tn + 1 / fp)))
normal <- function(method) {
  m <- rma.mv(y, v, mods = ~ 0 + outcome, random = ~ outcome | study, struct = "UN", data = long,
    method = method, control = list(optimizer = "optim", optmethod = "Nelder-Mead", reltol = 1e-16,
      maxit = 100000))
  between <- diag(sqrt(m$tau2)) %*% matrix(c(1, m$rho, m$rho, 1), 2) %*% diag(sqrt(m$tau2))
  list(mean = as.numeric(coef(m)), covariance = unname(vcov(m)), between_study = between,
    log_likelihood = as.numeric(logLik(m)))
}
# I2 of Zhou and Dendukuri 2014: variance within studies by numerical integration over the true
# proportions, and the joint one from the eigenvalues of between over within.
inconsistency <- function(fit) {
  within <- sapply(1:2, function(j) {
    size <- (if (j == 1) d$tp + d$fn else d$tn + d$fp)
    about <- integrate(function(z) {
      p <- plogis(fit$mean[j] + sqrt(fit$between_study[j, j]) * z)
      dnorm(z) / (p * (1 - p)) }, -12, 12, rel.tol = 1e-12)$value
    mean(about / size) })
  ratio <- eigen(solve(diag(within), fit$between_study))$values
  c(1 / (1 + within / diag(fit$between_study)), 1 / (1 + 1 / sqrt(prod(ratio))))
}
people <- data.frame(study = rep(d$study, 2), se = rep(1:0, each = k), sp = rep(0:1, each = k),
  right = c(d$tp, d$tn), wrong = c(d$fn, d$fp))
g <- glmer(cbind(right, wrong) ~ 0 + se + sp + (0 + se + sp | study), people, binomial,
  control = glmerControl(optimizer = "bobyqa", tolPwrss = 1e-11,
    optCtrl = list(rhobeg = 0.1, rhoend = 1e-10, maxfun = 2e5)))
odds <- with(d, { z <- (tp * tn * fp * fn == 0) / 2
  log((tp + z) * (tn + z) / ((fp + z) * (fn + z))) })
size <- with(d, 4 * (tp + fn) * (tn + fp) / (tp + fn + tn + fp))
deeks <- summary(lm(odds ~ I(1 / sqrt(size)), weights = size))$coefficients
write_json(list(R = R.version.string, metafor = as.character(packageVersion("metafor")),
  lme4 = as.character(packageVersion("lme4")), reml = normal("REML"), ml = normal("ML"), inconsistency = inconsistency(normal("REML")),
  laplace = list(mean = as.numeric(fixef(g)), between_study = matrix(VarCorr(g)$study, 2),
    covariance = unname(as.matrix(vcov(g))), log_likelihood = as.numeric(logLik(g))),
  asymmetry = as.numeric(deeks[2, ])),
  "values.json", digits = I(17), auto_unbox = TRUE, pretty = TRUE)
