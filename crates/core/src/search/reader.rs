//! What is known of one segment: shared by the searches over it, and richer with each.
use super::group::GroupShapes;
use crate::error::{CoreError, Result};
use crate::format::address::Address;
use crate::format::directory::{Directory, GroupBounds, Located};
use crate::format::objects::{SourceObject, read_objects};
use crate::format::paths::Paths;
use crate::format::shape::Shapes;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of a group without its values.
pub struct GroupFacts {
    pub directory: Directory,
    pub shapes: GroupShapes,
}

#[derive(Default)]
struct Learned {
    paths: Option<Arc<Paths>>,
    objects: Option<Arc<Vec<SourceObject>>>,
    groups: Vec<Option<Arc<GroupFacts>>>,
    bytes: usize,
}

/// One segment. `name` is used in errors only.
pub struct SegmentReader {
    pub address: Address,
    pub name: String,
    learned: Mutex<Learned>,
}

impl SegmentReader {
    pub fn new(address: &[u8], name: &str) -> Result<Self> {
        let address = Address::read(address).map_err(|error| error.at("address", 0).in_file(name))?;
        let learned = Learned { groups: address.groups.iter().map(|_| None).collect(), ..Learned::default() };
        Ok(Self { address, name: name.to_string(), learned: Mutex::new(learned) })
    }

    fn learned(&self) -> std::sync::MutexGuard<'_, Learned> {
        // What is behind the lock is replaced whole, never half changed.
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn paths(&self) -> Option<Arc<Paths>> {
        self.learned().paths.clone()
    }

    pub fn objects(&self) -> Option<Arc<Vec<SourceObject>>> {
        self.learned().objects.clone()
    }

    pub fn group(&self, group: usize) -> Option<Arc<GroupFacts>> {
        self.learned().groups[group].clone()
    }

    pub fn cached_bytes(&self) -> usize {
        self.learned().bytes
    }

    pub fn schema_location(&self) -> Located {
        Located { offset: self.address.schema_offset(), frame: self.address.schema }
    }

    pub fn objects_location(&self) -> Located {
        Located { offset: self.address.objects_offset(), frame: self.address.objects }
    }

    pub fn directory_location(&self, group: usize) -> Located {
        let entry = &self.address.groups[group];
        Located { offset: entry.offset, frame: entry.directory }
    }

    pub fn learn_paths(&self, frame: &[u8]) -> Result<Arc<Paths>> {
        let paths = Paths::read(frame).map_err(|error| error.at("schema", self.address.schema_offset()))?;
        let paths = Arc::new(paths);
        let mut learned = self.learned();
        learned.bytes += paths.memory_bytes();
        Ok(learned.paths.insert(paths).clone())
    }

    pub fn learn_objects(&self, frame: &[u8]) -> Result<Arc<Vec<SourceObject>>> {
        let (_, objects) = read_objects(frame).map_err(|error| error.at("objects", self.address.objects_offset()))?;
        let mut learned = self.learned();
        learned.bytes += objects.iter().map(|object| object.url.len() + 64).sum::<usize>();
        Ok(learned.objects.insert(Arc::new(objects)).clone())
    }

    pub fn read_directory(&self, group: usize, frame: &[u8], paths: &Paths) -> Result<Directory> {
        let entry = &self.address.groups[group];
        let bodies: Vec<u32> = entry.pages.iter().map(|page| page.body_length).collect();
        let bounds = GroupBounds {
            strips_offset: entry.strips_offset(),
            strips_length: u64::from(entry.strips_length),
            bodies: &bodies,
            nodes: paths.len(),
        };
        Directory::read(frame, &bounds).map_err(|error| error.at("directory", entry.offset))
    }

    pub fn learn_group(
        &self,
        group: usize,
        directory: Directory,
        shapes_frame: &[u8],
        paths: &Paths,
    ) -> Result<Arc<GroupFacts>> {
        let facts = Arc::new(self.read_group(group, directory, shapes_frame, paths)?);
        let mut learned = self.learned();
        learned.bytes += facts.directory.memory_bytes() + facts.shapes.memory_bytes();
        learned.groups[group] = Some(facts.clone());
        Ok(facts)
    }

    /// As `learn_group`, without remembering it.
    pub fn read_group(
        &self,
        group: usize,
        directory: Directory,
        shapes_frame: &[u8],
        paths: &Paths,
    ) -> Result<GroupFacts> {
        let entry = &self.address.groups[group];
        let at = directory.shapes.offset;
        let shapes = Shapes::read(shapes_frame, directory.shape_count, entry.rows(), paths.len())
            .map_err(|error| error.at("shapes", at))?;
        let shapes = GroupShapes::new(shapes, &directory, entry.pages.iter().map(|page| page.rows))
            .map_err(|error| error.at("shapes", at))?;
        Ok(GroupFacts { directory, shapes })
    }
}

impl CoreError {
    /// Names the file that the damage is in.
    pub fn in_file(self, name: &str) -> Self {
        match self {
            Self::Corrupt { section, offset, reason } => {
                Self::Corrupt { section, offset, reason: format!("{reason} (segment '{name}')") }
            }
            other => other,
        }
    }
}
