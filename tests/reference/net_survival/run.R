# Net, relative and expected survival and crude probabilities by relsurv.
# Rscript run.R in this folder rewrites people.csv, rates.csv and values.json (two minutes).
suppressMessages({library(survival); library(relsurv); library(jsonlite)})
data(rdata); data(slopop)
year_days <- 365.241; exact <- function(x) sprintf("%.17g", x)
people <- data.frame(entry = as.Date(as.numeric(rdata$year), origin = "1960-01-01"),
  age_days = exact(rdata$age * year_days), sex = ifelse(rdata$sex == 1, "male", "female"),
  days = rdata$time, died = rdata$cens)
write.csv(people, "people.csv", row.names = FALSE, quote = FALSE)
a <- attributes(slopop); year <- as.integer(format(as.Date(a$cutpoints[[match("year", a$dimid)]]), "%Y"))
years <- year[year %in% 1980:2005]                  # one year is not in the table
table <- aperm(unclass(slopop), match(c("age", "sex", "year"), a$dimid))[, , year %in% years]
cells <- expand.grid(age = seq_len(dim(table)[1]) - 1, sex = dimnames(table)[[2]], year = years)
write.csv(cbind(cells, per_day = exact(as.vector(table))), "rates.csv", row.names = FALSE, quote = FALSE)

d <- read.csv("people.csv"); d$entry <- as.Date(d$entry); r <- read.csv("rates.csv")
rt <- array(r$per_day, dim(table), dimnames = list(unique(r$age), unique(r$sex), years))
attr(rt, "dimid") <- c("age", "sex", "year"); attr(rt, "type") <- c(2, 1, 3)
attr(rt, "cutpoints") <- list(unique(r$age) * year_days, NULL, as.Date(sprintf("%d-01-01", years)))
class(rt) <- "ratetable"
at <- c(365, 730, 1095, 1826, 2920)                  # days, all of them below days of exits
curve <- function(data, ...) { f <- rs.surv(Surv(days, died) ~ 1, data = data, ratetable = rt,
    rmap = list(age = age_days, sex = sex, year = entry), ...)
  i <- findInterval(at, f$time)
  list(days = f$time[i], survival = f$surv[i], error = f$std.err[i], n_risk = f$n.risk[i]) }
few <- d[seq(1, nrow(d), by = 5), ]
# relsurv sums the population's hazard in steps of `precision` days. Its Pohar Perme weights start
# anew at every time of its own, so that these are made to lie as near to each other.
fine <- function(method, step, times = at[length(at)]) { grid <- round(seq(1, 3000/step)*step, 6)
  f <- rs.surv(Surv(days, died) ~ 1, data = few, ratetable = rt, rmap = list(age = age_days, sex = sex, year = entry),
    method = method, precision = step, type = "fleming-harrington", add.times = if (method == "pohar-perme") grid)
  i <- findInterval(times + 1e-9, f$time)
  list(step = step, days = f$time[i], survival = f$surv[i], error = f$std.err[i]) }
steps <- c(0.2, 0.1, 0.05, 0.025)
crude <- cmp.rel(Surv(days, died) ~ 1, data = d, ratetable = rt, rmap = list(age = age_days, sex = sex, year = entry))
j <- findInterval(at, crude[[1]]$time)
one <- function(i) relsurv:::exp.prep(cbind(age = d$age_days[i], sex = match(d$sex[i], unique(r$sex)),
  year = as.numeric(d$entry[i])), as.numeric(d$days[i]), rt, d$died[i], times = as.numeric(d$days[i]))$yidli
write_json(list(R = R.version.string, relsurv = as.character(packageVersion("relsurv")),
  year_days = year_days, every = 5,
  ederer1 = curve(d, method = "ederer1"), hakulinen = curve(d, method = "hakulinen"),
  ederer2 = fine("ederer2", 0.005, at), pohar_perme = fine("pohar-perme", 0.005, at),
  steps = list(ederer2 = lapply(steps, function(s) fine("ederer2", s)),
    pohar_perme = lapply(steps, function(s) fine("pohar-perme", s))),
  ederer2_by_day = curve(few, method = "ederer2"),
  pohar_perme_by_day = curve(few, method = "pohar-perme"),
  crude = list(days = crude[[1]]$time[j], disease = crude[[1]]$est[j], var_disease = crude[[1]]$var[j],
    population = crude[[2]]$est[j], var_population = crude[[2]]$var[j]),
  expected = sapply(1:40, one)), "values.json", digits = I(17), auto_unbox = TRUE)
