//! To whom personal data has left, who may get it, and what people ask about theirs.

use model::Right;

use crate::api::asked::Names;
use crate::api::route::{Answer, ApiNeeds, ApiRoute, Handler, Key, Shape, Verb};
use crate::api::route_macros::{TAKEN, again, known, routes};
use crate::api::{disclosures, person_requests, sharing};

pub(super) const ROUTES: &[ApiRoute] = routes! {
    Get "/api/v1/disclosures" disclosures_list: AuditRead of Nothing, disclosures::list,
        asks disclosures::DisclosuresParams,
        gives Many disclosures::Disclosure,
        "To whom personal data has left, the newest first";
    Get "/api/v1/disclosures/verification" disclosures_verify: AuditRead of Nothing,
        disclosures::verify,
        gives One disclosures::DisclosuresVerified,
        "Whether the chain of that register holds";
    Get "/api/v1/disclosures/{id}" disclosure_get: AuditRead of Nothing, disclosures::one,
        gives One disclosures::Disclosure,
        "One entry of it";
    Get "/api/v1/processors" processors_list: ContactsRead of Nothing, disclosures::processors,
        asks disclosures::ProcessorsParams,
        gives Many disclosures::ListedProcessor,
        "Who may get personal data, and for what";
    Put "/api/v1/processors/{name}" processor_set: SettingsWrite of Nothing,
        disclosures::set_processor,
        takes disclosures::NewProcessor,
        logs "processor.set" with TAKEN,
        gives One disclosures::ListedProcessor,
        "Registers a recipient, or changes what they may get";
    Post "/api/v1/processors/{name}/remove" processor_remove: SettingsWrite of Nothing,
        disclosures::remove_processor,
        logs "processor.remove" with TAKEN,
        gives One disclosures::RemovedProcessor,
        "Takes a recipient out: they get nothing any more";
    Get "/api/v1/sharing-notices" sharing_notices_list: ContactsRead of Nothing, sharing::list,
        asks sharing::SharingNoticesParams,
        gives Many sharing::ListedSharingNotice,
        "What people are told before their data is shared, the newest first";
    Get "/api/v1/sharing-notices/{id}/preview" sharing_notice_preview: ContactsRead of Nothing,
        sharing::preview,
        gives One sharing::SharingNoticePreview,
        "How many it would share and why the others not; for tokens of all topics";
    Post "/api/v1/sharing-notices/{id}/cancel" sharing_notice_cancel: SettingsWrite of Nothing,
        sharing::cancel,
        logs "sharing.cancel" with TAKEN,
        gives One sharing::CancelledSharingNotice,
        "Cancels it for good: nothing is shared by it any more";
    Get "/api/v1/requests" requests_list: ContactsRead of Nothing, person_requests::list,
        asks person_requests::RequestsParams,
        gives Many person_requests::PersonRequest,
        "What people ask about their data, the newest first; for tokens of all topics";
    Get "/api/v1/requests/{id}" request_get: ContactsRead of Nothing, person_requests::one,
        gives One person_requests::PersonRequest,
        "One of them, and by when it must be answered; for tokens of all topics";
    Post "/api/v1/requests" request_add: ContactsWrite of Nothing, person_requests::create,
        takes person_requests::NewPersonRequest,
        logs "request.add" with again!(person_requests::created_again),
        gives Made person_requests::PersonRequest,
        "Enters one that came by another way; for tokens of all topics";
    Post "/api/v1/requests/{id}/extend" request_extend: ContactsWrite of Nothing,
        person_requests::extend,
        takes person_requests::RequestExtension,
        logs "request.extend" with TAKEN,
        gives One person_requests::PersonRequest,
        "Gives it two months more, once; for tokens of all topics";
    Post "/api/v1/requests/{id}/answer" request_answer: ContactsWrite of Nothing,
        person_requests::answer,
        takes person_requests::RequestOutcome,
        logs "request.answer" with TAKEN,
        gives One person_requests::PersonRequest,
        "Closes it as answered; for tokens of all topics";
    Post "/api/v1/requests/{id}/refuse" request_refuse: ContactsWrite of Nothing,
        person_requests::refuse,
        takes person_requests::RequestOutcome,
        logs "request.refuse" with TAKEN,
        gives One person_requests::PersonRequest,
        "Closes it as refused, with the reason; for tokens of all topics";
    Post "/api/v1/requests/{id}/withdraw" request_withdraw: ContactsWrite of Nothing,
        person_requests::withdraw,
        takes person_requests::RequestOutcome,
        logs "request.withdraw" with TAKEN,
        gives One person_requests::PersonRequest,
        "Closes it because whoever has asked takes it back; for tokens of all topics";
};
