# Excess hazards and parametric survival: stats, survival, relsurv and own likelihoods.
# Rscript run.R in this folder rewrites mgus.csv, rdata.csv, rates.csv and values.json.
suppressMessages({library(survival); library(relsurv); library(numDeriv); library(jsonlite)})
show <- function(table, file) write.csv(format(table, digits = 17, trim = TRUE), file,
  row.names = FALSE, quote = FALSE)

# Newton steps on numerical derivatives bring optim's answer to its last digits.
climb <- function(f, at) {
  found <- optim(at, f, method = "BFGS", control = list(reltol = 1e-15, maxit = 5000))
  at <- found$par
  for (step in 1:6) at <- at - as.vector(solve(hessian(f, at), grad(f, at)))
  list(estimate = at, covariance = solve(hessian(f, at)), log_likelihood = -f(at),
       largest_gradient = max(abs(grad(f, at))))
}

m <- mgus2[!is.na(mgus2$hgb), ]
end <- ifelse(m$pstat == 1, m$ptime, m$futime)
m <- data.frame(age = m$age, time = end / 12, event = as.integer(m$pstat == 1 | m$death == 1),
  male = as.integer(m$sex == "M"), hgb = m$hgb - 13)[end > 0, ]
show(m, "mgus.csv")
m <- read.csv("mgus.csv")

cuts <- c(1, 3, 6, 10, 15)
split <- survSplit(Surv(time, event) ~ ., m, cut = cuts, episode = "band", start = "from")
split$years <- split$time - split$from
pieces <- glm(event ~ 0 + factor(band) + male + hgb, poisson, split, offset = log(years),
  control = glm.control(1e-14, 100))
piecewise <- list(cuts = cuts, estimate = unname(coef(pieces)), covariance = unname(vcov(pieces)),
  log_likelihood = as.numeric(logLik(pieces)) - sum(split$event * log(split$years)))

w <- survreg(Surv(time, event) ~ male + hgb, m,
  control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))
r <- survreg(Surv(time, event) ~ male + hgb, m, robust = TRUE,
  control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))
# sandwich of (intercept, effects, log scale), and of the log hazard ratios and the shape by it
slope <- cbind(0, diag(-1 / w$scale, 2), coef(w)[-1] / w$scale)
slope <- rbind(slope, c(0, 0, 0, -1 / w$scale))
weibull <- list(shape = 1 / w$scale, log_hazard_ratios = unname(-coef(w)[-1] / w$scale),
  log_likelihood = w$loglik[2], robust = unname(slope %*% vcov(r) %*% t(slope)))

# Royston and Parmar (2002) written out: log cumulative hazard, two inner knots.
u <- log(m$time)
knots <- unname(quantile(u[m$event == 1], 0:3 / 3))
cube <- function(x, power) outer(x, knots, function(a, k) pmax(a - k, 0)^power)
term <- function(x, power) sapply(2:3, function(j) {
  share <- (knots[4] - knots[j]) / (knots[4] - knots[1]); c3 <- cube(x, power)
  c3[, j] - share * c3[, 1] - (1 - share) * c3[, 4] })
B <- cbind(1, u, term(u, 3), m$male, m$hgb)
D <- cbind(0, 1, 3 * term(u, 2), 0, 0)
minus <- function(p) {
  eta <- as.vector(B %*% p); slope <- as.vector(D %*% p)
  if (any(slope[m$event == 1] <= 0)) return(1e10)
  -sum(m$event * (eta + log(pmax(slope, 1e-300)) - u)) + sum(exp(eta)) }
spline <- c(list(knots = exp(knots)), climb(minus, c(-2, 1, 0, 0, 0, 0)))

k <- floor(m$time)
lower <- k; upper <- ifelse(m$event == 1, k + 1, NA)
kept <- !(k == 0 & m$event == 0)
m$lower <- ifelse(lower == 0, NA, lower); m$upper <- upper
iw <- survreg(Surv(lower, upper, type = "interval2") ~ male, m[kept, ],
  control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))
interval_weibull <- list(shape = 1 / iw$scale, log_hazard_ratio = unname(-coef(iw)[2] / iw$scale),
  log_likelihood = iw$loglik[2])
hit <- m$event == 1
edges <- c(0, 2, 5, 10, Inf)
years <- function(t) sapply(1:4, function(j) pmax(pmin(t, edges[j + 1]) - edges[j], 0))
low <- years(lower); high <- years(k + 1)
lik <- function(p) {
  r <- exp(p[5] * m$male); a <- as.vector(low %*% exp(p[1:4])) * r
  b <- as.vector(high %*% exp(p[1:4])) * r
  -sum(ifelse(hit, log(exp(-a) - exp(-b)), -a)) }
