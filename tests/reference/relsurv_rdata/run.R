# ---------------------------------------------------------------------------
# Reference-value script.  Run with:  Rscript run.R   (inside this folder)
# Step 1 exports the input data to data.csv (and companions); step 2 reads the
# CSV back, so that the expected values belong to exactly what the CSV holds.
# ---------------------------------------------------------------------------
options(digits = 17, warn = 1, stringsAsFactors = FALSE)
suppressWarnings(RNGversion("4.0.0"))
# JSON writer: doubles as %.17g; NA/NaN -> null; +-Inf -> "Inf"/"-Inf";
# data.frame -> object of column arrays; matrix -> array of rows;
# named vector/list -> object; unnamed length-1 vector -> scalar (I() forces array)
.jq <- function(s) paste0('"', gsub("\n", "\\\\n", gsub('(["\\\\])', "\\\\\\1", enc2utf8(as.character(s)))), '"')
.ja <- function(x) {
  if (is.factor(x)) x <- as.character(x)
  if (inherits(x, c("Date", "IDate"))) x <- format(as.Date(x))
  if (is.logical(x)) return(ifelse(is.na(x), "null", ifelse(x, "true", "false")))
  if (is.character(x)) return(ifelse(is.na(x), "null", .jq(x)))
  x <- as.numeric(x)
  ifelse(is.na(x), "null", ifelse(is.infinite(x), ifelse(x > 0, '"Inf"', '"-Inf"'), sprintf("%.17g", x)))
}
.js <- function(x, ind = "") {
  i2 <- paste0(ind, " ")
  if (is.null(x)) return("null")
  if (is.data.frame(x)) { x <- lapply(as.list(x), I) }
  if (is.matrix(x)) { r <- apply(x, 1, function(v) paste0("[", paste(.ja(unname(v)), collapse = ", "), "]"))
    return(paste0("[", paste(r, collapse = paste0(",\n", i2)), "]")) }
  if (is.list(x)) {
    if (length(x) == 0) return("{}")
    v <- vapply(x, .js, "", ind = i2)
    if (!is.null(names(x))) return(paste0("{\n", paste0(i2, .jq(names(x)), ": ", v, collapse = ",\n"), "\n", ind, "}"))
    return(paste0("[", paste(v, collapse = paste0(",\n", i2)), "]"))
  }
  if (inherits(x, "AsIs")) { class(x) <- setdiff(class(x), "AsIs"); return(paste0("[", paste(.ja(x), collapse = ", "), "]")) }
  if (!is.null(names(x)) && length(x) >= 1 && !is.factor(x) && !inherits(x, "Date"))
    return(paste0("{", paste0(.jq(names(x)), ": ", .ja(unname(x)), collapse = ", "), "}"))
  if (length(x) == 1 && is.null(dim(x))) return(.ja(x))
  paste0("[", paste(.ja(as.vector(x)), collapse = ", "), "]")
}
write_expected <- function(x, file = "values.json") writeLines(.js(x), file, useBytes = TRUE)
wcsv <- function(d, f = "data.csv") { d <- as.data.frame(d)
  for (k in names(d)) if (is.double(d[[k]]) && !inherits(d[[k]], "Date")) { w <- as.numeric(d[[k]]); v <- sprintf("%.17g", w); s <- sprintf("%.15g", w); same <- !is.na(w) & suppressWarnings(as.numeric(s)) == w; v[same] <- s[same]; v[is.na(d[[k]])] <- ""; d[[k]] <- v
  } else if (inherits(d[[k]], c("Date", "IDate"))) d[[k]] <- ifelse(is.na(d[[k]]), "", format(as.Date(d[[k]])))
  write.table(d, f, sep = ",", row.names = FALSE, na = "", quote = FALSE) }
# --- high-precision Poisson intervals (root tolerance 1e-15) -----------------
garwood <- function(O, E, level = .95) { a <- 1 - level
  c(lo = if (O == 0) 0 else qgamma(a/2, O)/E, hi = qgamma(1 - a/2, O + 1)/E) }
