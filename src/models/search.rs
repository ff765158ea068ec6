//! Where models lie.

use std::env;
use std::path::{Path, PathBuf};

use super::catalog::Entry;

/// The system's share folders, the administrator's own before the distribution's.
const SHARE_FOLDERS: [&str; 2] = ["/usr/local/share/fame/models", "/usr/share/fame/models"];
/// What a `models` folder must hold to be taken for the checkout's.
const CHECKOUT_MARK: &str = "catalog.toml";

/// Folders to look for models in, the first one first, and the one to install into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPath {
    folders: Vec<PathBuf>,
    install: Option<PathBuf>,
}

impl SearchPath {
    /// The usual folders: the configured one, the user's, the system's, the one beside the program,
    /// and the checkout that the program was built in or is started from.
    pub fn standard(model_folder: Option<&Path>) -> Self {
        let user = directories::ProjectDirs::from("", "", "fame")
            .map(|project| project.data_dir().join("models"));
        let program = env::current_exe().and_then(|path| path.canonicalize()).ok();
        let program_folder = program.as_deref().and_then(Path::parent);

        let mut folders: Vec<PathBuf> = Vec::new();
        folders.extend(model_folder.map(Path::to_owned));
        folders.extend(user.clone());
        folders.extend(SHARE_FOLDERS.map(PathBuf::from));
        folders.extend(program_folder.map(|bin| bin.join("../share/fame/models")));
        folders.extend(program_folder.and_then(checkout_above));
        folders.extend(env::current_dir().ok().as_deref().and_then(checkout_above));
        if cfg!(debug_assertions) {
            folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("models"));
        }
        Self::new(folders, model_folder.map(Path::to_owned).or(user))
    }

    /// Just these folders, the first one being the one to install into.
    pub fn of(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        let folders: Vec<PathBuf> = folders.into_iter().collect();
        let install = folders.first().cloned();
        Self::new(folders, install)
    }

    fn new(all: Vec<PathBuf>, install: Option<PathBuf>) -> Self {
        let mut folders: Vec<PathBuf> = Vec::with_capacity(all.len());
        for folder in all {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        Self { folders, install }
    }

    /// The folders, in order.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Where models that are fetched or imported go: the configured folder, else the user's.
    /// None where the user has no home.
    pub fn install_folder(&self) -> Option<&Path> {
        self.install.as_deref()
    }

    /// The file of a model of the catalogue, if it lies in one of the folders.
    pub fn find(&self, entry: &Entry) -> Option<PathBuf> {
        self.find_file(&entry.file)
    }

    /// A file of this name in one of the folders.
    pub fn find_file(&self, name: &str) -> Option<PathBuf> {
        self.folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
    }
}

/// The models folder of the checkout that `start` lies in.
fn checkout_above(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .map(|folder| folder.join("models"))
        .find(|models| models.join(CHECKOUT_MARK).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_folder_comes_first_and_is_installed_into() {
        let path = SearchPath::standard(Some(Path::new("/opt/models")));
        assert_eq!(path.folders().first().unwrap(), Path::new("/opt/models"));
        assert_eq!(path.install_folder(), Some(Path::new("/opt/models")));
    }

    #[test]
    fn the_administrators_folder_comes_before_the_distributions() {
        let path = SearchPath::standard(None);
        let place = |wanted: &str| path.folders().iter().position(|f| f == Path::new(wanted));
        assert!(place(SHARE_FOLDERS[0]).unwrap() < place(SHARE_FOLDERS[1]).unwrap());
    }

    #[test]
    fn a_folder_given_twice_is_looked_at_once() {
        let path = SearchPath::of(["/a", "/b", "/a"].map(PathBuf::from));
        assert_eq!(path.folders(), ["/a", "/b"].map(PathBuf::from));
    }

    #[test]
    fn a_models_folder_without_the_catalogue_is_no_checkout() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("target/release");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir(root.path().join("models")).unwrap();
        assert_ne!(checkout_above(&deep), Some(root.path().join("models")));
        std::fs::write(root.path().join("models/catalog.toml"), "").unwrap();
        assert_eq!(checkout_above(&deep), Some(root.path().join("models")));
    }
}
