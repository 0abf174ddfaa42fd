//! The gallery keeps what the Content-Security-Policy and accessibility ask for.

#![expect(clippy::unwrap_used, reason = "the reading of tags below is part of the tests")]

#[path = "../../examples/gallery/pages.rs"]
mod pages;

/// The start tags of a page with their attributes, good enough for markup that maud writes.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').unwrap();
        let (tag, after) = rest.split_at(end);
        rest = after;
        if tag.starts_with(['/', '!']) {
            continue;
        }
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut found = Vec::new();
        while !attributes.is_empty() {
            let stop = attributes.find([' ', '=']).unwrap_or(attributes.len());
            let attribute = attributes[..stop].to_owned();
            attributes = &attributes[stop..];
            let mut value = String::new();
            if let Some(quoted) = attributes.strip_prefix("=\"") {
                let close = quoted.find('"').unwrap();
                quoted[..close].clone_into(&mut value);
                attributes = &quoted[close + 1..];
            }
            attributes = attributes.trim_start();
            found.push((attribute, value));
        }
        tags.push((name.to_owned(), found));
    }
    tags
}

fn value<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|(given, _)| given == name)
        .map(|(_, value)| value.as_str())
}

#[test]
fn no_page_has_inline_styles_scripts_or_handlers() {
    for (page, markup) in pages::all(None) {
        assert!(!markup.0.contains("<style"), "{page}");
        assert_eq!(markup.0.matches("<script").count(), 1, "{page}");
        assert!(markup.0.contains("></script>"), "{page}");
        for (tag, attributes) in tags(&markup.0) {
            for (name, value) in attributes {
                assert!(name != "style" && !name.starts_with("on"), "{page}: <{tag} {name}>");
                assert!(!value.trim_start().starts_with("javascript:"), "{page}: <{tag} {name}>");
            }
        }
    }
}

#[test]
fn text_is_escaped() {
    let (_, page) = pages::all(None)
        .into_iter()
        .find(|(name, _)| *name == "assets-grid")
        .unwrap();
    assert!(page.0.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.0.contains("<script>alert"));
    assert!(page.0.contains("Contoso &lt;Labs&gt;"));
}

#[test]
fn every_control_has_a_name_for_assistive_technology() {
    for (page, markup) in pages::all(None) {
        let all = tags(&markup.0);
        let labels: Vec<&str> = all
            .iter()
            .filter(|(tag, _)| tag == "label")
            .filter_map(|(_, attributes)| value(attributes, "for"))
            .collect();
        for (tag, attributes) in &all {
            let control = matches!(tag.as_str(), "select" | "textarea")
                || tag == "input" && value(attributes, "type") != Some("hidden");
            if !control || value(attributes, "aria-label").is_some() {
                continue;
            }
            let labelled = value(attributes, "id").is_some_and(|id| labels.contains(&id));
            // The others stand inside their label.
            let wrapped = labelled || inside_label(&markup.0, attributes);
            assert!(wrapped, "{page}: <{tag} {attributes:?}>");
        }
    }
}

fn inside_label(page: &str, attributes: &[(String, String)]) -> bool {
    let needle = attributes
        .iter()
        .find(|(name, _)| matches!(name.as_str(), "id" | "data-all-column" | "data-all-ticks"));
    let Some((name, text)) = needle else { return false };
    let written = if text.is_empty() {
        format!(" {name}>")
    } else {
        format!(" {name}=\"{text}\"")
    };
    let Some(at) = page.find(&written) else { return false };
    let before = &page[..at];
    before.rfind("<label") > before.rfind("</label>")
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    for (page, markup) in pages::all(None) {
        let all = tags(&markup.0);
        let ids: Vec<&str> = all
            .iter()
            .filter_map(|(_, attributes)| value(attributes, "id"))
            .collect();
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[..index].contains(id), "{page}: {id} twice");
        }
        for (tag, attributes) in &all {
            for name in [
                "for",
                "aria-describedby",
                "aria-labelledby",
                "aria-controls",
                "popovertarget",
                "commandfor",
                "form",
            ] {
                for id in value(attributes, name).unwrap_or("").split_whitespace() {
                    assert!(ids.contains(&id), "{page}: <{tag} {name}={id}> leads nowhere");
                }
            }
        }
    }
}

#[test]
fn every_post_form_carries_the_anti_forgery_field() {
    for (page, markup) in pages::all(None) {
        for form in markup.0.split("<form").skip(1) {
            let (head, body) = form.split_once('>').unwrap();
            if head.contains("method=\"post\"") {
                assert!(
                    body.starts_with("<input type=\"hidden\" name=\"_csrf\""),
                    "{page}: {head}"
                );
            }
        }
    }
}
