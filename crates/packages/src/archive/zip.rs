//! Reads a ZIP file from strangers.
//!
//! Only what packages use is read: one part, no encryption, stored or deflated, no ZIP64. The directory is checked before anything is
//! unpacked, so that every number in it is bounded: a library would take in whatever directory the file claims to have.
//!
//! | what | bound |
//! |---|---|
//! | entries | 20,000 |
//! | the directory | 8 MiB |
//! | unpacked, all entries | 4 GiB, and 200 times the file beyond 64 MiB |
//! | names | 1,024 bytes, below the root, each once whatever the case |

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};

use context::Error;
use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::invalid;

const MOST_ENTRIES: usize = 20_000;
const LARGEST_DIRECTORY: u64 = 8 << 20;
const LARGEST_CONTENT: u64 = 4 << 30;
/// Content that needs no look at the ratio.
const HARMLESS_CONTENT: u64 = 64 << 20;
/// Unpacked bytes per byte of the file.
const HIGHEST_RATIO: u64 = 200;
const LONGEST_NAME: usize = 1_024;

/// Bytes of the end record without its comment, and of the longest comment.
const END: u64 = 22;
const LONGEST_COMMENT: u64 = 0xffff;

/// A ZIP file whose directory is known to be good.
pub struct Archive<'f> {
    file: &'f File,
    entries: HashMap<String, Entry>,
    /// Names in the order of the directory.
    names: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    deflated: bool,
    crc: u32,
    packed: u64,
    size: u64,
    offset: u64,
}

impl<'f> Archive<'f> {
    /// Reads and checks the directory.
    ///
    /// # Errors
    /// 400 (1654) when it is no ZIP file, or one that would do harm.
    pub fn open(file: &'f File) -> Result<Self, Error> {
        let mut reader = file;
        let size = reader.seek(SeekFrom::End(0)).map_err(Error::internal)?;
        let (count, directory) = find_directory(file, size)?;
        let mut rest = directory.as_slice();
        let mut archive = Self {
            file,
            entries: HashMap::with_capacity(count),
            names: Vec::with_capacity(count),
        };
        let (mut unpacked, mut occupied) = (0_u64, Vec::with_capacity(count));
        for _ in 0..count {
            let (name, entry) = take_entry(&mut rest)?;
            unpacked = unpacked.saturating_add(entry.size);
            occupied.push((entry.offset, entry.packed));
            let Some(name) = clean(&name)? else { continue };
            if archive.entries.insert(name.to_lowercase(), entry).is_some() {
                return Err(invalid(format!("{name} is in the package more than once.")));
            }
            archive.names.push(name);
        }
        if !rest.is_empty() {
            return Err(broken());
        }
        if unpacked > LARGEST_CONTENT || (unpacked > HARMLESS_CONTENT && unpacked / HIGHEST_RATIO > size) {
            return Err(invalid("The package unpacks to more than is reasonable."));
        }
        occupied.sort_unstable();
        for pair in occupied.windows(2) {
            // A local header has at least 30 bytes.
            if pair[0].0.saturating_add(30).saturating_add(pair[0].1) > pair[1].0 {
                return Err(broken());
            }
        }
        Ok(archive)
    }

    /// The names of all entries, without a leading `./`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The content of an entry, found by its name in any case; `None`: there is none.
    ///
    /// # Errors
    /// 400 (1654) when it is longer than `most` bytes or damaged.
    pub fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(entry) = self.entries.get(&name.to_lowercase()) else {
            return Ok(None);
        };
        let too_long = || invalid(format!("{name} in the package is longer than {most} bytes."));
        if entry.size > most {
            return Err(too_long());
        }
        let mut header = [0; 30];
        let mut reader = self.file;
        reader.seek(SeekFrom::Start(entry.offset)).map_err(Error::internal)?;
        reader.read_exact(&mut header).map_err(|_| broken())?;
        if header[..4] != *b"PK\x03\x04" {
            return Err(broken());
        }
        let skipped = u64::from(number16(&header[26..])) + u64::from(number16(&header[28..]));
        reader
            .seek(SeekFrom::Start(entry.offset + 30 + skipped))
            .map_err(Error::internal)?;
        let packed = BufReader::new(reader).take(entry.packed);
        let mut content = Vec::new();
        // One more than allowed tells that it is too long, whatever the directory says.
        let read = if entry.deflated {
            DeflateDecoder::new(packed).take(most + 1).read_to_end(&mut content)
        } else {
            let mut packed = packed;
            packed.read_to_end(&mut content)
        };
        read.map_err(|_| broken())?;
        if content.len() as u64 > most {
            return Err(too_long());
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() as u64 != entry.size || crc.sum() != entry.crc {
            return Err(invalid(format!("{name} in the package is damaged.")));
        }
        Ok(Some(content))
    }
}

