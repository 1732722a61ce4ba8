# Rscript pooling_accuracy.R data.csv number: seconds a fit by rma.mv (REML) and glmer (Laplace),
# then their mean logits of every set. Columns of data.csv: set, tp, fp, fn, tn.
suppressMessages({library(metafor); library(lme4)})
arguments <- commandArgs(TRUE)
all <- read.csv(arguments[1]); number <- as.integer(arguments[2])
k <- sum(all$set == 0)
sets <- lapply(seq_len(number) - 1, function(s) all[all$set == s, ])
long <- lapply(sets, function(d) { e <- d[, -1] + 0.5
  data.frame(study = rep(seq_len(k), 2), outcome = factor(rep(c("se", "sp"), each = k)),
    y = c(log(e$tp / e$fn), log(e$tn / e$fp)), v = c(1 / e$tp + 1 / e$fn, 1 / e$tn + 1 / e$fp)) })
people <- lapply(sets, function(d) data.frame(study = rep(seq_len(k), 2),
  se = rep(1:0, each = k), sp = rep(0:1, each = k), right = c(d$tp, d$tn), wrong = c(d$fn, d$fp)))
normal <- function(d) rma.mv(y, v, mods = ~ 0 + outcome, random = ~ outcome | study,
  struct = "UN", data = d, method = "REML")
mixed <- function(d) glmer(cbind(right, wrong) ~ 0 + se + sp + (0 + se + sp | study), d, binomial)
quiet <- function(f, d) suppressMessages(suppressWarnings(
  tryCatch(as.numeric(if (identical(f, mixed)) fixef(f(d)) else coef(f(d))),
    error = function(e) c(NA, NA))))
timed <- function(f, data) { quiet(f, data[[1]])
  t <- system.time(r <- sapply(data, function(d) quiet(f, d)))[["elapsed"]]
  list(t / length(data), r) }
a <- timed(normal, long); b <- timed(mixed, people)
cat(a[[1]], b[[1]], "\n"); cat(a[[2]], "\n"); cat(b[[2]], "\n")
