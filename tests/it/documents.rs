//! Documents that are made from the program.

use callibrate::report::rows::metric_columns;
use callibrate::report::schema_document;

use crate::support::golden::assert_same_text;
use crate::support::repository;

/// `UPDATE=1` writes it anew.
#[test]
fn the_document_of_the_tables_is_up_to_date() {
    assert_same_text(
        &repository().join("docs/report-schema.md"),
        &schema_document(metric_columns()),
    );
}
