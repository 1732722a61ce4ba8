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
# CASE F1 (shared): survival::mgus2 and survival::pbc
suppressMessages({library(survival); library(cmprsk); library(etm); library(flexsurv); library(rstpm2); library(icenReg)})
m <- mgus2[mgus2$futime > 0 & !is.na(mgus2$hgb), ]; et <- ifelse(m$pstat == 1, m$ptime, m$futime); m <- m[et > 0, ]; et <- et[et > 0]
D <- data.frame(dataset = "mgus2", id = m$id, entry_age = m$age, time = et/12, event = ifelse(m$pstat == 1, 1, 2*m$death), group = as.character(m$sex), x1 = as.integer(m$sex == "M"), x2 = m$hgb - 13)
p <- survival::pbc; D <- rbind(D, data.frame(dataset = "pbc", id = p$id, entry_age = round(p$age, 3), time = p$time/365.25, event = ifelse(p$status == 2, 1, ifelse(p$status == 1, 2, 0)), group = as.character(p$sex), x1 = as.integer(p$sex == "f"), x2 = round(log(p$bili), 6)))
P <- list(mgus2 = list(tg = c(1, 2, 5, 10, 20), ag = c(60.01, 70, 75, 80, 90), cuts = c(1, 3, 6, 10, 15), tau = 15, ic = 1), pbc = list(tg = c(1, 2, 3, 5, 10), ag = c(40.0001, 50, 55, 60, 70), cuts = c(1, 2, 4, 7), tau = 10, ic = 0.5))
wcsv(D, "data.csv"); D <- read.csv("data.csv")
one <- function(d, tg, ag, cuts, tau, ic) { o <- list(n = nrow(d), times = tg, ages = ag)
  d$any <- as.integer(d$event > 0); d$ef <- factor(d$event, 0:2, c("cens", "ev1", "ev2")); d$exit_age <- round(d$entry_age + d$time, 6)
  at <- function(f, t) { s <- summary(f, times = t, extend = TRUE); data.frame(time = s$time, n_risk = s$n.risk, surv = s$surv, se_surv = s$std.err, lower = s$lower, upper = s$upper, cumhaz = s$cumhaz, se_cumhaz = s$std.chaz) }
  km <- list(); for (ct in c("plain", "log", "log-log", "logit", "arcsin")) km[[ct]] <- at(survfit(Surv(time, any) ~ 1, d, conf.type = ct), tg)
  f <- survfit(Surv(time, any) ~ 1, d); o$km_all_cause <- km; q <- quantile(f, c(.1, .25, .5)); o$km_quantiles_10_25_50 <- list(q = I(unname(q$quantile)), lo = I(unname(q$lower)), hi = I(unname(q$upper)))
  o$km_first_steps <- data.frame(time = f$time, n_risk = f$n.risk, n_event = f$n.event, n_censor = f$n.censor, surv = f$surv, se_log_surv = f$std.err, cumhaz = f$cumhaz, se_cumhaz = f$std.chaz)[1:40, ]
  o$fleming_harrington_surv <- I(summary(survfit(Surv(time, any) ~ 1, d, stype = 2, ctype = 1), times = tg, extend = TRUE)$surv)
  o$km_by_group <- lapply(split(d, d$group), function(x) at(survfit(Surv(time, any) ~ 1, x), tg))
  sd <- survdiff(Surv(time, any) ~ group, d); o$logrank <- list(obs = I(sd$obs), exp = I(sd$exp), chisq = sd$chisq, p = pchisq(sd$chisq, length(sd$n) - 1, lower.tail = FALSE))
  sd1 <- survdiff(Surv(time, any) ~ group, d, rho = 1); o$peto_rho1_chisq <- sd1$chisq
  o$rmst <- { t1 <- summary(f, rmean = tau)$table; list(tau = tau, rmst = unname(t1["rmean"]), se = unname(t1["se(rmean)"])) }
  S <- function(t) summary(f, times = t, extend = TRUE)$surv; o$conditional_survival <- data.frame(given = tg[1:3], further = tg[2], value = sapply(tg[1:3], function(s) S(s + tg[2])/S(s)), se_log_greenwood = sapply(tg[1:3], function(s) { v <- function(t) { x <- summary(f, times = t, extend = TRUE); (x$std.err/x$surv)^2 }; sqrt(v(s + tg[2]) - v(s)) }))
  # Aalen-Johansen, no truncation
  aj <- survfit(Surv(time, ef) ~ 1, d, id = id); s <- summary(aj, times = tg, extend = TRUE); o$aalen_johansen <- list(states = aj$states, pstate = s$pstate, se_ij = s$std.err, lower = s$lower, upper = s$upper)
  ci <- cuminc(d$time, d$event); tp <- timepoints(ci, tg); o$cuminc_cmprsk <- list(est = unname(tp$est), var_aalen = unname(tp$var))
  gr <- cuminc(d$time, d$event, d$group); o$gray_test <- list(rows = I(rownames(gr$Tests)), stat = I(unname(gr$Tests[, 1])), p = I(unname(gr$Tests[, 2])), df = I(unname(gr$Tests[, 3]))); g2 <- timepoints(gr, tg); o$cuminc_by_group <- list(curves = I(rownames(g2$est)), est = unname(g2$est), var_aalen = unname(g2$var))
  o$rmtl_sojourn <- { m <- summary(aj, rmean = tau)$table; list(tau = tau, states = I(rownames(m)), rmean = I(unname(m[, "rmean"])), se_ij = I(unname(m[, grep("se", colnames(m))]))) }
  # left truncation: age as time scale, delayed entry at entry_age; conditional on being at risk from age ag[1]
  kt <- survfit(Surv(entry_age, exit_age, any) ~ 1, d, start.time = ag[1]); o$left_truncated_km <- at(kt, ag); o$left_truncated_note <- "start.time = ages[0]: curve is 1 at that age, subjects leaving before are dropped, entry later counts from entry"
  at1 <- survfit(Surv(entry_age, exit_age, ef) ~ 1, d, id = id, start.time = ag[1]); s <- summary(at1, times = ag, extend = TRUE); o$left_truncated_aj <- list(pstate = s$pstate, se_ij = s$std.err, n_risk = s$n.risk)
  e <- d[d$exit_age > ag[1], ]; tra <- matrix(FALSE, 3, 3); tra[1, 2:3] <- TRUE; em <- data.frame(id = e$id, from = 0, to = ifelse(e$event == 0, "cens", e$event), entry = pmax(e$entry_age, ag[1]), exit = e$exit_age)
  et <- etm(em, c("0", "1", "2"), tra, "cens", s = ag[1], covariance = TRUE); ix <- findInterval(ag[-1], et$time)
  o$left_truncated_etm <- list(ages = I(ag[-1]), cif1 = I(et$est["0", "1", ix]), cif2 = I(et$est["0", "2", ix]), surv = I(et$est["0", "0", ix]), var_cif1 = I(sapply(ix, function(i) et$cov["0 1", "0 1", i])), var_cif2 = I(sapply(ix, function(i) et$cov["0 2", "0 2", i])), var_surv = I(sapply(ix, function(i) et$cov["0 0", "0 0", i])))
  # Cox and Fine-Gray
  cx <- function(...) { c <- coxph(..., control = coxph.control(eps = 1e-11, toler.chol = 1e-13, iter.max = 50)); list(coef = coef(c), vcov = unname(vcov(c)), loglik = c$loglik, score_test = c$score) }
  o$coxph_efron <- cx(Surv(time, any) ~ x1 + x2, d); o$coxph_breslow <- cx(Surv(time, any) ~ x1 + x2, d, ties = "breslow"); o$coxph_cause1 <- cx(Surv(time, event == 1) ~ x1 + x2, d); o$coxph_left_truncated_age_scale <- cx(Surv(entry_age, exit_age, any) ~ x1, d)
  fg <- crr(d$time, d$event, as.matrix(d[, c("x1", "x2")]), gtol = 1e-10, maxiter = 50); o$fine_gray_crr <- list(coef = I(unname(fg$coef)), var = unname(fg$var), loglik = fg$loglik)
  # piecewise exponential by Poisson regression on split follow-up
  pw <- function(ev) { ss <- survSplit(Surv(time, st) ~ ., transform(d, st = as.integer(event %in% ev)), cut = cuts, episode = "iv", start = "t0"); ss$pt <- ss$time - ss$t0; ss$iv <- factor(ss$iv)
    g0 <- glm(st ~ 0 + iv, offset = log(pt), family = poisson, data = ss, control = list(epsilon = 1e-13, maxit = 100)); g <- glm(st ~ 0 + iv + x1 + x2, offset = log(pt), family = poisson, data = ss, control = list(epsilon = 1e-13, maxit = 100))
    z <- which(tapply(ss$st, ss$iv, sum) == 0); c0 <- coef(g0); v0 <- diag(vcov(g0)); cg <- coef(g); vg <- vcov(g); c0[z] <- -Inf; v0[z] <- NA; cg[z] <- -Inf; vg[z, ] <- NA; vg[, z] <- NA
    list(cuts = cuts, n_rows = nrow(ss), events = I(as.vector(tapply(ss$st, ss$iv, sum))), persontime = I(as.vector(tapply(ss$pt, ss$iv, sum))), log_rates = I(unname(c0)), var_log_rates = I(unname(v0)), surv_loglik0 = sum((tapply(ss$st, ss$iv, sum)*c0)[is.finite(c0)]) - sum(exp(c0)*tapply(ss$pt, ss$iv, sum)),
      coef = cg, vcov = unname(vg), poisson_loglik = as.numeric(logLik(g)), surv_loglik = as.numeric(logLik(g)) - sum(ss$st*log(ss$pt))) }
  o$piecewise_exponential_any <- pw(1:2); o$piecewise_exponential_cause1 <- pw(1); o$piecewise_exponential_cause2 <- pw(2)
  # CIF implied by piecewise constant cause-specific hazards
  r1 <- exp(o$piecewise_exponential_cause1$log_rates); r2 <- exp(o$piecewise_exponential_cause2$log_rates); b <- c(0, cuts); cif <- function(t, r) { S <- 1; F <- 0; for (i in seq_along(b)) { u <- if (i < length(b)) b[i + 1] else Inf; l <- min(t, u) - b[i]; if (l <= 0) break; R <- r1[i] + r2[i]; F <- F + S*r[i]/R*(1 - exp(-R*l)); S <- S*exp(-R*l) }; F }
  o$piecewise_cif <- list(cif1 = I(sapply(tg, cif, r1)), cif2 = I(sapply(tg, cif, r2)))
  # parametric
  w <- survreg(Surv(time, any) ~ x1 + x2, d, control = survreg.control(rel.tolerance = 1e-12, maxiter = 100)); o$weibull_survreg_aft <- list(coef = coef(w), log_scale = log(w$scale), vcov = unname(vcov(w)), loglik = w$loglik, shape = 1/w$scale)
  ex <- survreg(Surv(time, any) ~ 1, d, dist = "exponential"); ln <- survreg(Surv(time, any) ~ x1, d, dist = "lognormal", control = survreg.control(rel.tolerance = 1e-12)); ll <- survreg(Surv(time, any) ~ x1, d, dist = "loglogistic", control = survreg.control(rel.tolerance = 1e-12))
  o$other_survreg <- list(exponential_rate = exp(-coef(ex)[[1]]), lognormal = c(coef(ln), scale = ln$scale, loglik = ln$loglik[2]), loglogistic = c(coef(ll), scale = ll$scale, loglik = ll$loglik[2]))
  opt <- list(reltol = 1e-15, maxit = 2000)
  ht <- function(p) { k <- exp(p[1]); lam <- p[2] + p[3]*d$x1; -(sum(d$any*(lam + log(k) + (k - 1)*log(d$exit_age/60) - log(60))) - sum(exp(lam)*((d$exit_age/60)^k - (d$entry_age/60)^k))) }
  w1 <- optim(c(0, log(sum(d$any)/sum((d$exit_age - d$entry_age)/60)), 0), ht, control = list(reltol = 1e-14, maxit = 5000)); w1 <- optim(w1$par, ht, method = "BFGS", control = list(reltol = 1e-15, maxit = 2000)); w1 <- newton(ht, w1$par); hw <- w1$hessian
  o$weibullPH_left_truncated_age <- list(note = "own MLE; hazard(t) = exp(a + b*x1) * k * (t/60)^(k-1) / 60, t = age in years, delayed entry at entry_age; flexsurv parametrisation: scale_flexsurv = exp(a)/60^k", log_shape = w1$estimate[1], a = w1$estimate[2], b = w1$estimate[3], vcov = solve(hw), loglik = -w1$minimum, max_abs_gradient = max(abs(w1$gradient)))
  fw <- tryCatch(flexsurvreg(Surv(entry_age, exit_age, any) ~ x1, data = d, dist = "weibullPH", control = opt), warning = function(w) NULL); if (!is.null(fw) && abs(fw$loglik + w1$minimum) < 1e-4) o$weibullPH_left_truncated_age$flexsurv_crosscheck <- list(par = fw$res[, "est"], se = fw$res[, "se"], loglik = fw$loglik)
  go <- tryCatch(flexsurvreg(Surv(entry_age, exit_age, any) ~ x1, data = d, dist = "gompertz", control = opt), error = function(e) NULL, warning = function(w) { message("gompertz: ", conditionMessage(w)); NULL }); if (!is.null(go)) o$gompertz_left_truncated_age <- list(par = go$res[, "est"], se = go$res[, "se"], loglik = go$loglik)
  sp <- flexsurvspline(Surv(time, any) ~ x1 + x2, data = d, k = 2, scale = "hazard", control = opt); nd <- data.frame(x1 = mean(d$x1), x2 = mean(d$x2)); sm <- summary(sp, newdata = nd, t = tg, ci = FALSE)[[1]]$est
  o$royston_parmar_k2_hazard <- list(knots_log_time = sp$knots, coef = sp$res.t[, "est"], se = sp$res.t[, "se"], loglik = sp$loglik, at_mean_x = c(x1 = nd$x1, x2 = nd$x2), surv = I(sm), hazard = I(summary(sp, newdata = nd, t = tg, type = "hazard", ci = FALSE)[[1]]$est))
  s2 <- stpm2(Surv(time, any) ~ x1 + x2, data = d, df = 3, control = list(reltol.search = 1e-10, reltol.final = 1e-13, reltol.outer = 1e-10)); o$stpm2_df3 <- list(coef_x = s2@coef[c("x1", "x2")], se_x = unname(sqrt(diag(s2@vcov))[match(c("x1", "x2"), names(s2@coef))]), loglik = -s2@min, surv_at_mean_x = I(predict(s2, newdata = cbind(nd, time = tg), type = "surv")))
  # interval censoring: event known only between inspections every `ic`; censored at last inspection before end of follow-up
  k <- floor(d$time/ic); L <- ifelse(d$any == 1, k*ic, k*ic); R <- ifelse(d$any == 1, (k + 1)*ic, Inf); keep <- !(L == 0 & !is.finite(R)); L <- L[keep]; R <- R[keep]; x1 <- d$x1[keep]
  L2 <- ifelse(L == 0, NA, L); R2 <- ifelse(is.finite(R), R, NA); wi <- survreg(Surv(L2, R2, type = "interval2") ~ x1, control = survreg.control(rel.tolerance = 1e-12, maxiter = 100))
  o$interval_censored <- list(step = ic, n = length(L), rule = "k=floor(time/step); event in (k*step,(k+1)*step]; else right-censored at k*step; dropped when k=0 and no event", weibull_survreg_interval2 = list(coef = coef(wi), log_scale = log(wi$scale), vcov = unname(vcov(wi)), loglik = wi$loglik))
  np <- ic_np(cbind(L, R)); sc <- getSCurves(np); kmt <- survfit(Surv(ifelse(is.finite(R), R, L), as.integer(is.finite(R))) ~ 1); o$interval_censored$turnbull_ic_np <- list(Tbull_ints = unname(sc$Tbull_ints), surv = I(unname(sc$S_curves$baseline)), loglik = np$llk); o$interval_censored$turnbull_survfit <- { z <- survfit(Surv(L2, R2, type = "interval2") ~ 1); list(time = I(z$time), surv = I(z$surv)) }
  o }
write_expected(c(list(conventions = "time in years; event 0 censored / 1 cause of interest / 2 competing; any = event>0; matrices are rows = times"), lapply(setNames(names(P), names(P)), function(s) do.call(one, c(list(D[D$dataset == s, ]), P[[s]])))))
