//! How messages look: the values of `[brand]`.

use render::{
    Brand, BrandColors, BrandText, Color, FontStack, Logo, LogoWidth, PrivacyContact,
    PublicAddress, SocialLink, UnusableBrand,
};
use toml::Spanned;

use super::checked::{Checked, Checker};
use super::file::BrandTable;

/// More than this is a text, and no longer a footer.
const MOST_LINES: usize = 12;

impl Checker<'_> {
    pub(super) fn brand(
        &self,
        table: &BrandTable,
        privacy_contact: Option<&Spanned<String>>,
    ) -> Checked<Brand> {
        let colors = BrandColors {
            accent: self.part("brand.colour", table.colour.as_ref(), Color::parse)?,
            accent_dark: self.part(
                "brand.colour_dark",
                table.colour_dark.as_ref(),
                Color::parse,
            )?,
            background: self.part("brand.background", table.background.as_ref(), Color::parse)?,
        };
        if let (Some(typed), None) = (&table.colour_dark, colors.accent) {
            return Err(self.wrong("brand.colour_dark", typed, "also needs `colour`"));
        }
        Ok(Brand {
            name: self.part("brand.name", table.name.as_ref(), BrandText::parse)?,
            logo: self.logo(table)?,
            colors,
            font: self
                .part("brand.font", table.font.as_ref(), FontStack::parse)?
                .unwrap_or_default(),
            legal: self.legal(table)?,
            social: self.social(table)?,
            website: self.part("brand.website", table.website.as_ref(), PublicAddress::parse)?,
            privacy_contact: self.part(
                "web.privacy_contact",
                privacy_contact,
                PrivacyContact::parse,
            )?,
        })
    }

    fn part<T>(
        &self,
        field: &'static str,
        typed: Option<&Spanned<String>>,
        parse: impl Fn(&str) -> Result<T, UnusableBrand>,
    ) -> Checked<Option<T>> {
        let read = |typed: &Spanned<String>| {
            parse(typed.get_ref()).map_err(|problem| self.wrong(field, typed, &problem.to_string()))
        };
        typed.map(read).transpose()
    }

    fn logo(&self, table: &BrandTable) -> Checked<Option<Logo>> {
        let address = self.part("brand.logo", table.logo.as_ref(), PublicAddress::parse)?;
        let dark = self.part("brand.logo_dark", table.logo_dark.as_ref(), PublicAddress::parse)?;
        let alt = self.part("brand.logo_alt", table.logo_alt.as_ref(), BrandText::parse)?;
        let width = match &table.logo_width {
            None => LogoWidth::default(),
            Some(typed) => LogoWidth::new(*typed.get_ref())
                .map_err(|problem| self.wrong("brand.logo_width", typed, &problem.to_string()))?,
        };
        let texts = [("brand.logo_dark", &table.logo_dark), ("brand.logo_alt", &table.logo_alt)];
        match (address, texts.into_iter().find_map(|(field, it)| Some((field, it.as_ref()?)))) {
            (Some(address), _) => Ok(Some(Logo { address, dark, alt, width })),
            (None, Some((field, typed))) => Err(self.wrong(field, typed, "also needs `logo`")),
            (None, None) => match &table.logo_width {
                Some(typed) => Err(self.wrong("brand.logo_width", typed, "also needs `logo`")),
                None => Ok(None),
            },
        }
    }

    fn legal(&self, table: &BrandTable) -> Checked<Vec<BrandText>> {
        let Some(lines) = &table.legal else { return Ok(Vec::new()) };
        self.bounded("brand.legal", lines)?;
        let read = |line: &Spanned<String>| {
            BrandText::parse(line.get_ref())
                .map_err(|problem| self.wrong("brand.legal", line, &problem.to_string()))
        };
        lines.get_ref().iter().map(read).collect()
    }

    fn social(&self, table: &BrandTable) -> Checked<Vec<SocialLink>> {
        let Some(links) = &table.social else { return Ok(Vec::new()) };
        self.bounded("brand.social", links)?;
        let wrong = |field, typed: &Spanned<String>, problem: UnusableBrand| {
            self.wrong(field, typed, &problem.to_string())
        };
        let mut social = Vec::with_capacity(links.get_ref().len());
        for link in links.get_ref() {
            social.push(SocialLink {
                name: BrandText::parse(link.name.get_ref())
                    .map_err(|problem| wrong("brand.social.name", &link.name, problem))?,
                url: PublicAddress::parse(link.url.get_ref())
                    .map_err(|problem| wrong("brand.social.url", &link.url, problem))?,
            });
        }
        Ok(social)
    }

    fn bounded<T>(&self, field: &'static str, list: &Spanned<Vec<T>>) -> Checked<()> {
        if list.get_ref().len() <= MOST_LINES {
            return Ok(());
        }
        Err(self.wrong(field, list, &format!("should have at most {MOST_LINES} entries")))
    }
}