impl std::fmt::Debug for Archive<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// The number of entries and the directory's bytes.
fn find_directory(file: &File, size: u64) -> Result<(usize, Vec<u8>), Error> {
    let mut reader = file;
    let from = size.saturating_sub(END + LONGEST_COMMENT);
    let mut tail = Vec::new();
    reader.seek(SeekFrom::Start(from)).map_err(Error::internal)?;
    reader
        .take(END + LONGEST_COMMENT)
        .read_to_end(&mut tail)
        .map_err(Error::internal)?;
    let is_end = |at: &usize| {
        let record = &tail[*at..];
        record.starts_with(b"PK\x05\x06") && record.len() == END as usize + usize::from(number16(&record[20..]))
    };
    let last = tail.len().checked_sub(END as usize).ok_or_else(broken)?;
    let at = (0..=last).rev().find(is_end).ok_or_else(broken)?;
    let record = &tail[at..];
    let (disk, first_disk) = (number16(&record[4..]), number16(&record[6..]));
    let (here, count) = (number16(&record[8..]), number16(&record[10..]));
    let (length, offset) = (u64::from(number32(&record[12..])), u64::from(number32(&record[16..])));
    if disk != 0 || first_disk != 0 || here != count || offset + length != from + at as u64 {
        return Err(broken());
    }
    if usize::from(count) > MOST_ENTRIES || length > LARGEST_DIRECTORY {
        return Err(invalid(format!("The package has more than {MOST_ENTRIES} entries.")));
    }
    let mut directory = vec![0; usize::try_from(length).map_err(|_| broken())?];
    reader.seek(SeekFrom::Start(offset)).map_err(Error::internal)?;
    reader.read_exact(&mut directory).map_err(|_| broken())?;
    Ok((usize::from(count), directory))
}

/// The next entry of the directory and its name as it stands there.
fn take_entry(rest: &mut &[u8]) -> Result<(String, Entry), Error> {
    let (header, after) = rest.split_at_checked(46).ok_or_else(broken)?;
    if !header.starts_with(b"PK\x01\x02") {
        return Err(broken());
    }
    let (name_length, extra, comment) = (
        number16(&header[28..]),
        number16(&header[30..]),
        number16(&header[32..]),
    );
    let (name, after) = after.split_at_checked(usize::from(name_length)).ok_or_else(broken)?;
    let (_, after) = after
        .split_at_checked(usize::from(extra) + usize::from(comment))
        .ok_or_else(broken)?;
    *rest = after;
    let (flags, method) = (number16(&header[8..]), number16(&header[10..]));
    if flags & 1 != 0 {
        return Err(invalid("The package is encrypted."));
    }
    let deflated = match method {
        0 => false,
        8 => true,
        _ => return Err(invalid("The package is compressed in a way that is not supported.")),
    };
    // Made on Unix, with the type of a symbolic link.
    let kind = (number32(&header[38..]) >> 16) & 0xf000;
    if header[5] == 3 && kind == 0xa000 {
        return Err(invalid("The package has symbolic links."));
    }
    let entry = Entry {
        deflated,
        crc: number32(&header[16..]),
        packed: u64::from(number32(&header[20..])),
        size: u64::from(number32(&header[24..])),
        offset: u64::from(number32(&header[42..])),
    };
    if [entry.packed, entry.size, entry.offset].contains(&u64::from(u32::MAX)) {
        return Err(invalid("The package is a ZIP64 file, which is not supported."));
    }
    if !deflated && entry.packed != entry.size {
        return Err(broken());
    }
    let name = std::str::from_utf8(name).map_or_else(|_| String::from_utf8_lossy(name).into_owned(), str::to_owned);
    Ok((name, entry))
}

/// A name below the root; `None` for directories.
fn clean(name: &str) -> Result<Option<String>, Error> {
    let name = name.replace('\\', "/");
    let parts: Vec<&str> = name.split('/').filter(|part| *part != ".").collect();
    let is_outside =
        name.starts_with('/') || parts.contains(&"..") || name.contains(['\0', ':']) || name.len() > LONGEST_NAME;
    if is_outside || parts.is_empty() {
        return Err(invalid("The package has an entry whose name is not allowed."));
    }
    let name = parts.join("/");
    if name.is_empty() || name.ends_with('/') {
        return Ok(None);
    }
    Ok(Some(name))
}

