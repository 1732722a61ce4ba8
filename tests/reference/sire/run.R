# Simulated cancer patients of popEpi: person-years, deaths and expected deaths with dates turned
# into fractional years in the way of popEpi and in the way of Epi, split by their own functions.
# Rscript run.R in this folder rewrites people.csv, rates.csv and values.json.
suppressMessages({library(popEpi); library(Epi); library(data.table)}); library(jsonlite)
people <- as.data.frame(sire)[, c("bi_date", "dg_date", "ex_date", "status")]
names(people) <- c("born", "diagnosed", "left", "status")
write.csv(people, "people.csv", row.names = FALSE, quote = FALSE)
rates <- as.data.frame(popmort)
rates <- rates[rates$sex == 1 & rates$year >= 1990, c("year", "agegroup", "haz")]
rates$haz <- sprintf("%.15g", rates$haz)
write.csv(rates, "rates.csv", row.names = FALSE, quote = FALSE)
people <- read.csv("people.csv"); rates <- as.data.table(read.csv("rates.csv"))
for (k in 1:3) people[[k]] <- as.IDate(people[[k]])
people$id <- seq_len(nrow(people)); people$sex <- 1L; rates$sex <- 1L
bands <- list(follow_up = c(0, .5, 1, 2, 5, 10, 20), age = c(0, 50, 60, 70, 80),
              period = c(1993, 1998, 2003, 2008, 2013))
inside <- function(middle, edges) edges[findInterval(middle, edges)]
sums <- function(time, status, hazard, follow_up, age, period) {
  d <- data.table(follow_up = inside(follow_up + time / 2, bands$follow_up),
    age = inside(age + time / 2, bands$age), period = inside(period + time / 2, bands$period),
    person_years = time, observed_any = status %in% 1:2, observed_other = status == 2,
    expected = time * hazard)
  as.data.frame(d[, lapply(.SD, sum), keyby = .(follow_up, age, period)])
}
split <- as.data.table(lexpand(people, birth = born, entry = diagnosed, exit = left, status = status,
  breaks = list(fot = bands$follow_up, per = 1993:2013, age = c(0:100, Inf)), pophaz = rates, pp = FALSE))
by_popepi <- with(split, sums(lex.dur, lex.Xst, pop.haz, fot, age, per))
some <- people[people$left > people$diagnosed, ]
life <- Lexis(entry = list(age = cal.yr(diagnosed) - cal.yr(born), per = cal.yr(diagnosed), fot = 0),
  exit = list(per = cal.yr(left)), entry.status = 0, exit.status = status, id = id, data = some)
life <- as.data.table(splitMulti(life, drop = TRUE,
  breaks = list(fot = bands$follow_up, per = 1993:2013, age = c(0:100, 150))))
cell <- match(paste(pmin(floor(life$age + life$lex.dur / 2), 100), floor(life$per + life$lex.dur / 2)),
  paste(rates$agegroup, rates$year))
by_epi <- sums(life$lex.dur, life$lex.Xst, rates$haz[cell], life$fot, life$age, life$per)
# 1500 of them, counted from 0, to show what freezing age and year at diagnosis does.
set.seed(1)
sample_rows <- which(people$left > people$diagnosed)[sample(nrow(some), 1500)] - 1L
sample_rows <- paste(sample_rows, collapse = " ")
write(toJSON(list(popepi = by_popepi, epi = by_epi, sample_rows = sample_rows), digits = NA, dataframe = "columns", pretty = 1),
      "values.json")
