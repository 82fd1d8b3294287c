//! The geometry of the chart of views and clicks over time: numbers in, SVG coordinates out.
//!
//! Invariants: the sums of the rows are the sums of the hours given; at most [`MAX_BUCKETS`]
//! buckets, whatever the span. Knows nothing of HTML.

use model::Timestamp;
use report::number_text::thousands;
use report::{GapLine, HourLine};

const LEFT: f64 = 44.0;
const RIGHT: f64 = 972.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 198.0;
/// Below this many buckets, columns show more than a line.
const FEW: usize = 7;
/// A gap of a second is as wide as this.
const GAP_WIDTH: f64 = 4.0;
/// More marks would be one.
const MAX_GAPS: usize = 200;
/// More would be narrower than the line.
const MAX_BUCKETS: i64 = 400;

/// One chart, ready to be drawn on 980 x 220.
pub(crate) struct Chart {
    /// "per hour", "per 6 hours", ...
    pub(crate) unit: String,
    pub(crate) summary: String,
    pub(crate) y: Vec<YTick>,
    pub(crate) x: Vec<XTick>,
    /// Either these three paths or `columns`.
    pub(crate) area: String,
    pub(crate) views: String,
    pub(crate) clicks: String,
    pub(crate) columns: Vec<ChartColumn>,
    /// Times in which hits were not recorded.
    pub(crate) gaps: Vec<GapMark>,
    /// Buckets with something in them.
    pub(crate) rows: Vec<ChartRow>,
}

/// A horizontal line of the grid.
pub(crate) struct YTick {
    pub(crate) at: String,
    pub(crate) text_at: String,
    pub(crate) label: String,
}

pub(crate) struct XTick {
    pub(crate) at: String,
    pub(crate) label: String,
}

/// A column of a chart with few buckets.
pub(crate) struct ChartColumn {
    pub(crate) class: &'static str,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) width: String,
    pub(crate) height: String,
}

/// A time in which hits were not recorded, over the whole height.
pub(crate) struct GapMark {
    pub(crate) x: String,
    pub(crate) width: String,
}

/// A line of the table behind the chart.
pub(crate) struct ChartRow {
    pub(crate) from: String,
    pub(crate) views: String,
    pub(crate) clicks: String,
}

struct Bucket {
    views: i64,
    clicks: i64,
}

/// Where buckets and counts are on the canvas.
struct Scale {
    buckets: usize,
    slots: usize,
    top: i64,
}

impl Chart {
    /// The chart of these hours as it is at `now`; `start` is when sending began.
    pub(crate) fn new(
        hours: &[HourLine],
        gaps: &[GapLine],
        start: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let numbers = || hours.iter().map(|it| it.from.hour());
        let (Some(earliest), Some(last)) = (numbers().min(), numbers().max()) else {
            return Self::empty();
        };
        // A clock that was wrong puts hits before the start, or far behind the present. They count
        // in the first and the last bucket, and do not stretch the time between.
        let first = start.map_or(earliest, Timestamp::hour);
        let last = last.min(now.hour()).max(first);
        let width = bucket_hours(last - first + 1);
        let buckets = fill(hours, first, last, width);
        let most = buckets.iter().map(|it| it.views.max(it.clicks)).max().unwrap_or(0);
        let (step, top) = nice_axis(most);
        let scale = Scale { buckets: buckets.len(), slots: buckets.len().max(FEW), top };
        let few = buckets.len() < FEW;
        Self {
            unit: unit(width),
            summary: summary(&buckets, width),
            y: (0..=top / step).map(|line| scale.y_tick(line * step)).collect(),
            x: scale.x_ticks(width),
            area: if few { String::new() } else { scale.area(&buckets) },
            views: if few { String::new() } else { scale.line(&buckets, |it| it.views) },
            clicks: if few { String::new() } else { scale.line(&buckets, |it| it.clicks) },
            columns: if few { scale.columns(&buckets) } else { Vec::new() },
            gaps: scale.gap_marks(gaps, Timestamp(first * Timestamp::HOUR), width),
            rows: rows(&buckets, first, width),
        }
    }

