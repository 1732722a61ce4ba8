"""The criteria against the published tables, the worked case, and every completion."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import paraneo
from paraneo import evidence
from paraneo.criteria import (
    _imacs_rules,
    bohan_peter,
    bohan_peter_1975,
    eular_acr,
    eular_acr_2017,
    imacs_2023,
    paraneoplastic,
    pns_2004,
)
from paraneo.errors import ArgumentError

answers = st.sampled_from([True, False, None])
ORDERS = {
    bohan_peter_1975: bohan_peter.ORDER,
    eular_acr_2017: eular_acr.ORDER,
    pns_2004: paraneoplastic.ORDER,
    imacs_2023: _imacs_rules.ORDER,
}

#: A woman of 43; criteria V, I, II and III, no biopsy; anti-TIF1-gamma (Merry 2020).
MERRY_SKIN_AND_MUSCLE = {
    "age_at_onset": 43,
    "proximal_upper_weakness": True,
    "proximal_lower_weakness": True,
    "heliotrope": True,
    "gottron_papules": True,
    "muscle_enzymes": True,
    "anti_jo1": False,
    "neck_flexors_weaker": False,
    "better_explanation": False,
}
MERRY_RISK = {
    "age_at_onset": 43,
    "sex": "female",
    "subtype": "dermatomyositis",
    "antibodies": ["tif1-gamma"],
    "persistent_activity": False,
    "dysphagia": False,
    "cutaneous_necrosis": False,
}


class TestMerry2020:
    def test_bohan_and_peter_definite_dermatomyositis_without_a_biopsy(self):
        found = bohan_peter_1975(
            weakness=True, enzymes=True, emg=True, rash=True, other_disease=False
        )
        assert (found.category, found.disease) == ("definite", "dermatomyositis")
        assert found.case_report_category == "definite"
        assert found.settled
        assert found.counted == ("weakness", "enzymes", "emg", "rash")

    def test_eular_acr_definite(self):
        found = eular_acr_2017(**MERRY_SKIN_AND_MUSCLE)
        assert found.score == 10.1
        assert round(found.probability, 4) == 0.9916
        assert found.category == "definite"
        assert found.settled
        assert found.with_biopsy is None

    def test_paraneoplastic_definite(self):
        found = pns_2004(syndrome="classical", cancer=True, years_to_cancer=1)
        assert (found.category, found.rules) == ("definite", ("definite 1",))
        assert found.settled

    def test_imacs_high_and_not_eligible_for_the_single_pet_ct(self):
        found = imacs_2023(**MERRY_RISK, years_to_diagnosis=0.5)
        assert found.category == "high"
        assert found.settled
        assert found.counted == ("age_at_onset", "subtype", "antibody tif1-gamma")
        assert found.pet_ct_alone is False


class TestBohanPeter:
    @pytest.mark.parametrize("disease", ["DM", "PM"])
    def test_counts_are_those_of_the_published_table(self, disease):
        table = evidence.load("bohan_peter").query("item_type == 'category'")
        needed = {
            "DM": bohan_peter.NEEDED_WITH_RASH,
            "PM": bohan_peter.NEEDED_WITHOUT_RASH,
        }[disease]
        for row in table.query("disease == @disease").itertuples():
            printed = re.search(r"any (\d)", row.rule)
            assert needed[row.item] == (int(printed[1]) if printed else 4)

    def test_wordings_differ_where_three_criteria_stand_without_the_rash(self):
        three = {"weakness": True, "enzymes": True, "emg": True, "other_disease": False}
        found = bohan_peter_1975(**three, biopsy=False, rash=False)
        assert (found.category, found.case_report_category) == ("probable", "definite")
        assert "definite in the wording of Merry 2020" in repr(found)

    def test_unknown_is_not_absent(self):
        found = bohan_peter_1975(weakness=True, enzymes=True, rash=None, other_disease=False)
        assert found.disease is None
        assert found.category == "possible"
        assert found.possible == ("possible", "probable", "definite")
        assert found.unknown_that_matter == ("emg", "biopsy", "rash")

    def test_another_disease_excludes(self):
        found = bohan_peter_1975(weakness=True, rash=True, other_disease=True)
        assert found.possible == ("excluded",)
        unsaid = bohan_peter_1975(weakness=True, enzymes=True, emg=True, rash=True)
        assert unsaid.category == "definite"
        assert unsaid.possible == ("definite", "excluded")
        assert unsaid.unknown_that_matter == ("other_disease",)


class TestEularAcr:
    @pytest.mark.parametrize("scale", [0, 1], ids=["without", "with"])
    def test_points_are_those_of_the_published_table(self, scale):
        table = evidence.load("eular_acr_2017").set_index("item")
        column = ["score_without_biopsy", "score_with_biopsy"][scale]
        words = {
            "proximal_upper_weakness": "Objective symmetric weakness, usually progressive, "
            "proximal upper extremities",
            "proximal_lower_weakness": "Objective symmetric weakness, usually progressive, "
            "proximal lower extremities",
            "neck_flexors_weaker": "Neck flexors relatively weaker than neck extensors",
            "proximal_legs_weaker": "In the legs, proximal muscles relatively weaker than distal",
            "heliotrope": "Heliotrope rash",
            "gottron_papules": "Gottron's papules",
            "gottron_sign": "Gottron's sign",
            "dysphagia": "Dysphagia or esophageal dysmotility",
            "anti_jo1": "Anti-Jo-1 positivity",
            "muscle_enzymes": "Elevated serum CK or LDH or ASAT or ALAT "
            "(above upper limit of normal)",
        }
        for name, item in words.items():
            assert eular_acr.POINTS[name][scale] == round(10 * float(table.loc[item, column]))
        ages = dict(eular_acr.AGE_POINTS)
        for first, item in (
            (18, "Age of onset >=18 and <40 years"),
            (40, "Age of onset >=40 years"),
        ):
            assert ages[first][scale] == round(10 * float(table.loc[item, column]))

    def test_biopsy_points_are_those_of_the_published_table(self):
        table = evidence.load("eular_acr_2017").query("item_type == 'biopsy_variable'")
        printed = [round(10 * float(points)) for points in table["score_with_biopsy"]]
        assert list(eular_acr.BIOPSY_POINTS.values()) == printed

    def test_cut_points_are_those_of_the_published_table(self):
        table = evidence.load("eular_acr_2017").query("item_type == 'cutpoint'")
        for row in table.itertuples():
            name = row.item.partition(" ")[0]
            for scale, text in enumerate((row.score_without_biopsy, row.score_with_biopsy)):
                lowest = re.match(r">=([\d.]+)", text)[1]
                assert eular_acr.CUT_POINTS[name][scale] == round(10 * float(lowest))
        formulas = evidence.load("eular_acr_2017").query("item_type == 'formula'")["value"]
        assert [f"1/(1+exp({centre}-score))" for centre in eular_acr.CENTRES] == list(formulas)

    @pytest.mark.parametrize(
        ("items", "score", "category"),
        [
            # 1.3 + 3.3 + 0.7 = 5.3, which floats add up to 5.299999999999999
            ({"age_at_onset": 18, "gottron_sign": True, "dysphagia": True}, 5.3, "possible"),
            ({"age_at_onset": 40, "heliotrope": True}, 5.2, "not IIM"),
            # 2.1 + 2.1 + 1.3 = 5.5
            (
                {"age_at_onset": 40, "gottron_papules": True, "muscle_enzymes": True},
                5.5,
                "probable",
            ),
            # 2.1 + 3.1 + 0.7 + 0.7 + 0.9 = 7.5
            (
                {
                    "age_at_onset": 40,
                    "heliotrope": True,
                    "dysphagia": True,
                    "proximal_upper_weakness": True,
                    "proximal_legs_weaker": True,
                },
                7.5,
                "definite",
            ),
        ],
    )
    def test_scores_on_the_cut_points_reach_the_class(self, items, score, category):
        absent = dict.fromkeys((*eular_acr.POINTS, "better_explanation"), False)
        found = eular_acr_2017(**(absent | items))
        assert found.score == score
        assert found.possible == (category,)

    def test_classes_go_by_the_score_though_the_rounded_cut_point_has_less_probability(self):
        assert eular_acr._probability(75, 0) < 0.90
        assert eular_acr._classify((75, 1, 0), 0) == "definite"
        assert eular_acr._classify((74, 1, 0), 0) == "probable"
        assert eular_acr._classify((87, 0, 0), 1) == "definite"
        assert eular_acr._classify((66, 0, 0), 1) == "possible"
        assert eular_acr._classify((64, 0, 0), 1) == "not IIM"
        assert math.isclose(eular_acr._probability(53, 0), 0.4925, abs_tol=5e-5)
        assert math.isclose(eular_acr._probability(87, 1), 0.9011, abs_tol=5e-5)

    def test_with_a_biopsy_both_scores_are_given(self):
        found = eular_acr_2017(
            **MERRY_SKIN_AND_MUSCLE, biopsy=True, perifascicular_atrophy=True, rimmed_vacuoles=False
        )
        # 2.2 + 0.7 + 0.5 + 3.2 + 2.7 + 1.4 + 1.9 with, 10.1 without
        assert found.score == 12.6
        assert found.without_biopsy.score == 10.1
        assert found.with_biopsy.category == "definite"

    def test_without_skin_signs_a_biopsy_is_needed(self):
        no_skin = dict.fromkeys(eular_acr.SKIN, False)
        strong = {
            "age_at_onset": 50,
            "anti_jo1": True,
            "muscle_enzymes": True,
            "neck_flexors_weaker": True,
            "better_explanation": False,
        }
        found = eular_acr_2017(**strong, **no_skin)
        assert found.possible == ("biopsy needed",)
        taken = eular_acr_2017(**strong, **no_skin, biopsy=True)
        assert taken.category == "definite"

    def test_the_subgroup_is_named_only_where_its_rule_is_here(self):
        no_skin = dict.fromkeys(eular_acr.SKIN, False)
        strong = {"age_at_onset": 60, "anti_jo1": True, "muscle_enzymes": True, "biopsy": True}
        ibm = eular_acr_2017(**strong, **no_skin, rimmed_vacuoles=True)
        assert ibm.subgroup == "inclusion body myositis"
        by_hand = {"finger_flexor_weakness": True, "responds_to_treatment": False}
        fingers = eular_acr_2017(**strong, **no_skin, **by_hand, endomysial_infiltration=True)
        assert fingers.subgroup == "inclusion body myositis"
        assert (
            eular_acr_2017(
                **strong, **no_skin, **(by_hand | {"responds_to_treatment": None})
            ).subgroup
            is None
        )
        assert eular_acr_2017(**MERRY_SKIN_AND_MUSCLE).subgroup is None

    def test_a_child_has_no_inclusion_body_myositis(self):
        """The tree asks for the age at onset first: under 18 only skin signs decide."""
        strong = {"anti_jo1": True, "muscle_enzymes": True, "biopsy": True}
        strong |= {"rimmed_vacuoles": True, "proximal_upper_weakness": True}
        strong |= {"neck_flexors_weaker": True}
        no_skin = dict.fromkeys(eular_acr.SKIN, False)
        wanted = {
            8: "juvenile myositis other than juvenile dermatomyositis",
            17.9: "juvenile myositis other than juvenile dermatomyositis",
            18: "inclusion body myositis",
            None: None,
        }
        for age, subgroup in wanted.items():
            found = eular_acr_2017(**strong, **no_skin, age_at_onset=age)
            assert found.category == "definite"
            assert found.subgroup == subgroup
        skin = no_skin | {"heliotrope": True}
        assert eular_acr_2017(**strong, **skin, age_at_onset=8).subgroup == (
            "juvenile dermatomyositis"
        )
        assert eular_acr_2017(**strong, **skin, age_at_onset=50).subgroup is None
        unknown = eular_acr_2017(**strong, age_at_onset=8)
        assert unknown.subgroup is None

    def test_points_of_the_items_add_up_to_the_score(self):
        found = eular_acr_2017(**MERRY_SKIN_AND_MUSCLE)
        points = found.summary().set_index("item")["points"]
        assert math.isclose(points.sum(), found.score)
        assert points["anti_jo1"] == 0.0
        assert math.isnan(points["gottron_sign"])

    def test_a_juvenile_onset_has_no_points_for_age(self):
        assert eular_acr_2017(age_at_onset=17.9, heliotrope=True).score == 3.1


class TestPns2004:
    def test_windows_are_those_of_the_published_table(self):
        table = evidence.load("pns_graus_2004").query("version == 2004").dropna(subset="rule_no")
        years = {f"{r.level} {r.rule_no:g}": r.cancer_window_years for r in table.itertuples()}
        assert set(years) == set(paraneoplastic.RULE_ITEMS)
        assert {years[rule] for rule in ("definite 1", "definite 3")} == {5.0}
        assert years["possible 3"] == paraneoplastic.POSSIBLE_YEARS
        assert years["definite 1"] == paraneoplastic.DEFINITE_YEARS

    @pytest.mark.parametrize(
        ("items", "rule"),
        [
            ({"syndrome": "classical", "cancer": True, "years_to_cancer": 5}, "definite 1"),
            (
                {
                    "syndrome": "non-classical",
                    "cancer": True,
                    "improves_with_cancer_treatment": True,
                },
                "definite 2",
            ),
            (
                {
                    "syndrome": "non-classical",
                    "cancer": True,
                    "years_to_cancer": 4,
                    "antibodies": "partially-characterised",
                    "improves_with_cancer_treatment": False,
                },
                "definite 3",
            ),
            ({"antibodies": "well-characterised", "cancer": False}, "definite 4"),
            (
                {
                    "syndrome": "classical",
                    "antibodies": "none",
                    "cancer": False,
                    "high_cancer_risk": True,
                },
                "possible 1",
            ),
            ({"antibodies": "partially-characterised", "cancer": False}, "possible 2"),
            (
                {
                    "syndrome": "non-classical",
                    "antibodies": "none",
                    "cancer": True,
                    "years_to_cancer": 2,
                    "improves_with_cancer_treatment": False,
                },
                "possible 3",
            ),
        ],
    )
    def test_each_rule(self, items, rule):
        found = pns_2004(**items)
        assert found.category == rule.partition(" ")[0]
        assert rule in found.rules
        assert found.settled

    def test_a_late_cancer_is_not_enough(self):
        found = pns_2004(syndrome="classical", cancer=True, years_to_cancer=5.01)
        assert found.possible == ("criteria not met",)

    def test_an_unknown_time_of_the_cancer_matters(self):
        found = pns_2004(syndrome="classical", cancer=True)
        assert found.possible == ("criteria not met", "definite")
        assert found.unknown_that_matter == ("cancer",)

    def test_improvement_after_treatment_of_a_cancer_says_that_there_is_one(self):
        found = pns_2004(syndrome="non-classical", improves_with_cancer_treatment=True)
        assert found.possible == ("definite",)


class TestImacs2023:
    def test_risk_factors_are_those_of_the_published_table(self):
        table = evidence.load("imacs_2023").query("item_type == 'risk_factor'")
        risks = table.groupby("group")["category_or_rule"].apply(list)
        assert risks["antibody"] == list(_imacs_rules.ANTIBODIES.values())
        assert risks["IIM subtype"] == list(_imacs_rules.SUBTYPES.values())[:-1]
        assert risks["clinical"] == [
            "high",
            "high",
            "high",
            "high",
            "intermediate",
            "low",
            "low",
            "low",
        ]

    def test_panels_are_as_long_as_in_the_published_table(self):
        table = evidence.load("imacs_2023").query("item_type == 'panel'")
        assert table["group"].value_counts().to_dict() == {
            "basic": len(_imacs_rules.BASIC),
            "enhanced": len(_imacs_rules.ENHANCED),
        }

    @pytest.mark.parametrize(
        ("changes", "category"),
        [
            ({}, "high"),
            ({"age_at_onset": 40}, "high"),
            ({"age_at_onset": 40, "antibodies": []}, "moderate"),
            ({"subtype": "overlap-myositis", "antibodies": []}, "moderate"),
            (
                {
                    "subtype": "polymyositis",
                    "antibodies": "mi2",
                    "age_at_onset": 30,
                },
                "moderate",
            ),
            ({"subtype": "polymyositis", "antibodies": [], "age_at_onset": 30}, "standard"),
            (
                {
                    "subtype": "antisynthetase-syndrome",
                    "antibodies": ["jo1"],
                    "age_at_onset": 30,
                    "sex": "male",
                },
                "standard",
            ),
            ({"age_at_onset": 12}, "not covered"),
            ({"subtype": "inclusion-body-myositis"}, "not covered"),
            ({"years_to_diagnosis": 3.2}, "not covered"),
        ],
    )
    def test_groups(self, changes, category):
        found = imacs_2023(**({"years_to_diagnosis": 0.5} | MERRY_RISK | changes))
        assert found.possible == (category,)
        assert bool(found.exclusions) == (category == "not covered")

    def test_low_risk_factors_subtract_nothing(self):
        low = {"raynaud": True, "arthropathy": True, "interstitial_lung_disease": True}
        found = imacs_2023(**MERRY_RISK, **low)
        assert found.category == "high"
        assert {"raynaud", "arthropathy"} <= set(found.counted)

    def test_the_single_pet_ct_asks_for_one_more_feature(self):
        within = MERRY_RISK | {"years_to_diagnosis": 0.5}
        assert imacs_2023(**(within | {"cutaneous_necrosis": True})).pet_ct_alone is True
        assert imacs_2023(**(within | {"cutaneous_necrosis": None})).pet_ct_alone is None
        assert (
            imacs_2023(**(within | {"cutaneous_necrosis": True, "age_at_onset": 40})).pet_ct_alone
            is False
        )

    def test_visits_of_the_high_group(self):
        visits = imacs_2023(**MERRY_RISK, years_to_diagnosis=1.5).visits()
        assert visits["panel"].tolist() == ["basic", "enhanced", "basic", "basic"]
        assert visits["years_after_onset"].tolist() == [1.5, 1.5, 2.0, 3.0]
        assert visits["years_after_diagnosis"].tolist() == [0.0, 0.0, 0.5, 1.5]

    def test_visits_where_the_delay_is_not_known_or_nothing_applies(self):
        assert imacs_2023(**MERRY_RISK).visit_years() == (0.0, 1.0, 2.0, 3.0)
        young = MERRY_RISK | {"age_at_onset": 30, "antibodies": []}
        assert imacs_2023(**young).visit_years() == (0.0,)
        none = imacs_2023(**(MERRY_RISK | {"age_at_onset": 12}))
        assert none.visit_years() == ()
        assert none.panels().empty

    def test_panels_are_for_the_sex(self):
        woman, man = (
            set(imacs_2023(**(MERRY_RISK | {"sex": sex})).panels()["investigation"])
            for sex in ("female", "male")
        )
        assert "mammography" in woman - man
        assert "prostate-specific antigen" in man - woman

    def test_further_investigations_follow_from_high_risk_and_no_cancer_found(self):
        within = MERRY_RISK | {"years_to_diagnosis": 0.5}
        found = imacs_2023(**within, cancer_at_diagnosis=False, nasopharyngeal_region=True)
        applies = found.further_investigations().set_index("investigation")["applies"]
        assert applies.tolist() == ["yes", "no", "yes", "yes"]
        cancer = imacs_2023(**within, cancer_at_diagnosis=True)
        assert cancer.further_investigations()["applies"].tolist() == [
            "no",
            "no",
            "no",
            "not known",
        ]

    def test_the_guideline_s_name_of_the_middle_group_and_its_synonym(self):
        found = imacs_2023(**(MERRY_RISK | {"age_at_onset": 30, "antibodies": []}))
        assert found.category == "moderate"
        assert "called intermediate elsewhere" in repr(found)

    def test_antibodies_told_one_by_one(self):
        told = {"tif1-gamma": None, "nxp2": False}
        found = imacs_2023(
            **(MERRY_RISK | {"age_at_onset": 30, "antibodies": told, "years_to_diagnosis": 1})
        )
        assert found.possible == ("moderate", "high")
        assert found.unknown_that_matter == ("antibody tif1-gamma",)


@given(
    st.fixed_dictionaries(
        dict.fromkeys(("weakness", "enzymes", "emg", "biopsy", "rash", "other_disease"), answers)
    ),
    st.data(),
)
def test_learning_more_about_bohan_and_peter_stays_within_what_was_possible(given_items, data):
    _learning_narrows(bohan_peter_1975, given_items, data)


@given(
    st.fixed_dictionaries(
        dict.fromkeys((*eular_acr.POINTS, *eular_acr.BIOPSY_POINTS, "better_explanation"), answers)
        | {"age_at_onset": st.sampled_from([None, 12, 30, 50]), "biopsy": st.just(True)}
    ),
    st.data(),
)
def test_learning_more_about_eular_acr_stays_within_what_was_possible(given_items, data):
    _learning_narrows(eular_acr_2017, given_items, data)


@given(
    st.fixed_dictionaries(
        dict.fromkeys(_imacs_rules.CLINICAL, answers)
        | {
            "age_at_onset": st.sampled_from([None, 12, 30, 50]),
            "subtype": st.sampled_from([None, *_imacs_rules.SUBTYPES]),
            "antibodies": st.sampled_from([None, (), ("tif1-gamma",), ("mi2",)]),
            "years_to_diagnosis": st.sampled_from([None, 1.0, 4.0]),
        }
    ),
    st.data(),
)
def test_learning_more_about_imacs_stays_within_what_was_possible(given_items, data):
    _learning_narrows(imacs_2023, given_items, data)


def _learning_narrows(verb, items, data):
    before = verb(**items)
    unknown = [name for name, value in items.items() if value is None]
    if not unknown:
        return
    name = data.draw(st.sampled_from(unknown))
    values = {
        "age_at_onset": [12, 30, 50],
        "subtype": list(_imacs_rules.SUBTYPES),
        "antibodies": [(), ("nxp2",)],
        "years_to_diagnosis": [1.0, 4.0],
    }.get(name, [True, False])
    after = [verb(**(items | {name: value})) for value in values]
    for result in after:
        assert set(result.possible) <= set(before.possible)
    if name != "antibodies" and name not in before.unknown_that_matter:
        assert all(result.possible == before.possible for result in after)


EXAMPLES = [
    bohan_peter_1975(weakness=True),
    eular_acr_2017(**MERRY_SKIN_AND_MUSCLE),
    pns_2004(syndrome="classical"),
    imacs_2023(**MERRY_RISK),
]


@pytest.mark.parametrize("result", EXAMPLES, ids=lambda result: result.criteria)
def test_every_result_says_what_it_is_for_and_where_it_comes_from(result):
    text = repr(result)
    assert "For research, not for the care of a person." in text
    assert "https://doi.org/10." in text
    assert list(result.summary().columns)[:4] == ["item", "finding", "counts", "matters"]
    assert result._repr_html_().startswith("<p>")
    for name in result.unknown_that_matter:
        assert name in text


def test_results_are_frozen_and_equal_when_they_say_the_same():
    assert imacs_2023(**MERRY_RISK) == imacs_2023(**MERRY_RISK)
    with pytest.raises(AttributeError):
        EXAMPLES[0].category = "definite"


@pytest.mark.parametrize(
    ("verb", "items", "said"),
    [
        (
            bohan_peter_1975,
            {"rash": "yes", "emg": 1},
            ["'emg': 1 is neither True, False nor None", "'rash': 'yes' is neither"],
        ),
        (
            eular_acr_2017,
            {"age_at_onset": -1, "dysphagia": "mild"},
            ["'age_at_onset': -1 years is negative", "'dysphagia': 'mild'"],
        ),
        (eular_acr_2017, {"age_at_onset": 516}, ["516 years is too many", "not months"]),
        (eular_acr_2017, {"rimmed_vacuoles": True}, ["Say biopsy=True"]),
        (eular_acr_2017, {"biopsy": None}, ["Say True or False"]),
        (pns_2004, {"syndrome": "clasical"}, ["Did you mean 'classical'?"]),
        (pns_2004, {"years_to_cancer": 2}, ["Say cancer=True, or leave the years out"]),
        (
            pns_2004,
            {"cancer": False, "improves_with_cancer_treatment": True},
            ["Without a cancer there was none to treat"],
        ),
        (
            imacs_2023,
            {"sex": "F", "subtype": "DM", "antibodies": ["TIF1"]},
            [
                "'sex': there is no option 'F'",
                "'subtype': there is no option 'DM'",
                "'antibodies': there is no option 'TIF1'",
            ],
        ),
        (imacs_2023, {"antibodies": {"nxp2": "maybe"}}, ["antibodies['nxp2']"]),
        (imacs_2023, {"antibodies": 3}, ["Pass for example ['tif1-gamma']"]),
        (imacs_2023, {"age_at_onset": "43"}, ["'43' is not a number of years"]),
        (imacs_2023, {"age_at_onset": float("nan")}, ["value is missing"]),
    ],
)
def test_bad_input_is_named_with_its_cure(verb, items, said):
    with pytest.raises(ArgumentError) as error:
        verb(**items)
    for words in said:
        assert words in str(error.value)


def test_public_names():
    for name in (
        "bohan_peter_1975",
        "eular_acr_2017",
        "imacs_2023",
        "pns_2004",
        "BohanPeter1975",
        "EularAcr2017",
        "Imacs2023",
        "Pns2004",
    ):
        assert name in paraneo.criteria.__all__
