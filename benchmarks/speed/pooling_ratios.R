# Time metafor::rma.uni, metafor::rma.glmm and lme4::glmer on meta-analyses written by
# pooling_ratios.py: Rscript FILE data.csv number. Data sets 0 to number - 1 are fitted by
# rma.uni (REML) and glmer (seven nodes), the first fifth of them by rma.glmm.
suppressMessages({library(metafor); library(lme4)})
arguments <- commandArgs(trailingOnly = TRUE)
d <- read.csv(arguments[[1]]); d$row <- seq_len(nrow(d))
sets <- split(d, d$set)[seq_len(as.integer(arguments[[2]]))]
quiet <- function(x) suppressMessages(suppressWarnings(x))
normal <- function(s) rma.uni(log((s$observed + .5) / s$expected), 1 / (s$observed + .5), method = "REML")
mixed <- function(s) glmer(observed ~ 1 + (1 | row), s, poisson, offset = log(expected), nAGQ = 7)
both <- function(s) rma.glmm(measure = "IRLN", xi = s$observed, ti = s$expected)
timed <- function(f, sets) {
  quiet(f(sets[[1]]))
  seconds <- system.time(fits <- lapply(sets, function(s) quiet(try(f(s), silent = TRUE))))[["elapsed"]]
  list(seconds / length(sets), fits)
}
a <- timed(normal, sets); b <- timed(mixed, sets); c <- timed(both, sets[seq_len(max(1, length(sets) %/% 5))])
ok <- !sapply(a[[2]], inherits, "try-error")
means <- sapply(a[[2]], function(f) if (inherits(f, "try-error")) NA else as.numeric(f$beta))
glmer_means <- sapply(b[[2]], function(f) if (inherits(f, "try-error")) NA else fixef(f)[[1]])
cat(a[[1]], b[[1]], c[[1]], sum(!ok), "\n")
cat(sprintf("%.17g", means), "\n"); cat(sprintf("%.17g", glmer_means), "\n")
