//! Writes every component and a few sample pages as static files: `cargo run -p ui --example gallery -- <dir>`.

mod pages;

use std::path::Path;

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    let target = std::env::args().nth(1).context("say where to write: gallery <dir>")?;
    let target = Path::new(&target);
    std::fs::create_dir_all(target.join("assets"))?;
    for asset in ui::assets() {
        std::fs::write(target.join(asset.path.trim_start_matches('/')), asset.bytes)?;
    }
    for theme in [None, Some(ui::Theme::Light), Some(ui::Theme::Dark)] {
        let suffix = theme.map(|theme| format!("-{}", theme.name())).unwrap_or_default();
        for (name, page) in pages::all(theme) {
            // Files have no root: addresses of the assets become relative.
            let html = page.into_string().replace("\"/assets/", "\"assets/");
            std::fs::write(target.join(format!("{name}{suffix}.html")), html)?;
        }
    }
    Ok(())
}