interval_piecewise <- c(list(edges = I(c(edges[1:4], 1000))), climb(lik, c(rep(-2.5, 4), 0)))

from <- m$age; to <- m$age + m$time
late <- function(p) { s <- exp(p[1])
  eta <- p[2] + p[3] * m$male
  -sum(m$event * (eta + log(s) + (s - 1) * log(to / 60) - log(60))) +
    sum(exp(eta) * ((to / 60)^s - (from / 60)^s)) }
truncated_weibull <- climb(late, c(1, -2, 0))
# The same likelihood with age not divided by 60, as programs that take the scale as a parameter
# have it, climbed by optim as it comes: it says that it has converged, below the top.
undivided <- function(p) late(c(p[1], p[2] + exp(p[1]) * log(60), p[3]))
short <- optim(c(0, log(1 / mean(to)), 0), undivided, method = "BFGS")
truncated_weibull$stops_short <- list(convergence = short$convergence, log_likelihood = -short$value)

data(rdata); data(slopop)
r <- data.frame(entry = as.numeric(as.Date(as.numeric(rdata$year), origin = "1960-01-01")),
  age_days = rdata$age * 365.241, sex = ifelse(rdata$sex == 1, "male", "female"),
  days = rdata$time, dead = rdata$cens, female = as.integer(rdata$sex == 2),
  decades = (rdata$age - 60) / 10)
show(r, "rdata.csv")
r <- read.csv("rdata.csv")
shape <- attributes(slopop)
years_known <- 1980:2005
cut <- shape$cutpoints[[which(shape$dimid == "year")]]
starts <- as.integer(format(as.Date(as.numeric(cut), origin =
  if (inherits(cut, "Date")) "1970-01-01" else "1960-01-01"), "%Y"))
cube3 <- aperm(unclass(slopop), match(c("age", "sex", "year"), shape$dimid))
cells <- expand.grid(age = seq_len(dim(cube3)[1]) - 1, sex = dimnames(cube3)[[2]],
  year = years_known, stringsAsFactors = FALSE)
cells$rate_per_day <- as.vector(cube3[, , match(years_known, starts)])
show(cells, "rates.csv")
cells <- read.csv("rates.csv")
rate <- array(cells$rate_per_day, c(dim(cube3)[1], 2, length(years_known)))
january <- as.numeric(as.Date(sprintf("%d-01-01", years_known)))
at <- function(day) rate[cbind(pmin(floor((r$age_days + day) / 365.241) + 1, dim(rate)[1]),
  match(r$sex, unique(cells$sex)), findInterval(r$entry + day, january))]
five <- 5 * 365.241
tt <- pmin(r$days, five); dead <- r$dead * (r$days <= five)
known <- at(tt - 1e-6) * 365.241
bands <- seq(0, 5) * 365.241
inside <- sapply(1:5, function(j) pmax(pmin(tt, bands[j + 1]) - bands[j], 0)) / 365.241
band <- pmin(findInterval(tt, bands, left.open = TRUE), 5)
excess <- function(p) {
  h <- exp(p[6] * r$female + p[7] * r$decades)
  -sum(dead * log(known + h * exp(p[band]))) + sum(h * as.vector(inside %*% exp(p[1:5]))) }
own <- climb(excess, c(rep(-3.5, 5), 0, 0))
table <- array(cells$rate_per_day, dim(rate), list(as.character(seq_len(dim(rate)[1]) - 1),
  unique(cells$sex), as.character(years_known)))
attr(table, "dimid") <- c("age", "sex", "year"); attr(table, "type") <- c(2, 1, 3)
attr(table, "cutpoints") <- list((seq_len(dim(rate)[1]) - 1) * 365.241, NULL,
  as.Date(sprintf("%d-01-01", years_known))); class(table) <- "ratetable"
r$when <- as.Date(r$entry, origin = "1970-01-01")
esteve <- rsadd(Surv(days, dead) ~ female + decades, data = r, ratetable = table, int = 0:5,
  rmap = list(age = age_days, sex = sex, year = when), method = "max.lik",
  control = list(epsilon = 1e-12, maxit = 200))
additive <- c(own, list(relsurv = unname(coef(esteve))))

write_json(list(
  source = list(script = "tests/reference/excess_hazard/run.R", r = as.character(getRversion()),
    survival = as.character(packageVersion("survival")), relsurv = as.character(packageVersion("relsurv"))),
  piecewise = piecewise, weibull = weibull, spline = spline, interval_weibull = interval_weibull,
  interval_piecewise = interval_piecewise, truncated_weibull = truncated_weibull,
  additive = additive), "values.json", digits = NA, auto_unbox = TRUE, matrix = "rowmajor")
