use image::codecs::gif::{GifEncoder, Repeat};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{
    AnimationDecoder as _, Delay, ExtendedColorType, Frame, GenericImageView as _, ImageEncoder,
    ImageReader, Rgb, RgbImage, Rgba, RgbaImage,
};
use proptest::prelude::*;

use super::*;

/// Red at the left, blue at the right, green below.
fn motif(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (2 * x < width, 3 * y > 2 * height) {
        (_, true) => Rgb([0, 200, 0]),
        (true, _) => Rgb([220, 0, 0]),
        (false, _) => Rgb([0, 0, 220]),
    })
}

fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(image).unwrap();
    bytes
}

fn png(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn gif(width: u32, height: u32, frames: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder.set_repeat(Repeat::Infinite).unwrap();
    for number in 0..frames {
        let colour = Rgba([u8::try_from(number * 60 % 256).unwrap(), 9, 9, 255]);
        let image = RgbaImage::from_pixel(width, height, colour);
        let delay = Delay::from_numer_denom_ms(70, 1);
        encoder.encode_frame(Frame::from_parts(image, 0, 0, delay)).unwrap();
    }
    drop(encoder);
    bytes
}

/// EXIF with an orientation and a place, as a camera writes it.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    // A pointer to the GPS directory, which says "N".
    tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend([1, 0, 1, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"GPS-53.3498N-6.2603W");
    tiff
}

fn with_segment(jpeg: &[u8], code: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, code], &length, data, &jpeg[2..]].concat()
}

fn made(content: &[u8]) -> Vec<MadeFile> {
    make(content, PictureFormat::of(content).unwrap()).unwrap().files
}

fn refused(content: &[u8]) -> String {
    make(content, PictureFormat::of(content).unwrap()).unwrap_err()
}

fn sizes_of(files: &[MadeFile]) -> Vec<(u32, u32)> {
    files.iter().map(|file| (file.width, file.height)).collect()
}

fn shown(file: &MadeFile) -> DynamicImage {
    let reader = ImageReader::new(Cursor::new(&file.bytes)).with_guessed_format().unwrap();
    let image = reader.decode().unwrap();
    assert_eq!(image.dimensions(), (file.width, file.height));
    image
}

#[track_caller]
fn is_about(pixel: Rgba<u8>, expect: [u8; 4]) {
    let is_near = pixel.0.iter().zip(expect).all(|(a, b)| a.abs_diff(b) < 40);
    assert!(is_near, "{pixel:?} is not about {expect:?}");
}

fn has(content: &[u8], what: &[u8]) -> bool {
    content.windows(what.len()).any(|it| it == what)
}

