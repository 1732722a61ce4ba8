# Prevalence by an imperfect test of known accuracy (epiR::epi.prev). Rscript run.R rewrites values.json.
suppressMessages({library(epiR); library(jsonlite)})
cases <- list(c(15, 100, .9, .95), c(4, 200, .906, .93), c(130, 400, .775, .925), c(97, 100, .8, .9))
rows <- list()
for (x in cases) for (m in c("c-p", "wilson")) {
  r <- epi.prev(pos = x[1], tested = x[2], se = x[3], sp = x[4], method = m, units = 1, conf.level = .95)
  rows[[length(rows) + 1]] <- list(positives = x[1], n = x[2], sensitivity = x[3], specificity = x[4],
    interval = if (m == "c-p") "exact" else "wilson", values = as.numeric(r$tp[1, 1:3]))
}
writeLines(toJSON(list(source = list(r = as.character(getRversion()), epiR = as.character(packageVersion("epiR"))),
                       cases = rows), digits = NA, auto_unbox = TRUE, pretty = TRUE), "values.json")
