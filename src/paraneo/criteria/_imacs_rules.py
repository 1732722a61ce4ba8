"""The IMACS 2023 guideline as tables: risk factors, panels, visits."""

from __future__ import annotations

SOURCE = (
    "Oldroyd AGS et al. (2023). International Guideline for Idiopathic Inflammatory "
    "Myopathy-Associated Cancer Screening: an International Myositis Assessment and Clinical "
    "Studies Group (IMACS) initiative. Nat Rev Rheumatol 19:805-17. "
    "https://doi.org/10.1038/s41584-023-01045-w"
)
HIGH, INTERMEDIATE, LOW = "high", "intermediate", "low"
NOT_COVERED = "not covered"
#: Groups as the guideline names them, weakest first.
ORDER = ("standard", "moderate", "high")
#: What validation papers call the middle group.
SYNONYM = "intermediate"

IBM = "inclusion-body-myositis"
SUBTYPES = {
    "dermatomyositis": HIGH,
    "amyopathic-dermatomyositis": INTERMEDIATE,
    "polymyositis": INTERMEDIATE,
    "necrotising-myopathy": INTERMEDIATE,
    "antisynthetase-syndrome": LOW,
    "overlap-myositis": LOW,
    IBM: NOT_COVERED,
}
ANTIBODIES = {
    "tif1-gamma": HIGH,
    "nxp2": HIGH,
    "sae1": INTERMEDIATE,
    "hmgcr": INTERMEDIATE,
    "mi2": INTERMEDIATE,
    "mda5": INTERMEDIATE,
    "srp": LOW,
    "jo1": LOW,
    "non-jo1-antisynthetase": LOW,
    "myositis-associated": LOW,
}
#: Beside age and sex.
CLINICAL = {
    "persistent_activity": HIGH,
    "dysphagia": HIGH,
    "cutaneous_necrosis": HIGH,
    "raynaud": LOW,
    "arthropathy": LOW,
    "interstitial_lung_disease": LOW,
}
#: The clinical features of which the single PET-CT asks for one.
PET_FEATURES = ("persistent_activity", "dysphagia", "cutaneous_necrosis")
#: Strictly above this age at onset counts as a high-risk factor.
AGE_ABOVE = 40.0
ADULT = 18.0
#: The guideline is for people diagnosed within so many years of onset.
WITHIN_YEARS = 3.0
HIGH_FACTORS_FOR_HIGH = 2
HIGH_FACTORS_FOR_MODERATE = 1
INTERMEDIATE_FACTORS_FOR_MODERATE = 2

#: Investigation, and the sex it is for if only one.
BASIC = (
    ("comprehensive history", ""),
    ("comprehensive physical examination", ""),
    ("complete blood count", ""),
    ("liver function tests in serum", ""),
    ("erythrocyte sedimentation rate or plasma viscosity", ""),
    ("C-reactive protein", ""),
    ("serum protein electrophoresis", ""),
    ("urinalysis", ""),
    ("plain chest X-ray", ""),
)
ENHANCED = (
    ("CT of neck, thorax, abdomen and pelvis", ""),
    ("cervical screening", "female"),
    ("mammography", "female"),
    ("prostate-specific antigen", "male"),
    ("CA-125", ""),
    ("pelvic or transvaginal ultrasonography", "female"),
    ("faecal occult blood", ""),
)
#: Panels at the diagnosis, and the years after onset at which the basic one is repeated.
AT_DIAGNOSIS = {
    "standard": ("basic",),
    "moderate": ("basic", "enhanced"),
    "high": ("basic", "enhanced"),
}
REPEATED_AFTER_ONSET = (1.0, 2.0, 3.0)
