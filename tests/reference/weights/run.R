# Curves and tests of people with fractional weights: survfit with its infinitesimal jackknife, and
# the robust score test of coxph, which without ties is the weighted log-rank test.
# Rscript run.R in this folder reads ../survival/data.csv and rewrites values.json.
suppressMessages({library(survival); library(jsonlite)})
all <- read.csv("../survival/data.csv")
one <- function(d) {
  d$any <- as.integer(d$event > 0); d$ip <- 1 / (0.2 + (d$id %% 5) / 8); d$loose <- d$time + d$id * 1e-6
  d$start <- ifelse(d$id %% 2 == 0, 0, d$time * ((d$id %% 7) / 10)); d$what <- factor(d$event); d$third <- d$id %% 3
  at <- c(1, 3, 6, 10)
  km <- function(f) { s <- summary(survfit(f, d, weights = ip, id = id, robust = TRUE, conf.type = "log-log"), times = at, extend = TRUE)
    list(surv = s$surv, se = s$std.err, lower = s$lower, upper = s$upper, at_risk = s$n.risk) }
  na <- function(f) { s <- survfit(f, d, weights = ip, id = id, robust = TRUE); i <- findInterval(at, s$time)
    list(cumhaz = s$cumhaz[i], se = s$std.chaz[i]) }
  cif <- function(f) { s <- summary(survfit(f, d, weights = ip, id = id), times = at, extend = TRUE)
    list(pstate = s$pstate[, 2:3], se = s$std.err[, 2:3]) }
  rank <- coxph(Surv(loose, any) ~ factor(third), d, weights = ip, robust = TRUE, init = c(0, 0), control = coxph.control(iter.max = 0))
  list(km = km(Surv(time, any) ~ 1), km_late = km(Surv(start, time, any) ~ 1), na = na(Surv(time, any) ~ 1),
    cif = cif(Surv(time, what) ~ 1), cif_late = cif(Surv(start, time, what) ~ 1), rank = unname(rank$rscore))
}
write_json(list(R = R.version.string, survival = as.character(packageVersion("survival")),
  mgus2 = one(all[all$study == "mgus2", ]), pbc = one(all[all$study == "pbc", ])),
  "values.json", digits = I(17), auto_unbox = TRUE, pretty = FALSE, na = "null")
