# Tests between net survival curves (Graffeo et al. 2016) by relsurv::rs.diff, with finer and finer
# steps. Rscript run.R in this folder reads ../net_survival and rewrites values.json (two minutes).
suppressMessages({library(survival); library(relsurv); library(jsonlite)})
year_days <- 365.241
d <- read.csv("../net_survival/people.csv"); d$entry <- as.Date(d$entry); r <- read.csv("../net_survival/rates.csv")
years <- unique(r$year); dims <- c(length(unique(r$age)), 2, length(years))
rt <- array(r$per_day, dims, dimnames = list(unique(r$age), unique(r$sex), years))
attr(rt, "dimid") <- c("age", "sex", "year"); attr(rt, "type") <- c(2, 1, 3)
attr(rt, "cutpoints") <- list(unique(r$age) * year_days, NULL, as.Date(sprintf("%d-01-01", years)))
class(rt) <- "ratetable"
few <- d[seq(1, nrow(d), by = 5), ]; few$n <- seq_len(nrow(few))
few$late <- as.integer(few$n %% 3); few$old <- as.integer(few$age_days > 65 * year_days)
test <- function(f, step) { t <- suppressWarnings(rs.diff(f, data = few, ratetable = rt, precision = step,
    rmap = list(age = age_days, sex = sex, year = entry)))
  list(step = step, statistic = c(t$test.stat), df = t$df, gap = c(t$zh)) }
steps <- c(1, 0.4, 0.2)
write_json(list(R = R.version.string, relsurv = as.character(packageVersion("relsurv")), every = 5, year_days = year_days,
  plain = lapply(steps, function(s) test(Surv(days, died) ~ late, s)),
  two = lapply(steps, function(s) test(Surv(days, died) ~ sex, s)),
  strata = lapply(steps, function(s) test(Surv(days, died) ~ late + strata(old), s))),
  "values.json", digits = I(17), auto_unbox = TRUE)
