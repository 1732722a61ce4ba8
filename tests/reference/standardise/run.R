# Directly standardised rates of lung cancer in Danish men (Epi::lungDK) by period, to three
# standards (popEpi::stdpop18), with six kinds of limits; ratios, differences, cumulative rates.
# Rscript run.R in this folder rewrites values.json. Both packages are under the GPL.
suppressMessages({library(Epi); library(popEpi); library(epitools); library(jsonlite)})
data(lungDK)
cells <- aggregate(cbind(D, Y) ~ A5 + P5, lungDK, sum)
ages <- sort(unique(cells$A5))
standard <- as.data.frame(stdpop18)[seq(0, 85, 5) %in% ages, c("world", "europe", "nordic")]
names(standard) <- c("segi", "esp-1976", "nordic")
periods <- sort(unique(cells$P5))
counts <- function(p) cells$D[cells$P5 == p][order(cells$A5[cells$P5 == p])]
years <- function(p) cells$Y[cells$P5 == p][order(cells$A5[cells$P5 == p])]
quantiles <- function(mean, variance, p) qgamma(p, shape = mean^2 / variance, scale = variance / mean)
direct <- function(d, y, s, level) {
  tail <- (1 - level) / 2; z <- qnorm(1 - tail)
  unit <- s / sum(s) / y
  r <- sum(unit * d); v <- sum(unit^2 * d); m <- max(unit)
  low <- quantiles(r, v, tail); high <- quantiles(r + m, v + m^2, 1 - tail)
  peer <- ageadjust.direct(d, y, stdpop = s, conf.level = level)
  stopifnot(all.equal(unname(peer[c("adj.rate", "lci", "uci")]), c(r, low, high), tolerance = 1e-12))
  mixed <- function(x, p)
    (pgamma(x, r^2 / v, scale = v / r) + pgamma(x, (r + m)^2 / (v + m^2), scale = (v + m^2) / (r + m))) / 2 - p
  solve_for <- function(p) uniroot(mixed, c(low / 2, high * 2), p = p, tol = 1e-19)$root
  n <- sum(d)
  whole <- c(qgamma(tail, n), qgamma(1 - tail, n + 1))
  list(crude = sum(d) / sum(y), rate = r, std_error = sqrt(v), limits = list(
    `fay-feuer` = c(low, high),
    tiwari = c(low, quantiles(r + mean(unit), v + mean(unit^2), 1 - tail)),
    `mid-p` = c(solve_for(tail), solve_for(1 - tail)),
    dobson = r + sqrt(v / n) * (whole - n),
    normal = r + c(-1, 1) * z * sqrt(v),
    `log-normal` = r * exp(c(-1, 1) * z * sqrt(v) / r)))
}
rates <- list()
for (level in c(.95, .99)) for (s in names(standard)) for (p in periods)
  rates[[length(rates) + 1]] <- c(list(level = level, standard = s, period = p),
    direct(counts(p), years(p), standard[[s]], level))
first <- direct(counts(periods[1]), years(periods[1]), standard$segi, .95)
compare <- lapply(periods[-1], function(p) {
  own <- direct(counts(p), years(p), standard$segi, .95)
  ratio <- own$rate / first$rate
  error <- sqrt((own$std_error / own$rate)^2 + (first$std_error / first$rate)^2)
  half <- qnorm(.975) * sqrt(own$std_error^2 + first$std_error^2)
  list(period = p, ratio = c(ratio, ratio * exp(c(-1, 1) * qnorm(.975) * error)),
    difference = own$rate - first$rate + c(0, -half, half),
    p_value = 2 * pnorm(-abs(log(ratio)) / error))
})
cumulative <- lapply(periods, function(p) {
  rate <- sum(5 * (counts(p) / years(p))[ages < 75])
  list(period = p, rate = rate, risk = 1 - exp(-rate))
})
write_json(list(R = R.version.string, Epi = as.character(packageVersion("Epi")),
  popEpi = as.character(packageVersion("popEpi")), data = cells, rates = rates, compare = compare,
  cumulative = cumulative, printed = as.list(ageadjust.direct(c(3, 12, 40), c(1000, 900, 500),
    stdpop = c(.5, .3, .2)))),
  "values.json", digits = I(17), auto_unbox = TRUE, dataframe = "columns", pretty = TRUE)
