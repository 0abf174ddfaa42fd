//! The folder tree of a tenant, held in memory: what the guard, navigation and inheritance look things up in.

use std::collections::HashMap;

use context::Reach;
use uuid::Uuid;
use web::FolderSelector;

use super::model::Folder;

/// All folders of a tenant.
#[derive(Debug, Default)]
pub struct Tree {
    folders: HashMap<i64, Folder>,
    by_key: HashMap<Uuid, i64>,
    by_path: HashMap<String, i64>,
    /// Children by parent (`None`: root folders), sorted by name.
    children: HashMap<Option<i64>, Vec<i64>>,
}

impl Tree {
    pub fn new(folders: Vec<Folder>) -> Self {
        let mut tree = Self::default();
        let mut sorted = folders;
        sorted.sort_by_cached_key(|folder| odata::fold(&folder.display_name));
        for folder in sorted {
            tree.by_key.insert(folder.key, folder.id);
            tree.by_path.insert(odata::fold(&folder.path), folder.id);
            tree.children.entry(folder.parent_id).or_default().push(folder.id);
            tree.folders.insert(folder.id, folder);
        }
        tree
    }

    pub fn get(&self, id: i64) -> Option<&Folder> {
        self.folders.get(&id)
    }

    /// The folder a client named.
    pub fn find(&self, selector: &FolderSelector) -> Option<&Folder> {
        let id = match selector {
            FolderSelector::Id(id) => *id,
            FolderSelector::Key(key) => *self.by_key.get(key)?,
            FolderSelector::Path(path) => *self.by_path.get(&odata::fold(path))?,
        };
        self.get(id)
    }

    /// Direct subfolders by name; `None`: the root folders.
    pub fn children(&self, parent: Option<i64>) -> impl Iterator<Item = &Folder> {
        self.children
            .get(&parent)
            .into_iter()
            .flatten()
            .filter_map(|id| self.get(*id))
    }

    pub fn has_children(&self, id: i64) -> bool {
        self.children.contains_key(&Some(id))
    }

    /// The folder and everything below it, parents before children.
    pub fn subtree(&self, id: i64) -> Vec<&Folder> {
        let mut found: Vec<&Folder> = self.get(id).into_iter().collect();
        let mut at = 0;
        while let Some(folder) = found.get(at) {
            let parent = folder.id;
            found.extend(self.children(Some(parent)));
            at += 1;
        }
        found
    }

    /// Ancestors from the root on, without the folder itself.
    pub fn ancestors(&self, id: i64) -> Vec<&Folder> {
        let Some(folder) = self.get(id) else { return Vec::new() };
        folder
            .ids()
            .filter(|ancestor| *ancestor != id)
            .filter_map(|ancestor| self.get(ancestor))
            .collect()
    }

    /// All folders in the order of a tree that is read from top to bottom.
    pub fn in_order(&self) -> Vec<&Folder> {
        let mut found = Vec::with_capacity(self.folders.len());
        let mut waiting: Vec<&Folder> = self.children(None).collect();
        waiting.reverse();
        while let Some(folder) = waiting.pop() {
            found.push(folder);
            let mut below: Vec<&Folder> = self.children(Some(folder.id)).collect();
            below.reverse();
            waiting.extend(below);
        }
        found
    }

    /// The folders that someone with access to `reach` is shown, in tree order: those, and their ancestors, which
    /// cannot be selected. Each with whether it can be. Personal workspaces are shown where `own` has them, in order.
    pub fn visible(&self, reach: &Reach, own: &[i64]) -> Vec<(&Folder, bool)> {
        let mut needed: HashMap<i64, bool> = HashMap::new();
        if let Reach::Only(folders) = reach {
            for folder in folders.iter().filter_map(|id| self.get(*id)) {
                for ancestor in folder.ids() {
                    let selectable = ancestor == folder.id;
                    *needed.entry(ancestor).or_default() |= selectable;
                }
            }
        }
        let state = |folder: &Folder| match reach {
            Reach::All => Some(true),
            Reach::Only(_) => needed.get(&folder.id).copied(),
        };
        self.in_order()
            .into_iter()
            .filter(|folder| !folder.is_personal || own.binary_search(&folder.id).is_ok())
            .filter_map(|folder| state(folder).map(|selectable| (folder, selectable)))
            .collect()
    }

    pub fn len(&self) -> usize {
        self.folders.len()
    }

    pub fn is_empty(&self) -> bool {
        self.folders.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folders::model::{FeedType, FolderType, PermissionModel, ProvisionType};

    fn folder(id: i64, parent: Option<i64>, lineage: &str, path: &str) -> Folder {
        Folder {
            id,
            key: Uuid::from_u128(id.unsigned_abs().into()),
            display_name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            path: path.to_owned(),
            description: None,
            folder_type: FolderType::Standard,
            is_personal: false,
            provision_type: ProvisionType::Automatic,
            permission_model: PermissionModel::FineGrained,
            parent_id: parent,
            parent_key: None,
            feed_type: FeedType::Processes,
            lineage: lineage.to_owned(),
            depth: 0,
            created_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn tree() -> Tree {
        Tree::new(vec![
            folder(1, None, "/1/", "Shared"),
            folder(2, Some(1), "/1/2/", "Shared/Finance"),
            folder(3, Some(2), "/1/2/3/", "Shared/Finance/Audit"),
            folder(4, None, "/4/", "Archive"),
        ])
    }

    #[test]
    fn ancestors_of_assigned_folders_are_shown_but_cannot_be_selected() {
        let tree = tree();
        let visible: Vec<(i64, bool)> = tree
            .visible(&Reach::Only(vec![2, 3]), &[])
            .into_iter()
            .map(|(folder, selectable)| (folder.id, selectable))
            .collect();
        assert_eq!(visible, [(1, false), (2, true), (3, true)]);
        assert_eq!(tree.visible(&Reach::All, &[]).len(), 4);
    }

    #[test]
    fn personal_workspaces_are_shown_to_those_who_are_assigned_to_them() {
        let mut workspace = folder(5, None, "/5/", "ann's workspace");
        workspace.is_personal = true;
        let tree = Tree::new(vec![folder(1, None, "/1/", "Shared"), workspace]);
        let count = |own: &[i64]| tree.visible(&Reach::All, own).len();
        assert_eq!((count(&[]), count(&[5]), count(&[1, 4])), (1, 2, 1));
    }

    #[test]
    fn folders_are_found_by_id_key_and_path_in_any_case() {
        let tree = tree();
        let found = |selector| tree.find(&selector).map(|folder| folder.id);
        assert_eq!(found(FolderSelector::Path("shared/FINANCE".to_owned())), Some(2));
        assert_eq!(found(FolderSelector::Key(Uuid::from_u128(4))), Some(4));
        assert_eq!(found(FolderSelector::Id(9)), None);
        assert_eq!(tree.subtree(1).len(), 3);
        assert_eq!(
            tree.ancestors(3).iter().map(|folder| folder.id).collect::<Vec<_>>(),
            [1, 2]
        );
    }
}
