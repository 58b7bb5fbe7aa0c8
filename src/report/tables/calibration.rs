//! The tables of calibration. One file each, below `calibration/`.

use super::super::schema::{Column, Kind, Table};

/// All tables of calibration.
pub fn calibration_tables() -> Vec<Table> {
    vec![
        agreement(),
        score_agreement(),
        raters(),
        fair_scores(),
        drift(),
        disagreements(),
        automatic(),
        true_rates(),
        agents(),
        followed(),
        form(),
        outcomes(),
    ]
}

/// The tables that are made of what people say, from no one date: those of calibration, and
/// `coaching`.
pub fn tables_of_people() -> Vec<Table> {
    let mut all = calibration_tables();
    all.push(coaching());
    all
}

/// One row per comparison of answers.
pub fn agreement() -> Table {
    Table {
        name: "calibration/agreement",
        grain: "one comparison of raters on one question, section or form",
        key: &[
            "rubric",
            "level",
            "part",
            "meaning",
            "comparison",
            "rater_a",
            "rater_b",
        ],
        purpose: "How far those who score agree, with chance taken out. Kappa, AC1 and the \
                table of counts stand in one row, with prevalence and bias: read none of \
                them alone. Blind ratings only. The intervals are about the calls of this \
                period (resampled call by call).",
        date_is: None,
        example: "
SELECT rubric, part, pairs, percent_agreement, cohen_kappa, ac1, both_yes, yes_no, no_yes,
    both_no, caveats
FROM read_parquet('report/calibration/agreement/part.parquet')
WHERE level = 'question' AND comparison = 'automatic_people'
ORDER BY ac1 NULLS LAST, rubric, part;",
        columns: columns! {
            rubric Text: "The rubric's id.",
            level Text: "`question`, `section` or `form`.",
            part Text: "The question's or the section's id; `form`.",
            meaning Text: "What is compared: of a question, its meaning as in `answers`; of \
                a section or the form, a hash over the meanings of its questions.",
            comparison Text: "`people` (all people together), `pair` (two people), `gold` (a \
                person against what was agreed), `automatic_people` (the automatic scorer \
                against people), `automatic_gold`, or `own_people` (the agent's own rating \
                against people).",
            rater_a Text: "The first rater; `all` where it is not one.",
            rater_b Text: "The second rater; `all` where it is not one, `agreed` for gold.",
            section Text nullable: "The question's section; null for sections and forms.",
            text Text nullable: "The question; null for sections and forms.",
            versions Text: "Versions of the rubric that the ratings were made with, commas \
                between them.",
            scale Text: "What the answers are taken for: `nominal`, `ordinal` or `interval`.",
            calls Int: "Calls with two or more ratings to compare.",
            raters Int: "Raters among them.",
            ratings Int: "Ratings that went in.",
            pairs Int: "Pairs of ratings of one call and question.",
            both_yes Float nullable: "Pairs in which both say *yes*; of other questions than \
                yes/no, earned all points. With several people on a call, the automatic \
                scorer's pairs are shared out, so that each call counts once. It is null for \
                questions without points.",
            yes_no Float nullable: "Pairs in which the first says *yes* and the second *no*; \
                among all people, pairs that differ so, whoever it was. It is null for \
                questions without points.",
            no_yes Float nullable: "Pairs in which the first says *no* and the second *yes*. \
                It is null among all people, and for questions without points.",
            both_no Float nullable: "Pairs in which both say *no*. It is null for questions \
                without points.",
            not_applicable_both Float nullable: "Pairs in which both say that the question \
                does not apply. It is null for questions without points.",
            not_applicable_one Float nullable: "Pairs in which one of the two says so. It is \
                null for questions without points.",
            percent_agreement Float nullable: "Share of pairs with the same answer, 0 to 1; \
                null where it is not defined.",
            percent_agreement_low Float nullable: "Lower end of its 95 % interval; null \
                where none can be given.",
            percent_agreement_high Float nullable: "Upper end of its 95 % interval; null \
                where none can be given.",
            positive_agreement Float nullable: "Of the *yes* of two raters, the share that \
                both gave; null where it is not defined.",
            negative_agreement Float nullable: "Of the *no* of two raters, the share that \
                both gave; null where it is not defined.",
            prevalence_index Float nullable: "How lopsided the answers are: the difference \
                of *both yes* and *both no*, as a share of the pairs with *yes* or *no*, 0 \
                to 1; null where it is not defined.",
            bias_index Float nullable: "How lopsided the disagreement is: the difference of \
                *yes and no* and *no and yes*, as a share of these pairs, 0 to 1; null where \
                it is not defined.",
            direction_p Float nullable: "Chance of a disagreement at least as lopsided if \
                neither rater were stricter (McNemar, exact); null where it is not defined.",
            cohen_kappa Float nullable: "Cohen's kappa of two raters; not of all people; \
                null where it is not defined.",
            cohen_kappa_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            cohen_kappa_high Float nullable: "Upper end of its 95 % interval; null where \
                none can be given.",
            kappa_linear Float nullable: "Cohen's kappa with linear weights; null for \
                nominal answers and where it is not defined.",
            kappa_quadratic Float nullable: "Cohen's kappa with quadratic weights; null for \
                nominal answers and where it is not defined.",
            fleiss_kappa Float nullable: "Fleiss' kappa, of two raters Scott's pi; with \
                missing ratings as Gwet (2014) has it; null where it is not defined.",
            fleiss_kappa_low Float nullable: "Lower end of its 95 % interval; null where \
                none can be given.",
            fleiss_kappa_high Float nullable: "Upper end of its 95 % interval; null where \
                none can be given.",
            brennan_prediger Float nullable: "Brennan and Prediger's coefficient; of two \
                answers PABAK; null where it is not defined.",
            ac1 Float nullable: "Gwet's AC1; null where it is not defined.",
            ac1_low Float nullable: "Lower end of its 95 % interval; null where none can be \
                given.",
            ac1_high Float nullable: "Upper end of its 95 % interval; null where none can be \
                given.",
            ac2_linear Float nullable: "Gwet's AC2 with linear weights; null for nominal \
                answers and where it is not defined.",
            ac2_quadratic Float nullable: "Gwet's AC2 with quadratic weights; null for \
                nominal answers and where it is not defined.",
            alpha Float nullable: "Krippendorff's alpha with the metric of `scale`; null \
                where it is not defined.",
            alpha_low Float nullable: "Lower end of its 95 % interval; null where none can \
                be given.",
            alpha_high Float nullable: "Upper end of its 95 % interval; null where none can \
                be given.",
            alpha_nominal Float nullable: "Krippendorff's alpha, nominal; null where it is \
                not defined.",
            alpha_ordinal Float nullable: "Krippendorff's alpha, ordinal; null for nominal \
                answers and where it is not defined.",
            alpha_interval Float nullable: "Krippendorff's alpha, interval; null for nominal \
                answers and where it is not defined.",
            alpha_ratio Float nullable: "Krippendorff's alpha, ratio; null for nominal \
                answers and where it is not defined.",
            alignment Float nullable: "Share of the points on which both agree, each \
                question weighed as in the form (1 less the mean difference), 0 to 1; null \
                for questions without points.",
            interval_method Text nullable: "How the intervals of the chance-corrected \
                figures were found; null where there is none.",
            enough Bool: "There are at least 20 calls with a pair.",
            missing_calls Int: "Calls that are missing until then.",
            caveats Text: "What must be known beside the figures, codes with commas between \
                them (docs/calibration.md lists them); empty if nothing.",
        },
    }
}