#[test]
fn a_photo_is_turned_upright_and_loses_what_its_camera_wrote() {
    let exif = [b"Exif\0\0", &exif(6)[..]].concat();
    let photo = with_segment(&jpeg(&motif(90, 60)), 0xe1, &exif);
    let photo = with_segment(&photo, 0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>");
    let photo = with_segment(&photo, 0xfe, b"a comment of the camera");
    assert!(has(&photo, b"GPS-53") && has(&photo, b"xmpmeta"));
    let files = made(&photo);
    assert_eq!(sizes_of(&files), [(60, 90); 3]);
    for file in &files {
        for left in [&b"GPS"[..], b"Exif", b"xmpmeta", b"comment of"] {
            assert!(!has(&file.bytes, left), "{}", String::from_utf8_lossy(left));
        }
        // Turned clockwise, what was at the left is above.
        let image = shown(file);
        is_about(image.get_pixel(45, 10), [220, 0, 0, 255]);
        is_about(image.get_pixel(45, 80), [0, 0, 220, 255]);
        is_about(image.get_pixel(5, 45), [0, 200, 0, 255]);
        assert_eq!(file.kind, FileKind::Jpeg);
    }
}

#[test]
fn each_size_is_made_and_none_is_larger_than_the_picture() {
    for ((width, height), expect) in [
        ((3_000, 1_500), [(1_200, 600), (600, 300), (240, 120)]),
        ((900, 300), [(900, 300), (600, 200), (240, 80)]),
        ((600, 2), [(600, 2), (600, 2), (240, 1)]),
        ((1, 1), [(1, 1); 3]),
    ] {
        let files = made(&jpeg(&motif(width, height)));
        assert_eq!(sizes_of(&files), expect);
        files.iter().for_each(|file| drop(shown(file)));
    }
}

#[test]
fn a_png_keeps_its_transparency_and_gets_a_palette_when_that_is_enough() {
    let image = RgbaImage::from_fn(1_000, 100, |x, _| match x < 500 {
        true => Rgba([255, 255, 255, 255]),
        // What can't be seen is black, as programs leave it.
        false => Rgba([0, 0, 0, 0]),
    });
    let files = made(&png(&image.into()));
    assert_eq!(files[0].kind, FileKind::Png);
    assert_eq!(files[0].bytes[25], 3, "a palette");
    assert!(files[0].bytes.len() < 700, "{}", files[0].bytes.len());
    for file in &files {
        for (x, y, pixel) in shown(file).pixels().filter(|it| it.2[3] > 30) {
            assert!(pixel[0] > 200, "a dark edge at {x}, {y}: {pixel:?}");
        }
        is_about(shown(file).get_pixel(1, 1), [255; 4]);
        assert_eq!(shown(file).get_pixel(file.width - 1, 1)[3], 0);
    }
}

#[test]
fn sixteen_bits_become_eight_and_a_channel_that_hides_nothing_goes() {
    let deep = image::ImageBuffer::from_fn(700, 300, |x, y| {
        Rgba([u16::try_from(x * 90).unwrap(), u16::try_from(y * 200).unwrap(), 9_000, u16::MAX])
    });
    let files = made(&png(&DynamicImage::ImageRgba16(deep)));
    assert_eq!(files[0].bytes[24..26], [8, 2], "eight bits, red, green and blue");
    is_about(shown(&files[0]).get_pixel(350, 150), [123, 117, 35, 255]);
}

#[test]
fn colours_of_a_profile_become_srgb() {
    let srgb = moxcms::ColorProfile::new_srgb();
    let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let mut bytes = Vec::new();
    let image = RgbImage::from_pixel(20, 20, Rgb([200, 100, 50]));
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(wide).unwrap();
    encoder.write_image(&image, 20, 20, ExtendedColorType::Rgb8).unwrap();
    let files = made(&bytes);
    assert!(!has(&files[0].bytes, b"iCCP"));
    // As another program computes it: P3's red is redder than the number says in sRGB.
    is_about(shown(&files[0]).get_pixel(3, 3), [215, 96, 36, 255]);
    let Rgba([red, ..]) = shown(&files[0]).get_pixel(3, 3);
    assert!(red > 208, "{red}");
    drop(srgb);
}

#[test]
fn a_profile_that_makes_no_sense_is_ignored() {
    let jpeg = jpeg(&motif(30, 30));
    let odd = with_segment(&jpeg, 0xe2, b"ICC_PROFILE\0\x01\x01nonsense");
    is_about(shown(&made(&odd)[0]).get_pixel(5, 5), [220, 0, 0, 255]);
}

#[test]
fn an_animation_stays_one_and_an_ordinary_gif_gets_its_sizes() {
    let mut animation = gif(300, 200, 3);
    // A comment and a text of an application, before the first frame.
    let at = animation.windows(2).position(|it| it == b"\x21\xf9").unwrap();
    let comment = b"\x21\xfe\x06secret\0\x21\xff\x0bXMP DataXMP\x06<gps/>\0";
    animation.splice(at..at, comment.iter().copied());
    let made_of = make(&animation, PictureFormat::Gif).unwrap();
    assert!(made_of.notes[0].contains("3 frames"), "{:?}", made_of.notes);
    let files = made_of.files;
    assert_eq!(sizes_of(&files), [(300, 200), (300, 200), (240, 160)]);
    assert_eq!(files[0].bytes, files[1].bytes);
    assert!(!has(&files[0].bytes, b"secret") && !has(&files[0].bytes, b"gps"));
    let frames = |bytes: &[u8]| {
        let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(bytes.to_vec())).unwrap();
        decoder.into_frames().collect_frames().unwrap()
    };
    let (before, after) = (frames(&animation), frames(&files[0].bytes));
    assert_eq!((before.len(), after.len()), (3, 3));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.delay(), after.delay());
        assert_eq!(before.buffer(), after.buffer());
    }
    assert!(has(&files[0].bytes, b"NETSCAPE2.0\x03\x01\0\0"), "for ever");
    assert_eq!(files[2].kind, FileKind::Png);
    let plain = made(&gif(900, 300, 1));
    assert_eq!(sizes_of(&plain), [(900, 300), (600, 200), (240, 80)]);
    assert_eq!([plain[0].kind, plain[1].kind], [FileKind::Gif, FileKind::Png]);
    assert_eq!(sizes_of(&made(&gif(1_500, 3, 1)))[0], (1_200, 2));
    assert!(refused(&gif(1_300, 3, 2)).contains("at most 1200 pixels wide"));
}

