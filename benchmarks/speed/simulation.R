# Time a loop of replicates of the study in simulation.py: generate, pyears, survSplit + glm, survfit.
# Rscript FILE rates.csv people replicates
suppressMessages(library(survival))
given <- commandArgs(trailingOnly = TRUE)
rates <- read.csv(given[[1]])
n <- as.integer(given[[2]])
replicates <- as.integer(given[[3]])
ages <- sort(unique(rates$age))
ends <- c(ages[-1], Inf)
sexes <- c("female", "male")
laid_out <- function(what) sapply(sexes, function(s) rates[rates$sex == s, what])
cancer_rate <- laid_out("cancer")
death_rate <- laid_out("death")
table <- cancer_rate / 365.25
dimnames(table) <- list(age = ages, sex = sexes)
attributes(table) <- c(attributes(table), list(dimid = c("age", "sex"), type = c(2, 1),
  cutpoints = list(ages * 365.25, NULL)))
class(table) <- "ratetable"
cuts <- c(0, 1, 3)
excess <- c(0.06, 0.02, 0.004)
longest <- 8

time_at <- function(wanted, age, sex, rate) {
  time <- numeric(length(wanted))
  for (k in seq_along(ages)) {
    room <- pmax(ends[k] - pmax(age, ages[k]), 0)
    spent <- pmin(room, wanted / rate[k, sex])
    wanted <- wanted - spent * rate[k, sex]
    time <- time + spent
  }
  time
}
excess_at <- function(wanted) {
  at <- c(0, cumsum(diff(cuts) * excess[-length(excess)]))
  band <- findInterval(wanted, at)
  cuts[band] + (wanted - at[band]) / excess[band]
}
cohort <- function() {
  low <- pnorm((18 - 55) / 14)
  age <- 55 + 14 * qnorm(low + runif(n) * (pnorm((90 - 55) / 14) - low))
  sex <- 1L + (runif(n) >= 0.65)
  cancer <- pmin(time_at(rexp(n), age, sex, cancer_rate), excess_at(rexp(n)))
  death <- time_at(rexp(n), age, sex, death_rate)
  stop <- pmin(rexp(n) / 0.05, longest)
  years <- pmin(cancer, death, stop)
  event <- ifelse(cancer <= pmin(death, stop), 1L, ifelse(death <= stop, 2L, 0L))
  data.frame(age, sex = sexes[sex], years, event)
}
ratio <- function(d) {
  table <- pyears(Surv(years * 365.25, event == 1) ~ 1, d, ratetable = table,
    rmap = list(age = age * 365.25, sex = sex))
  c(table$event / table$expected, qchisq(0.025, 2 * table$event) / 2 / table$expected,
    qchisq(0.975, 2 * table$event + 2) / 2 / table$expected)
}
hazards <- function(d) {
  split <- survSplit(Surv(years, event == 1) ~ ., d, cut = cuts[-1], episode = "band",
    start = "from", event = "cancer")
  fit <- glm(cancer ~ 0 + factor(band), poisson, split, offset = log(years - from))
  error <- sqrt(diag(vcov(fit)))
  exp(cbind(coef(fit), coef(fit) - 1.959964 * error, coef(fit) + 1.959964 * error))
}
risk <- function(d) {
  curve <- survfit(Surv(years, factor(event, 0:2)) ~ 1, d, start.time = 1)
  at <- summary(curve, times = 3)
  c(at$pstate[2], at$lower[2], at$upper[2])
}
one <- function() {
  d <- cohort()
  rbind(ratio(d), hazards(d), risk(d))
}
set.seed(1)
for (i in 1:20) one()
took <- system.time(found <- lapply(seq_len(replicates), function(i) one()))
found <- simplify2array(found)
cat(sprintf("%.17g", c(took[["elapsed"]], took[["user.self"]] + took[["sys.self"]])), "\n")
for (k in 1:5) cat(sprintf("%.17g", c(mean(found[k, 1, ]), sd(found[k, 1, ]) / sqrt(replicates),
  mean(found[k, 2, ]), mean(found[k, 3, ]))), "\n")