/// One row per comparison of scores.
pub fn score_agreement() -> Table {
    Table {
        name: "calibration/score_agreement",
        grain: "one comparison of raters on the scores of one section or form",
        key: &[
            "rubric",
            "level",
            "part",
            "meaning",
            "comparison",
            "rater_a",
            "rater_b",
        ],
        purpose: "How far the scores agree, in points of 100, before auto-fail: a score that \
                falls to 0 has two humps and tells nothing. Of sheets on which questions \
                with at least 80 % of the weight were answered.",
        date_is: None,
        example: "
SELECT rubric, comparison, rater_a, rater_b, calls, bias, mean_absolute_error, within_5, icc_2_1,
    caveats
FROM read_parquet('report/calibration/score_agreement/part.parquet')
WHERE level = 'form'
ORDER BY ALL;",
        columns: columns! {
            rubric Text: "The rubric's id.",
            level Text: "`section` or `form`.",
            part Text: "The section's id; `form`.",
            meaning Text: "What is compared: a hash over the meanings of its questions.",
            comparison Text: "`people` (all people together), `pair` (two people), `gold` (a \
                person against what was agreed), `automatic_people` (the automatic scorer \
                against people), `automatic_gold`, or `own_people` (the agent's own rating \
                against people).",
            rater_a Text: "The first rater; `all` where it is not one.",
            rater_b Text: "The second rater; `all` where it is not one, `agreed` for gold.",
            calls Int: "Calls with two scores or more.",
            raters Int: "Raters of these calls.",
            icc_calls Int: "Calls that the intraclass correlations are of: all of \
                `icc_raters` scored them. Of all people there are none under 20.",
            icc_raters Text: "Of all people, those who share these calls, with commas \
                between them; empty for others, and where the minimum group withholds raters.",
            mean_a Float nullable: "Mean score by the first; null among all people.",
            mean_b Float nullable: "Mean score by the second; null among all people.",
            bias Float nullable: "First less second, mean over calls (Bland and Altman); \
                null where it is not defined.",
            bias_low Float nullable: "Lower end of its 95 % interval; null where none can be \
                given.",
            bias_high Float nullable: "Upper end of its 95 % interval; null where none can \
                be given.",
            sd_difference Float nullable: "Standard deviation of these differences; null \
                where it is not defined.",
            limit_low Float nullable: "Lower limit of agreement: bias - 1.96 standard \
                deviations; null where it is not defined.",
            limit_high Float nullable: "Upper limit of agreement: bias + 1.96 standard \
                deviations; null where it is not defined.",
            limit_se Float nullable: "Standard error of a limit; null where it is not defined.",
            mean_absolute_error Float nullable: "Mean difference without its sign; null \
                where it is not defined.",
            mean_absolute_error_low Float nullable: "Lower end of its 95 % interval; null \
                where none can be given.",
            mean_absolute_error_high Float nullable: "Upper end of its 95 % interval; null \
                where none can be given.",
            within_5 Float nullable: "Share of calls on which they differ by 5 points at \
                most, 0 to 1; null where it is not defined.",
            within_5_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            within_5_high Float nullable: "Upper end of its 95 % interval; null where none \
                can be given.",
            icc_1_1 Float nullable: "ICC(1,1) of Shrout and Fleiss (1979); null where it is \
                not defined.",
            icc_2_1 Float nullable: "ICC(2,1), absolute agreement of one rater: ICC(A,1); \
                null where it is not defined.",
            icc_2_1_low Float nullable: "Lower end of its 95 % interval; null where none can \
                be given.",
            icc_2_1_high Float nullable: "Upper end of its 95 % interval; null where none \
                can be given.",
            icc_3_1 Float nullable: "ICC(3,1), consistency of one rater: ICC(C,1); null \
                where it is not defined.",
            icc_1_k Float nullable: "ICC(1,k), of the mean of the raters; null where it is \
                not defined.",
            icc_2_k Float nullable: "ICC(2,k), absolute agreement of the mean; null where it \
                is not defined.",
            icc_3_k Float nullable: "ICC(3,k), consistency of the mean; null where it is not \
                defined.",
            enough Bool: "There are at least 20 calls.",
            missing_calls Int: "Calls that are missing until then.",
            caveats Text: "What must be known beside the figures, codes with commas between \
                them (docs/calibration.md lists them); empty if nothing.",
        },
    }
}

