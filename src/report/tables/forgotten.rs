//! What was forgotten, and when. One file for the whole output folder.

use super::super::schema::{Column, Kind, Table};

/// One row per request.
pub fn forgotten() -> Table {
    Table {
        name: "forgotten",
        grain: "one request to forget, or one removal by `retention_days`",
        key: &["request"],
        purpose: "That somebody was forgotten, without telling whom: only who holds the customer \
            key and asks about a certain id can find its row.",
        date_is: None,
        example: "
SELECT forgotten_at, what, calls
FROM read_parquet('report/forgotten/part.parquet')
ORDER BY request;",
        columns: columns! {
            request Int: "Number of the request, from 0.",
            forgotten_at Timestamp: "When it was asked for, on the machine's clock.",
            what Text: "`call` or `customer`, or `retention` for what became too old.",
            subject Text nullable: "Keyed hash of the call's or the customer's id; that of a \
                customer is the one that stood in `calls`; null for `retention`.",
            kept_from Text nullable: "The first date that was kept, `YYYY-MM-DD`; null but for \
                `retention`.",
            calls Int: "Calls that were removed.",
            dates Int: "Dates on which they were.",
            contacts Int: "Contacts of the table of contacts that were removed.",
        },
    }
}
