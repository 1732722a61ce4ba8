# glmer (Laplace) on five studies of two tests, effects shared by the tests of a study.
# Rscript two_tests.R two_tests.csv: prints log-likelihoods with 15 digits.
suppressMessages(library(lme4))
d <- read.csv(commandArgs(trailingOnly = TRUE)[[1]])
long <- rbind(
  data.frame(study = d$study, test = d$test, right = d$tp, n = d$tp + d$fn, se = 1, sp = 0),
  data.frame(study = d$study, test = d$test, right = d$tn, n = d$tn + d$fp, se = 0, sp = 1)
)
long$ct <- as.numeric(long$test == "CT"); long$mri <- 1 - long$ct
long <- long[long$n > 0, ]
control <- glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e6, rhoend = 1e-10))
fit <- function(formula) {
  glmer(formula, data = long, family = binomial, control = control)
}
answer <- cbind(long$right, long$n - long$right)
fits <- list(
  both = fit(answer ~ 0 + se:ct + se:mri + sp:ct + sp:mri + (0 + se + sp | study)),
  none = fit(answer ~ 0 + se + sp + (0 + se + sp | study)),
  specificity_alone = fit(answer ~ 0 + se:ct + se:mri + sp:ct + sp:mri + (0 + sp | study))
)
for (name in names(fits)) {
  cat(name, sprintf("%.15g", as.numeric(logLik(fits[[name]]))), sprintf("%.9g", fixef(fits[[name]])), "\n")
}
