# Cox models by survival::coxph: exact ties, covariates that change over time, fractional weights;
# tests of proportional hazards (cox.zph), predicted curves (survfit) and residuals.
# Rscript run.R in this folder reads ../survival/data.csv and rewrites values.json.
suppressMessages({library(survival); library(jsonlite)})
all <- read.csv("../survival/data.csv")
one <- function(d) {
  d$any <- as.integer(d$event > 0); d$out <- round(d$age + d$time, 6); d$year <- ceiling(d$time)
  d$w <- 1 + d$id %% 3; d$ip <- 1 / (0.2 + (d$id %% 5) / 8)
  k <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50)
  fit <- function(f) {
    list(coef = unname(coef(f)), vcov = unname(vcov(f)), loglik = f$loglik, score = f$score) }
  zph <- function(f) lapply(c(km = "km", rank = "rank", log = "log", identity = "identity"), function(t) {
    z <- cox.zph(f, transform = t)$table; list(chisq = unname(z[, 1]), df = unname(z[, 2])) })
  curve <- function(f, ...) { s <- survfit(f, conf.type = "log-log", ...); s <- summary(s, times = c(3, 6, 10), extend = TRUE)
    list(surv = c(s$surv), cumhaz = c(s$cumhaz), se = c(s$std.err), lower = c(s$lower), upper = c(s$upper)) }
  small <- d[seq_len(150), ]
  halves <- rbind(transform(d, start = 0, stop = time / 2, hit = 0, z = id %% 2),
    transform(d, start = time / 2, stop = time, hit = any, z = as.integer(id %% 3 == 0)))
  e <- coxph(Surv(year, any) ~ x + age, d, control = k)
  b <- coxph(Surv(year, any) ~ x + age, d, ties = "breslow", control = k)
  s <- coxph(Surv(year, any) ~ x + age + strata(sex), d, control = k)
  w <- coxph(Surv(year, any) ~ x + age, d, weights = w, robust = FALSE, control = k)
  l <- coxph(Surv(age, out, any) ~ x + strata(sex), d, control = k)
  at <- data.frame(x = c(1, 0.5), age = c(60, 75))
  list(
    exact = fit(coxph(Surv(year, any) ~ x + age, small, ties = "exact", control = k)),
    exact_strata = fit(coxph(Surv(year, any) ~ x + age + strata(sex), small, ties = "exact", control = k)),
    changing = fit(coxph(Surv(start, stop, hit) ~ z + age, halves, control = k)),
    changing_cluster = fit(coxph(Surv(start, stop, hit) ~ z + age, halves, cluster = id, control = k)),
    inverse = fit(coxph(Surv(year, any) ~ x + age, d, weights = ip, control = k)),
    zph = list(efron = zph(e), breslow = zph(b), strata = zph(s), weights = zph(w), late = zph(l)),
    curve = list(efron = curve(e, newdata = at), breslow = curve(b, newdata = at), weights = curve(w, newdata = at),
      strata = curve(s, newdata = data.frame(x = 1, age = 60))),
    martingale = unname(residuals(e, "martingale"))[1:40], score = unname(residuals(e, "score"))[1:40, ],
    schoenfeld = unname(as.matrix(residuals(e, "schoenfeld")))[1:40, ])
}
write_json(list(R = R.version.string, survival = as.character(packageVersion("survival")),
  mgus2 = one(all[all$study == "mgus2", ]), pbc = one(all[all$study == "pbc", ])),
  "values.json", digits = I(17), auto_unbox = TRUE, pretty = FALSE, na = "null")