# ---------------------------------------------------------------------------
midp_ci <- function(O, E, level = .95) { a <- 1 - level
  up <- function(m) ppois(O, m) - .5 * dpois(O, m) - a/2
  lo <- function(m) ppois(O, m, lower.tail = FALSE) + .5 * dpois(O, m) - a/2
  g <- garwood(O, 1, level)
  c(lo = if (O == 0) 0 else uniroot(lo, c(g[["lo"]], max(O, g[["lo"]])), tol = 1e-14 * max(1, O))$root/E,
    hi = uniroot(up, c(max(O, 1e-8), g[["hi"]]), tol = 1e-14 * max(1, O))$root/E) }
byar <- function(O, E, level = .95) { z <- qnorm(1 - (1 - level)/2)
  c(lo = if (O == 0) 0 else O * (1 - 1/(9*O) - z/(3*sqrt(O)))^3/E, hi = (O + 1) * (1 - 1/(9*(O + 1)) + z/(3*sqrt(O + 1)))^3/E) }
sirstats <- function(O, E, PY = NA, level = .95, per = 1000) { # vectorised over strata -> data.frame
  G <- mapply(function(o, e) garwood(o, e, level), O, E); M <- mapply(function(o, e) midp_ci(o, e, level), O, E)
  B <- mapply(function(o, e) byar(o, e, level), O, E)
  pdbl <- pmin(1, 2 * pmin(ppois(O, E), ppois(O - 1, E, lower.tail = FALSE)))
  pmid <- pmin(1, 2 * pmin(ppois(O, E) - .5*dpois(O, E), ppois(O - 1, E, lower.tail = FALSE) - .5*dpois(O, E)))
  data.frame(observed = O, expected = E, pyrs = PY, sir = O/E, exact_lo = G[1, ], exact_hi = G[2, ],
    midp_lo = M[1, ], midp_hi = M[2, ], byar_lo = B[1, ], byar_hi = B[2, ], p_exact_double = pdbl,
    p_midp_double = pmid, chi2_1df = (O - E)^2/E, ear_per1000 = per*(O - E)/PY,
    ear_lo = per*(G[1, ]*E - E)/PY, ear_hi = per*(G[2, ]*E - E)/PY) }
sir_tests <- function(O, E, x = NULL) { # homogeneity and trend over strata
  k <- E > 0; O <- O[k]; E <- E[k]; Es <- E * sum(O)/sum(E); out <- list()
  g0 <- glm(O ~ 1, offset = log(E), family = poisson, control = list(epsilon = 1e-12, maxit = 100))
  lr <- 2 * sum(ifelse(O > 0, O * log(O/Es), 0)); df <- length(O) - 1
  out$homogeneity <- c(lr_chi2 = lr, df = df, lr_p = pchisq(lr, df, lower.tail = FALSE),
    pearson_chi2 = sum((O - Es)^2/Es), pearson_p = pchisq(sum((O - Es)^2/Es), df, lower.tail = FALSE))
  if (!is.null(x)) { x <- x[k]
    g1 <- glm(O ~ x, offset = log(E), family = poisson, control = list(epsilon = 1e-12, maxit = 100)); s <- summary(g1)$coef
    sc <- sum(x*(O - Es))^2/(sum(x^2*Es) - sum(x*Es)^2/sum(Es))
    out$trend <- c(score_chi2 = sc, score_p = pchisq(sc, 1, lower.tail = FALSE), beta = s[2, 1], se = s[2, 2], wald_z = s[2, 3],
      lr_chi2 = g0$deviance - g1$deviance, lr_p = pchisq(g0$deviance - g1$deviance, 1, lower.tail = FALSE))
    out$trend_scores <- I(x) }
  out }
sir_ratio_ref <- function(O1, E1, O0, E0, level = .95) { b <- binom.test(c(O1, O0), conf.level = level); B <- b$conf.int/(1 - b$conf.int)
  r <- (O1/E1)/(O0/E0); z <- qnorm(1 - (1 - level)/2); se <- sqrt(1/O1 + 1/O0)
  c(ratio = r, exact_lo = B[1]*E0/E1, exact_hi = B[2]*E0/E1, wald_log_lo = r*exp(-z*se), wald_log_hi = r*exp(z*se),
    p_binom_minlike = binom.test(c(O1, O0), p = E1/(E1 + E0))$p.value) }
