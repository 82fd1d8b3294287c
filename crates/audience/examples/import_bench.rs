//! Imports a CSV file into a store: `import_bench FILE STORE`. What `scripts/bench-import` runs
//! until there is a binary; prints how many rows were imported and how fast.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs::File;
use std::path::Path;
use std::time::{Instant, SystemTime};

use audience::{ColumnWishes, ImportOptions, import, topic_ensure};
use model::Timestamp;
use store::{Store, StoreOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(file), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: import_bench FILE STORE".into());
    };
    let store = Store::open(Path::new(&path), StoreOptions::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
    let topic = runtime.block_on(topic_ensure(&store, "release-notices", "Release notices"))?;
    let options = ImportOptions {
        topic: Some(topic),
        source: "import of bench.csv".to_owned(),
        basis: Default::default(),
        reading: Default::default(),
        columns: ColumnWishes::default(),
        tracking: None,
        tags: Vec::new(),
        everyone: None,
        review: Default::default(),
        addresses: Default::default(),
        batch: 10_000,
    };
    let started = Instant::now();
    let at = Timestamp::from_system(SystemTime::now());
    let (file, rejects) = (File::open(file)?, std::io::sink());
    let keys = token::Keyring::generate()?;
    let to = (&store, &keys, runtime.handle());
    let done = import(to, file, &options, (rejects, &mut Vec::new()), &mut |_| {}, at)?;
    drop(store);
    let seconds = started.elapsed().as_secs_f64();
    println!("{done:?}");
    println!("{:.0} rows/s", f64::from(u32::try_from(done.rows)?) / seconds);
    Ok(())
}
