# Poisson models of O/E: Welsh nickel refiners (Epi) and simulated Finnish patients (popEpi).
# Rscript run.R in this folder rewrites values.json, which holds the cells as well.
suppressMessages({library(Epi); library(popEpi); library(data.table); library(splines); library(jsonlite)})
model <- function(formula, data, family = poisson) {
  data$log_expected <- log(data$expected)
  glm(formula, offset = log_expected, family = family, data = data,
      control = list(epsilon = 1e-14, maxit = 100))
}
told <- function(g) list(term = names(coef(g)), coefficient = unname(coef(g)),
  covariance = unname(vcov(g)), deviance = deviance(g), df_residual = df.residual(g),
  log_likelihood = as.numeric(logLik(g)), pearson = sum(residuals(g, "pearson")^2))
lost <- function(small, large) c(deviance(small) - deviance(large),
                                 df.residual(small) - df.residual(large))
# Limits by profile likelihood, to the last digit: the coefficient of column k fixed at b.
profiled <- function(g, k, level = 0.95) {
  X <- model.matrix(g); y <- g$y; off <- g$offset
  gap <- function(b) glm.fit(X[, -k, drop = FALSE], y, offset = off + X[, k] * b,
    family = poisson(), control = list(epsilon = 1e-14, maxit = 100))$deviance -
    deviance(g) - qchisq(level, 1)
  b <- coef(g)[[k]]; s <- sqrt(vcov(g)[k, k])
  c(uniroot(gap, c(b - 4 * s, b), tol = 1e-13)$root, uniroot(gap, c(b, b + 4 * s), tol = 1e-13)$root)
}

data(nickel); data(ewrates)
nickel$exposed <- paste0("e", as.integer(cut(nickel$exposure, c(-1, 0, 4, 8, 12, Inf))) - 1)
nickel$hired <- paste0("a", findInterval(nickel$age1st, c(0, 20, 27.5, 35)))
life <- Lexis(entry = list(age = agein, year = dob + agein, since = agein - age1st),
              exit = list(age = ageout), exit.status = icd, id = id, data = nickel)
for (cut in list(list("age", seq(0, 100, 5)), list("year", seq(1931, 1986, 5)),
                 list("since", c(0, 20, 30, 40, 50, 100))))
  life <- splitLexis(life, breaks = cut[[2]], time.scale = cut[[1]])
cell <- match(paste(pmin(pmax(timeBand(life, "age", "left"), 10), 80),
                    pmin(timeBand(life, "year", "left"), 1976)), paste(ewrates$age, ewrates$year))
life$expected <- life$lex.dur * ewrates$lung[cell] / 1e6
life$observed <- as.integer(life$lex.Xst %in% c(162, 163))
life$since <- timeBand(life, "since", "left")
cells <- aggregate(cbind(observed, expected) ~ exposed + hired + since, as.data.frame(life), sum)
full <- model(observed ~ exposed + hired + factor(since), cells)
one <- model(observed ~ exposed, cells)
trend <- model(observed ~ exposed + hired + since, cells)
crossed <- model(observed ~ exposed * since + hired, cells)
bent <- model(observed ~ exposed + ns(since, knots = c(25, 35)), cells)
quasi <- model(observed ~ exposed + hired + factor(since), cells, quasipoisson)
grid <- data.frame(exposed = "e2", since = seq(0, 50, 5), log_expected = 0)
line <- predict(bent, grid, se.fit = TRUE)
fitted_full <- fitted(full)
refiners <- list(cells = cells, full = told(full), exposed = told(one), trend = told(trend),
  crossed = told(crossed), quasi = list(covariance = unname(vcov(quasi)),
    dispersion = summary(quasi)$dispersion),
  tests = list(
    exposed = lost(model(observed ~ hired + factor(since), cells), full),
    hired = lost(model(observed ~ exposed + factor(since), cells), full),
    since = lost(model(observed ~ exposed + hired, cells), full),
    trend = lost(model(observed ~ exposed + hired, cells), trend),
    crossed = lost(trend, crossed)),
  profile = t(sapply(1:3, function(k) profiled(full, k))),
  score = sum((cells$observed - fitted_full)^2 - cells$observed) / sqrt(2 * sum(fitted_full^2)),
  bent = list(deviance = deviance(bent), since = grid$since, log_ratio = unname(line$fit),
              std_error = unname(line$se.fit)))

people <- as.data.frame(sire)
rates <- as.data.table(popmort)[sex == 1]
edges <- c(0, 0.5, 1, 2, 5, 10, 20)
split <- as.data.table(lexpand(people, birth = bi_date, entry = dg_date, exit = ex_date,
  status = status, breaks = list(fot = edges, per = 1993:2013, age = c(0:100, Inf)),
  pophaz = rates, pp = FALSE))
split[, band := findInterval(fot + lex.dur / 2, edges)]
split[, age := ifelse(age + lex.dur / 2 < 60, "under 60", "60 and over")]
patients <- as.data.frame(split[, .(observed = sum(lex.Xst %in% 1:2), other = sum(lex.Xst == 2),
  expected = sum(pop.haz * lex.dur)), keyby = .(band, age)])
by_band <- aggregate(cbind(observed, other, expected) ~ band, patients, sum)
any_trend <- model(observed ~ band, by_band); other_trend <- model(other ~ band, by_band)
write(toJSON(list(refiners = refiners, patients = list(cells = patients,
    any_trend = told(any_trend), other_trend = told(other_trend),
    both = told(model(observed ~ factor(band) * age, patients)),
    tests = list(any = lost(model(observed ~ 1, by_band), any_trend),
      homogeneity = lost(model(observed ~ 1, by_band), model(observed ~ factor(band), by_band)),
      other = lost(model(other ~ 1, by_band), other_trend)))),
  digits = NA, dataframe = "columns", auto_unbox = TRUE, pretty = 1), "values.json")
