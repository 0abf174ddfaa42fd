//! The state of a grid as it stands in the address: search, filters, order, page.

use form_urlencoded::{Serializer, parse};

/// Page sizes a visitor can choose.
pub const PAGE_SIZES: [u64; 4] = [10, 25, 50, 100];

/// What a visitor asked a list for. Parameters: `q` (search), `sort` (`Name` or `-Name`), `page` (from 1), `size`; anything else is a filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GridQuery {
    /// Address of the list, without a query.
    pub path: String,
    /// The search text, trimmed; empty when there is none.
    pub search: String,
    /// Column and whether descending.
    pub sort: Option<(String, bool)>,
    /// From 1.
    pub page: u64,
    /// Rows per page, one of [`PAGE_SIZES`].
    pub size: u64,
    filters: Vec<(String, String)>,
}

impl GridQuery {
    /// Reads the query part of an address (without `?`). Values out of range fall back to page 1 and 25 rows.
    pub fn parse(path: &str, query: &str) -> Self {
        let mut state = Self {
            path: path.to_owned(),
            page: 1,
            size: 25,
            ..Self::default()
        };
        for (name, value) in parse(query.as_bytes()) {
            let value = value.trim();
            match name.as_ref() {
                "" => {}
                "q" => value.clone_into(&mut state.search),
                "sort" => {
                    let (column, descending) = value.strip_prefix('-').map_or((value, false), |column| (column, true));
                    state.sort = (!column.is_empty()).then(|| (column.to_owned(), descending));
                }
                "page" => state.page = number(value, |page| (1..=1_000_000).contains(&page)).unwrap_or(1),
                "size" => state.size = number(value, |size| PAGE_SIZES.contains(&size)).unwrap_or(25),
                other if !value.is_empty() => state.filters.push((other.to_owned(), value.to_owned())),
                _ => {}
            }
        }
        state
    }

    /// Rows to leave out before the page.
    pub fn skip(&self) -> u64 {
        (self.page - 1) * self.size
    }

    /// The value of a filter; `None` when it is not set.
    pub fn filter(&self, name: &str) -> Option<&str> {
        self.filters
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// The column to order by, when it is one of `allowed`, and whether descending.
    pub fn sort_in(&self, allowed: &[&'static str]) -> Option<(&'static str, bool)> {
        let (column, descending) = self.sort.as_ref()?;
        allowed
            .iter()
            .find(|name| *name == column)
            .map(|name| (*name, *descending))
    }

    /// Whether anything narrows the list.
    pub fn is_narrowed(&self) -> bool {
        !self.search.is_empty() || !self.filters.is_empty()
    }

    /// The same list with one parameter changed (removed when `value` is empty). Any change but of the page leads to page 1.
    pub fn href(&self, name: &str, value: &str) -> String {
        let mut pairs: Vec<(String, String)> = self.pairs().into_iter().filter(|(given, _)| given != name).collect();
        if name != "page" {
            pairs.retain(|(given, _)| given != "page");
        }
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        if pairs.is_empty() {
            return self.path.clone();
        }
        format!(
            "{}?{}",
            self.path,
            Serializer::new(String::new()).extend_pairs(pairs).finish()
        )
    }

    /// Order by `column`: ascending, then descending, then not at all.
    pub(crate) fn sort_href(&self, column: &str) -> String {
        match &self.sort {
            Some((current, false)) if current == column => self.href("sort", &format!("-{column}")),
            Some((current, true)) if current == column => self.href("sort", ""),
            _ => self.href("sort", column),
        }
    }

    /// Parameters in force, leaving out defaults.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = self.filters.clone();
        if !self.search.is_empty() {
            pairs.push(("q".to_owned(), self.search.clone()));
        }
        if let Some((column, descending)) = &self.sort {
            pairs.push((
                "sort".to_owned(),
                format!("{}{column}", if *descending { "-" } else { "" }),
            ));
        }
        if self.page > 1 {
            pairs.push(("page".to_owned(), self.page.to_string()));
        }
        if self.size != 25 {
            pairs.push(("size".to_owned(), self.size.to_string()));
        }
        pairs
    }
}

fn number(text: &str, accepted: impl Fn(u64) -> bool) -> Option<u64> {
    text.parse().ok().filter(|&number| accepted(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_survives_the_way_through_the_address() {
        let state = GridQuery::parse("/x", "q=a%26b&type=Text&sort=-Name&page=3&size=50");
        assert_eq!(
            (state.search.as_str(), state.filter("type"), state.skip()),
            ("a&b", Some("Text"), 100)
        );
        assert_eq!(state.sort_in(&["Name"]), Some(("Name", true)));
        let (path, query) = state
            .href("page", "3")
            .split_once('?')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        assert_eq!(GridQuery::parse(&path, &query), state);
    }

    #[test]
    fn a_change_of_filter_leads_to_the_first_page() {
        let state = GridQuery::parse("/x", "page=3");
        assert_eq!(state.href("type", "Bool"), "/x?type=Bool");
        assert_eq!(state.href("page", "4"), "/x?page=4");
    }

    #[test]
    fn nonsense_falls_back_to_defaults() {
        let state = GridQuery::parse("/x", "page=-1&size=7&sort=-&q=%20");
        assert_eq!(
            (state.page, state.size, state.sort.clone(), state.is_narrowed()),
            (1, 25, None, false)
        );
    }

    #[test]
    fn sorting_goes_up_down_and_away() {
        let at = |query| GridQuery::parse("/x", query).sort_href("Name");
        assert_eq!(
            (at(""), at("sort=Name"), at("sort=-Name")),
            ("/x?sort=Name".into(), "/x?sort=-Name".into(), "/x".into())
        );
    }
}