/// One row per rater and form.
pub fn raters() -> Table {
    Table {
        name: "calibration/raters",
        grain: "one rater of one form",
        key: &["rubric", "rater"],
        purpose: "Who is strict and who is lenient, from calls that several rated: an \
                additive model (call, question, rater) in points, and a Rasch model in \
                logits as the second opinion. The automatic scorer is one of the raters. \
                Intervals are about the rater, with calls as clusters.",
        date_is: None,
        example: "
SELECT rubric, rater, calls, raw_mean, fair_mean, severity, severity_low, severity_high,
    rasch_severity
FROM read_parquet('report/calibration/raters/part.parquet')
WHERE comparable
ORDER BY rubric, severity DESC;",
        columns: columns! {
            rubric Text: "The rubric's id.",
            rater Text: "The rater; `automatic` for the automatic scorer.",
            kind Text: "`person` or `automatic`.",
            calls Int: "Calls rated, blind.",
            ratings Int: "Answers with points among them.",
            shared_calls Int: "Calls that another rater of the group rated, too.",
            comparison_group Int: "Raters of one group are linked by shared calls; nothing \
                compares one group with another.",
            comparable Bool: "The rater shares calls with others.",
            raw_mean Float nullable: "Mean of the points earned, in points of 100; null \
                without ratings with points.",
            fair_mean Float nullable: "What the average rater of the group would have given \
                on the same calls and questions, in points of 100; null where not \
                comparable.",
            severity Float nullable: "Points of 100 that the rater gives less than the \
                average of the group, the rater included; of the automatic scorer, less than \
                the average person. Negative is lenient; null where it is not defined.",
            severity_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            severity_high Float nullable: "Upper end of its 95 % interval; null where none \
                can be given.",
            rasch_severity Float nullable: "The same in logits of *not earned*, from a Rasch \
                model given each answer's total (conditional likelihood); null where it is \
                not defined.",
            rasch_severity_low Float nullable: "Lower end of its 95 % interval; null where \
                none can be given.",
            rasch_severity_high Float nullable: "Upper end of its 95 % interval; null where \
                none can be given.",
            infit Float nullable: "Mean square of the Rasch model, weighted by information: \
                1 is expected, more is erratic; null where it is not defined.",
            outfit Float nullable: "Mean square of the Rasch model, unweighted: sensitive to \
                single surprises; null where it is not defined.",
            separation Float nullable: "How many times the raters' true spread exceeds the \
                error of measurement, of the group; null where it is not defined.",
            reliability Float nullable: "Share of the raters' spread that is real, 0 to 1, \
                of the group; null where it is not defined.",
            no_rasch Text nullable: "Why there is no Rasch severity; null where there is one.",
            repeats Int: "Hidden repeats: answers given twice to one call and question, \
                unknown to the rater.",
            self_agreement Float nullable: "Share of hidden repeats answered alike, 0 to 1; \
                null where it is not defined.",
            self_agreement_low Float nullable: "Lower end of its 95 % interval; null where \
                none can be given.",
            self_agreement_high Float nullable: "Upper end of its 95 % interval; null where \
                none can be given.",
            self_kappa Float nullable: "Cohen's kappa of first and second answer; null where \
                it is not defined.",
            caveats Text: "What must be known beside the figures, codes with commas between \
                them (docs/calibration.md lists them); empty if nothing.",
        },
    }
}

