//! Pictures and files from the library: on the web, inside a message, attached to it.

use harness::http;
use harness::pharos::Pharos;
use harness::sink::Sink;
use image::{ImageEncoder as _, ImageReader, Rgb, RgbImage};
use mail_parser::{MessageParser, MimeHeaders as _};
use serde_json::Value;

const TEXT: &str = "---\nsubject: Aurora's new timeline\nfrom: Aurora <news@aurora.example>\n\
    topic: release-notices\nattach: agenda.pdf, invite.ics\n---\nHello {{ first_name }},\n\n\
    ![](media:timeline.jpg)\n\n![The logo](media:logo.png?inline)\n\n\
    [The agenda](media:agenda.pdf)\n";

const EVENT: &str = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//aurora//en\nBEGIN:VEVENT\n\
    UID:1@aurora.example\nDTSTAMP:20261120T090000Z\nDTSTART:20261201T100000Z\n\
    SUMMARY:Webinar\nEND:VEVENT\nEND:VCALENDAR\n";

const PDF: &[u8] = b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n.\n..\nFrom here\n%%EOF\n";

/// As a camera writes it: lying on its side, with the place where it was taken.
fn photo() -> Vec<u8> {
    let image = RgbImage::from_fn(1_500, 900, |x, _| match x < 750 {
        true => Rgb([220, 0, 0]),
        false => Rgb([0, 0, 220]),
    });
    let mut jpeg = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 90);
    encoder.encode_image(&image).expect("a JPEG");
    let mut exif =
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"GPS 53.3498N 6.2603W");
    let length = u16::try_from(exif.len() + 2).expect("a length").to_be_bytes();
    [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat()
}

fn logo() -> Vec<u8> {
    let image = RgbImage::from_pixel(300, 100, Rgb([11, 96, 117]));
    let mut png = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut png);
    encoder.write_image(&image, 300, 100, image::ExtendedColorType::Rgb8).expect("a PNG");
    png
}

fn stocked() -> (Sink, Pharos) {
    let sink = Sink::start();
    let pharos = Pharos::new(sink.port);
    pharos.write("Timeline.JPG", photo());
    pharos.write("logo.png", logo());
    pharos.write("Tagesordnung für Mai.pdf", PDF);
    pharos.write("invite.ics", EVENT);
    let said = pharos.ok(&["media", "add", "Timeline.JPG", "--alt", "A \"new\" timeline"]);
    assert!(said.contains("Added: timeline.jpg (900 x 1500, "), "{said}");
    assert!(said.contains("To use it: ![A \"new\" timeline](media:timeline.jpg)"), "{said}");
    pharos.ok(&["media", "add", "Tagesordnung für Mai.pdf", "--name", "agenda.pdf"]);
    let said = pharos.ok(&["media", "add", "logo.png", "invite.ics"]);
    assert!(said.contains("it had no METHOD and got METHOD:PUBLISH"), "{said}");
    pharos.write("announcement.md", TEXT);
    (sink, pharos)
}

#[test]
fn a_message_shows_and_carries_what_the_library_has() {
    let (sink, mut pharos) = stocked();
    pharos.import_readers(2);
    let said = pharos.ok(&["campaign", "create", "--file", "announcement.md"]);
    assert!(said.contains("line 5, column 9: 2 attachments make every message"), "{said}");
    let used = pharos.fails(&["media", "remove", "invite.ics"]);
    assert!(used.contains("used by campaigns that are not over: "), "{used}");
    pharos.serve();
    pharos.ok(&["campaign", "start", "1", "--accept"]);
    // Whatever happens to the library now changes nothing for it.
    pharos.ok(&["media", "remove", "invite.ics", "--force"]);
    let report = pharos.finished();
    assert_eq!(report["deliveries"]["sent"], 2);
    let messages = sink.messages();
    assert_eq!(messages.len(), 2);
    for raw in &messages {
        check_message(raw);
    }
    let preview = pharos.run(&["campaign", "preview", "1"]).out;
    check_message(preview.as_bytes());
    let listed: Value =
        serde_json::from_str(&pharos.ok(&["media", "list", "--json"])).expect("JSON");
    let names: Vec<&str> =
        listed.as_array().expect("a list").iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["agenda.pdf", "logo.png", "timeline.jpg"]);
    check_metrics(&pharos);
    let said = pharos.ok(&["media", "remove", "timeline.jpg"]);
    assert!(said.contains("Messages that were sent still show it"), "{said}");
    check_message(&messages[0]);
    pharos.stop();
}

