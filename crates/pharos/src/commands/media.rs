//! `pharos media`: the library of pictures and files.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use actions::{MediaRemoval, Refusal, media_add, media_remove};
use anyhow::{Context as _, ensure};
use indicatif::HumanBytes;
use media::{Add, FILE_BYTES, Library};
use model::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{MediaRecord, MediaSize};

use super::confirm::confirm;
use crate::backend::Backend;
use crate::cli::{MediaAddArgs, MediaCommand, MediaRemoveArgs};
use crate::installation::Installation;
use crate::remote::{segment, time};
use crate::telemetry::{counted, note, say};

/// A picture or file of the library, as commands show it.
#[derive(Deserialize)]
struct MediaLine {
    name: String,
    file_name: String,
    content_type: String,
    alt: Option<String>,
    #[serde(deserialize_with = "time")]
    added_at: Timestamp,
    /// The largest first.
    files: Vec<MediaLineFile>,
}

#[derive(Deserialize)]
struct MediaLineFile {
    size: String,
    /// 0 for what is no picture.
    width: u32,
    height: u32,
    bytes: u64,
    url: String,
}

impl MediaLine {
    fn new(installation: &Installation, record: MediaRecord) -> Self {
        let web_url = &installation.config.sender.web_url;
        let file = |it: store::MediaFile| MediaLineFile {
            size: match it.size {
                MediaSize::Whole => "whole",
                MediaSize::Single => "single",
                MediaSize::Thumbnail => "thumbnail",
            }
            .to_owned(),
            width: it.width,
            height: it.height,
            bytes: it.bytes,
            url: format!("{web_url}/m/{}", it.file),
        };
        Self {
            name: record.name,
            file_name: record.file_name,
            content_type: record.content_type,
            alt: record.alt,
            added_at: record.added_at,
            files: record.files.into_iter().map(file).collect(),
        }
    }

    fn is_picture(&self) -> bool {
        self.files.first().is_some_and(|file| file.width > 0)
    }

    fn usage(&self) -> String {
        let Self { name, alt, .. } = self;
        match self.is_picture() {
            true => format!("![{}](media:{name})", alt.as_deref().unwrap_or("what it shows")),
            false => format!("[its title](media:{name}), or `attach: {name}` in the front matter"),
        }
    }

    /// Of the largest file.
    fn size(&self) -> String {
        let Some(file) = self.files.first() else { return String::new() };
        let bytes = HumanBytes(file.bytes);
        match file.width {
            0 => bytes.to_string(),
            width => format!("{width} x {}, {bytes}", file.height),
        }
    }
}

pub(crate) async fn run(backend: &Backend, command: MediaCommand) -> anyhow::Result<()> {
    match command {
        MediaCommand::Add(args) => add(backend, args).await,
        MediaCommand::List { json } => {
            tell_list(&list(backend).await?, json);
            Ok(())
        }
        MediaCommand::Show { name, json } => {
            let found = find(backend, &name).await?;
            match json {
                true => say(facts(&found)),
                false => tell(&found),
            }
            Ok(())
        }
        MediaCommand::Remove(args) => remove(backend, args).await,
    }
}

fn library(installation: &Installation) -> anyhow::Result<Library> {
    Ok(Library::new(installation.store.clone(), installation.files()?))
}

/// What was taken in.
#[derive(Deserialize)]
struct AddedLine {
    #[serde(flatten)]
    media: MediaLine,
    was_there: bool,
    notes: Vec<String>,
}

/// Each file by itself: one that can't be used does not keep the others out.
async fn add(backend: &Backend, args: MediaAddArgs) -> anyhow::Result<()> {
    let MediaAddArgs { files, name, alt, replace } = args;
    let only_one = name.is_none() && alt.is_none();
    ensure!(
        only_one || files.len() == 1,
        "--name and --alt are about one file; add them one by one"
    );
    let mut refused = 0;
    for path in &files {
        let added = match read(path) {
            Ok(content) => {
                let file_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let (name, alt) = (name.clone(), alt.clone());
                add_one(backend, Add { file_name, content, name, alt, replace }).await
            }
            Err(error) => Err(error),
        };
        match added {
            Ok(AddedLine { media, was_there, notes }) => {
                let verb = if was_there { "Is there already" } else { "Added" };
                say(format_args!("{verb}: {} ({}).", media.name, media.size()));
                notes.iter().for_each(|it| say(format_args!("  Note: {it}.")));
                say(format_args!("  To use it: {}", media.usage()));
            }
            Err(error) => {
                refused += 1;
                note(format_args!("pharos: {error:#}"));
            }
        }
    }
    let all = counted(files.len() as u64, "file", "files");
    ensure!(refused == 0, "{refused} of {all} not added");
    Ok(())
}

