# Times one function of R on a table written by __main__.py: Rscript verbs.R NAME TABLE.csv
# Prints the seconds of the processor (best of three) and the number that ours found too.
args <- commandArgs(trailingOnly = TRUE)
d <- read.csv(args[2])
suppressMessages(library(survival))
run <- switch(args[1],
  survfit = function() summary(survfit(Surv(years, what == 1) ~ 1, d), times = 5)$surv,
  survdiff = function() survdiff(Surv(years, what == 1) ~ sex, d)$chisq,
  coxph = function() coef(coxph(Surv(years, what == 1) ~ x + sex, d))[["x"]],
  cuminc = { suppressMessages(library(cmprsk))
    function() timepoints(cuminc(d$years, d$what), 5)$est[1, 1] },
  crr = { suppressMessages(library(cmprsk))
    function() crr(d$years, d$what, cbind(d$x, d$sex))$coef[[1]] },
  glm = function() coef(glm(event ~ x + offset(log(expected)), poisson, d))[["x"]],
  pyears = {
    age <- 0:99; year <- 1985:2015
    rate <- 2e-4 * exp(age / 18)
    table <- array(0, c(100, 2, 31), list(age = age, sex = c("1", "2"), year = year))
    for (y in seq_along(year)) { table[, 1, y] <- 1.3 * rate; table[, 2, y] <- rate }
    table <- table / 365.25
    attributes(table) <- c(attributes(table), list(dimid = c("age", "sex", "year"),
      type = c(2, 1, 3), cutpoints = list(365.25 * age, NULL,
      as.Date("1970-01-01") + (year - 1970) * 365.25)))
    class(table) <- "ratetable"
    d$entry <- as.Date("1970-01-01") + (d$came - 1970) * 365.25
    d$days <- (d$came - d$born) * 365.25
    d$length <- (d$left - d$came) * 365.25
    function() {
      d$a <- tcut(d$days, 365.25 * c(seq(0, 85, 5), 150))
      d$f <- tcut(rep(0, nrow(d)), 365.25 * c(0, 1, 2, 5, 10, 60))
      d$p <- tcut(as.numeric(d$entry), (c(1990, 1995, 2000, 2005, 2015) - 1970) * 365.25)
      sum(pyears(Surv(length, event) ~ a + f + p + sex, d, ratetable = table,
        rmap = list(age = days, sex = sex, year = entry), scale = 365.25,
        data.frame = TRUE)$data$expected)
    }
  })
seconds <- Inf
for (i in 1:3) {
  gc()
  began <- proc.time(); value <- run(); took <- proc.time() - began
  seconds <- min(seconds, took[["user.self"]] + took[["sys.self"]])
}
cat(seconds, format(value, digits = 17), "\n")