fn number16(bytes: &[u8]) -> u16 {
    bytes.first_chunk().map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn number32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn broken() -> Error {
    invalid("The file is not a package: it is not a ZIP file that can be read.")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn refusal(bytes: &[u8]) -> String {
        Archive::open(&file(bytes)).unwrap_err().message
    }

    #[test]
    fn entries_are_found_by_name_in_any_case() {
        let file = file(&zipped(&[
            ("./Content/a.json", b"{}"),
            ("b.nuspec", &vec![b'x'; 100_000]),
        ]));
        let archive = Archive::open(&file).unwrap();
        assert_eq!(archive.names().collect::<Vec<_>>(), ["Content/a.json", "b.nuspec"]);
        assert_eq!(archive.read("content/A.JSON", 10).unwrap().unwrap(), b"{}");
        assert_eq!(archive.read("b.nuspec", 100_000).unwrap().unwrap().len(), 100_000);
        assert!(archive.read("b.nuspec", 99_999).unwrap_err().message.contains("longer"));
        assert_eq!(archive.read("c", 10).unwrap(), None);
    }

    #[test]
    fn names_that_lead_outside_are_refused() {
        for name in ["../a", "a/../../b", "/etc/passwd", "C:/x", "a\\..\\..\\b", ".."] {
            assert!(refusal(&zipped(&[(name, b"")])).contains("not allowed"), "{name}");
        }
        assert!(refusal(&zipped(&[("a/b", b""), ("./A/b", b"")])).contains("more than once"));
    }

    #[test]
    fn what_is_no_zip_file_is_refused() {
        for bytes in [&b""[..], b"PK", &[0; 100], b"PK\x05\x06"] {
            assert!(refusal(bytes).contains("not a package"));
        }
        let good = zipped(&[("a", b"hello")]);
        assert!(refusal(&good[..good.len() - 1]).contains("not a package"));
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0xff;
            let file = file(&bad);
            // Whatever is damaged: an error or the content, and no panic.
            if let Ok(archive) = Archive::open(&file)
                && let Ok(Some(content)) = archive.read("a", 10)
            {
                assert_eq!(content, b"hello", "{at}");
            }
        }
    }

    #[test]
    fn bombs_are_refused_before_they_are_unpacked() {
        let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file("a", SimpleFileOptions::default()).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..80 {
            writer.write_all(&zeros).unwrap();
        }
        let bytes = writer.finish().unwrap().into_inner();
        assert!(refusal(&bytes).contains("more than is reasonable"));
        // An entry that says it is shorter than it is.
        let mut lie = zipped(&[("a", &[b'x'; 5_000])]);
        let at = lie.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        lie[at + 24..at + 28].copy_from_slice(&10_u32.to_le_bytes());
        let file = file(&lie);
        let archive = Archive::open(&file).unwrap();
        assert!(archive.read("a", 100).unwrap_err().message.contains("longer"));
    }

    #[test]
    fn entries_that_share_their_content_are_refused() {
        let mut bytes = zipped(&[("a", b"hello"), ("b", b"hello")]);
        let second = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
        bytes[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
        assert!(refusal(&bytes).contains("not a package"));
    }

    #[test]
    fn links_encryption_and_too_many_entries_are_refused() {
        let change = |at: usize, with: &[u8]| {
            let mut bytes = zipped(&[("a", b"hello")]);
            let header = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
            bytes[header + at..header + at + with.len()].copy_from_slice(with);
            refusal(&bytes)
        };
        assert!(change(8, &[1, 0]).contains("encrypted"));
        assert!(change(10, &[99, 0]).contains("not supported"));
        let mut link = zipped(&[("a", b"hello")]);
        let header = link.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        link[header + 5] = 3;
        link[header + 38..header + 42].copy_from_slice(&0xa1ff_0000_u32.to_le_bytes());
        assert!(refusal(&link).contains("symbolic"));
        let mut many = zipped(&[("a", b"hello")]);
        let end = many.len() - 22;
        many[end + 8..end + 12].copy_from_slice(&[0x21, 0x4e, 0x21, 0x4e]);
        assert!(refusal(&many).contains("20000 entries"));
    }
}