async fn add_one(backend: &Backend, add: Add) -> anyhow::Result<AddedLine> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let added = media_add(&resources, &call, add).await;
            let added = added.map_err(|refusal| with_option(&refusal))?;
            let media = MediaLine::new(installation, added.record);
            Ok(AddedLine { media, was_there: added.was_there, notes: added.notes })
        }
        Backend::Remote(server) => {
            let mut query = vec![("name", add.file_name.as_str())];
            query.extend(add.name.as_deref().map(|name| ("called", name)));
            query.extend(add.alt.as_deref().map(|alt| ("alt", alt)));
            if add.replace {
                query.push(("replace", "true"));
            }
            Ok(server.post_bytes("/api/v1/media", &query, add.content).await?)
        }
    }
}

/// A refusal with the option that helps.
fn with_option(refusal: &Refusal) -> anyhow::Error {
    match refusal.code {
        "media_name" => anyhow::anyhow!("{refusal} (--name)"),
        "media_name_taken" => anyhow::anyhow!("{refusal} (--replace)"),
        "media_in_use" => anyhow::anyhow!("{refusal}. Finish them first, or use --force"),
        _ => anyhow::anyhow!("{refusal}"),
    }
}

/// At most one byte more than may be taken in.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let read = || {
        let mut content = Vec::new();
        File::open(path)?.take(FILE_BYTES as u64 + 1).read_to_end(&mut content)?;
        Ok::<_, std::io::Error>(content)
    };
    read().with_context(|| format!("can't read {}", path.display()))
}

/// By their names.
async fn list(backend: &Backend) -> anyhow::Result<Vec<MediaLine>> {
    match backend {
        Backend::Local(installation) => {
            let records = library(installation)?.list().await?;
            Ok(records.into_iter().map(|it| MediaLine::new(installation, it)).collect())
        }
        Backend::Remote(server) => Ok(server.all("/api/v1/media").await?),
    }
}

async fn find(backend: &Backend, name: &str) -> anyhow::Result<MediaLine> {
    match backend {
        Backend::Local(installation) => {
            let record = library(installation)?.find(name).await?;
            Ok(MediaLine::new(installation, record))
        }
        Backend::Remote(server) => {
            Ok(server.get(&format!("/api/v1/media/{}", segment(name))).await?)
        }
    }
}

fn tell_list(records: &[MediaLine], json: bool) {
    if json {
        let all: Vec<Value> = records.iter().map(facts).collect();
        return say(Value::from(all));
    }
    if records.is_empty() {
        say("The media library is empty. To fill it: pharos media add FILE");
    }
    let width = records.iter().map(|it| it.name.len()).max().unwrap_or(0);
    for record in records {
        let alt = record.alt.as_deref().unwrap_or_default();
        let line = format!("{:<width$}  {:<24} {alt}", record.name, record.size());
        say(line.trim_end());
    }
}

fn tell(record: &MediaLine) {
    say(&record.name);
    let line = |what: &str, text: &str| say(format_args!("  {what:<12} {text}"));
    line("file name", &record.file_name);
    line("type", &record.content_type);
    line(
        "words",
        record.alt.as_deref().unwrap_or("none; give them with --alt, or in the announcement"),
    );
    line("added", &record.added_at.readable());
    for file in &record.files {
        let what = match file.width {
            0 => "file".to_owned(),
            width => format!("{width} x {}", file.height),
        };
        line(&what, &format!("{:<10} {}", HumanBytes(file.bytes).to_string(), file.url));
    }
    line("to use it", &record.usage());
}

fn facts(record: &MediaLine) -> Value {
    let file = |file: &MediaLineFile| {
        json!({
            "size": file.size,
            "width": Some(file.width).filter(|it| *it > 0),
            "height": Some(file.height).filter(|it| *it > 0),
            "bytes": file.bytes,
            "url": file.url,
        })
    };
    json!({
        "name": record.name,
        "file_name": record.file_name,
        "content_type": record.content_type,
        "alt": record.alt,
        "added_at": record.added_at.rfc3339(),
        "files": record.files.iter().map(file).collect::<Vec<_>>(),
    })
}

async fn remove(backend: &Backend, args: MediaRemoveArgs) -> anyhow::Result<()> {
    let found = find(backend, &args.name).await?;
    let wish = MediaRemoval { force: args.force, erase: args.erase };
    if args.erase {
        let files = counted(found.files.len() as u64, "file", "files");
        let what = format!(
            "This removes {} and deletes its {files} for good: messages that show them will show nothing \
             there.",
            found.name
        );
        confirm(&what, args.yes)?;
    }
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let removed = media_remove(&resources, &call, &found.name, wish).await;
            removed.map_err(|refusal| with_option(&refusal))?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/media/{}/remove", segment(&found.name));
            let body = json!({ "force": wish.force, "erase": wish.erase });
            server.post::<Value>(&path, &body).await?;
        }
    }
    if !args.erase {
        say(format_args!(
            "Removed {}. Messages that were sent still show it; to take it back, add the file again.",
            found.name
        ));
        return Ok(());
    }
    say(format_args!("Erased {}. Caches of others may keep copies.", found.name));
    Ok(())
}
