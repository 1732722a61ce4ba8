# Second primaries with a lag of two months: a loop over people, then survival::pyears.
suppressPackageStartupMessages({library(survival); library(jsonlite)})
set.seed(7)
n <- 500; lag <- 2 / 12
birth <- round(runif(n, 1920, 1960), 4); first <- round(runif(n, 1990, 2008), 4)
death <- round(first + rexp(n, 0.12), 4); left <- ifelse(runif(n) < 0.1, round(first + rexp(n, 0.1), 4), NA)
death[death > 2012] <- NA
people <- data.frame(id = 1:n, sex = sample(c("f", "m"), n, TRUE), birth, death, left)
last <- pmin(death, left, 2010, na.rm = TRUE)
sites <- c("C16", "C18", "C34", "C50", "C64", "C44")
rows <- do.call(rbind, lapply(1:n, function(i) {
  k <- 1 + rpois(1, 0.8)
  gap <- ifelse(runif(k - 1) < 0.25, runif(k - 1, 0, 0.3), rexp(k - 1, 0.3))
  at <- round(first[i] + c(0, cumsum(gap)), 4)
  keep <- at <= ifelse(is.na(death[i]), 2015, death[i])
  data.frame(id = i, date = at[keep], site = sample(sites, k, TRUE)[keep])
}))
write.csv(people, "people.csv", row.names = FALSE, quote = FALSE, na = "")
write.csv(rows[sample(nrow(rows)), ], "tumours.csv", row.names = FALSE, quote = FALSE)
counted <- setdiff(sites, "C44")          # skin is no outcome
follow <- function(i) {
  t <- rows[rows$id == i, ]; t <- t[order(t$date), ]
  t <- t[!duplicated(t$site), ]           # the first of each site
  start <- t$date[1] + lag
  had <- paste(t$site[t$date <= start], collapse = " ")
  t <- t[-1, ]
  t <- t[t$date > start & t$date <= last[i] & t$site %in% counted, ]
  stop <- if (nrow(t)) t$date[1] else last[i]
  data.frame(id = i, entry = start, exit = stop, event = if (nrow(t)) t$site[1] else "no event", had = had)
}
cohort <- do.call(rbind, lapply(1:n, follow))
cohort <- cohort[last[cohort$id] > cohort$entry & first[cohort$id] <= last[cohort$id], ]
d <- merge(cohort, people)
d$t <- d$exit - d$entry; d$age <- tcut(d$entry - d$birth, c(0, 50, 60, 70, 120), labels = c(0, 50, 60, 70))
cells <- do.call(rbind, lapply(counted, function(s) {
  # who has had the site cannot have another first tumour of it
  f <- pyears(Surv(t, as.integer(event == s)) ~ sex + age, data = d[!grepl(s, d$had), ], scale = 1)
  x <- as.data.frame(as.table(f$pyears)); names(x) <- c("sex", "age", "person_years")
  x$n <- as.vector(f$n); x$observed <- as.vector(f$event); x$endpoint <- s
  x[x$n > 0, ]
}))
cells$age <- as.numeric(as.character(cells$age))
writeLines(toJSON(list(source = list(script = "run.R", r = as.character(getRversion()), survival = as.character(packageVersion("survival"))),
  followed = nrow(d), events = as.list(table(d$event)), cells = as.list(cells)), digits = NA, auto_unbox = TRUE), "values.json")