/// One row per rated call and form.
pub fn fair_scores() -> Table {
    Table {
        name: "calibration/fair_scores",
        grain: "one form on one rated call",
        key: &["call_id", "rubric"],
        purpose: "What people gave a call beside what it would have got from the average \
                rater: severity and gaps taken out.",
        date_is: None,
        example: "
SELECT rubric, call_id, raters, raw, fair, fair_low, fair_high, automatic
FROM read_parquet('report/calibration/fair_scores/part.parquet')
ORDER BY abs(fair - raw) DESC
LIMIT 20;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            rubric Text: "The rubric's id.",
            agent Text: "The agent's id.",
            raters Int: "People who rated it, blind.",
            comparison_group Int nullable: "Group of raters; see `raters`; null where no two \
                of them share calls.",
            raw Float: "Mean of the points that people gave, each question alike, in points \
                of 100.",
            fair Float nullable: "The same by the average rater on all questions of the \
                form, in points of 100; null where it is not defined.",
            fair_low Float nullable: "Lower end of its 95 % interval; null where none can be \
                given.",
            fair_high Float nullable: "Upper end of its 95 % interval; null where none can \
                be given.",
            automatic Float nullable: "Mean of the points that the automatic scorer gave, \
                each question alike, in points of 100; null without an answer with points.",
        },
    }
}

/// One row per week of a control chart.
pub fn drift() -> Table {
    Table {
        name: "calibration/drift",
        grain: "one week of one control chart",
        key: &["rubric", "subject_kind", "subject", "chart", "week"],
        purpose: "Whether a rater, a question or the automatic scorer changes over the \
                weeks. A new version of what is measured starts a new chart.",
        date_is: None,
        example: "
SELECT rubric, subject_kind, subject, chart, min(week) AS first_week,
    any_value(trend_per_week) AS trend_per_week
FROM read_parquet('report/calibration/drift/part.parquet')
WHERE stands_out
GROUP BY ALL
ORDER BY ALL;",
        columns: columns! {
            rubric Text: "The rubric's id.",
            subject_kind Text: "`rater` (points fewer than the others give on the same \
                answers, own severity taken out), `question` (mean difference of two \
                people's points) or `automatic` (share of answers that differ from what was \
                agreed, else from people).",
            subject Text: "The rater's or the question's id.",
            chart Int: "Charts of one subject, from 1.",
            began_with Text: "Why the chart begins: `first`, `version` (another version of \
                the form or meaning of the question) or `model` (another speech model).",
            week Text: "Monday of the week, `YYYY-MM-DD`, of the ratings or, for \
                `automatic`, of the calls; the first of them where thin weeks are joined.",
            calls Int: "Calls in the week.",
            value Float: "The week's mean, in the unit of the subject: points of 100, or a \
                share from 0 to 1.",
            centre Float nullable: "Centre line: the mean of the first four points; null on \
                charts of fewer than six points, which have no limits.",
            smoothed Float nullable: "Exponentially weighted mean up to this week; null \
                without limits.",
            limit_low Float nullable: "Lower control limit of `smoothed`; null without limits.",
            limit_high Float nullable: "Upper control limit of `smoothed`; null without limits.",
            shewhart_low Float nullable: "Lower 3-sigma limit of `value`; null without limits.",
            shewhart_high Float nullable: "Upper 3-sigma limit of `value`; null without limits.",
            stands_out Bool: "The smoothed mean, or a single jump, lies outside of what \
                chance explains.",
            first Bool: "The first week of the chart that stands out.",
            trend_per_week Float nullable: "Change per week over the chart; null where it is \
                not defined.",
            trend_per_week_low Float nullable: "Lower end of its 95 % interval; null where \
                none can be given.",
            trend_per_week_high Float nullable: "Upper end of its 95 % interval; null where \
                none can be given.",
        },
    }
}

