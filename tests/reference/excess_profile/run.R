# Profile likelihood limits of an excess hazard in bands, some hardly above none, by hand.
# Rscript run.R in this folder rewrites people.csv and values.json.
suppressMessages(library(jsonlite))
known <- function(age) ifelse(age < 60, 0.01, 0.04)
edges <- c(0, 1, 2, Inf)
set.seed(15)
n <- 600
people <- data.frame(age = round(runif(n, 40, 79.9), 3))
first <- rexp(n, known(people$age) + 0.012); last <- runif(n, 0.5, 4)
people$time <- round(pmin(first, last), 4); people$event <- as.integer(first < last)
people <- people[people$time > 0, ]
write.csv(people, "people.csv", row.names = FALSE, quote = FALSE)
people <- read.csv("people.csv")

years <- sapply(1:3, function(j) pmax(pmin(people$time, edges[j + 1]) - edges[j], 0))
band <- findInterval(people$time, edges, left.open = TRUE)
h <- known(people$age + people$time); seen <- people$event == 1
fall <- qchisq(0.95, 1) / 2

# Each band's log-likelihood in its excess, which must not be negative.
bands <- lapply(1:3, function(j) {
  d <- seen & band == j; time <- sum(years[, j])
  f <- function(a) sum(log(a + h[d])) - a * time
  slope <- function(a) sum(1 / (a + h[d])) - time
  best <- if (slope(0) <= 0) 0 else uniroot(slope, c(0, 1), tol = 1e-15)$root
  climbed <- optim(0.01, f, method = "Brent", lower = 0, upper = 1,
    control = list(fnscale = -1, reltol = 1e-15))$par
  stopifnot(abs(climbed - best) < 1e-6)
  gap <- function(a) f(best) - f(a) - fall
  list(estimate = best, std_error_of_log = 1 / sqrt(sum((best / (best + h[d]))^2)),
    lower = if (gap(0) <= 0) 0 else uniroot(gap, c(0, best), tol = 1e-15)$root,
    upper = uniroot(gap, c(best, 2), tol = 1e-15)$root, log_likelihood = f(best)) })
write(toJSON(list(bands = bands, made_with = R.version.string), digits = I(16),
  auto_unbox = TRUE), "values.json")
