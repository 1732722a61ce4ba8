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
# CASE A (shared): confidence limits and p values of a Poisson count / SIR
O <- c(0, 1, 2, 3, 5, 7, 10, 15, 20, 50, 100, 147, 1000, 1e5, 1e7)
E <- c(0.1, 1, 6.5, 110.18, 1e5)
lev <- c(0.90, 0.95, 0.99)
suppressMessages(library(epitools))
g <- expand.grid(observed = O, expected = E, level = lev); wcsv(g, "data.csv"); g <- read.csv("data.csv")
n <- nrow(g); z <- qnorm(1 - (1 - g$level)/2); o <- g$observed; e <- g$expected
ex <- t(mapply(garwood, o, e, g$level)); mp <- t(mapply(midp_ci, o, e, g$level)); by <- t(mapply(byar, o, e, g$level))
stopifnot(all(abs(ppois(o, ex[, 2]*e) - (1 - g$level)/2) < 1e-9), all(abs(ppois(o, mp[, 2]*e) - .5*dpois(o, mp[, 2]*e) - (1 - g$level)/2) < 1e-9))
pe <- t(mapply(function(o, l) tryCatch(as.numeric(pois.exact(o, 1, conf.level = l)[4:5]), error = function(e) c(NA, NA)), o, g$level))   # epitools (uniroot, low accuracy)
pb <- t(mapply(function(o, l) as.numeric(pois.byar(o, 1, conf.level = l)[4:5]), o, g$level)); pa <- t(mapply(function(o, l) as.numeric(pois.approx(o, 1, conf.level = l)[4:5]), o, g$level))
kk <- o <= 1e4 & e <= 1e4; pt <- mapply(function(o, e) poisson.test(round(o), T = 1, r = e)$p.value, o[kk], e[kk]); ptm <- rep(NA, n); ptm[kk] <- pt
pl <- ppois(o, e); pu <- ppois(o - 1, e, lower.tail = FALSE); pd <- dpois(o, e)
# score and profile-likelihood (deviance) intervals
sc <- cbind(o + z^2/2 - z*sqrt(o + z^2/4), o + z^2/2 + z*sqrt(o + z^2/4))/e
dv <- t(mapply(function(o, z) { f <- function(m) 2*(m - o - if (o > 0) o*(log(m) - log(o)) else 0) - z^2
  lo <- if (o == 0) 0 else uniroot(f, c(o*1e-12, o), tol = 1e-13*max(1, o))$root; hi <- uniroot(f, c(max(o, 1e-300), o + 20 + 12*sqrt(o)), tol = 1e-13*max(1, o))$root; c(lo, hi) }, o, z))/e
write_expected(list(columns_match_rows_of = "data.csv", sir = I(o/e), exact_lo = I(unname(ex[, 1])), exact_hi = I(unname(ex[, 2])), midp_lo = I(unname(mp[, 1])), midp_hi = I(unname(mp[, 2])), byar_lo = I(unname(by[, 1])), byar_hi = I(unname(by[, 2])),
  vandenbroucke_lo = I(ifelse(o == 0, NA, pmax(0, sqrt(o) - z/2)^2/e)), vandenbroucke_hi = I((sqrt(o) + z/2)^2/e), vandenbroucke_plus1_hi = I((sqrt(o + 1) + z/2)^2/e),
  wald_lo = I((o - z*sqrt(o))/e), wald_hi = I((o + z*sqrt(o))/e), logwald_lo = I(ifelse(o == 0, NA, o/e*exp(-z/sqrt(o)))), logwald_hi = I(ifelse(o == 0, NA, o/e*exp(z/sqrt(o)))),
  score_lo = I(sc[, 1]), score_hi = I(sc[, 2]), lr_lo = I(dv[, 1]), lr_hi = I(dv[, 2]),
  epitools_pois_exact_lo = I(pe[, 1]/e), epitools_pois_exact_hi = I(pe[, 2]/e), epitools_byar_lo = I(pb[, 1]/e), epitools_byar_hi = I(pb[, 2]/e), epitools_approx_lo = I(pa[, 1]/e), epitools_approx_hi = I(pa[, 2]/e),
  p_lower = I(pl), p_upper = I(pu), p_point = I(pd), p_double = I(pmin(1, 2*pmin(pl, pu))), p_midp_double = I(pmin(1, 2*pmin(pl - pd/2, pu - pd/2))), p_minlike_poisson_test = I(ptm), chi2 = I((o - e)^2/e), chi2_continuity = I((abs(o - e) - .5)^2/e)))