/// One row per answer that is not agreed on.
pub fn disagreements() -> Table {
    Table {
        name: "calibration/disagreements",
        grain: "one question of one call on which two ratings differ",
        key: &["call_id", "rubric", "question"],
        purpose: "Where people differ among themselves, or the automatic answer differs from \
                them: what to talk about, with the evidence and where to listen.",
        date_is: None,
        example: "
SELECT rubric, question, count(*) AS calls, count(*) FILTER (people_differ) AS people_differ,
    count(*) FILTER (automatic_differs) AS automatic_differs
FROM read_parquet('report/calibration/disagreements/part.parquet')
GROUP BY rubric, question
ORDER BY calls DESC, rubric, question;",
        columns: columns! {
            call_id Text: "The call; see `calls`.",
            rubric Text: "The rubric's id.",
            question Text: "The question's id within the rubric.",
            meaning Text: "What the question means; see `answers`. Figures belong to it.",
            version Text: "The rubric's version that the call was scored with.",
            agent Text: "The agent's id.",
            call_date Text: "Local day of the call, `YYYY-MM-DD`.",
            people_differ Bool: "Two blind people gave different answers.",
            gold_differs Bool: "A blind person gave another answer than was agreed.",
            automatic_differs Bool: "The automatic answer is not the agreed one; where none \
                was agreed, it is none that a blind person gave. Never where it abstained.",
            answers Text: "Blind people's answers, as `rater: answer` with `; ` between them.",
            automatic Text: "The automatic answer; see `answers`.",
            gold Text nullable: "The agreed answer; null if none was agreed.",
            right Text nullable: "Of a difference between people and the automatic scorer, \
                who was right by the agreed answer: `automatic`, `people`, `both` (people \
                differ) or `neither`; null without one.",
            confidence Float nullable: "How well what the automatic answer rests on was \
                heard; null without an answer.",
            evidence_kind Text nullable: "Kind of the evidence that is shown, see \
                `evidence`; null without any.",
            start_ms Int nullable: "Where to listen, from the start of the recording; null \
                where no words are behind it.",
            quote Text nullable: "The words, redacted, with ` … ` for those between them that are \
                left out; null where there are none.",
            note Text nullable: "What the evidence says beside; null if nothing.",
            basis Text nullable: "What those people had before them: `audio`, `transcript` \
                or `both`; null where no person rated it blind.",
        },
    }
}

/// One row per question and reference.
pub fn automatic() -> Table {
    Table {
        name: "calibration/automatic",
        grain: "one question, its automatic answers held against one reference",
        key: &["rubric", "question", "meaning", "reference"],
        purpose: "How often the automatic scorer is wrong. Random audits only, weighted by \
                the probability of being chosen. For questions other than yes/no, *yes* \
                stands for all points earned.",
        date_is: None,
        example: "
SELECT rubric, question, fit, sensitivity, sensitivity_low, specificity, specificity_low,
    abstention, caveats
FROM read_parquet('report/calibration/automatic/part.parquet')
WHERE reference = 'people'
ORDER BY fit, rubric, question;",
        columns: columns! {
            rubric Text: "The rubric's id.",
            question Text: "The question's id within the rubric.",
            meaning Text: "What the question means; see `answers`. Figures belong to it.",
            reference Text: "What counts as true: `gold` (agreed answers) or `people` (blind \
                people, each call's answers shared out); `none` for a question that nobody \
                rated.",
            audited Int: "Calls audited at random with a reference answer.",
            true_yes_said_yes Float: "Audited calls, not weighted: true *yes*, automatic \
                *yes*. Shared out where people differ.",
            true_yes_said_no Float: "Not weighted: true *yes*, automatic *no*.",
            true_no_said_yes Float: "Not weighted: true *no*, automatic *yes*.",
            true_no_said_no Float: "Not weighted: true *no*, automatic *no*.",
            abstained Float: "Audited calls with a true *yes* or *no* on which the automatic \
                scorer abstained.",
            not_applicable_wrong Float: "Audited calls on which one of the two says that the \
                question does not apply, and the other does not.",
            sensitivity Float nullable: "Share of true *yes* that got an automatic *yes*, 0 \
                to 1; null where it is not defined.",
            sensitivity_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            sensitivity_high Float nullable: "Upper end of its 95 % interval; null where \
                none can be given.",
            specificity Float nullable: "Share of true *no* that got an automatic *no*, 0 to \
                1; null where it is not defined.",
            specificity_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            specificity_high Float nullable: "Upper end of its 95 % interval; null where \
                none can be given.",
            ppv Float nullable: "Share of automatic *yes* that are true, 0 to 1; null where \
                it is not defined.",
            ppv_low Float nullable: "Lower end of its 95 % interval; null where none can be \
                given.",
            ppv_high Float nullable: "Upper end of its 95 % interval; null where none can be \
                given.",
            npv Float nullable: "Share of automatic *no* that are true, 0 to 1; null where \
                it is not defined.",
            npv_low Float nullable: "Lower end of its 95 % interval; null where none can be \
                given.",
            npv_high Float nullable: "Upper end of its 95 % interval; null where none can be \
                given.",
            applicable Int: "All calls of which the automatic scorer does not say that the \
                question does not apply.",
            abstention Float nullable: "Share of these on which the automatic scorer \
                abstains, 0 to 1; null where it is not defined.",
            abstention_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            abstention_high Float nullable: "Upper end of its 95 % interval; null where none \
                can be given.",
            abstention_by_agent_p Float nullable: "Chance of differences in abstention \
                between agents at least as large if there were none, corrected for the \
                number of questions; null where it cannot be told.",
            abstention_by_agent_most Text nullable: "Where it abstains most: the agent and \
                share; null where it cannot be told.",
            abstention_by_queue_p Float nullable: "Chance of differences in abstention \
                between queues at least as large if there were none, corrected for the \
                number of questions; null where it cannot be told.",
            abstention_by_queue_most Text nullable: "Where it abstains most: the queue and \
                share; null where it cannot be told.",
            abstention_by_heard_p Float nullable: "Chance of differences in abstention \
                between calls that were heard well and badly (thirds of the mean word \
                probability) at least as large if there were none, corrected for the number \
                of questions; null where it cannot be told.",
            abstention_by_heard_most Text nullable: "Where it abstains most: the third and \
                share; null where it cannot be told.",
            fit Text: "`automatic` (fit to be answered automatically), `hint` (fit only as a \
                hint), `not_fit`, or `not_known` (not enough audited).",
            fit_reason Text: "Why, in words.",
            caveats Text: "What must be known beside the figures, codes with commas between \
                them (docs/calibration.md lists them); empty if nothing.",
        },
    }
}

