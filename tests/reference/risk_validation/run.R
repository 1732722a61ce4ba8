# Weights that redistribute the censored to the right, and what follows from them, in mgus2:
# progression by ten years with death competing. Rscript run.R, in this folder.
library(survival)
library(jsonlite)

d <- read.csv("../survival/data.csv")
d <- d[d$study == "mgus2", ]
d$what <- d$event
d$risk <- plogis(-2.5 + 0.1 * d$x - 0.02 * (d$age - 70))
horizon <- 10

state <- factor(d$what, 0:2, c("censored", "progression", "death"))
w <- rttright(Surv(d$time, state) ~ 1, times = horizon)
case <- d$what == 1 & d$time <= horizon
dead <- d$what == 2 & d$time <= horizon
free <- d$time > horizon | (d$time == horizon & d$what == 0)
w <- as.numeric(w) / nrow(d)
auc <- function(control) {
  above <- outer(d$risk[case], d$risk[control], ">") + 0.5 * outer(d$risk[case], d$risk[control], "==")
  pairs <- outer(w[case], w[control])
  sum(above * pairs) / sum(pairs)
}
q <- c(0.05, 0.1, 0.2)
benefit <- sapply(q, function(t) sum(w * (d$risk >= t) * (case - (dead | free) * t / (1 - t))))
write(toJSON(list(
  rows = nrow(d), total = sum(w[case | dead | free]), observed = sum(w[case]),
  brier = sum(w[case | dead | free] * (case - d$risk)[case | dead | free]^2),
  auc = auc(dead | free), auc_event_free = auc(free),
  thresholds = q, net_benefit = benefit
), digits = I(17), auto_unbox = TRUE), "values.json")
