# Times pyears and lexpand on a registry written by person_years.py.
# Rscript person_years.R RUNS PEOPLE.csv RATES.csv [lexpand]   prints one JSON line.
args <- commandArgs(trailingOnly = TRUE)
runs <- as.integer(args[1]); args <- args[-1]
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
seconds <- function(f, runs) {
  once <- function() { gc(); t <- proc.time()[["elapsed"]]; x <<- f(); proc.time()[["elapsed"]] - t }
  x <- NULL; took <- min(replicate(runs, once()))
  list(x, took)
}
done <- seconds(pyears_table, runs)
out <- list(pyears = done[[2]], person_years = sum(done[[1]]$data$pyears), expected = sum(done[[1]]$data$expected))
if (length(args) > 2) {
  suppressMessages(library(popEpi))
  haz <- rates[, .(sex = ifelse(sex == "f", 1L, 0L), year, agegroup = age, haz = rate)]
  d <- people[, .(sex = ifelse(sex == "f", 1L, 0L), born, start, stop, ill)]
  done <- seconds(function() suppressMessages(lexpand(d, birth = born, entry = start, exit = stop,
    status = ill, breaks = list(fot = edge$follow, per = 1990:2020, age = c(0:99, Inf)), pophaz = haz, pp = FALSE,
    aggre = list(fot, sex))), 1)
  out$lexpand <- done[[2]]
}
cat(toJSON(out, auto_unbox = TRUE, digits = NA), "\n")