/// One row per question and reference.
pub fn true_rates() -> Table {
    Table {
        name: "calibration/true_rates",
        grain: "the true rate of one question by one reference",
        key: &["rubric", "question", "meaning", "reference"],
        purpose: "How often the answer is truly *yes*, over all calls, beside the raw \
                automatic rate. From a random audit by two-phase estimation; calls picked \
                because they teach most never enter. About the calls of this period.",
        date_is: None,
        example: "
SELECT rubric, question, raw_rate, true_rate, true_rate_low, true_rate_high, method
FROM read_parquet('report/calibration/true_rates/part.parquet')
WHERE reference = 'gold'
ORDER BY rubric, question;",
        columns: columns! {
            rubric Text: "The rubric's id.",
            question Text: "The question's id within the rubric.",
            meaning Text: "What the question means; see `answers`. Figures belong to it.",
            reference Text: "`gold`, `people`, or `imported` (sensitivity and specificity \
                from elsewhere).",
            method Text: "`two_phase` or `rogan_gladen`.",
            calls Int: "Calls to which the question was put.",
            audited Int: "Of these, audited at random; for `imported`, those it was measured on.",
            strata Int: "Strata of the audit after joining: automatic answer by queue; 0 for \
                `imported`.",
            raw_rate Float nullable: "Automatic *yes* as a share of automatic *yes* and \
                *no*; null where it never answered.",
            true_rate Float nullable: "True *yes* as a share of the calls to which the \
                question truly applies, 0 to 1; null where it is not defined.",
            true_rate_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            true_rate_high Float nullable: "Upper end of its 95 % interval; null where none \
                can be given.",
            not_applicable Float nullable: "Share of the calls to which the question truly \
                does not apply, 0 to 1; null where it is not defined.",
            not_applicable_low Float nullable: "Lower end of its 95 % interval; null where \
                none can be given.",
            not_applicable_high Float nullable: "Upper end of its 95 % interval; null where \
                none can be given.",
            why_not Text nullable: "Why there is no rate; null where there is one.",
            caveats Text: "What must be known beside the figures, codes with commas between \
                them (docs/calibration.md lists them); empty if nothing.",
        },
    }
}

/// One row per agent and question.
pub fn agents() -> Table {
    Table {
        name: "calibration/agents",
        grain: "one question of one agent",
        key: &["rubric", "question", "meaning", "agent"],
        purpose: "Each agent against the rest, on the same queues and reasons, with false \
                discoveries held down over all agents and questions. Data of a funnel, not a \
                league table. About the agent's practice: an agent's day is one observation.",
        date_is: None,
        example: "
SELECT rubric, agent, question, calls, rate, expected, difference_low, difference_high, flag,
    missing_calls
FROM read_parquet('report/calibration/agents/part.parquet')
ORDER BY flag IN ('above', 'below') DESC, adjusted_p NULLS LAST, calls DESC
LIMIT 20;",
        columns: columns! {
            rubric Text: "The rubric's id.",
            question Text: "The question's id within the rubric.",
            meaning Text: "What the question means; see `answers`. Figures belong to it.",
            agent Text: "The agent's id.",
            team Text nullable: "The agent's team in the last of these calls; null if not given.",
            calls Int: "Calls with an automatic *yes* or *no*.",
            days Int: "Days with such calls.",
            compared_calls Int: "Of these calls, those in queues and reasons that others \
                had, too.",
            rate Float nullable: "Share of *yes*, 0 to 1, of the compared calls; null \
                without any.",
            expected Float nullable: "What the rest reached on the same queues and reasons; \
                null where nothing compares.",
            difference Float nullable: "`rate` less `expected`; null where it is not defined.",
            difference_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            difference_high Float nullable: "Upper end of its 95 % interval; null where none \
                can be given.",
            shrunken Float nullable: "`difference`, pulled towards that of all agents as far \
                as the numbers are thin (empirical Bayes): the best guess of it; null where \
                it is not defined.",
            shrunken_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            shrunken_high Float nullable: "Upper end of its 95 % interval; null where none \
                can be given.",
            p Float nullable: "Chance of such a difference if there were none; null where \
                nothing compares.",
            adjusted_p Float nullable: "The same corrected for all agents and questions of \
                the form (false-discovery rate); null where nothing compares.",
            funnel_95_low Float nullable: "Lower funnel limit, 95 %, around `expected`; null \
                where nothing compares.",
            funnel_95_high Float nullable: "Upper funnel limit, 95 %; null where nothing \
                compares.",
            funnel_998_low Float nullable: "Lower funnel limit, 99.8 %; null where nothing \
                compares.",
            funnel_998_high Float nullable: "Upper funnel limit, 99.8 %; null where nothing \
                compares.",
            flag Text: "`above`, `below`, `no_difference` or `not_enough`.",
            missing_calls Int: "Calls that are missing until a comparison (20); 0 where \
                there are enough.",
            missing_days Int: "Days that are missing until a comparison (5); 0 where there \
                are enough.",
            missing_others Int: "Other agents with such calls that are missing (3); 0 where \
                there are enough.",
            missing_calls_of_others Int: "Such calls of other agents that are missing (20); \
                0 where there are enough.",
            fit Text: "Whether the question is fit to be answered automatically; see \
                `automatic`. A difference on one that is not is a reason to listen, nothing \
                more.",
        },
    }
}

