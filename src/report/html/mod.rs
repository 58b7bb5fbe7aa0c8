//! The morning's pages: what coaches, team leaders and analysts open in a browser.
//!
//! A [`Chapter`] is one kind of page. It is fed date by date, so that memory does not grow with
//! the calls; says which calls its pages will show; and then makes them. Nothing here reads a
//! file: `batch::report` does. Each page holds its style and script; none asks a network for
//! anything, which its content security policy sees to. Templates escape every text.
//!
//! A rate counts automatic answers only, because people answer chosen calls. What is shown about
//! one call is the answer of record. Left out on purpose: rankings of people.

mod agent;
mod call;
pub mod charts;
mod index;
mod night;
mod programme;
mod question;
pub mod scope;
pub mod sound;
mod weeks;
pub(crate) mod words;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::records::Text;
pub use scope::{Answers, CallDetail, Calls, DailyRows, Day, Links, Runs, Scope, Wanted};

/// A page, by its path below the folder of pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub path: String,
    pub html: String,
}

/// One kind of page, in the order in which its functions are called.
pub trait Chapter {
    /// Takes in the daily tables of one date: the weeks before the period and the period, oldest
    /// first.
    fn past(&mut self, _scope: &Scope, _day: &DailyRows) {}

    /// Takes in one date of the period, oldest first.
    fn day(&mut self, _scope: &Scope, _day: &Day) {}

    /// Takes in the runs that processed the period, after its dates.
    fn runs(&mut self, _scope: &Scope, _runs: &Runs) {}

    /// Whether it still looks for calls to show.
    fn seeks(&self) -> bool {
        false
    }

    /// Takes in the calls and answers of one date of the look-back, newest first, as long as it
    /// [`Chapter::seeks`].
    fn seek(&mut self, _scope: &Scope, _day: &Answers) {}

    /// The calls that its pages show or link to.
    fn calls(&self, _scope: &Scope) -> Vec<Wanted> {
        Vec::new()
    }

    /// Agents, as index entries, and questions whose pages it makes; links lead only to these.
    fn subjects(&self, _scope: &Scope) -> Subjects {
        Subjects::default()
    }

    /// Its pages.
    ///
    /// # Errors
    /// A template that does not fit what it is given: a fault of the program.
    fn pages(&self, site: &Site<'_>) -> Result<Vec<Page>, PageError>;
}

/// What a chapter has pages about.
#[derive(Debug, Default)]
pub struct Subjects {
    pub agents: Vec<Text>,
    /// Each as rubric and question.
    pub questions: Vec<(Text, Text)>,
    pub programme: bool,
}

/// All chapters, in the order of the index.
pub fn chapters() -> Vec<Box<dyn Chapter>> {
    vec![
        Box::new(night::Night::default()),
        Box::new(agent::Agents::default()),
        Box::new(question::Questions::default()),
        Box::new(programme::Programme::default()),
        Box::new(call::CallPages),
        Box::new(index::Index),
    ]
}

/// A page could not be made.
#[derive(Debug, thiserror::Error)]
#[error("make the page {page}")]
pub struct PageError {
    page: String,
    source: Box<minijinja::Error>,
}

/// The pages without those that no link leads to from the index: a chapter may ask for more calls
/// than it comes to show.
pub fn reached(pages: Vec<Page>) -> Vec<Page> {
    let places: BTreeMap<&str, &Page> = pages.iter().map(|p| (p.path.as_str(), p)).collect();
    let mut reached = BTreeSet::new();
    let mut next = vec!["index.html".to_string()];
    while let Some(path) = next.pop() {
        let Some(page) = places
            .get(path.as_str())
            .filter(|_| !reached.contains(&path))
        else {
            continue;
        };
        let links = page.html.split("href=\"").skip(1);
        next.extend(links.filter_map(|rest| Some(link_to(&path, rest.split('"').next()?))));
        reached.insert(path);
    }
    pages
        .into_iter()
        .filter(|page| reached.contains(&page.path))
        .collect()
}

/// The id of a call's card in the night's list, by the call's page.
fn card(page: &str) -> String {
    let name = page.strip_prefix("call/").unwrap_or(page);
    format!("call-{}", name.strip_suffix(".html").unwrap_or(name))
}

/// The pages, with calls that have no card in the night's list leading back to its page as a whole.
pub fn without_missing_cards(mut pages: Vec<Page>) -> Vec<Page> {
    let nights = pages.iter().filter(|page| page.path.starts_with("night/"));
    let ids = nights.flat_map(|page| page.html.split(" id=\"").skip(1));
    let cards: BTreeSet<String> = ids
        .filter_map(|rest| Some(rest.split('"').next()?.to_string()))
        .collect();
    for page in pages.iter_mut().filter(|p| p.path.starts_with("call/")) {
        let card = card(&page.path);
        if !cards.contains(&card) {
            page.html = page.html.replace(&format!("#{card}\""), "\"");
        }
    }
    pages
}

/// Where a link on a page leads, as a path below the folder of pages.
fn link_to(page: &str, link: &str) -> String {
    // What else templates escape, no name of a page holds.
    let link = link.replace("&#x2f;", "/");
    let link = link.split('#').next().unwrap_or_default();
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    match (link.strip_prefix("../"), folder) {
        (Some(above), _) => above.to_string(),
        (None, "") => link.to_string(),
        (None, folder) => format!("{folder}/{link}"),
    }
}

/// What all chapters make their pages with.
pub struct Site<'a> {
    pub scope: &'a Scope,
    pub calls: &'a Calls,
    pub links: &'a Links,
    templates: &'a Environment<'static>,
}

impl<'a> Site<'a> {
    pub fn new(
        scope: &'a Scope,
        calls: &'a Calls,
        links: &'a Links,
        templates: &'a Environment<'static>,
    ) -> Self {
        Self {
            scope,
            calls,
            links,
            templates,
        }
    }

