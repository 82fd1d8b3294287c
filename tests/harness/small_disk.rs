//! A file system of a few megabytes under a folder, so that it can be filled.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// It is mounted until it is dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn at(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"])
            .arg(folder)
            .status();
        assert!(mount.unwrap().success(), "a small tmpfs; the stories run as root");
        Self(folder.to_owned())
    }

    pub fn fill_but(&self, left_bytes: u64) {
        self.fill();
        let filler = fs::File::options().write(true).open(self.0.join("filler")).unwrap();
        filler.set_len(filler.metadata().unwrap().len() - left_bytes).unwrap();
    }

    pub fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
    }

    pub fn empty(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