    fn empty() -> Self {
        Self {
            unit: unit(1),
            summary: String::new(),
            y: Vec::new(),
            x: Vec::new(),
            area: String::new(),
            views: String::new(),
            clicks: String::new(),
            columns: Vec::new(),
            gaps: Vec::new(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// How many hours a bucket takes, so that a long campaign still fits.
fn bucket_hours(span: i64) -> i64 {
    let widths = [1, 6, 24, 168];
    let fits = widths.into_iter().zip([96, 576, 24 * MAX_BUCKETS, 168 * MAX_BUCKETS]);
    fits.into_iter()
        .find_map(|(width, most)| (span <= most).then_some(width))
        .unwrap_or((span + MAX_BUCKETS - 1) / MAX_BUCKETS)
}

fn unit(width: i64) -> String {
    match width {
        1 => "per hour".to_owned(),
        24 => "per day".to_owned(),
        168 => "per week".to_owned(),
        hours => format!("per {hours} hours"),
    }
}

fn fill(hours: &[HourLine], first: i64, last: i64, width: i64) -> Vec<Bucket> {
    let count = usize::try_from((last - first) / width + 1).unwrap_or(1);
    let mut buckets: Vec<Bucket> = (0..count).map(|_| Bucket { views: 0, clicks: 0 }).collect();
    for hour in hours {
        let index = usize::try_from((hour.from.hour() - first) / width).unwrap_or(0);
        if let Some(bucket) = buckets.get_mut(index.min(count - 1)) {
            bucket.views += hour.views;
            bucket.clicks += hour.clicks;
        }
    }
    buckets
}

/// A step of 1, 2 or 5 times a power of ten, and the first multiple at or above `most`.
fn nice_axis(most: i64) -> (i64, i64) {
    let most = most.max(1);
    let mut power: i64 = 1;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if most.saturating_add(step - 1) / step <= 6 {
                return (step, most.saturating_add(step - 1) / step * step);
            }
        }
        power = power.saturating_mul(10);
    }
}

fn rows(buckets: &[Bucket], first: i64, width: i64) -> Vec<ChartRow> {
    (first..)
        .step_by(usize::try_from(width).unwrap_or(1))
        .zip(buckets)
        .filter(|(_, bucket)| bucket.views + bucket.clicks > 0)
        .map(|(hour, bucket)| ChartRow {
            from: Timestamp(hour.saturating_mul(Timestamp::HOUR)).readable(),
            views: thousands(bucket.views),
            clicks: thousands(bucket.clicks),
        })
        .collect()
}

/// The chart in one sentence, for people who can't see it.
fn summary(buckets: &[Bucket], width: i64) -> String {
    let total = |of: fn(&Bucket) -> i64| buckets.iter().map(of).sum::<i64>();
    let most = buckets.iter().enumerate().max_by_key(|(index, it)| (it.views, usize::MAX - index));
    let (index, views) = most.map_or((0, 0), |(index, it)| (index, it.views));
    format!(
        "Views and clicks {}: {} views and {} clicks; most views, {}, {} after sending began",
        unit(width),
        thousands(total(|it| it.views)),
        thousands(total(|it| it.clicks)),
        thousands(views),
        hours_after(as_i64(index) * width),
    )
}

fn hours_after(hours: i64) -> String {
    if hours >= 48 && hours % 24 == 0 { format!("{} d", hours / 24) } else { format!("{hours} h") }
}

impl Scale {
    fn x(&self, index: usize) -> f64 {
        LEFT + (RIGHT - LEFT) * float(index) / float(self.slots.saturating_sub(1).max(1))
    }

    fn y(&self, value: i64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * ratio(value, self.top)
    }

    fn y_tick(&self, value: i64) -> YTick {
        let at = self.y(value);
        YTick { at: point(at), text_at: point(at + 4.0), label: thousands(value) }
    }

    /// At most eight labels, at round distances.
    fn x_ticks(&self, width: i64) -> Vec<XTick> {
        let span = as_i64(self.slots) * width;
        let steps = [1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 672, 1_344];
        let step = steps
            .into_iter()
            .find(|step| step % width == 0 && span / step <= 8)
            .unwrap_or_else(|| (span / 8 / width).max(1) * width);
        let every = usize::try_from(step / width).unwrap_or(1).max(1);
        let middle = if self.buckets < FEW { self.column_width() / 2.0 } else { 0.0 };
        (0..self.slots)
            .step_by(every)
            .map(|index| XTick {
                at: point(if middle > 0.0 { self.column_x(index) + middle } else { self.x(index) }),
                label: hours_after(as_i64(index) * width),
            })
            .collect()
    }

    fn line(&self, buckets: &[Bucket], of: fn(&Bucket) -> i64) -> String {
        let mut path = String::new();
        for (index, bucket) in buckets.iter().enumerate() {
            let letter = if index == 0 { 'M' } else { 'L' };
            path.push(letter);
            path.push_str(&point(self.x(index)));
            path.push(' ');
            path.push_str(&point(self.y(of(bucket))));
        }
        path
    }

    fn area(&self, buckets: &[Bucket]) -> String {
        let end = point(self.x(buckets.len().saturating_sub(1)));
        format!("{}L{end} {BOTTOM}L{LEFT} {BOTTOM}Z", self.line(buckets, |it| it.views))
    }

    /// Of those that lie in the time that is drawn, each wide enough to be seen.
    fn gap_marks(&self, gaps: &[GapLine], first: Timestamp, width: i64) -> Vec<GapMark> {
        let bucket = width.saturating_mul(Timestamp::HOUR);
        let end = as_i64(self.buckets).saturating_mul(bucket);
        // Columns stand beside each other; of a line, each bucket is a point.
        let parts = if self.buckets < FEW { self.slots } else { self.slots.saturating_sub(1) };
        let all = as_i64(parts.max(1)).saturating_mul(bucket);
        let at = |time: Timestamp| {
            let after = (time.0 - first.0).clamp(0, end.min(all));
            LEFT + (RIGHT - LEFT) * ratio(after, all)
        };
        let is_drawn = |gap: &&GapLine| gap.to >= first && gap.from.0 < first.0 + end;
        let mark = |gap: &GapLine| {
            let (from, to) = (at(gap.from).min(RIGHT - GAP_WIDTH), at(gap.to));
            GapMark { x: point(from), width: point((to - from).max(GAP_WIDTH)) }
        };
        gaps.iter().filter(is_drawn).take(MAX_GAPS).map(mark).collect()
    }

    fn column_width(&self) -> f64 {
        (RIGHT - LEFT) / float(self.slots)
    }

    fn column_x(&self, index: usize) -> f64 {
        LEFT + self.column_width() * float(index)
    }

    fn columns(&self, buckets: &[Bucket]) -> Vec<ChartColumn> {
        let width = (self.column_width() * 0.3).min(48.0);
        let column = |class, middle: f64, value| ChartColumn {
            class,
            x: point(middle),
            y: point(self.y(value)),
            width: point(width),
            height: point(BOTTOM - self.y(value)),
        };
        let pairs = buckets.iter().enumerate().map(|(index, bucket)| {
            let middle = self.column_x(index) + self.column_width() / 2.0;
            [
                column("col-views", middle - width - 1.0, bucket.views),
                column("col-clicks", middle + 1.0, bucket.clicks),
            ]
        });
        pairs.flatten().collect()
    }
}

fn point(value: f64) -> String {
    format!("{value:.1}")
}

/// Bucket numbers are at most a few hundred.
fn float(index: usize) -> f64 {
    u32::try_from(index).map_or(0.0, f64::from)
}

fn as_i64(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// Precise to a ten-thousandth, which is far below a pixel.
fn ratio(part: i64, whole: i64) -> f64 {
    let parts = i128::from(part) * 10_000 / i128::from(whole.max(1));
    i32::try_from(parts).map_or(0.0, |it| f64::from(it) / 10_000.0)
}

#[cfg(test)]
mod tests;
