//! The stylesheet, the script and the icon of the site, under names that change with their content.

use std::sync::LazyLock;

/// A static file; it may be cached for ever because its path contains a hash of its content.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Absolute path, for instance `/assets/style.1f2e3d4c5b6a7988.css`.
    pub path: String,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// The content.
    pub bytes: &'static [u8],
}

/// The script without indentation and comments. No text in it goes over several lines.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("script.js").lines().map(str::trim_start);
    let kept: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect();
    kept.join("\n")
});

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset("style", "css", "text/css; charset=utf-8", include_bytes!("style.css")),
        asset("script", "js", "text/javascript; charset=utf-8", SCRIPT.as_bytes()),
        asset("icon", "svg", "image/svg+xml", include_bytes!("icon.svg")),
    ]
});

/// Everything that has to be served beside the pages.
pub fn assets() -> &'static [Asset] {
    &*ASSETS
}

pub(crate) fn style_path() -> &'static str {
    &ASSETS[0].path
}

pub(crate) fn script_path() -> &'static str {
    &ASSETS[1].path
}

pub(crate) fn icon_path() -> &'static str {
    &ASSETS[2].path
}

fn asset(name: &str, extension: &str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset {
        path: format!("/assets/{name}.{:016x}.{extension}", fnv1a(bytes)),
        content_type,
        bytes,
    }
}

/// 64-bit FNV-1a: tells versions of a file apart, protects nothing.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_stays_small_and_evaluates_no_text() {
        let script = SCRIPT.as_str();
        assert!(script.len() <= 12_000, "{} bytes", script.len());
        assert!(script.lines().all(|line| line.matches('`').count() % 2 == 0));
        for forbidden in ["eval(", "new Function", "document.write", "http://", "https://"] {
            assert!(!script.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn the_stylesheet_loads_nothing() {
        let style = include_str!("style.css");
        assert!(!style.contains("@import") && !style.contains("http") && !style.contains("@font-face"));
    }

    /// The colours of one theme: the declarations of the block that starts with `selector`.
    fn colours(selector: &str) -> std::collections::BTreeMap<&'static str, f64> {
        let style = include_str!("style.css");
        let block = style
            .split_once(selector)
            .and_then(|(_, rest)| rest.split_once('}'))
            .unwrap()
            .0;
        block
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": #"))
            .filter(|(_, hex)| hex.len() == 6)
            .map(|(name, hex)| (name, luminance(u32::from_str_radix(hex, 16).unwrap())))
            .collect()
    }

    /// Relative luminance as WCAG 2.2 defines it.
    fn luminance(rgb: u32) -> f64 {
        let channel = |shift: u32| {
            let value = f64::from(rgb >> shift & 0xff) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    }

    #[test]
    fn colours_keep_the_contrast_of_wcag_aa_in_both_themes() {
        let text = [
            ("ink", "ground surface raised sunken hover accent-soft chip code"),
            ("ink-2", "ground surface raised sunken hover chip code accent-soft"),
            ("ink-3", "ground surface raised sunken hover"),
            ("accent-text", "ground surface raised accent-soft"),
            ("accent-ink", "accent accent-hover"),
            ("info", "info-soft surface"),
            ("success", "success-soft surface"),
            ("warning", "warning-soft surface"),
            ("danger", "danger-soft surface ground raised hover"),
            ("danger-ink", "danger"),
        ];
        // Borders of controls need less: SC 1.4.11.
        let shapes = [("line-strong", "surface ground raised")];
        for selector in [":root {", ":root[data-theme=\"dark\"] {", ":root:not([data-theme]) {"] {
            let colours = colours(selector);
            for (pairs, least) in [(&text[..], 4.5), (&shapes[..], 3.0)] {
                for (ink, grounds) in pairs {
                    for ground in grounds.split(' ') {
                        let (a, b) = (colours[ink], colours[ground]);
                        let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                        assert!(contrast >= least, "{selector} {ink} on {ground}: {contrast:.2}");
                    }
                }
            }
        }
    }

    #[test]
    fn paths_are_rooted_and_different() {
        let paths: std::collections::BTreeSet<_> = assets().iter().map(|asset| &asset.path).collect();
        assert_eq!(paths.len(), 3);
        assert!(paths.iter().all(|path| path.starts_with("/assets/")));
    }
}
