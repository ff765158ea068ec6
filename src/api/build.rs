//! Lists the files of the dashboard, so that they become part of the binary.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let crate_folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let mut list = String::from("/// The dashboard.\npub static DASHBOARD: &[Asset] = &[\n");
    for folder in ["dashboard", "docs"] {
        println!("cargo::rerun-if-changed={folder}");
        let folder = crate_folder.join(folder);
        let mut files = Vec::new();
        walk(&folder, &mut files)?;
        files.sort();
        for file in files {
            let path = file
                .strip_prefix(&folder)?
                .to_string_lossy()
                .replace('\\', "/");
            let file = file.to_string_lossy();
            writeln!(
                list,
                "    Asset {{ path: {path:?}, bytes: include_bytes!({file:?}) }},"
            )?;
        }
    }
    list.push_str("];\n");
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("dashboard.rs");
    std::fs::write(out, list)?;
    Ok(())
}

/// All files below a folder that need not be there.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => walk(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