    /// Renders `view` as the page at `path`. The template sees the view as `view` and the frame
    /// of every page as `page`.
    pub fn page(
        &self,
        path: &str,
        title: &str,
        template: &str,
        view: &impl Serialize,
    ) -> Result<Page, PageError> {
        let frame = Frame {
            title,
            root: "../".repeat(path.matches('/').count()),
            policy: policy(&self.scope.recordings),
            programme: self.links.programme().is_some(),
            is_blind: path.starts_with("blind/"),
        };
        let render = || {
            let template = self.templates.get_template(template)?;
            template.render(context! {
                page => Serde(&frame),
                view => Serde(view),
            })
        };
        let html = render().map_err(|source| PageError {
            page: path.to_string(),
            source: Box::new(source),
        })?;
        Ok(Page {
            path: path.to_string(),
            html,
        })
    }
}

/// What stands around every page.
#[derive(Serialize)]
struct Frame<'a> {
    title: &'a str,
    /// Way from the page up to the folder of pages.
    root: String,
    policy: String,
    programme: bool,
    /// For people who rate: nothing leads to answers or scores.
    is_blind: bool,
}

const STYLE: &str = include_str!("templates/style.css");
const SCRIPT: &str = include_str!("templates/page.js");

const TEMPLATES: [(&str, &str); 11] = [
    ("base.html", include_str!("templates/base.html")),
    ("charts.html", include_str!("templates/charts.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("index.html", include_str!("templates/index.html")),
    ("night.html", include_str!("templates/night.html")),
    ("agent.html", include_str!("templates/agent.html")),
    ("question.html", include_str!("templates/question.html")),
    ("programme.html", include_str!("templates/programme.html")),
    ("call.html", include_str!("templates/call.html")),
    ("blind.html", include_str!("templates/blind.html")),
    ("talk.html", include_str!("templates/talk.html")),
];

/// The templates, with what they all may use.
pub fn templates() -> Environment<'static> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("these are the usual delimiters");
    templates.set_syntax(syntax);
    add_sources(&mut templates);
    templates.add_global("style", Value::from_safe_string(STYLE.to_string()));
    templates.add_global("script", Value::from_safe_string(SCRIPT.to_string()));
    words::add_filters(&mut templates);
    templates.set_formatter(words::write);
    templates
}

#[cfg(not(debug_assertions))]
fn add_sources(templates: &mut Environment<'static>) {
    for (name, source) in TEMPLATES {
        templates
            .add_template(name, source)
            .expect("the templates are well formed: a test renders each");
    }
}

/// While the program is worked on, templates are read from their files: a change shows without a
/// build.
#[cfg(debug_assertions)]
fn add_sources(templates: &mut Environment<'static>) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/html/templates");
    templates.set_loader(move |name| {
        let embedded = TEMPLATES.iter().find(|(known, _)| *known == name);
        Ok(std::fs::read_to_string(folder.join(name))
            .ok()
            .or_else(|| embedded.map(|(_, source)| source.to_string())))
    });
}

/// What a page may load: sounds that lie beside it or within it, and those of the configured
/// place; its own script, known by its hash; nothing else from anywhere.
fn policy(recordings: &Option<String>) -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    let media = match recordings.as_deref() {
        None => "data:".to_string(),
        Some(place) => match origin(place) {
            Some(origin) => format!("data: {origin}"),
            None => "data: file: 'self'".to_string(),
        },
    };
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; \
         img-src data:; media-src {media}; base-uri 'none'; form-action 'none'"
    )
}

/// `https://host:port` of a URL; `None` for a path.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next().unwrap_or_default();
    (matches!(scheme, "http" | "https") && !host.is_empty() && host.chars().all(sound::is_of_host))
        .then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_leads_back_to_its_card_where_it_has_one() {
        let page = |path: &str, html: &str| Page {
            path: path.to_string(),
            html: html.to_string(),
        };
        let made = vec![
            page("night/n.html", "<li id=\"call-a\">"),
            page(
                "call/a.html",
                "<a href=\"..&#x2f;night&#x2f;n.html#call-a\">",
            ),
            page(
                "call/b.html",
                "<a href=\"..&#x2f;night&#x2f;n.html#call-b\">",
            ),
        ];
        let html: Vec<String> = without_missing_cards(made)
            .into_iter()
            .map(|p| p.html)
            .collect();
        assert_eq!(html[1], "<a href=\"..&#x2f;night&#x2f;n.html#call-a\">");
        assert_eq!(html[2], "<a href=\"..&#x2f;night&#x2f;n.html\">");
    }

    #[test]
    fn pages_that_nothing_leads_to_are_left_out() {
        let page = |path: &str, links: &[&str]| Page {
            path: path.to_string(),
            html: links.iter().map(|l| format!("<a href=\"{l}\">")).collect(),
        };
        let made = vec![
            page("index.html", &["night&#x2f;n.html", "programme.html#top"]),
            page("programme.html", &["#main"]),
            page(
                "night/n.html",
                &["..&#x2f;index.html", "..&#x2f;call&#x2f;a.html#t-5"],
            ),
            page("call/a.html", &["../blind/a.html", "b.html"]),
            page("blind/a.html", &[]),
            page("call/b.html", &[]),
            page("call/c.html", &["../call/d.html"]),
            page("call/d.html", &["../index.html"]),
        ];
        let left: Vec<String> = reached(made).into_iter().map(|p| p.path).collect();
        let expected = [
            "index.html",
            "programme.html",
            "night/n.html",
            "call/a.html",
            "blind/a.html",
            "call/b.html",
        ];
        assert_eq!(left, expected);
    }
}
