# Twenty calls of survival::pyears, one a cancer, with expected events from a ratetable.
suppressPackageStartupMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[[1]]
p <- read.csv(file.path(folder, "people.csv")); rows <- read.csv(file.path(folder, "rates.csv"))
ages <- sort(unique(rows$age)); years <- sort(unique(rows$year)); sexes <- c("f", "m")
p$t <- p$stop - p$start; p$sex <- factor(p$sex, sexes)
p$age <- p$start - p$born; p$year <- as.Date(p$start, origin = "1970-01-01")
table_of <- function(s) {
  r <- rows[rows$endpoint == s, ]
  x <- array(0, c(length(ages), length(years), 2), list(ages, years, sexes))
  x[cbind(match(r$age, ages), match(r$year, years), match(r$sex, sexes))] <- r$rate / 365.25
  attributes(x) <- c(attributes(x), list(dimid = c("age", "year", "sex"), type = c(2, 4, 1),
    cutpoints = list(ages * 365.25, as.Date(paste0(years, "-01-01")), NULL)))
  class(x) <- "ratetable"
  x
}
sites <- unique(rows$endpoint); tables <- lapply(sites, table_of)
began <- proc.time()[["elapsed"]]
p$a <- tcut(p$age, c(seq(0, 85, 5), 200) * 365.25)
p$y <- tcut(p$start, as.numeric(as.Date(paste0(seq(1990, 2025, 5), "-01-01"))))
p$f <- tcut(rep(0, nrow(p)), c(0, 0.5, 1, 2, 5, 10, 30) * 365.25)
for (k in seq_along(sites)) {
  p$event <- as.integer(p$site == sites[k])
  pyears(Surv(t, event) ~ a + y + f + sex, data = p, ratetable = tables[[k]],
         rmap = list(age = age, year = year, sex = sex), scale = 365.25)
}
cat(proc.time()[["elapsed"]] - began, "\n")