#[test]
fn a_webp_becomes_what_outlook_shows() {
    let webp = |image: &DynamicImage| {
        let mut bytes = Vec::new();
        image.write_with_encoder(WebPEncoder::new_lossless(&mut bytes)).unwrap();
        bytes
    };
    let half = RgbaImage::from_pixel(40, 30, Rgba([10, 200, 10, 128]));
    let files = made(&webp(&half.into()));
    assert_eq!((files[0].kind, files[0].width), (FileKind::Png, 40));
    is_about(shown(&files[0]).get_pixel(1, 1), [10, 200, 10, 128]);
    let opaque = webp(&DynamicImage::ImageRgb8(motif(40, 30)));
    is_about(shown(&made(&opaque)[0]).get_pixel(1, 1), [220, 0, 0, 255]);
}

#[test]
fn a_bomb_is_refused_before_it_is_decoded() {
    // A header that promises 60,000 x 60,000 pixels, and nearly nothing behind it.
    let mut bomb = png(&DynamicImage::ImageRgb8(motif(4, 4)));
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let crc = crc32(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&crc);
    assert!(refused(&bomb).contains("60000 x 60000 pixels"), "{}", refused(&bomb));
    let mut flood = gif(4, 4, 1);
    flood[6..10].copy_from_slice(&[0xff; 4]);
    assert!(refused(&flood).contains("65535 x 65535 pixels"), "{}", refused(&flood));
    let mut wide = jpeg(&motif(8, 8));
    let at = wide.windows(2).position(|it| it == b"\xff\xc0").unwrap();
    wide[at + 5..at + 9].copy_from_slice(&[0xff; 4]);
    assert!(refused(&wide).contains("65535 x 65535 pixels"), "{}", refused(&wide));
    let long = gif(2, 2, 1_001);
    assert!(refused(&long).contains("more than 1000 frames"), "{}", refused(&long));
}

/// Of PNG's chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

#[test]
fn a_file_that_is_cut_off_is_refused_wherever_that_is() {
    let mut webp = Vec::new();
    DynamicImage::ImageRgb8(motif(40, 30))
        .write_with_encoder(WebPEncoder::new_lossless(&mut webp))
        .unwrap();
    let thumbnail = with_segment(&jpeg(&motif(90, 60)), 0xe1, &jpeg(&motif(8, 8)));
    let png = png(&DynamicImage::ImageRgb8(motif(90, 60)));
    for whole in [thumbnail, png, gif(60, 50, 2), webp] {
        let format = PictureFormat::of(&whole).unwrap();
        assert!(make(&whole, format).is_ok(), "{format:?}");
        // What follows the marker of the end is its checksum.
        let spare = if format == PictureFormat::Png { 4 } else { 0 };
        for length in 12..whole.len() - spare {
            let cut = make(&whole[..length], format);
            assert!(cut.is_err(), "{format:?} with {length} of {} bytes", whole.len());
        }
    }
}

#[test]
fn four_inks_are_told() {
    let grey = jpeg(&motif(8, 8));
    let at = grey.windows(2).position(|it| it == b"\xff\xc0").unwrap();
    assert!(!complete::has_four_inks(&grey));
    let mut four = grey;
    four[at + 9] = 4;
    assert!(complete::has_four_inks(&four));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever comes in is refused with a reason or made into pictures: nothing panics.
    #[test]
    fn no_damage_gets_through(seed in 0_usize..3, at in 0.0..1.0, noise: [u8; 4]) {
        let whole = [jpeg(&motif(40, 30)), png(&DynamicImage::ImageRgb8(motif(40, 30))), gif(30, 20, 2)];
        let mut content = whole[seed].clone();
        let start = (at * (content.len() - 4) as f64) as usize;
        content[start..start + 4].copy_from_slice(&noise);
        if let Some(format) = PictureFormat::of(&content)
            && let Ok(made) = make(&content, format)
        {
            made.files.iter().for_each(|file| drop(shown(file)));
        }
    }
}