/// One row per coaching.
pub fn followed() -> Table {
    Table {
        name: "calibration/followed",
        grain: "one coaching of one agent on one question",
        key: &["rubric", "question", "meaning", "agent", "coached_on"],
        purpose: "What followed a coaching, beside comparable agents who were not coached at \
                that time. Not what it caused: who is coached is chosen.",
        date_is: None,
        example: "
SELECT rubric, agent, question, coached_on, rate_before, rate_after, change, comparison_change,
    difference_low, difference_high
FROM read_parquet('report/calibration/followed/part.parquet')
ORDER BY coached_on, agent;",
        columns: columns! {
            rubric Text: "The rubric's id.",
            question Text: "The question's id within the rubric.",
            meaning Text: "What the question means; see `answers`. Figures belong to it.",
            agent Text: "The agent's id; `all` for all coachings on the question together.",
            coached_on Text: "Day of the coaching, `YYYY-MM-DD`; `all` for all together.",
            agents Int: "Coached agents: 1, or those taken together.",
            calls_before Int: "Calls with an answer in the weeks before.",
            calls_after Int: "Calls with an answer in the weeks after.",
            comparison_agents Int: "Comparable agents; for `all`, counted again for each \
                coaching.",
            rate_before Float nullable: "Share of *yes* before; null without calls.",
            rate_after Float nullable: "Share of *yes* after; null without calls.",
            change Float nullable: "After less before, beyond what calls of these queues and \
                reasons pass anyway; null without a comparison.",
            comparison_change Float nullable: "The same change of the comparable agents; \
                null without them.",
            difference Float nullable: "`change` less `comparison_change`; null where it is \
                not defined.",
            difference_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            difference_high Float nullable: "Upper end of its 95 % interval; null where none \
                can be given.",
            p Float nullable: "Chance of such a difference if there were none; null without \
                a comparison.",
            adjusted_p Float nullable: "The same corrected for all coachings of the form; \
                null without a comparison.",
            flag Text: "`rose_more`, `fell_more`, `no_difference` or `not_enough`.",
        },
    }
}

/// One row per coaching note.
pub fn coaching() -> Table {
    Table {
        name: "coaching",
        grain: "one talk with one agent about one question",
        key: &["agent", "rubric", "question", "coached_on"],
        purpose: "What coaches noted and agreed (the file `coaching`), beside what followed \
                (`calibration/followed`; not what it caused). Made by `report`, and by `calibrate`; \
                stays as it is where neither names such a file.",
        date_is: None,
        example: "
SELECT rubric, question, count(*) AS talks, sum(minutes) AS minutes,
    count(*) FILTER (done_on IS NULL AND follow_up_on IS NOT NULL) AS to_look_at_again,
    count(*) FILTER (followed_flag = 'rose_more') AS rose_more
FROM read_parquet('report/coaching/part.parquet')
GROUP BY rubric, question
ORDER BY rubric, question;",
        columns: columns! {
            agent Text: "As in `calls`.",
            team Text nullable: "The agent's team on the day of the talk, as the table of agents \
                has it, else as the last call up to that day that has one, else as the last call; \
                null if not given.",
            rubric Text: "The rubric's id.",
            question Text: "The question's id within the rubric.",
            coached_on Text: "Day of the talk, `YYYY-MM-DD`.",
            coach Text nullable: "Who led the talk; null if not given.",
            minutes Int nullable: "Minutes that the coach spent; null if not given.",
            action Text nullable: "What was agreed, redacted; null if not given.",
            follow_up_on Text nullable: "Day on which to look again, `YYYY-MM-DD`; null if none \
                was agreed.",
            done_on Text nullable: "Day on which that was done, `YYYY-MM-DD`; null as long as it \
                was not.",
            calls Text: "Ids of the calls that were talked about, with commas between them; empty \
                if none are named.",
            followed_flag Text nullable: "`rose_more`, `fell_more`, `no_difference` or \
                `not_enough`, beside agents who started alike; null where nobody has calibrated \
                with this coaching.",
            calls_before Int nullable: "Calls with an answer in the weeks before; null as \
                `followed_flag`.",
            calls_after Int nullable: "Calls with an answer in the weeks after; null as \
                `followed_flag`.",
            rate_before Float nullable: "Share of *yes* before; null without such calls.",
            rate_after Float nullable: "Share of *yes* after; null without such calls.",
            difference Float nullable: "How much more the rate changed than that of agents who \
                started alike; null without a comparison.",
            difference_low Float nullable: "Lower end of its 95 % interval; null where none can \
                be given.",
            difference_high Float nullable: "Upper end of its 95 % interval; null where none can \
                be given.",
        },
    }
}

