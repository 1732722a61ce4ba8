# Life tables by popEpi::survtab on its simulated patients.
# Rscript run.R in this folder rewrites people.csv and values.json.
suppressMessages({library(popEpi); library(Epi); library(data.table); library(jsonlite)})
d <- as.data.frame(sire); d <- d[order(d$bi_date, d$dg_date), ]; d <- d[seq(1, nrow(d), by = 2), ]
d <- d[d$ex_date > d$dg_date, ]
yr <- function(x) as.numeric(get.yrs(x, "actual"))
d$years <- yr(d$ex_date) - yr(d$dg_date); d$age <- yr(d$dg_date) - yr(d$bi_date)
d <- data.frame(years = sprintf("%.17g", d$years), event = d$status, older = as.integer(d$age >= 65))
write.csv(d, "people.csv", row.names = FALSE, quote = FALSE); d <- read.csv("people.csv")
x <- Lexis(entry = list(FUT = rep(0, nrow(d))), exit = list(FUT = d$years), data = d,
  entry.status = factor(rep(0, nrow(d)), 0:2, c("alive", "cancer", "other")),
  exit.status = factor(d$event, 0:2, c("alive", "cancer", "other")))
breaks <- c(0, 0.25, 0.5, 1, 2, 3, 5, 8)
tab <- function(...) { t <- as.data.frame(survtab(data = x, breaks = list(FUT = breaks), ...)); as.list(t[vapply(t, is.numeric, NA)]) }
f <- Surv(FUT, lex.Xst) ~ 1
write_json(list(R = R.version.string, popEpi = as.character(packageVersion("popEpi")), breaks = breaks,
  hazard = tab(f, surv.type = "surv.obs", surv.method = "hazard"),
  actuarial = tab(f, surv.type = "surv.obs", surv.method = "lifetable"),
  plain = tab(f, surv.type = "surv.obs", conf.type = "plain"),
  cause = tab(f, surv.type = "surv.cause"), incidence = tab(f, surv.type = "cif.obs"),
  older = tab(Surv(FUT, lex.Xst) ~ older, surv.type = "surv.obs")),
  "values.json", digits = I(17), auto_unbox = TRUE)
