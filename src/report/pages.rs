//! What a Parquet file of another tool says of its sizes, looked at before polars believes it:
//! a count that cannot be makes it ask for more memory than there is, and that ends the process.
//!
//! Reads the header of each page (Thrift's compact protocol) and jumps over its data. Polars reads
//! a field that it knows as what it should be, whatever the header says that it is, so only
//! headers that say the same are let through. Left out on purpose: the data itself, and our own
//! tables, which come from nowhere else.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use polars::io::parquet::metadata::FileMetadata;

use crate::limits::{TABLE_CELLS, TABLE_COLUMNS, TABLE_ROWS, UNPACKED_BYTES, too_much};

/// Structs of a page header lie no deeper.
const DEEPEST: usize = 8;
/// Fields of a page header and of the structs in it; there are far fewer.
const MOST_FIELDS: usize = 256;

/// Checks all pages of a file of `len` bytes.
///
/// # Errors
/// What cannot be, or is more than the limits of a table, as a sentence.
pub(super) fn check(
    file: impl Read + Seek,
    len: u64,
    metadata: &FileMetadata,
) -> Result<(), String> {
    let rows: usize = metadata
        .row_groups
        .iter()
        .map(|group| group.num_rows())
        .fold(0, usize::saturating_add);
    let columns = metadata.schema_descr.columns().len();
    if rows.max(metadata.num_rows) > TABLE_ROWS {
        return Err(too_much(TABLE_ROWS, "rows"));
    }
    if columns > TABLE_COLUMNS {
        return Err(too_much(TABLE_COLUMNS, "columns"));
    }
    if rows.saturating_mul(columns) > TABLE_CELLS {
        return Err(too_much(TABLE_CELLS, "cells"));
    }
    let mut pages = Pages {
        file: BufReader::new(file),
        unpacked: 0,
    };
    let mut walked = 0_u64;
    for group in &metadata.row_groups {
        for column in group.parquet_columns() {
            // Lists have more values than rows; they are not read.
            if column.descriptor().descriptor.max_rep_level > 0 {
                continue;
            }
            let range = column.byte_range();
            if range.end > len {
                return Err("it is cut short".to_string());
            }
            // Otherwise a small file could have its pages walked as often as it has columns.
            walked = walked.saturating_add(range.end.saturating_sub(range.start));
            if walked > len {
                return Err("its columns share bytes".to_string());
            }
            pages.walk(range.start, range.end, group.num_rows() as i64)?;
        }
    }
    Ok(())
}

struct Pages<R> {
    file: BufReader<R>,
    /// Bytes of all pages so far.
    unpacked: i64,
}

impl<R: Read + Seek> Pages<R> {
    /// The pages of one column of one row group.
    fn walk(&mut self, mut at: u64, end: u64, rows: i64) -> Result<(), String> {
        let damaged = |_| "a page's header is damaged".to_string();
        let (mut values, mut pages) = (0, 0);
        self.file.seek(SeekFrom::Start(at)).map_err(damaged)?;
        while at < end {
            // A dictionary, and one page even where there are no rows.
            pages += 1;
            if pages > rows.saturating_add(2) {
                return Err("a column has more pages than there are rows".to_string());
            }
            let mut header = Header {
                bytes: (&mut self.file).take(end - at),
                found: Vec::new(),
                fields: 0,
            };
            header.fields(0, 0).map_err(damaged)?;
            let (left, found) = (header.bytes.limit(), header.found);
            let packed = self.believe(&found)?;
            if packed > left {
                return Err("a page ends behind its column".to_string());
            }
            values += found
                .iter()
                .filter(|(field, _)| VALUES.contains(field))
                .map(|(_, count)| count)
                .sum::<i64>();
            if values > rows {
                return Err("a column states more values than there are rows".to_string());
            }
            // Keeps what is buffered, where the next page begins in it.
            self.file
                .seek_relative(packed.cast_signed())
                .map_err(damaged)?;
            at = end - left + packed;
        }
        Ok(())
    }

    /// Checks what a header says, and gives the bytes that follow it.
    fn believe(&mut self, found: &[(i32, i64)]) -> Result<u64, String> {
        let once = |field: i32| {
            let mut all = found.iter().filter(|(f, _)| *f == field);
            match (all.next(), all.next()) {
                (Some((_, value)), None) => Ok(*value),
                _ => Err("a page does not say how long it is"),
            }
        };
        let (unpacked, packed) = (once(UNPACKED)?, once(PACKED)?);
        let counts = |(field, _): &&(i32, i64)| VALUES.contains(field) || *field == IN_DICTIONARY;
        if found.iter().filter(counts).count() != 1 {
            return Err("a page does not say how many values it has".to_string());
        }
        for (field, number) in found {
            let most = match *field {
                UNPACKED | PACKED => UNPACKED_BYTES as i64,
                field if VALUES.contains(&field) || COUNTS.contains(&field) => TABLE_ROWS as i64,
                field if LENGTHS.contains(&field) => unpacked,
                _ => continue,
            };
            if !(0..=most).contains(number) {
                return Err("a page states a size or a count that cannot be".to_string());
            }
        }
        self.unpacked += unpacked;
        if self.unpacked > UNPACKED_BYTES as i64 {
            let mib = (UNPACKED_BYTES >> 20) as usize;
            return Err(too_much(mib, "MiB when it is unpacked"));
        }
        Ok(packed.cast_unsigned())
    }
}

