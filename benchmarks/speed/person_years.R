# Times pyears and lexpand on a registry written by person_years.py.
# Rscript person_years.R PEOPLE.csv RATES.csv   reads "pyears" or "lexpand" a line, runs it
# once, and answers each with one line of JSON.
args <- commandArgs(trailingOnly = TRUE)
suppressMessages({library(survival); library(data.table); library(jsonlite)})
setDTthreads(1)
people <- fread(args[1]); rates <- fread(args[2])
years <- sort(unique(rates$year)); ages <- sort(unique(rates$age))
setorder(rates, year, sex, age)
table <- array(rates$rate / 365.25, c(length(ages), 2, length(years)),
  list(age = ages, sex = c("f", "m"), year = years))
attributes(table) <- c(attributes(table), list(dimid = c("age", "sex", "year"), type = c(2, 1, 3),
  cutpoints = list(365.25 * ages, NULL, as.Date(sprintf("%d-01-01", years)))))
class(table) <- "ratetable"
people[, `:=`(entry = as.Date(start), age_days = as.numeric(start - born))]
edge <- list(age = c(seq(0, 85, 5), 150), follow = c(0, .5, 1, 2, 5, 10, 30), period = seq(1990, 2025, 5))
pyears_table <- function() {
  people$a <- tcut(people$age_days, 365.25 * edge$age)
  people$f <- tcut(rep(0, nrow(people)), 365.25 * edge$follow)
  people$p <- tcut(as.numeric(people$entry), as.numeric(as.Date(sprintf("%d-01-01", edge$period))))
  pyears(Surv(as.numeric(stop - start), ill) ~ a + f + p + sex, people, ratetable = table,
    rmap = list(age = age_days, sex = sex, year = entry), scale = 365.25, data.frame = TRUE)
}
lexpand_table <- function() {
  suppressMessages(library(popEpi))
  haz <- rates[, .(sex = ifelse(sex == "f", 1L, 0L), year, agegroup = age, haz = rate)]
  d <- people[, .(sex = ifelse(sex == "f", 1L, 0L), born, start, stop, ill)]
  function() suppressMessages(lexpand(d, birth = born, entry = start, exit = stop,
    status = ill, breaks = list(fot = edge$follow, per = 1990:2020, age = c(0:99, Inf)), pophaz = haz, pp = FALSE,
    aggre = list(fot, sex)))
}
asked <- file("stdin", "r")
while (length(name <- readLines(asked, 1)) > 0) {
  run <- if (name == "pyears") pyears_table else lexpand_table()
  gc()
  began <- proc.time()[["elapsed"]]; x <- run(); took <- proc.time()[["elapsed"]] - began
  out <- list(seconds = took)
  if (name == "pyears") out <- c(out, person_years = sum(x$data$pyears), expected = sum(x$data$expected))
  cat(toJSON(out, auto_unbox = TRUE, digits = NA), "\n", sep = ""); flush(stdout())
}
