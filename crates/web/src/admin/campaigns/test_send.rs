//! Sending a test of a campaign from its page: a form that other pages include, and a page of its own
//! for who may write what a campaign says and not send it.
//!
//! Invariant: the form leads back only to pages of its own campaign.

use actions::{TEST_ADDRESSES, TestSent, TestWish};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use campaign::ShownValues;
use model::{CampaignNumber, Right};
use report::number_text::thousands;
use serde::Deserialize;

use crate::admin::campaigns::acts::record_of;
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

/// Pages of a campaign that may hold the form, by the last segment of their address.
const PLACES: [&str; 3] = ["", "send", "test"];

/// The form of `admin/campaign_test.html`.
pub(crate) struct TestForm {
    pub(crate) number: CampaignNumber,
    pub(crate) key: String,
    /// As typed; at first the visitor's own address.
    pub(crate) to: String,
    /// The page that it leads back to.
    pub(crate) place: &'static str,
    /// What was just sent, by its numbers in the inbox.
    pub(crate) tested: Vec<TestedLine>,
    /// Sent and too large to be looked at.
    pub(crate) is_too_large: bool,
    pub(crate) may: bool,
    pub(crate) problem: Option<FormProblem>,
}

pub(crate) struct TestedLine {
    pub(crate) path: String,
    pub(crate) name: String,
}

/// What a page with the form is asked for after something was sent.
#[derive(Deserialize, Default)]
pub(crate) struct TestedQuery {
    pub(crate) tested: Option<String>,
    /// Which page that is; one of [`PLACES`].
    #[serde(skip)]
    pub(crate) place: &'static str,
}

impl TestedQuery {
    /// What the page was asked for whose part htmx asks for.
    pub(crate) fn of_page(headers: &HeaderMap) -> Option<Self> {
        headers.get("hx-request")?;
        let page: Uri = headers.get("hx-current-url")?.to_str().ok()?.parse().ok()?;
        let place = PLACES.into_iter().find(|it| !it.is_empty() && page.path().ends_with(it));
        let Query(asked) = Query::<Self>::try_from_uri(&page).ok()?;
        Some(Self { place: place.unwrap_or_default(), ..asked })
    }
}

impl TestForm {
    /// The form on a page of a campaign that was asked for this.
    pub(crate) async fn on(
        admitted: &Admitted,
        parts: &AdminParts,
        number: CampaignNumber,
        asked: &TestedQuery,
    ) -> Result<Self, PageProblem> {
        let to = match admitted.permit.actor().user() {
            Some(me) => {
                let user = access::own_user(&parts.resources.store, me).await;
                user.map_err(PageProblem::failed("looking up who is signed in"))?.email
            }
            None => String::new(),
        };
        let numbers = asked.tested.as_deref().unwrap_or_default().split(',');
        let numbers: Vec<i64> =
            numbers.filter_map(|it| it.parse().ok()).take(TEST_ADDRESSES).collect();
        let lines = numbers.iter().filter(|it| **it > 0);
        // What the demo catches has numbers of its own.
        let path = |id: &i64| match parts.inbox_source().is_caught() {
            true => "/admin/inbox".to_owned(),
            false => format!("/admin/inbox/{id}"),
        };
        let line = |id: &i64| TestedLine { path: path(id), name: thousands(*id) };
        Ok(Self {
            number,
            key: new_key()?,
            to,
            place: asked.place,
            tested: lines.map(line).collect(),
            is_too_large: numbers.contains(&0),
            may: admitted.can(Right::AnnouncementsWrite),
            problem: None,
        })
    }

    pub(crate) fn most(&self) -> usize {
        TEST_ADDRESSES
    }
}

#[derive(Template)]
#[template(path = "admin/campaign_test_page.html")]
struct TestPage {
    frame: AdminFrame,
    name: String,
    test: TestForm,
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<TestedQuery>,
) -> Response {
    let asked = TestedQuery { place: "test", ..asked };
    page(&admitted, &parts, &number, &asked, (StatusCode::OK, None)).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    asked: &TestedQuery,
    (status, again): (StatusCode, Option<(String, FormProblem)>),
) -> Response {
    let made = async {
        let campaign = record_of(parts, number).await?.campaign;
        let number = campaign.id.number();
        let mut test = TestForm::on(admitted, parts, number, asked).await?;
        if let Some((typed, problem)) = again {
            test.to = typed;
            test.problem = Some(problem);
        }
        let frame = admitted
            .frame("campaigns")
            .below("/admin/campaigns", "Campaigns")
            .below(format!("/admin/campaigns/{number}"), campaign.name.as_str());
        Ok(TestPage { frame, name: campaign.name, test })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn send(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    form: Form,
) -> Response {
    let place = PLACES.into_iter().find(|place| *place == form.text("place")).unwrap_or("test");
    let back = match place {
        "" => format!("/admin/campaigns/{number}"),
        place => format!("/admin/campaigns/{number}/{place}"),
    };
    match sent(&admitted, &parts, &number, &form).await {
        Ok(sent) => {
            let numbers: Vec<String> =
                sent.iter().map(|it| it.inbox.unwrap_or_default().to_string()).collect();
            let back = format!("{back}?tested={}#test", numbers.join(","));
            admitted.visitor.done(&back, Message::TestSent)
        }
        Err(Refused::DoneBefore) => {
            admitted.visitor.done(&format!("{back}#test"), Message::DoneBefore)
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
        Err(Refused::Form(status, problem)) => {
            let again = (form.text("to").to_owned(), problem);
            let asked = TestedQuery { place: "test", ..TestedQuery::default() };
            page(&admitted, &parts, &number, &asked, (status, Some(again))).await
        }
    }
}

async fn sent(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    form: &Form,
) -> Result<Vec<TestSent>, Refused> {
    let number = number.parse().map_err(|_| PageProblem::no_campaign())?;
    let call = call(admitted, form)?;
    let typed = form.text("to").split([',', ';', ' ', '\r', '\n']).map(str::trim);
    let to: Vec<String> = typed.filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let wish = TestWish { to: to.clone(), shown: ShownValues::default() };
    let sent = actions::campaign_test_send(&parts.resources, &call, number, &wish).await;
    let sent = sent.map_err(|refusal| {
        // Which of several addresses is wrong, the words say.
        let which = refusal.fields.first().and_then(|it| it.pointer.strip_prefix("/to/"));
        let which = which.and_then(|it| it.parse().ok()).and_then(|at: usize| to.get(at));
        match which {
            Some(address) => wrong("to", format!("for {address}: {}", refusal.words)),
            None => refusal.into(),
        }
    })?;
    let failed = to.iter().zip(&sent).find_map(|(to, it)| it.failure().map(|why| (to, why)));
    match failed {
        None => Ok(sent),
        Some((address, why)) => {
            let words = format!("for {address}: {why}. The other addresses have got it");
            Err(Refused::Form(StatusCode::CONFLICT, FormProblem::new("to", words)))
        }
    }
}
