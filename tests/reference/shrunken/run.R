# Empirical-Bayes ratios by epiR, their priors by MASS and lme4, and adjusted p-values by stats.
suppressPackageStartupMessages({library(epiR); library(MASS); library(lme4); library(jsonlite)})
o <- c(12,3,25,8,0,40,5,17,9,2,31,6); e <- c(6.1,4.2,20.5,3.3,1.2,33.0,6.6,9.9,8.7,2.4,16.2,7.5)
wide <- c(30,3,25,2,0,80,5,50,9,2,31,1)
one <- function(o) {
  eb <- epi.empbayes(o, e)
  g <- eb[[1]]; phi <- eb[[2]]
  nb <- suppressWarnings(glm.nb(o ~ 1 + offset(log(e)), control = glm.control(epsilon = 1e-14, maxit = 500)))
  po <- glm(o ~ 1 + offset(log(e)), family = poisson)
  ln <- suppressWarnings(glmer(o ~ 1 + offset(log(e)) + (1 | s), data = data.frame(o, e, s = 1:12), family = poisson,
              nAGQ = 60, control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10))))
  p <- mapply(function(o, e) min(1, 2 * min(ppois(o, e), ppois(o - 1, e, lower.tail = FALSE))), o, e)
  list(observed = o, expected = e, mean = g, variance = phi, empbayes = g + phi * (o / e - g) / (phi + g / e),
       ml_mean = unname(exp(coef(nb))), theta = nb$theta, gain = 2 * as.numeric(logLik(nb) - logLik(po)),
       log_mean = unname(fixef(ln)), log_sd = sqrt(unlist(VarCorr(ln)))[[1]],
       p = p, holm = p.adjust(p, "holm"), bh = p.adjust(p, "BH"))
}
writeLines(toJSON(list(source = list(script = "run.R", r = as.character(getRversion()), epiR = as.character(packageVersion("epiR")),
  MASS = as.character(packageVersion("MASS")), lme4 = as.character(packageVersion("lme4"))),
  cases = list(one(o), one(wide))), digits = NA, auto_unbox = TRUE, pretty = TRUE), "values.json")