newton <- function(f, p, n = 8) { # polish a minimum with numerical Newton steps (numDeriv, Richardson)
  for (i in seq_len(n)) { g <- numDeriv::grad(f, p); h <- numDeriv::hessian(f, p); s <- solve(h, g); if (f(p - s) <= f(p) + 1e-9) p <- p - s; if (max(abs(s)) < 1e-12) break }
  list(estimate = p, minimum = f(p), hessian = numDeriv::hessian(f, p), gradient = numDeriv::grad(f, p)) }
# CASE G1 (shared): relsurv::rdata with the Slovene ratetable slopop
suppressMessages({library(survival); library(relsurv); library(numDeriv)}); data(rdata); data(slopop); RT <- slopop; years <- 1980:2005; int <- 1:5; tg <- c(1, 2, 3, 5, 8)
D <- data.frame(id = seq_len(nrow(rdata)), entry = as.Date(as.numeric(rdata$year), origin = "1960-01-01"), age_days = rdata$age*365.241, sex = ifelse(rdata$sex == 1, "male", "female"), time_days = rdata$time, status = rdata$cens, x1 = as.integer(rdata$sex == 2), x2 = (rdata$age - 60)/10)
wcsv(D, "data.csv"); D <- read.csv("data.csv"); D$entry <- as.Date(D$entry)
at <- attributes(RT); di <- at$dimid; if (is.null(di)) di <- names(dimnames(RT)); py <- which(di == "year"); A <- aperm(unclass(RT), match(c("age", "sex", "year"), di)); yr <- as.integer(format(if (is.numeric(at$cutpoints[[py]]) && !inherits(at$cutpoints[[py]], "Date")) as.Date(at$cutpoints[[py]], origin = "1960-01-01") else as.Date(at$cutpoints[[py]]), "%Y"))
k <- yr %in% years; na <- dim(A)[1]; g <- expand.grid(age = seq_len(na) - 1, sex = dimnames(RT)[[match("sex", di)]], year = yr[k], stringsAsFactors = FALSE); g$rate_per_day <- sprintf("%.17g", as.vector(A[, , which(k)])); write.table(g, "rates.csv", sep = ",", row.names = FALSE, quote = FALSE)
rr <- read.csv("rates.csv"); a <- array(rr$rate_per_day, c(na, 2, sum(k)), dimnames = list(as.character(0:(na - 1)), unique(rr$sex), as.character(yr[k]))); AC <- at$cutpoints[[match("age", di)]]
rt <- a; attr(rt, "dimid") <- c("age", "sex", "year"); attr(rt, "type") <- c(2, 1, 3); attr(rt, "cutpoints") <- list(as.numeric(AC), NULL, as.Date(sprintf("%d-01-01", yr[k]))); class(rt) <- "ratetable"
D$year <- as.numeric(D$entry) # days since 1970-01-01, as the cut points above
DY <- 365.241
rs <- function(m) { f <- rs.surv(Surv(time_days, status) ~ 1, rmap = list(age = age_days, sex = sex, year = entry), ratetable = rt, data = D, method = m, conf.type = "log", add.times = tg*DY); s <- summary(f, times = tg*DY, extend = TRUE); data.frame(years = tg, n_risk = s$n.risk, net_or_rel_surv = s$surv, se = s$std.err, lower = s$lower, upper = s$upper) }
o <- list(); for (m in c("pohar-perme", "ederer1", "ederer2", "hakulinen")) o[[m]] <- tryCatch(rs(m), error = function(e) { message(m, ": ", conditionMessage(e)); NULL })
add <- function(m) { f <- tryCatch(rsadd(Surv(time_days, status) ~ x1 + x2, rmap = list(age = age_days, sex = sex, year = entry), ratetable = rt, data = D, int = if (m == "EM") max(int) else c(0, int), method = m, control = list(epsilon = 1e-12, maxit = 200)), error = function(e) { message("rsadd ", m, ": ", conditionMessage(e)); NULL }); if (is.null(f)) return(NULL); v <- if (!is.null(f$var)) f$var else { p1 <- seq_len(f$rank); chol2inv(f$qr$qr[p1, p1, drop = FALSE]) }; list(coef = coef(f), vcov = unname(as.matrix(v)), loglik = as.numeric(f$loglik), deviance = f$deviance) }
ad <- list(); for (m in c("max.lik", "glm.poi", "glm.bin", "EM")) ad[[gsub(".", "_", m, fixed = TRUE)]] <- add(m)
tr <- tryCatch({ z <- rstrans(Surv(time_days, status) ~ x1 + x2, rmap = list(age = age_days, sex = sex, year = entry), ratetable = rt, data = D); list(coef = coef(z), vcov = unname(as.matrix(z$var))) }, error = function(e) NULL)
mu <- tryCatch({ z <- rsmul(Surv(time_days, status) ~ x1 + x2, rmap = list(age = age_days, sex = sex, year = entry), ratetable = rt, data = D, int = c(0, int), method = "mul"); list(coef = coef(z), vcov = unname(as.matrix(z$var)), loglik = as.numeric(z$loglik)) }, error = function(e) NULL)
# exact piecewise-constant expected cumulative hazard of each person over own follow-up (all dates in days)
eh <- function(i, len) { t <- 0; H <- 0; ac <- as.numeric(AC); yc <- as.numeric(as.Date(sprintf("%d-01-01", yr[k]))); s <- match(as.character(D$sex[i]), dimnames(a)[[2]]); while (t < len - 1e-9) { ia <- max(1, findInterval(D$age_days[i] + t + 1e-9, ac)); iy <- max(1, findInterval(D$year[i] + t + 1e-9, yc)); na_ <- if (ia < length(ac)) ac[ia + 1] - D$age_days[i] else Inf; ny <- if (iy < length(yc)) yc[iy + 1] - D$year[i] else Inf; u <- min(len, na_, ny); H <- H + a[ia, s, iy]*(u - t); t <- u }; H }
He <- sapply(seq_len(nrow(D)), function(i) eh(i, D$time_days[i]))
# piecewise-constant excess hazard MLE (full likelihood: sum d*log(lambda_pop(T)+lambda_ex) - cumulative excess), own optimisation
rate_at <- sapply(seq_len(nrow(D)), function(i) { ia <- max(1, findInterval(D$age_days[i] + D$time_days[i] - 1e-9, as.numeric(AC))); iy <- max(1, findInterval(D$year[i] + D$time_days[i] - 1e-9, as.numeric(as.Date(sprintf("%d-01-01", yr[k]))))); a[ia, match(as.character(D$sex[i]), dimnames(a)[[2]]), iy] })
b <- c(0, int)*DY; mx <- max(b); tt <- pmin(D$time_days, mx); dd <- D$status*(D$time_days <= mx); ex <- sapply(seq_along(int), function(j) pmax(0, pmin(tt, b[j + 1]) - b[j])); iv <- pmin(pmax(findInterval(tt, b, left.open = TRUE), 1), length(int)); X <- as.matrix(D[, c("x1", "x2")])
ra <- ifelse(D$time_days <= mx, rate_at, 0); ll <- function(p) { q <- p[1:2]; l <- p[-(1:2)]; r <- exp(X %*% q); -(sum(dd*log(ra + r*exp(l[iv]))) - sum(r*(ex %*% exp(l)))) }
st <- c(0, 0, rep(log(max(1e-6, sum(dd)/sum(ex)/2)), length(int))); op <- optim(st, ll, method = "BFGS", control = list(reltol = 1e-16, maxit = 2000)); op <- newton(ll, op$par); H <- op$hessian; gr <- op$gradient
write_expected(list(conventions = "days; rate table cut points: age k*365.241 (slopop) or k*365.25 days, year 1 January, last row/column carried on; relsurv year = 365.241 days; covariates x1, x2; x1..x2 then log excess hazard per DAY by interval in the own MLE",
  n = nrow(D), deaths = sum(D$status), intervals_years = int, age_cut_step_days = as.numeric(AC)[2], times_years = tg, relative_survival = o, additive_models_relsurv = ad, transformation_model = tr, multiplicative_model = mu, expected_deaths_total = sum(He), expected_cumhaz_first40 = I(He[1:40]), population_rate_at_exit_first40 = I(rate_at[1:40]),
  excess_hazard_piecewise_mle = list(par = I(op$estimate), vcov = solve(H), loglik = -op$minimum, max_abs_gradient = max(abs(gr)), note = "likelihood with population rate at exit time (half-open, rate of the cell just before exit), follow-up cut at the last interval end; baseline part of the population hazard left out of loglik")))
