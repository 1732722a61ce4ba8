# Weighted and stratified log-rank tests (survival::survdiff) and Gray's tests (cmprsk::cuminc).
# Rscript run.R in this folder reads ../survival/data.csv and rewrites values.json.
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})
all <- read.csv("../survival/data.csv")
one <- function(d) {
  d$any <- as.integer(d$event > 0); d$year <- ceiling(d$time); d$third <- d$id %% 3
  d$hospital <- d$id %% 4; d$half <- ifelse(d$third == 0 & d$event == 1, 0, d$event)
  rank <- function(f, ...) { s <- survdiff(f, d, ...); list(statistic = s$chisq,
    observed = c(rowSums(as.matrix(s$obs))), expected = c(rowSums(as.matrix(s$exp)))) }
  gray <- function(...) { t <- cuminc(...)$Tests; list(statistic = unname(t[, "stat"]), df = unname(t[, "df"])) }
  list(
    plain = rank(Surv(year, any) ~ third), peto = rank(Surv(year, any) ~ third, rho = 1),
    late = rank(Surv(time, any) ~ third, rho = -0.5),
    strata = rank(Surv(year, any) ~ third + strata(hospital)),
    strata_peto = rank(Surv(year, any) ~ third + strata(hospital), rho = 1),
    gray = gray(d$time, d$event, d$third), gray_strata = gray(d$time, d$event, d$third, strata = d$hospital),
    gray_tied_strata = gray(d$year, d$event, d$third, strata = d$hospital),
    gray_empty = gray(d$time, d$half, d$third))
}
write_json(list(R = R.version.string, survival = as.character(packageVersion("survival")),
  cmprsk = as.character(packageVersion("cmprsk")),
  mgus2 = one(all[all$study == "mgus2", ]), pbc = one(all[all$study == "pbc", ])),
  "values.json", digits = I(17), auto_unbox = TRUE, pretty = FALSE, na = "null")
