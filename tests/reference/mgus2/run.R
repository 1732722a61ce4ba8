# Monoclonal gammopathy: person-years and expected deaths by survival::pyears against survexp.mn.
# The day of entry within its year is made up. Time is in days, a year of age 365.25 of them.
# Rscript run.R in this folder rewrites people.csv, rates.csv and values.json.
library(survival); library(jsonlite)
of <- attributes(survexp.mn)$cutpoints[[3]]
year <- as.integer(format(as.Date(of), "%Y")); kept <- year %in% 1960:2013
rates <- expand.grid(age = 0:109, sex = dimnames(survexp.mn)[[2]], year = year[kept])
rates$per_day <- sprintf("%.15g", as.vector(unclass(survexp.mn)[1:110, , kept]))
write.csv(rates, "rates.csv", row.names = FALSE, quote = FALSE)
d <- mgus2[mgus2$futime > 0, ]
people <- data.frame(sex = ifelse(d$sex == "M", "male", "female"), age_days = d$age * 365.25,
  entry = as.Date(sprintf("%d-%02d-15", as.integer(d$dxyr), as.integer(d$id) %% 12 + 1)),
  days = round(d$futime * 30.4375), death = d$death)
write.csv(people, "people.csv", row.names = FALSE, quote = FALSE)
people <- read.csv("people.csv"); rates <- read.csv("rates.csv")
people$entry <- as.Date(people$entry)
table <- array(rates$per_day, c(110, 2, sum(kept)),
  list(age = 0:109, sex = c("male", "female"), year = year[kept]))
attributes(table) <- c(attributes(table), list(dimid = c("age", "sex", "year"), type = c(2, 1, 3),
  cutpoints = list(365.25 * 0:109, NULL, as.Date(sprintf("%d-01-01", year[kept])))))
class(table) <- "ratetable"
people$age <- tcut(people$age_days, 365.25 * c(0, 60, 70, 80, 120), labels = c(0, 60, 70, 80))
people$follow_up <- tcut(rep(0, nrow(people)), 365.25 * c(0, 1, 5, 10, 50), labels = c(0, 1, 5, 10))
fit <- pyears(Surv(days, death) ~ age + follow_up + sex, people, ratetable = table, scale = 365.25,
  rmap = list(age = age_days, sex = sex, year = entry), data.frame = TRUE)
cells <- fit$data
for (k in c("age", "follow_up")) cells[[k]] <- as.numeric(as.character(cells[[k]]))
names(cells)[names(cells) == "pyears"] <- "person_years"
names(cells)[names(cells) == "event"] <- "observed"
hazard <- survexp(days ~ 1, people, rmap = list(age = age_days, sex = sex, year = entry),
  ratetable = table, method = "individual.h")
write(toJSON(list(cells = cells[cells$n > 0, ], cumulative = as.numeric(hazard)), digits = NA,
  dataframe = "columns", pretty = 0), "values.json")
