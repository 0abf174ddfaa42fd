//! Enumerations of the contract: a closed list of names, each with the number it is stored as.

use std::fmt;
use std::marker::PhantomData;

use serde::de;

/// The description of an enumeration, as used by literals, `$metadata` and OpenAPI.
#[derive(Debug)]
pub struct EnumType {
    /// Unqualified type name, for example `JobState`.
    pub name: &'static str,
    /// Namespace in qualified literals, for example `UiPath.Server.Configuration.OData`.
    pub namespace: &'static str,
    /// Wire names and numbers in order of declaration.
    pub members: &'static [(&'static str, i64)],
}

impl EnumType {
    /// The number of the member with this name, in any letter case.
    pub fn number_of(&self, name: &str) -> Option<i64> {
        self.members
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, number)| *number)
    }

    /// The wire name of the member with this number.
    pub fn name_of(&self, number: i64) -> Option<&'static str> {
        self.members
            .iter()
            .find(|(_, known)| *known == number)
            .map(|(name, _)| *name)
    }
}

/// A Rust enumeration made by [`enumeration!`](crate::enumeration!).
pub trait Enumeration: Copy + Eq + fmt::Debug + Send + Sync + 'static {
    /// The description of this enumeration.
    const TYPE: &'static EnumType;
    /// Every member in order of declaration.
    const ALL: &'static [Self];

    /// The number this member is stored as.
    fn number(self) -> i64;

    /// The name of this member on the wire.
    fn name(self) -> &'static str {
        let number = self.number();
        Self::TYPE
            .members
            .iter()
            .find(|(_, known)| *known == number)
            .map_or("", |(name, _)| *name)
    }

    /// The member stored as `number`.
    fn from_number(number: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|member| member.number() == number)
    }

    /// The member with this wire name, in any letter case.
    fn from_name(name: &str) -> Option<Self> {
        Self::TYPE.number_of(name).and_then(Self::from_number)
    }

    /// The member a request means: a name in any letter case, or a number written as text.
    fn from_text(text: &str) -> Option<Self> {
        Self::from_name(text).or_else(|| text.parse().ok().and_then(Self::from_number))
    }
}

/// Text that is no member of the enumeration it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a value of {enumeration}.")]
pub struct UnknownMember {
    /// The name of the enumeration.
    pub enumeration: &'static str,
    /// What was given instead of a member.
    pub text: String,
}

/// Reads an enumeration from a name in any letter case, an integer or a numeric string: clients send
/// `"Kill"`, `"2"` and `2` alike.
pub fn deserialize<'de, E: Enumeration, D: de::Deserializer<'de>>(deserializer: D) -> Result<E, D::Error> {
    struct Visitor<E>(PhantomData<E>);

    impl<E: Enumeration> de::Visitor<'_> for Visitor<E> {
        type Value = E;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a value of {}", E::TYPE.name)
        }

        fn visit_str<Error: de::Error>(self, text: &str) -> Result<E, Error> {
            E::from_text(text).ok_or_else(|| Error::invalid_value(de::Unexpected::Str(text), &self))
        }

        fn visit_i64<Error: de::Error>(self, number: i64) -> Result<E, Error> {
            E::from_number(number).ok_or_else(|| Error::invalid_value(de::Unexpected::Signed(number), &self))
        }

        fn visit_u64<Error: de::Error>(self, number: u64) -> Result<E, Error> {
            i64::try_from(number)
                .ok()
                .and_then(E::from_number)
                .ok_or_else(|| Error::invalid_value(de::Unexpected::Unsigned(number), &self))
        }
    }

    deserializer.deserialize_any(Visitor(PhantomData))
}

/// Declares an enumeration of the contract: a `Copy` enum whose members have a wire name and a number.
///
/// ```
/// odata::enumeration! {
///     /// What an asset holds.
///     pub enum ValueType: "AssetValueType" {
///         Text = 4,
///         /// A member whose wire name is no Rust identifier.
///         CSharp as "C#" = 9,
///     }
/// }
/// use odata::Enumeration;
/// assert_eq!(ValueType::from_name("text"), Some(ValueType::Text));
/// assert_eq!(ValueType::CSharp.name(), "C#");
/// ```
///
/// It implements [`Enumeration`](crate::Enumeration), [`Scalar`](crate::Scalar), `Display`, `FromStr`,
/// `Serialize` (as the name) and `Deserialize` (name in any case, number, numeric string).
#[macro_export]
macro_rules! enumeration {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident : $wire:literal {
            $( $(#[$member_meta:meta])* $member:ident $(as $member_wire:literal)? = $number:literal ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, clippy::enum_variant_names, clippy::upper_case_acronyms)]
        $vis enum $name {
            $( $(#[$member_meta])* $member ),+
        }

        impl $crate::Enumeration for $name {
            const TYPE: &'static $crate::EnumType = &$crate::EnumType {
                name: $wire,
                namespace: $crate::NAMESPACE,
                members: &[ $( ($crate::enumeration!(@wire $member $($member_wire)?), $number) ),+ ],
            };
            const ALL: &'static [Self] = &[ $( $name::$member ),+ ];

            fn number(self) -> i64 {
                match self { $( $name::$member => $number ),+ }
            }

            fn name(self) -> &'static str {
                match self { $( $name::$member => $crate::enumeration!(@wire $member $($member_wire)?) ),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad($crate::Enumeration::name(*self))
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownMember;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                <Self as $crate::Enumeration>::from_text(text).ok_or_else(|| $crate::UnknownMember {
                    enumeration: $wire,
                    text: text.to_owned(),
                })
            }
        }

        impl $crate::macro_support::serde::Serialize for $name {
            fn serialize<S: $crate::macro_support::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::Enumeration::name(*self))
            }
        }

        impl<'de> $crate::macro_support::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::macro_support::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::macro_support::deserialize(deserializer)
            }
        }
    };
    (@wire $member:ident) => { ::std::stringify!($member) };
    (@wire $member:ident $wire:literal) => { $wire };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::enumeration! {
        /// Members with gaps, odd spelling and a wire name that is no identifier.
        enum Sample: "SampleState" {
            First = 0,
            InProgress = 5,
            /// Kept for old rows.
            Odd as "Old.Name" = -1,
        }
    }

    #[test]
    fn names_are_found_in_any_case_and_numbers_keep_their_gaps() {
        assert_eq!(Sample::from_name("inprogress"), Some(Sample::InProgress));
        assert_eq!(Sample::from_number(5), Some(Sample::InProgress));
        assert_eq!(Sample::from_number(1), None);
        assert_eq!(Sample::from_name("old.name"), Some(Sample::Odd));
        assert_eq!(Sample::Odd.to_string(), "Old.Name");
        assert_eq!(Sample::TYPE.name_of(-1), Some("Old.Name"));
    }

    #[test]
    fn bodies_may_give_a_name_a_number_or_a_numeric_string() {
        for text in ["\"INPROGRESS\"", "5", "\"5\""] {
            assert_eq!(
                serde_json::from_str::<Sample>(text).unwrap(),
                Sample::InProgress,
                "{text}"
            );
        }
        assert_eq!(serde_json::to_string(&Sample::InProgress).unwrap(), "\"InProgress\"");
        let error = serde_json::from_str::<Sample>("\"Other\"").unwrap_err().to_string();
        assert!(error.contains("SampleState"), "{error}");
    }
}
