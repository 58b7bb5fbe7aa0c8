//! What a figure is: a value, the interval around it, and what must be known beside it.

/// Ends of a 95 % interval, with how they were found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
    pub method: Method,
}

/// How an interval was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Wilson's score interval of a proportion.
    Wilson,
    /// From the binomial distribution (Clopper–Pearson).
    Exact,
    /// Calls drawn again, bias-corrected and accelerated.
    Bootstrap,
    /// From exact bounds of the share of disagreements, where a bootstrap would see none.
    ExactDisagreement,
    /// Linearised variance, with the calls (or agents' days) as clusters.
    Clustered,
    /// Stratified audit: linearised variance within strata.
    TwoPhase,
    /// A rate corrected by imported error rates (Lang and Reiczigel 2014).
    LangReiczigel,
    /// Empirical Bayes: the posterior around a shrunken estimate.
    Shrunken,
    /// Student's t, of a mean.
    StudentT,
    /// From the F distribution, of an intraclass correlation.
    FisherF,
}

/// A figure with its interval, if one can be given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub interval: Option<Interval>,
}

/// What must be known beside a figure. A figure with one of these is never shown without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caveat {
    /// Fewer than [`MIN_PAIRS`] calls with a pair of ratings.
    FewPairs { missing: usize },
    /// Fewer than [`MIN_GOLD`] calls that the reference says *yes* of.
    FewYes { missing: usize },
    /// Fewer than [`MIN_GOLD`] calls that the reference says *no* of.
    FewNo { missing: usize },
    /// Fewer than [`MIN_PAIRS`] hidden repeats.
    FewRepeats { missing: usize },
    /// One rater alone: there is nothing to agree with.
    OneRater,
    /// All gave one and the same answer everywhere: agreement beyond chance is not defined.
    NoVariance,
    /// No disagreement was seen, so resampling cannot show any.
    PerfectAgreement,
    /// One answer is so rare that the interval of a chance-corrected figure cannot be trusted.
    RareAnswer,
    /// Raters differ on so few calls that the interval is wider than it need be.
    FewDisagreements,
    /// Simulation shows that intervals of this size and prevalence cover too rarely.
    CoverageDoubtful,
    /// Raters and calls fall into groups that share nothing: no comparison between them.
    NotConnected,
    /// Strata without an audited call were joined with others.
    StrataJoined,
    /// No call was audited at random.
    NoRandomAudit,
}

/// Calls with a pair of ratings under which an agreement figure is flagged.
pub const MIN_PAIRS: usize = 20;
/// Reference answers of one kind under which sensitivity or specificity is flagged.
pub const MIN_GOLD: usize = 10;

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Wilson => "wilson",
            Method::Exact => "exact",
            Method::Bootstrap => "bootstrap",
            Method::ExactDisagreement => "exact_disagreement",
            Method::Clustered => "clustered",
            Method::TwoPhase => "two_phase",
            Method::LangReiczigel => "lang_reiczigel",
            Method::Shrunken => "shrunken",
            Method::StudentT => "student_t",
            Method::FisherF => "fisher_f",
        }
    }
}

impl Caveat {
    /// The code that tables have.
    pub fn as_str(self) -> &'static str {
        match self {
            Caveat::FewPairs { .. } => "few_pairs",
            Caveat::FewYes { .. } => "few_yes",
            Caveat::FewNo { .. } => "few_no",
            Caveat::FewRepeats { .. } => "few_repeats",
            Caveat::OneRater => "one_rater",
            Caveat::NoVariance => "no_variance",
            Caveat::PerfectAgreement => "perfect_agreement",
            Caveat::RareAnswer => "rare_answer",
            Caveat::FewDisagreements => "few_disagreements",
            Caveat::CoverageDoubtful => "coverage_doubtful",
            Caveat::NotConnected => "not_connected",
            Caveat::StrataJoined => "strata_joined",
            Caveat::NoRandomAudit => "no_random_audit",
        }
    }
}

impl Estimate {
    /// A value that no interval is given for.
    pub fn bare(value: f64) -> Self {
        Self {
            value,
            interval: None,
        }
    }
}
