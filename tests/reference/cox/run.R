# Cox models by survival::coxph: ties, strata, delayed entry, weights and clusters.
# Rscript run.R in this folder reads ../survival/data.csv and rewrites values.json.
suppressMessages({library(survival); library(jsonlite)})
all <- read.csv("../survival/data.csv")
one <- function(d) {
  d$any <- as.integer(d$event > 0); d$out <- round(d$age + d$time, 6)
  d$year <- ceiling(d$time); d$w <- 1 + d$id %% 3; d$pair <- d$id %/% 2
  k <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50)
  fit <- function(f) {
    list(coef = unname(coef(f)), vcov = unname(vcov(f)), loglik = f$loglik, score = f$score) }
  list(
    breslow = fit(coxph(Surv(year, any) ~ x + age, d, ties = "breslow", control = k)),
    efron = fit(coxph(Surv(year, any) ~ x + age, d, control = k)),
    strata = fit(coxph(Surv(year, any) ~ x + age + strata(sex), d, control = k)),
    late_strata = fit(coxph(Surv(age, out, any) ~ x + strata(sex), d, control = k)),
    weights = fit(coxph(Surv(year, any) ~ x + age, d, weights = w, control = k)),
    cluster = fit(coxph(Surv(year, any) ~ x + age, d, cluster = pair, control = k)),
    everything = fit(coxph(Surv(age, out, any) ~ x + strata(sex), d, weights = w, cluster = pair, control = k)),
    breslow_cluster = fit(coxph(Surv(year, any) ~ x + age + strata(sex), d, ties = "breslow", weights = w, cluster = pair, control = k)))
}
write_json(list(R = R.version.string, survival = as.character(packageVersion("survival")),
  mgus2 = one(all[all$study == "mgus2", ]), pbc = one(all[all$study == "pbc", ])),
  "values.json", digits = I(17), auto_unbox = TRUE, pretty = FALSE, na = "null")
