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
# CASE G (shared): popEpi::survtab relative / net / cause-specific survival, popEpi::sire
suppressMessages({library(popEpi); library(Epi); library(data.table)}); W <- "sire"; br <- c(0, 0.25, 0.5, 1, 2, 3, 5, 8); ageb <- c(55, 65, 75); step <- 2
D <- as.data.frame(get(W)); D <- D[order(D$bi_date, D$dg_date), ]; D <- D[seq(1, nrow(D), by = step), c("sex", "bi_date", "dg_date", "ex_date", "status")]; D$id <- seq_len(nrow(D)); wcsv(D, "data.csv")
P <- as.data.frame(popmort); P <- P[P$sex == 1 & P$year >= 1990, ]; wcsv(P, "rates.csv")
D <- read.csv("data.csv"); for (k in c("bi_date", "dg_date", "ex_date")) D[[k]] <- as.IDate(D[[k]]); P <- as.data.table(read.csv("rates.csv")); D <- D[D$ex_date > D$dg_date, ]
L <- Lexis(entry = list(FUT = 0, AGE = as.numeric(get.yrs(dg_date, "actual") - get.yrs(bi_date, "actual")), CAL = as.numeric(get.yrs(dg_date, "actual"))), exit = list(CAL = as.numeric(get.yrs(ex_date, "actual"))), exit.status = factor(status, 0:2, c("alive", "canD", "othD")), entry.status = factor(0, 0:2, c("alive", "canD", "othD")), data = D, merge = TRUE)
ph <- copy(P)[, .(AGE = agegroup, CAL = year, haz)]; L$agr <- cut(L$AGE, c(-1, ageb, 200), right = FALSE, labels = FALSE)
tb <- function(x) { x <- as.data.frame(x); x <- x[, vapply(x, is.numeric, NA)]; lapply(as.list(x), I) }
f <- function(...) tb(survtab(data = L, pophaz = ph, breaks = list(FUT = br), ...))
o <- list(relative_e2_hazard = f(Surv(FUT, lex.Xst) ~ 1, surv.type = "surv.rel", relsurv.method = "e2", surv.method = "hazard"), relative_e2_lifetable = f(Surv(FUT, lex.Xst) ~ 1, surv.type = "surv.rel", relsurv.method = "e2", surv.method = "lifetable"), net_pohar_perme_hazard = f(Surv(FUT, lex.Xst) ~ 1, surv.type = "surv.rel", relsurv.method = "pp", surv.method = "hazard"),
  observed_hazard = tb(survtab(Surv(FUT, lex.Xst) ~ 1, data = L, breaks = list(FUT = br), surv.type = "surv.obs", surv.method = "hazard")), observed_lifetable = tb(survtab(Surv(FUT, lex.Xst) ~ 1, data = L, breaks = list(FUT = br), surv.type = "surv.obs", surv.method = "lifetable")), cause_specific = tb(survtab(Surv(FUT, lex.Xst) ~ 1, data = L, breaks = list(FUT = br), surv.type = "surv.cause", surv.method = "hazard")), cif_observed = tb(survtab(Surv(FUT, lex.Xst) ~ 1, data = L, breaks = list(FUT = br), surv.type = "cif.obs", surv.method = "hazard")),
  by_age_group_e2 = f(Surv(FUT, lex.Xst) ~ agr, surv.type = "surv.rel", relsurv.method = "e2"), log_log_plain_ci = f(Surv(FUT, lex.Xst) ~ 1, surv.type = "surv.rel", relsurv.method = "e2", conf.type = "plain"))
w <- as.numeric(table(L$agr))/nrow(L); o$age_standardised_e2_internal_weights <- tb(survtab(Surv(FUT, lex.Xst) ~ adjust(agr), data = L, pophaz = ph, breaks = list(FUT = br), surv.type = "surv.rel", relsurv.method = "e2", weights = w)); o$weights <- I(w)
write_expected(c(list(conventions = "popEpi actual-year fractions (year + (yday-1)/days in year); breaks in years since diagnosis; interval-wise hazards; popmort looked up at the midpoint of each split row (split at FUT breaks only, ages/years as stored); output is rounded by popEpi where it does so", n = nrow(D), breaks = br, age_breaks = ageb), o))