// Fields of a page header, those of a struct within it as 100 × the struct's + its own.
const UNPACKED: i32 = 2;
const PACKED: i32 = 3;
/// Values of a page of data, first and second version.
const VALUES: [i32; 2] = [501, 801];
const IN_DICTIONARY: i32 = 701;
/// Values of a dictionary; nulls and rows of a page of data.
const COUNTS: [i32; 3] = [IN_DICTIONARY, 802, 803];
/// Bytes of the definition and repetition levels.
const LENGTHS: [i32; 2] = [805, 806];

/// Whether a field has the kind that Parquet gives it. What Parquet does not know is skipped by
/// the kind that it has.
fn has_its_kind(place: i32, kind: u8) -> bool {
    let boolean = matches!(kind, 1 | 2);
    match place {
        1..=4 | 501..=504 | 701 | 702 | 801..=806 => kind == 5,
        703 | 807 => boolean,
        5..=8 | 505 | 808 => kind == 12,
        // The statistics of a page.
        50_501..=50_508 | 80_801..=80_808 => match place % 100 {
            3 | 4 => kind == 6,
            7 | 8 => boolean,
            _ => kind == 8,
        },
        _ => true,
    }
}

struct Header<'r, R: Read> {
    bytes: io::Take<&'r mut BufReader<R>>,
    /// Numbers by field.
    found: Vec<(i32, i64)>,
    fields: usize,
}

impl<R: Read> Header<'_, R> {
    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.bytes.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    fn number(&mut self) -> io::Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let mut left = bytes;
        while left > 0 {
            let here = self.bytes.fill_buf()?.len() as u64;
            if here == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let now = here.min(left);
            self.bytes.consume(now as usize);
            left -= now;
        }
        Ok(())
    }

    /// The fields of a struct, which is the field `within` of the header (0 for the header).
    fn fields(&mut self, within: i32, depth: usize) -> io::Result<()> {
        let mut id = 0_i32;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            id = match head >> 4 {
                0 => i16::try_from(self.number()?)
                    .map_err(|_| io::ErrorKind::InvalidData)?
                    .into(),
                step => id.saturating_add(i32::from(step)),
            };
            let place = within.saturating_mul(100).saturating_add(id);
            self.value(head & 0x0f, place, depth)?;
        }
    }

    fn value(&mut self, kind: u8, place: i32, depth: usize) -> io::Result<()> {
        self.fields += 1;
        if depth > DEEPEST || self.fields > MOST_FIELDS || !has_its_kind(place, kind) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        match kind {
            // Booleans lie in the head.
            1 | 2 => Ok(()),
            4..=6 => {
                let number = self.number()?;
                self.found.push((place, number));
                Ok(())
            }
            7 => self.skip(8),
            8 => {
                let length = self.varint()?;
                self.skip(length)
            }
            12 => self.fields(place, depth + 1),
            // Bytes, lists and maps are in no page header.
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the first version: no bytes, and so many values (below 64).
    fn page(values: u8) -> Vec<u8> {
        let count = values << 1;
        let head = [0x15, 0, 0x15, 0, 0x15, 0, 0x2c];
        [&head[..], &[0x15, count, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0]].concat()
    }

    fn walk(bytes: &[u8], rows: i64) -> Result<(), String> {
        let mut pages = Pages {
            file: BufReader::new(io::Cursor::new(bytes)),
            unpacked: 0,
        };
        pages.walk(0, bytes.len() as u64, rows)
    }

    #[test]
    fn a_column_has_no_more_pages_than_rows() {
        walk(&page(1).repeat(40), 40).unwrap();
        walk(&page(0), 0).unwrap();
        let error = walk(&page(0).repeat(1000), 40).unwrap_err();
        assert!(error.contains("more pages"), "{error}");
    }

    #[test]
    fn a_count_is_a_number_of_32_bits_and_stands_once() {
        let whole = page(1);
        let count = 7;
        assert_eq!(whole[count..count + 2], [0x15, 2]);
        for kind in (1..16).filter(|kind| *kind != 5) {
            let mut bytes = whole.clone();
            bytes[count] = 0x10 | kind;
            let error = walk(&bytes, 40).unwrap_err();
            assert!(error.contains("damaged"), "{kind}: {error}");
        }
        // Without one, and with a second one: field 1 again, with its number written out.
        let without = [&whole[..count], &[0x25, 0], &whole[count + 4..]].concat();
        let twice = [&whole[..count + 2], &[0x05, 2, 2], &whole[count + 2..]].concat();
        for bytes in [without, twice] {
            let error = walk(&bytes, 40).unwrap_err();
            assert!(error.contains("how many values"), "{error}");
        }
    }
}
