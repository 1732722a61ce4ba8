# Welsh nickel refiners: person-years, observed and expected deaths by Epi's Lexis machinery.
# Rscript run.R in this folder rewrites people.csv, rates.csv and values.json.
suppressMessages(library(Epi)); library(jsonlite)
data(nickel); data(ewrates)
exact <- function(d, file) {
  for (k in names(d)) if (is.numeric(d[[k]])) d[[k]] <- sprintf("%.15g", d[[k]])
  write.csv(d, file, row.names = FALSE, quote = FALSE)
}
exact(nickel, "people.csv"); exact(ewrates, "rates.csv")
people <- read.csv("people.csv"); rates <- read.csv("rates.csv")
life <- Lexis(entry = list(age = agein, year = dob + agein, since = agein - age1st),
              exit = list(age = ageout), exit.status = icd, id = id, data = people)
for (cut in list(list("age", seq(0, 100, 5)), list("year", seq(1931, 1986, 5)),
                 list("since", c(0, 20, 30, 40, 50, 100))))
  life <- splitLexis(life, breaks = cut[[2]], time.scale = cut[[1]])
life <- transform(life, age_band = timeBand(life, "age", "left"),
                  period = timeBand(life, "year", "left"), follow_up = timeBand(life, "since", "left"))
cell <- match(paste(pmin(pmax(life$age_band, 10), 80), pmin(life$period, 1976)),
              paste(rates$age, rates$year))
stopifnot(!anyNA(cell))
time <- life$lex.dur
dead <- life$lex.Xst
counts <- data.frame(person_years = time,
  observed_lung = dead %in% c(162, 163), expected_lung = time * rates$lung[cell] / 1e6,
  observed_nasal = dead == 160, expected_nasal = time * rates$nasal[cell] / 1e6,
  observed_all = dead > 0, expected_all = time * rates$other[cell] / 1e6)
sums <- function(by) {
  a <- aggregate(counts, by, sum)
  a[do.call(order, a[names(by)]), ]
}
life$exposed <- as.character(cut(life$exposure, c(-1, 0, 4, 8, 12, Inf), labels = 0:4))
values <- list(
  total = as.list(colSums(counts)),
  cells = sums(list(age = life$age_band, period = life$period, follow_up = life$follow_up)),
  by_exposure = sums(list(exposed = life$exposed)))
write(toJSON(values, digits = NA, dataframe = "columns", auto_unbox = TRUE, pretty = 1), "values.json")
