# Life tables by popEpi::survtab on its simulated patients, and against its population's deaths.
# Rscript run.R in this folder rewrites people.csv, rates.csv and values.json.
suppressMessages({library(popEpi); library(Epi); library(data.table); library(jsonlite)})
options(digits = 17)
d <- as.data.frame(sire); d <- d[order(d$bi_date, d$dg_date), ]; d <- d[seq(1, nrow(d), by = 2), ]
d <- d[d$ex_date > d$dg_date, ]
yr <- function(x) as.numeric(get.yrs(x, "actual"))
exactly <- function(x) sprintf("%.17g", x)
entry <- yr(d$dg_date); age <- entry - yr(d$bi_date)
d <- data.frame(years = exactly(yr(d$ex_date) - entry), event = d$status, older = as.integer(age >= 65),
  birth = exactly(yr(d$bi_date)), entry = exactly(entry), exit = exactly(yr(d$ex_date)),
  band = findInterval(age, c(55, 65, 75)))
write.csv(d, "people.csv", row.names = FALSE, quote = FALSE); d <- read.csv("people.csv")
p <- as.data.frame(popmort); p <- p[p$sex == 1 & p$year >= 1990, ]
write.csv(data.frame(year = p$year, age = p$agegroup, rate = exactly(p$haz)), "rates.csv",
  row.names = FALSE, quote = FALSE)
p <- read.csv("rates.csv"); p <- data.table(AGE = p$age, CAL = p$year, haz = p$rate)
state <- function(x) factor(x, 0:2, c("alive", "cancer", "other"))
x <- Lexis(entry = list(FUT = rep(0, nrow(d)), AGE = d$entry - d$birth, CAL = d$entry),
  exit = list(FUT = d$years), data = d, entry.status = state(rep(0, nrow(d))), exit.status = state(d$event))
breaks <- c(0, 0.25, 0.5, 1, 2, 3, 5, 8)
tab <- function(..., data = x, breaks = c(0, 0.25, 0.5, 1, 2, 3, 5, 8)) {
  t <- as.data.frame(survtab(data = data, breaks = list(FUT = breaks), ...)); as.list(t[vapply(t, is.numeric, NA)]) }
f <- Surv(FUT, lex.Xst) ~ 1
rel <- function(formula = f, ...) tab(formula, pophaz = p, surv.type = "surv.rel", ...)
# rows split at every birthday and New Year, so that the rate at the middle of a row is its rate
cut_rows <- splitMulti(x, breaks = list(FUT = breaks, AGE = 0:120, CAL = 1990:2020), drop = FALSE)
relative <- list(hazard = rel(relsurv.method = "e2"), actuarial = rel(relsurv.method = "e2", surv.method = "lifetable"),
  log = rel(relsurv.method = "e2", conf.type = "log"), plain = rel(relsurv.method = "e2", conf.type = "plain"),
  bands = rel(Surv(FUT, lex.Xst) ~ band, relsurv.method = "e2"),
  exact = rel(relsurv.method = "e2", data = cut_rows))
weights <- c(0.1, 0.2, 0.3, 0.4)
standardised <- list(chosen = rel(Surv(FUT, lex.Xst) ~ adjust(band), relsurv.method = "e2", weights = weights),
  internal = rel(Surv(FUT, lex.Xst) ~ adjust(band), relsurv.method = "e2", weights = "internal"))
net <- list(as_shipped = rel(relsurv.method = "pp"))
# popEpi 0.4.10 divides by exp(+H) for half an interval where expected survival is exp(-H)
own <- deparse(popEpi:::comp_pp_weights)
stopifnot(sum(grepl("exp(.SD[[2L]]", own, fixed = TRUE)) == 1)
mended <- eval(parse(text = sub("exp(.SD[[2L]]", "exp(-.SD[[2L]]", own, fixed = TRUE)), asNamespace("popEpi"))
environment(mended) <- asNamespace("popEpi")
assignInNamespace("comp_pp_weights", mended, "popEpi")
net$mended <- rel(relsurv.method = "pp")
net$mended_bands <- rel(Surv(FUT, lex.Xst) ~ adjust(band), relsurv.method = "pp", weights = weights)
write_json(list(R = R.version.string, popEpi = as.character(packageVersion("popEpi")), breaks = breaks,
  hazard = tab(f, surv.type = "surv.obs", surv.method = "hazard"),
  actuarial = tab(f, surv.type = "surv.obs", surv.method = "lifetable"),
  plain = tab(f, surv.type = "surv.obs", conf.type = "plain"),
  cause = tab(f, surv.type = "surv.cause"), incidence = tab(f, surv.type = "cif.obs"),
  older = tab(Surv(FUT, lex.Xst) ~ older, surv.type = "surv.obs"),
  relative = relative, standardised = standardised, weights = weights, net = net),
  "values.json", digits = I(17), auto_unbox = TRUE)
