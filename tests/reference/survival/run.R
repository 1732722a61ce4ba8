# Non-parametric survival and competing risks by survival, cmprsk and etm.
# Rscript run.R in this folder rewrites data.csv and values.json.
suppressMessages({library(survival); library(cmprsk); library(etm); library(jsonlite)})
m <- mgus2[!is.na(mgus2$hgb), ]
end <- ifelse(m$pstat == 1, m$ptime, m$futime)
mgus <- data.frame(study = "mgus2", id = m$id, age = m$age, time = end / 12,
  event = ifelse(m$pstat == 1, 1, 2 * m$death), sex = as.character(m$sex), x = m$hgb - 13)
mgus <- mgus[mgus$time > 0, ]
p <- pbc
liver <- data.frame(study = "pbc", id = p$id, age = round(p$age, 3), time = p$time / 365.25,
  event = c(0, 2, 1)[p$status + 1], sex = as.character(p$sex), x = round(log(p$bili), 6))
exact <- function(d) { for (k in c("time", "x")) d[[k]] <- sprintf("%.17g", d[[k]]); d }
write.csv(exact(rbind(mgus, liver)), "data.csv", row.names = FALSE, quote = FALSE)
all <- read.csv("data.csv")

at <- function(f, t) { s <- summary(f, times = t, extend = TRUE)
  data.frame(time = s$time, n_risk = s$n.risk, surv = s$surv, se = s$std.err, lower = s$lower,
    upper = s$upper, cumhaz = s$cumhaz, se_cumhaz = s$std.chaz) }
states <- function(f, t) { s <- summary(f, times = t, extend = TRUE)
  list(pstate = s$pstate, se = s$std.err, lower = s$lower, upper = s$upper, n_risk = s$n.risk[, 1]) }
curves <- function(d, t) { tp <- timepoints(cuminc(d$time, d$event), t); list(est = unname(tp$est), var = unname(tp$var)) }

one <- function(d, times, ages, tau) {
  d$any <- as.integer(d$event > 0); d$state <- factor(d$event); d$out <- round(d$age + d$time, 6)
  km <- survfit(Surv(time, any) ~ 1, d)
  aj <- survfit(Surv(time, state) ~ 1, d, id = id)
  q <- quantile(km, c(.1, .25, .5))$quantile
  rank <- survdiff(Surv(time, any) ~ sex, d)
  gray <- cuminc(d$time, d$event, d$sex)
  by_sex <- timepoints(gray, times)
  four <- cuminc(d$time, d$event, d$id %% 4)$Tests
  # late entry, on the scale of age, from the first of the ages on
  late <- survfit(Surv(age, out, state) ~ 1, d, id = id, start.time = ages[1])
  e <- d[d$out > ages[1], ]; step <- matrix(FALSE, 3, 3); step[1, 2:3] <- TRUE
  em <- etm(data.frame(id = e$id, from = 0, to = ifelse(e$event == 0, "cens", e$event),
    entry = pmax(e$age, ages[1]), exit = e$out), c("0", "1", "2"), step, "cens", s = ages[1], covariance = TRUE)
  i <- findInterval(ages[-1], em$time)
  v <- function(k) sapply(i, function(j) em$cov[k, k, j])
  # three causes: the second cause parted by sex
  d3 <- d; d3$event[d3$event == 2 & d3$sex == "m" | d3$event == 2 & d3$sex == "M"] <- 3
  d3$state <- factor(d3$event)
  # a hundred people whose event came at once
  d0 <- d; d0$time[1:100] <- 0; d0$event[1:100] <- c(1, 2)
  cox <- function(...) { c <- coxph(..., control = coxph.control(eps = 1e-11, iter.max = 50))
    list(coef = unname(coef(c)), vcov = unname(vcov(c)), loglik = c$loglik[2]) }
  list(times = times, ages = ages, tau = tau,
    km = sapply(c("log-log", "log", "plain"), function(k)
      at(survfit(Surv(time, any) ~ 1, d, conf.type = k), times), simplify = FALSE),
    quantiles = unname(q),
    log_rank = list(chi2 = rank$chisq, p = rank$pvalue),
    rmst = unname(summary(km, rmean = tau)$table[c("rmean", "se(rmean)")]),
    conditional = sapply(c("1", "2"), function(s) states(
      survfit(Surv(time, state) ~ 1, d, id = id, start.time = as.numeric(s) + 1e-6), times[times > as.numeric(s)]), simplify = FALSE),
    aalen_johansen = sapply(c("log-log", "log", "plain"), function(k)
      states(survfit(Surv(time, state) ~ 1, d, id = id, conf.type = k), times), simplify = FALSE),
    mean_time = { s <- summary(aj, rmean = tau)$table; list(columns = colnames(s), table = unname(s)) },
    cuminc = curves(d, times), cuminc_three = curves(d3, times), cuminc_zero = curves(d0, times),
    three = states(survfit(Surv(time, state) ~ 1, d3, id = id), times),
    gray_four = list(chi2 = unname(four[, 1]), p = unname(four[, 2])),
    gray = list(chi2 = unname(gray$Tests[, 1]), p = unname(gray$Tests[, 2])),
    by_sex = list(curves = rownames(by_sex$est), est = unname(by_sex$est), var = unname(by_sex$var)),
    late_km = at(survfit(Surv(age, out, any) ~ 1, d, start.time = ages[1]), ages),
    late = states(late, ages),
    etm = list(cif1 = em$est["0", "1", i], cif2 = em$est["0", "2", i], surv = em$est["0", "0", i],
      var1 = v("0 1"), var2 = v("0 2"), var_surv = v("0 0")),
    cox_efron = cox(Surv(time, any) ~ x + (sex == "f" | sex == "M"), d),
    cox_cause = cox(Surv(time, event == 1) ~ x + (sex == "f" | sex == "M"), d),
    cox_late = cox(Surv(age, out, any) ~ x, d))
}
write_json(list(R = R.version.string, survival = as.character(packageVersion("survival")),
  cmprsk = as.character(packageVersion("cmprsk")), etm = as.character(packageVersion("etm")),
  mgus2 = one(all[all$study == "mgus2", ], c(1, 2, 5, 10, 20), c(60.01, 70, 75, 80, 90), 15),
  pbc = one(all[all$study == "pbc", ], c(1, 2, 3, 5, 10), c(40.0001, 50, 55, 60, 70), 10)),
  "values.json", digits = I(17), auto_unbox = TRUE, pretty = FALSE, na = "null")