fn check_message(raw: &[u8]) {
    let message = MessageParser::new().parse(raw).expect("a message");
    let kind = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type().expect("a type");
        format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default())
    };
    let kinds: Vec<String> = message.parts.iter().map(kind).collect();
    let expect = [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "application/pdf",
        "text/calendar",
    ];
    assert_eq!(kinds, expect);
    let html = message.body_html(0).expect("HTML");
    let address = html.split("src=\"").find(|it| it.contains("/m/")).expect("a picture");
    let address = address.split('"').next().expect("its address");
    assert!(address.ends_with("-timeline.jpg"), "{address}");
    assert!(html.contains("alt=\"A &quot;new&quot; timeline\""), "{html}");
    check_picture(address);
    let logo = &message.parts[5];
    let id = logo.content_id().expect("a content id");
    assert!(html.contains(&format!("src=\"cid:{id}\"")), "{html}");
    assert!(logo.content_disposition().expect("a disposition").is_inline());
    assert_eq!(message.parts[6].contents(), PDF);
    assert_eq!(message.parts[6].attachment_name(), Some("agenda.pdf"));
    let calendar = &message.parts[7];
    assert_eq!(calendar.content_type().expect("a type").attribute("method"), Some("PUBLISH"));
    let text = calendar.text_contents().expect("a text");
    assert!(text.starts_with("BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\n"), "{text}");
    let link = html.split("href=\"").find(|it| it.contains("The agenda")).expect("a link");
    let answer = http::get(link.split('"').next().expect("its address"));
    let target = answer.header("location").expect("a target");
    assert!(target.ends_with("-agenda.pdf"), "{target}");
    assert_eq!(http::get(target).body, PDF);
}

fn check_picture(address: &str) {
    let answer = http::get(address);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(!answer.body.windows(3).any(|it| it == b"GPS"), "the place where it was taken");
    let reader = ImageReader::new(std::io::Cursor::new(&answer.body)).with_guessed_format();
    let image = reader.expect("a format").decode().expect("a picture").into_rgb8();
    assert_eq!(image.dimensions(), (900, 1_500), "upright");
    let (above, below) = (image.get_pixel(450, 100), image.get_pixel(450, 1_400));
    assert!(above[0] > 180 && below[2] > 180, "{above:?} {below:?}");
    assert_eq!(http::head(address).header("content-length"), answer.header("content-length"));
    let other = address.replace("timeline", "other");
    assert_eq!(http::get(&other).status, 404);
}

fn check_metrics(pharos: &Pharos) {
    let text = http::get(&format!("{}/metrics", pharos.admin)).text();
    let value = |name: &str| {
        let line =
            text.lines().find_map(|line| line.strip_prefix(&format!("pharos_{name}_total ")));
        line.and_then(|it| it.parse::<u64>().ok()).unwrap_or_else(|| panic!("no {name}: {text}"))
    };
    assert!(value("media_served") >= 6 && value("media_missing") >= 2);
}

#[test]
fn what_is_not_in_the_library_is_told_with_the_nearest_name() {
    let (_sink, pharos) = stocked();
    pharos.write("typo.md", TEXT.replace("media:timeline.jpg", "media:timelin.jpg"));
    let said = pharos.fails(&["campaign", "create", "--file", "typo.md"]);
    let expect = "line 9, column 5: there is no `timelin.jpg` in the media library; did you mean \
        `timeline.jpg`?";
    assert!(said.contains(expect), "{said}");
    pharos.write("bad.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
    pharos.write("cut.jpg", &photo()[..9_000]);
    pharos.write("tool.exe", "MZ");
    let said =
        pharos.fails(&["media", "add", "bad.svg", "cut.jpg", "tool.exe", "none.png", "logo.png"]);
    for reason in [
        "bad.svg is SVG, which hardly any mail program shows; export it as PNG",
        "cut.jpg is cut off",
        "tool.exe is a program",
        "can't read none.png",
        "4 of 5 files not added",
    ] {
        assert!(said.contains(reason), "{said}");
    }
    let said = pharos.fails(&["media", "remove", "logo.pnq"]);
    assert!(said.contains("did you mean `logo.png`?"), "{said}");
    let again = pharos.ok(&["media", "add", "Timeline.JPG"]);
    assert!(again.contains("Is there already: timeline.jpg"), "{again}");
    pharos.write("invite.ics", EVENT.replace("Webinar", "Another"));
    let taken = pharos.fails(&["media", "add", "invite.ics"]);
    assert!(taken.contains("there is already another `invite.ics`"), "{taken}");
    pharos.ok(&["media", "add", "invite.ics", "--replace"]);
}
