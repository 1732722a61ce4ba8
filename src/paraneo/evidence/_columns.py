"""What each table holds, and the kind of each of its columns."""

from __future__ import annotations

#: One line a table, for `describe`.
HOLDS = {
    "antibody_accuracy": "Antibodies and cancer in myositis: two-by-two counts of single studies",
    "antibody_pooled": "Antibodies and cancer in myositis: results of meta-analyses",
    "bohan_peter": "Bohan and Peter 1975 criteria of dermatomyositis and polymyositis",
    "eular_acr_2017": "EULAR/ACR 2017 classification criteria: points, cut points, probability",
    "imacs_2023": "IMACS 2023 guideline on cancer screening: risk factors, panels, schedule",
    "imacs_validation": "Cancers by IMACS 2023 risk group in two cohorts",
    "mortality_ratios": "Mortality in myositis against the population, some by time",
    "pns_graus_2004": "Graus 2004 criteria of paraneoplastic neurological syndromes",
    "risk_factors": "Risk factors of cancer within myositis, from two meta-analyses",
    "screening_yield": "What searches for cancer found in myositis, and at what cost",
    "site_groups": "Groups of cancer sites by ICD-10 and ICD-O-3 codes, from two dictionaries",
    "sir_by_age": "Cancer incidence ratios in myositis by age or sex",
    "sir_by_time": "Cancer incidence ratios in myositis by time since diagnosis",
    "sir_overall": "Cancer incidence ratios in myositis, by population and meta-analysis",
    "timing": "When cancers of people with myositis are found",
    "us_cancer_probability": "Chance of a cancer by age and sex, and rates at 15 to 29, US",
    "us_cancer_rates": "Coarse cancer rates of the US by age and sex, derived; for examples",
    "us_mortality_2014": "Mortality rates of the US population in 2014 by age and sex",
}

#: Columns of whole numbers that are never missing.
WHOLE = frozenset({"year", "version"})

#: Columns of numbers even where a table prints none; NaN where a source prints none.
NUMBERS = frozenset(
    {
        "age",
        "age_high",
        "age_low",
        "cancer_window_years",
        "cancers",
        "cancers_found",
        "ci_high",
        "ci_low",
        "comparator_death_rate_per_1000",
        "death_rate_per_1000",
        "deaths",
        "estimate",
        "expected",
        "false_negative",
        "false_positive",
        "false_positive_percent",
        "fn",
        "fp",
        "i2_percent",
        "n",
        "n_category",
        "n_patients",
        "n_studies",
        "n_tests",
        "npv",
        "observed",
        "percent",
        "person_years",
        "ppv",
        "rate",
        "ratio",
        "rule_no",
        "sensitivity",
        "sir",
        "specificity",
        "time_from_years",
        "time_to_years",
        "tn",
        "tp",
        "true_negative",
        "value",
        "window_end_years",
        "window_start_years",
        "yield_percent",
    }
)
#: In these tables a column of the name holds words, such as ">=5.3 and <5.5".
WORDS = frozenset({("eular_acr_2017", "value")})
