# Expected numbers alive and potential years by relsurv::nessie on every fifth person of
# ../net_survival. Rscript nessie.R in this folder rewrites nessie.json.
suppressMessages({library(survival); library(relsurv); library(jsonlite)})
year_days <- 365.241
d <- read.csv("../net_survival/people.csv"); d$entry <- as.Date(d$entry); r <- read.csv("../net_survival/rates.csv")
years <- unique(r$year); dims <- c(length(unique(r$age)), 2, length(years))
rt <- array(r$per_day, dims, dimnames = list(unique(r$age), unique(r$sex), years))
attr(rt, "dimid") <- c("age", "sex", "year"); attr(rt, "type") <- c(2, 1, 3)
attr(rt, "cutpoints") <- list(unique(r$age) * year_days, NULL, as.Date(sprintf("%d-01-01", years)))
class(rt) <- "ratetable"
few <- d[seq(1, nrow(d), by = 5), ]
f <- nessie(Surv(days, died) ~ sex, data = few, ratetable = rt, times = c(0, 1, 5, 10),
  rmap = list(age = age_days, sex = sex, year = entry))
write_json(list(relsurv = as.character(packageVersion("relsurv")), every = 5, year_days = year_days,
  rows = row.names(f$mata), expected = matrix(f$sp, nrow = 2, byrow = TRUE), years = unname(f$povp)),
  "nessie.json", digits = I(17), auto_unbox = TRUE)
