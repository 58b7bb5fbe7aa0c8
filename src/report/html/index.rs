//! The first page: what there is, and where.

use serde::Serialize;

use super::scope::page_of;
use super::words::day_in_words;
use super::{Chapter, Page, PageError, Site};
use crate::report::records::Text;

pub(super) struct Index;

#[derive(Serialize)]
struct Entry {
    label: String,
    href: String,
}

#[derive(Serialize)]
struct FormEntry {
    title: String,
    questions: Vec<Entry>,
}

#[derive(Serialize)]
struct View {
    /// Nights and periods, the one to begin with first.
    nights: Vec<Entry>,
    /// Calls that were asked for.
    calls: Vec<Entry>,
    agents: Vec<Entry>,
    forms: Vec<FormEntry>,
}

impl Chapter for Index {
    fn pages(&self, site: &Site<'_>) -> Result<Vec<Page>, PageError> {
        let scope = site.scope;
        let period = |(from, to): &(Text, Text)| Entry {
            label: match from == to {
                true => day_in_words(to),
                false => format!("{} to {}", day_in_words(from), day_in_words(to)),
            },
            href: page_of(from, to),
        };
        let this = (scope.from.clone(), scope.to.clone());
        let mut periods: Vec<&(Text, Text)> = scope.earlier.iter().collect();
        periods.extend((!scope.earlier.contains(&this)).then_some(&this));
        // The latest first; of those up to one day the shortest, which is the night.
        periods.sort_by(|a, b| (&b.1, &b.0).cmp(&(&a.1, &a.0)));
        let agents = site.links.agents().map(|(agent, href)| Entry {
            label: agent.to_string(),
            href: href.clone(),
        });
        let calls = scope.asked.iter().filter_map(|asked| {
            Some(Entry {
                label: asked.call_id.to_string(),
                href: site.links.call(&asked.call_id)?.to_string(),
            })
        });
        let mut forms: Vec<FormEntry> = Vec::new();
        let mut last = None;
        for ((rubric, question), href) in site.links.questions() {
            if last != Some(rubric) {
                let title = scope.form(rubric).map_or(&**rubric, |form| &form.title);
                forms.push(FormEntry {
                    title: title.to_string(),
                    questions: Vec::new(),
                });
                last = Some(rubric);
            }
            let text = scope.question(rubric, question);
            let text = text.map_or(&**question, |(_, question)| &question.text);
            if let Some(form) = forms.last_mut() {
                form.questions.push(Entry {
                    label: text.to_string(),
                    href: href.clone(),
                });
            }
        }
        let view = View {
            nights: periods.into_iter().map(period).collect(),
            calls: calls.collect(),
            agents: agents.collect(),
            forms,
        };
        Ok(vec![site.page(
            "index.html",
            "The morning after",
            "index.html",
            &view,
        )?])
    }
}