/// One row per question.
pub fn form() -> Table {
    Table {
        name: "calibration/form",
        grain: "one question of a form",
        key: &["rubric", "question", "meaning"],
        purpose: "Whether the question earns its place: does it tell calls apart, does \
                another one say the same, does any outcome notice it, and how hard it is.",
        date_is: None,
        example: "
SELECT rubric, question, answered, rate, not_applicable, abstention, most_like, flags
FROM read_parquet('report/calibration/form/part.parquet')
ORDER BY flags = '', rate DESC NULLS LAST;",
        columns: columns! {
            rubric Text: "The rubric's id.",
            question Text: "The question's id within the rubric.",
            meaning Text: "What the question means; see `answers`. Figures belong to it.",
            section Text: "The section's id.",
            text Text: "The question.",
            calls Int: "Calls to which it was put.",
            answered Int: "Automatic *yes* or *no* among them.",
            rate Float nullable: "Share of *yes*, 0 to 1; null where it is not defined.",
            rate_low Float nullable: "Lower end of its 95 % interval; null where none can be \
                given.",
            rate_high Float nullable: "Upper end of its 95 % interval; null where none can \
                be given.",
            not_applicable Float nullable: "Share of calls on which the automatic scorer \
                says that it does not apply; null without calls.",
            abstention Float nullable: "Share of calls on which it abstains; null without calls.",
            difficulty Float nullable: "Points of 100 that people give less on this question \
                than on the average question of the same calls; null where it is not \
                defined.",
            difficulty_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            difficulty_high Float nullable: "Upper end of its 95 % interval; null where none \
                can be given.",
            lost Float nullable: "Share of the form's points that a call loses by it on \
                average; null where too few were answered.",
            most_like Text nullable: "The question of the same form that it agrees with \
                most, beyond chance; null where none can be compared.",
            most_like_agreement Float nullable: "How far the two are one, with chance taken \
                out, 1 at most; null where it is not defined.",
            most_like_agreement_low Float nullable: "Lower end of its 95 % interval; null \
                where none can be given.",
            most_like_agreement_high Float nullable: "Upper end of its 95 % interval; null \
                where none can be given.",
            flags Text: "`nearly_always_pass`, `nearly_never_pass`, `nearly_never_applies`, \
                `duplicate` (of `most_like`), `noticed` or `unnoticed` (by the outcomes), \
                commas between them; empty if nothing can be said.",
        },
    }
}

/// One row per question and outcome.
pub fn outcomes() -> Table {
    Table {
        name: "calibration/outcomes",
        grain: "one question and one outcome",
        key: &["rubric", "question", "meaning", "outcome"],
        purpose: "Whether what happened afterwards goes with the answer, within queues. A \
                relation, not a cause.",
        date_is: None,
        example: "
SELECT rubric, outcome, question, calls, difference, difference_low, difference_high
FROM read_parquet('report/calibration/outcomes/part.parquet')
ORDER BY adjusted_p NULLS LAST, outcome, question
LIMIT 20;",
        columns: columns! {
            rubric Text: "The rubric's id.",
            question Text: "The question's id within the rubric.",
            meaning Text: "What the question means; see `answers`. Figures belong to it.",
            outcome Text: "`satisfaction`, `resolved`, `complaint`, `sale` or `left`.",
            calls Int: "Calls with an automatic *yes* or *no* and this outcome.",
            queues Int: "Queues that have both answers.",
            mean_yes Float nullable: "Mean outcome where the answer is *yes*; null without \
                calls.",
            mean_no Float nullable: "Mean outcome where it is *no*; null without calls.",
            difference Float nullable: "Outcome with *yes* less outcome with *no*, within \
                queues; of yes/no outcomes in shares; null where it is not defined.",
            difference_low Float nullable: "Lower end of its 95 % interval; null where none \
                can be given.",
            difference_high Float nullable: "Upper end of its 95 % interval; null where none \
                can be given.",
            p Float nullable: "Chance of such a difference if there were none; null where it \
                cannot be told.",
            adjusted_p Float nullable: "The same corrected for all questions and outcomes of \
                the form; null where it cannot be told.",
            flag Text: "`higher` or `lower` (where the answer is *yes*), `negligible` (a \
                difference that matters is ruled out), `no_difference` (neither is shown) or \
                `not_enough`.",
        },
    }
}
