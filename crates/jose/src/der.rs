//! As much of DER (X.690) as public keys need: reading elements one after the other, and writing integers.

use crate::Error;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed: the version of a certificate.
pub(crate) const CONTEXT_0: u8 = 0xa0;

const MALFORMED: Error = Error::Key("malformed DER");

/// Reads elements from the front of a slice.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn next_is(self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// The next element, which must have this tag; gives its content.
    pub(crate) fn read(&mut self, tag: u8) -> Result<&'a [u8], Error> {
        let (found, content) = self.element()?;
        if found == tag { Ok(content) } else { Err(MALFORMED) }
    }

    pub(crate) fn skip(&mut self) -> Result<(), Error> {
        self.element().map(drop)
    }

    fn element(&mut self) -> Result<(u8, &'a [u8]), Error> {
        let [tag, first, rest @ ..] = self.0 else {
            return Err(MALFORMED);
        };
        let (length, rest) = match *first {
            short @ 0..=0x7f => (usize::from(short), rest),
            // Four bytes of length are more than any accepted input has.
            long @ 0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f)).ok_or(MALFORMED)?;
                (
                    bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
                    rest,
                )
            }
            _ => return Err(MALFORMED),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(MALFORMED)?;
        self.0 = rest;
        Ok((*tag, content))
    }
}

/// The content of a positive INTEGER without its sign byte.
pub(crate) fn unsigned(content: &[u8]) -> &[u8] {
    match content {
        [0, rest @ ..] if !rest.is_empty() => rest,
        whole => whole,
    }
}

/// The content of a BIT STRING that has whole bytes only.
pub(crate) fn whole_bytes(content: &[u8]) -> Result<&[u8], Error> {
    match content {
        [0, rest @ ..] => Ok(rest),
        _ => Err(MALFORMED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_in_order() {
        let mut reader = Reader::new(&[0x02, 1, 5, 0x30, 0x81, 2, 0x02, 0]);
        assert_eq!(reader.read(INTEGER).unwrap(), [5]);
        assert_eq!(reader.read(SEQUENCE).unwrap(), [2, 0]);
        assert!(reader.is_empty());
    }

    #[test]
    fn lengths_beyond_the_end_are_refused() {
        for bad in [
            &[][..],
            &[2],
            &[2, 2, 0],
            &[2, 0x80],
            &[2, 0x82, 1],
            &[2, 0x84, 255, 255, 255, 255],
            &[2, 0x85, 0, 0, 0, 0, 0],
        ] {
            assert!(Reader::new(bad).skip().is_err(), "{bad:?}");
        }
    }
}
