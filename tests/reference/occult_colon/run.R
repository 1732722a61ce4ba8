# Mixture cure models of survival::colon cut at 1, 2, 3 and 9.5 years, by likelihoods written out.
# Rscript run.R in this folder rewrites people.csv and values.json.
suppressMessages({library(jsonlite); library(survival)})
people <- subset(colon, etype == 1)[, c("time", "status")]
write.csv(people, "people.csv", row.names = FALSE, quote = FALSE)

distributions <- list(
  exponential = list(d = function(t, p) dexp(t, exp(-p[1]), TRUE), s = function(t, p) pexp(t, exp(-p[1]), FALSE)),
  weibull = list(d = function(t, p) dweibull(t, exp(p[2]), exp(p[1]), TRUE),
                 s = function(t, p) pweibull(t, exp(p[2]), exp(p[1]), FALSE)),
  "log-normal" = list(d = function(t, p) dlnorm(t, p[1], exp(p[2]), TRUE),
                      s = function(t, p) plnorm(t, p[1], exp(p[2]), FALSE)),
  gamma = list(d = function(t, p) dgamma(t, exp(p[2]), scale = exp(p[1]), log = TRUE),
               s = function(t, p) pgamma(t, exp(p[2]), scale = exp(p[1]), lower.tail = FALSE)),
  "log-logistic" = list(
    d = function(t, p) dlogis(log(t), p[1], exp(-p[2]), TRUE) - log(t),
    s = function(t, p) plogis(log(t), p[1], exp(-p[2]), FALSE)))

one <- function(cut) {
  time <- pmin(people$time / 365.25, cut)
  event <- people$status == 1 & people$time / 365.25 <= cut
  fits <- lapply(names(distributions), function(word) {
    own <- distributions[[word]]; k <- if (word == "exponential") 1 else 2
    minus <- function(theta) {
      pi <- plogis(theta[1]); p <- theta[-1]
      -sum(log(pi) + own$d(time[event], p)) - sum(log1p(-pi + pi * own$s(time[!event], p)))
    }
    best <- NULL
    for (logit in c(-1, 0, 2, 15)) for (scale in c(-0.5, 0.5)) {
      start <- c(logit, scale, rep(0, k - 1))
      found <- optim(start, minus, method = "BFGS", control = list(reltol = 1e-15, maxit = 2000))
      found <- optim(found$par, minus, method = "Nelder-Mead", control = list(reltol = 1e-15, maxit = 5000))
      if (is.null(best) || found$value < best$value) best <- found
    }
    list(distribution = word, share = plogis(best$par[1]), log_likelihood = -best$value, parameters = k + 1)
  })
  last <- max(time[event]); longest <- max(time); n <- length(time)
  w <- (longest - last) / longest
  horizon <- w * last + (1 - w) * longest
  inside <- c(sum(event & time > 2 * last - longest & time <= last),
              sum(event & time >= horizon * last / longest & time <= last))
  list(cut = cut, n = n, events = sum(event), fits = fits, counts = inside, p_values = (1 - inside / n)^n)
}
write(toJSON(list(cuts = lapply(c(1, 2, 3, 9.5), one), made_with = R.version.string,
  survival = as.character(packageVersion("survival"))), digits = I(16), auto_unbox = TRUE), "values.json")
