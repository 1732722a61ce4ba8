# Twenty cancer sites by sex, each counted by survival::pyears and, on split data, by popEpi.
suppressPackageStartupMessages({library(survival); library(popEpi); library(data.table); library(jsonlite)})
set.seed(20)
n <- 700
sites <- c(paste0("site", 1:15), "ovary", "uterus", "cervix", "prostate", "testis")
sex <- sample(c("female", "male"), n, TRUE)
entry <- round(runif(n, 1990, 2004), 3)
people <- data.frame(id = 1:n, sex, birth = round(entry - runif(n, 20, 80), 3), entry,
                     exit = round(pmin(entry + rexp(n, 0.09) + 0.01, 2014), 3))
of_sex <- function(s) if (s == "female") sites[1:18] else sites[c(1:15, 19, 20)]
people$site <- vapply(sex, function(s) sample(c("no event", of_sex(s)), 1,
                                              prob = c(10, rep(1, length(of_sex(s))))), "")
# the follow-up of three sites ends in their own first tumour, before the common exit
for (k in 1:3) {
  own <- rbinom(n, 1, 0.2)
  at <- round(people$entry + (people$exit - people$entry) * runif(n, 0.1, 0.95), 3)
  people[[paste0("ill", k)]] <- own
  people[[paste0("exit", k)]] <- ifelse(own == 1, at, people$exit)
}
write.csv(people, "people.csv", row.names = FALSE, quote = FALSE)

ages <- c(0, 40, 50, 60, 70, 80); years <- c(1990, 1995, 2000, 2005, 2010)
rates <- CJ(endpoint = sites, sex = c("female", "male"), age = ages, year = years, sorted = FALSE)
rates <- rates[!(endpoint %in% sites[16:18] & sex == "male") & !(endpoint %in% sites[19:20] & sex == "female")]
rates[, rate := signif(match(endpoint, sites) * 1e-4 * (1 + age / 20)^2 * (1 + (year - 1990) / 50) *
                         ifelse(sex == "male", 1.3, 1), 6)]
fwrite(rates, "rates.csv")

exactly <- function(x) ifelse(x == round(x), sprintf("%.0f", x), sprintf("%.17g", x))
band_age <- c(0, 40, 50, 60, 70, 80, 120); band_year <- c(1990, 1995, 2000, 2005, 2010, 2015)

by_pyears <- function(p, status, stop, name) {
  p$t <- stop - p$entry; p$status <- status
  p$a <- tcut(p$entry - p$birth, band_age, labels = ages)
  p$y <- tcut(p$entry, band_year, labels = years)
  f <- pyears(Surv(t, status) ~ sex + a + y, data = p, scale = 1)
  d <- as.data.frame(as.table(f$pyears)); names(d) <- c("sex", "age", "year", "person_years")
  d$n <- as.vector(f$n); d$observed <- as.vector(f$event)
  d$endpoint <- name
  d[d$n > 0, ]
}
by_popepi <- function(p, status, stop, name) {
  x <- lexpand_free(p, status, stop)
  r <- rates[endpoint == name, .(sex, a = age, y = year, rate)]
  x[, a := band_age[findInterval(age, band_age)]][, y := band_year[findInterval(year, band_year)]]
  x <- merge(x, r, by = c("sex", "a", "y"))
  x[, .(pp = sum(lex.dur), expected = sum(rate * lex.dur), cases = sum(lex.Xst)), by = .(sex, a, y)]
}
lexpand_free <- function(p, status, stop) {
  l <- Epi::Lexis(entry = list(year = p$entry, age = p$entry - p$birth), exit = list(year = stop),
                  exit.status = status, entry.status = 0, data = p, notes = FALSE)
  x <- splitMulti(l, breaks = list(age = band_age, year = band_year))
  as.data.table(x)
}
one <- function(name, status, stop) {
  # sites of one sex are at risk in that sex alone
  at <- people$sex %in% rates[endpoint == name, unique(sex)]
  a <- by_pyears(people[at, ], status[at], stop[at], name)
  b <- by_popepi(people[at, ], status[at], stop[at], name)
  names(b)[2:3] <- c("age", "year"); b$age <- as.character(b$age); b$year <- as.character(b$year)
  both <- merge(a, b, by = c("sex", "age", "year"))
  stopifnot(nrow(both) == nrow(a), max(abs(both$person_years - both$pp)) < 1e-9,
            all(both$observed == both$cases))
  both
}
rows <- rbindlist(lapply(sites, function(s) one(s, as.integer(people$site == s), people$exit)))
own <- rbindlist(lapply(1:3, function(k) one(sites[k], people[[paste0("ill", k)]], people[[paste0("exit", k)]])))
# ratios of the sites, both sexes together, by popEpi::sir
cells <- rows[, .(endpoint, sex, age, year, observed, person_years, expected)]
ratios <- cells[, .(observed = sum(observed), expected = sum(expected)), by = endpoint]
p <- lapply(seq_len(nrow(ratios)), function(i) poisson.test(ratios$observed[i], ratios$expected[i]))
ratios[, `:=`(p_value = vapply(p, `[[`, 0, "p.value"))]
# twice the smaller tail
tail2 <- function(o, e) min(1, 2 * min(ppois(o, e), ppois(o - 1, e, lower.tail = FALSE)))
ratios[, p_value := mapply(tail2, observed, expected)]
ratios[, `:=`(holm = p.adjust(p_value, "holm"), bh = p.adjust(p_value, "BH"))]
out <- function(d) { d <- as.data.frame(d); for (x in names(d)) if (is.numeric(d[[x]])) d[[x]] <- exactly(d[[x]]); d }
keep <- c("endpoint", "sex", "age", "year", "n", "person_years", "observed", "expected")
num <- function(d) gsub('"(-?[0-9.]+(e-?[0-9]+)?)"', "\\1", toJSON(out(d), dataframe = "columns"))
writeLines(sprintf('{"source": {"script": "run.R", "r": "%s", "survival": "%s", "popEpi": "%s"},\n"cells": %s,\n"own": %s,\n"ratios": %s}',
  getRversion(), packageVersion("survival"), packageVersion("popEpi"),
  num(rows[, ..keep]), num(own[, ..keep]), num(ratios)), "values.json")
