//! Contacts, their jobs, topics, and single messages.

use model::Right;

use crate::api::asked::Names;
use crate::api::route::{Answer, ApiNeeds, ApiRoute, Handler, Key, Receives, Shape, Verb};
use crate::api::route_macros::{TAKEN, again, known, may_state_again, routes, state_again};
use crate::api::{
    addresses, attributes, comparison, contact_actions, contact_batch, contact_merges,
    contact_proof, contact_tags, contacts, contacts_bulk, erasures, exports, forms, imports, jobs,
    mail_caps, messages, reconfirmations, segments, sharing, topics, tracking, visitors,
};

pub(super) const ROUTES: &[ApiRoute] = routes! {
    Get "/api/v1/contacts" contacts_list: ContactsRead of Nothing, contacts::list,
        asks contacts::ContactsParams,
        gives Many contacts::Contact,
        "Contacts, by part of their address, topic and state, the newest first";
    Get "/api/v1/contacts/duplicates" contact_duplicates: ContactsRead of Nothing,
        contact_merges::duplicates,
        asks contact_merges::DuplicatesParams,
        gives Many contact_merges::Duplicate,
        "Contacts who may be one person; for tokens of all topics";
    Get "/api/v1/contacts/{id}" contact_get: ContactsRead of Contact, contacts::one,
        gives One contacts::ContactDetail,
        "One contact: attributes, subscriptions, suppression";
    Get "/api/v1/contacts/{id}/consents" contact_consents: ContactsRead of Contact,
        contacts::consents,
        asks contacts::ConsentsParams,
        gives Many contacts::Consent,
        "The ledger of a contact’s consents, the newest first";
    Get "/api/v1/contacts/{id}/visitors" contact_visitors: ContactsRead of Nothing,
        visitors::of_contact,
        gives One visitors::ContactVisitors,
        "The browsers that a contact’s clicks have tied to them; for tokens of all topics";
    Get "/api/v1/contacts/{id}/history" contact_history: ContactsRead of Contact,
        contact_tags::history,
        asks contact_tags::HistoryParams,
        gives Many contact_tags::ContactChange,
        "What was changed about a contact and by whom, the newest first";
    Get "/api/v1/contacts/{id}/proof" contact_proof: ContactsRead of Contact, contact_proof::one,
        gives One contact_proof::ContactProof,
        "By what right a contact is mailed and tracked, with the proof";
    Get "/api/v1/contacts/{id}/merges" contact_merges: ContactsRead of Nothing,
        contact_merges::list,
        asks contact_merges::MergesParams,
        gives Many contact_merges::ContactMerge,
        "Who was merged into a contact, the newest merge first; for tokens of all topics";
    Post "/api/v1/contacts" contact_create: ContactsWrite of Nothing, contact_actions::create,
        takes contact_actions::NewContact,
        logs "contact.add" with again!(contact_actions::created_again),
        gives Made contact_actions::MadeContact,
        "Adds a contact, and subscribes them";
    Post "/api/v1/contacts/batch" contact_batch: ContactsWrite of Nothing, contact_batch::create,
        takes contact_batch::BatchLine,
        receives Receives::Lines,
        logs "contact.add" with again!(contact_batch::create_again),
        gives Lines contact_batch::BatchAnswer,
        "Adds up to 1,000 contacts, a line each, or changes those that there are";
    Post "/api/v1/contacts/tags" contacts_tag: ContactsWrite of Nothing, contact_tags::tag_all,
        takes contact_tags::TaggedContacts,
        logs "contacts.tag" with again!(exports::created_again),
        gives Accepted jobs::Job,
        "Gives the contacts that match tags, and takes others away, as a job";
    Post "/api/v1/contacts/bulk" contacts_bulk: ContactsWrite of Nothing, contacts_bulk::create,
        takes contacts_bulk::BulkContacts,
        logs "contacts.bulk" with again!(exports::created_again),
        gives Accepted jobs::Job,
        "Subscribes the contacts that match to a topic or unsubscribes them, sets or removes an attribute, gives or takes a tag, as a job";
    Patch "/api/v1/contacts/{id}" contact_edit: ContactsWrite of Contact, contact_actions::edit,
        takes contact_actions::ContactPatch,
        logs "contact.edit" with Key::None,
        gives One contacts::ContactDetail,
        "Changes a contact’s attributes or address";
    Post "/api/v1/contacts/{id}/tags" contact_tag: ContactsWrite of Contact, contact_tags::tag,
        takes contact_tags::ContactTags,
        logs "contact.tag" with TAKEN,
        gives One contact_tags::TaggedContact,
        "Gives a contact tags, and takes others away";
    Post "/api/v1/contacts/{id}/subscribe" contact_subscribe: ContactsWrite of Contact,
        contact_actions::subscribe,
        takes contact_actions::Subscribe,
        logs "contact.subscribe" with TAKEN,
        gives One contact_actions::Changed,
        "Subscribes a contact, with proof";
    Post "/api/v1/contacts/{id}/unsubscribe" contact_unsubscribe: ContactsWrite of Contact,
        contact_actions::unsubscribe,
        takes contact_actions::Unsubscribe,
        logs "contact.unsubscribe" with TAKEN,
        gives One contact_actions::Changed,
        "Unsubscribes a contact who has asked for it";
    Post "/api/v1/contacts/{id}/merge" contact_merge: ContactsWrite of Nothing, contact_merges::merge,
        takes contact_merges::Merge,
        logs "contact.merge" with TAKEN,
        gives One contact_merges::MergedContact,
        "Merges another contact into this one, or says what that would do; for tokens of all topics";
    Post "/api/v1/contacts/{id}/unmerge" contact_unmerge: ContactsWrite of Nothing,
        contact_merges::unmerge,
        takes contact_merges::Unmerge,
        logs "contact.unmerge" with TAKEN,
        gives One contact_merges::UnmergedContact,
        "Takes a merge back, for 30 days; for tokens of all topics";
    Put "/api/v1/contacts/{id}/tracking" contact_tracking_set: ContactsWrite of Nothing,
        tracking::contact,
        takes tracking::NewContactTracking,
        logs "contact.tracking" with TAKEN,
        gives One tracking::ChangedContactTracking,
        "Notes what a contact says about tracking; for tokens of all topics";
    Put "/api/v1/contacts/{id}/pause" contact_pause_set: ContactsWrite of Nothing, mail_caps::pause,
        takes mail_caps::NewPause,
        logs "contact.pause" with TAKEN,
        gives One mail_caps::SetPause,
        "Has a contact get no campaign until a time, or ends that; for tokens of all topics";
    Put "/api/v1/contacts/{id}/sharing" contact_sharing_set: ContactsWrite of Nothing,
        sharing::contact,
        takes sharing::NewContactSharing,
        logs "contact.sharing" with TAKEN,
        gives One sharing::ChangedContactSharing,
        "Notes what a contact says about sharing; for tokens of all topics";
    Get "/api/v1/attributes" attributes_list: ContactsRead of Nothing, attributes::list,
        asks attributes::AttributesParams,
        gives Many attributes::Attribute,
        "What the values of attributes are, by name";
    Put "/api/v1/attributes/{name}" attribute_set: ContactsWrite of Nothing, attributes::set,
        takes attributes::NewAttribute,
        logs "attribute.set" with TAKEN,
        gives One attributes::SetAttribute,
        "Declares that, and has the values that there are looked at, as a job; for tokens of all topics";
    Post "/api/v1/attributes/{name}/remove" attribute_remove: ContactsWrite of Nothing,
        attributes::remove,
        logs "attribute.remove" with TAKEN,
        gives One attributes::RemovedAttribute,
        "Ends that: values stay, as free texts; for tokens of all topics";
    Get "/api/v1/forms" forms_list: ContactsRead of Nothing, forms::list,
        asks forms::FormsParams,
        gives Many forms::ListedForm,
        "The forms by which people join, by name";
    Get "/api/v1/forms/{name}" form_get: ContactsRead of Nothing, forms::one,
        gives One forms::FormDetail,
        "One form: its address, its HTML for other sites, what it told people";
    Put "/api/v1/forms/{name}" form_set: ContactsWrite of Nothing, forms::set,
        takes forms::NewForm,
        logs "form.set" with TAKEN,
        gives One forms::ListedForm,
        "Makes a form, or changes what is named of it; for tokens of all topics";
    Post "/api/v1/forms/{name}/close" form_close: ContactsWrite of Nothing, forms::close,
        logs "form.close" with TAKEN,
        gives One forms::EndedForm,
        "Closes a form: nobody joins by it until it is set again; for tokens of all topics";
    Post "/api/v1/forms/{name}/remove" form_remove: ContactsWrite of Nothing, forms::remove,
        logs "form.remove" with TAKEN,
        gives One forms::EndedForm,
        "Removes a form, with what waits to be confirmed; for tokens of all topics";
    Get "/api/v1/tags" tags_list: ContactsRead of Nothing, contact_tags::list,
        asks contact_tags::TagsParams,
        gives Many contact_tags::Tag,
        "Tags, and how many contacts have each; for tokens of all topics";
    Put "/api/v1/tags/{name}" tag_rename: ContactsWrite of Nothing, contact_tags::rename,
        takes contact_tags::TagRename,
        logs "tag.rename" with TAKEN,
        gives One contact_tags::RenamedTag,
        "Gives a tag another name; for tokens of all topics";
    Post "/api/v1/tags/{name}/remove" tag_remove: ContactsWrite of Nothing, contact_tags::remove,
        takes contact_tags::TagRemoval,
        logs "tag.remove" with TAKEN,
        gives One contact_tags::RemovedTag,
        "Removes a tag, from all who have it; for tokens of all topics";
    Get "/api/v1/segments" segments_list: ContactsRead of Nothing, segments::list,
        asks segments::SegmentsParams,
        gives Many segments::Segment,
        "Segments: whom each means, by name";
    Get "/api/v1/segments/{name}" segment_get: ContactsRead of Nothing, segments::one,
        gives One segments::Segment,
        "One segment, as a text and as a tree";
    Get "/api/v1/segments/{name}/count" segment_count: ContactsRead of Nothing, segments::count,
        asks segments::SegmentCountParams,
        gives One segments::SegmentContacts,
        "How many contacts of the token’s topics it means, and some of them";
    Put "/api/v1/segments/{name}" segment_set: ContactsWrite of Nothing, segments::set,
        takes segments::NewSegment,
        logs "segment.set" with TAKEN,
        gives One segments::SetSegment,
        "Keeps a segment, or checks and counts what it would be; for tokens of all topics";
    Post "/api/v1/segments/{name}/remove" segment_remove: ContactsWrite of Nothing,
        segments::remove,
        logs "segment.remove" with TAKEN,
        gives One segments::RemovedSegment,
        "Removes a segment that nothing needs; for tokens of all topics";
    Get "/api/v1/addresses/{email}" address_get: ContactsRead of Nothing, addresses::one,
        gives One addresses::AddressRecord,
        "Everything that is kept about a person; for tokens of all topics";
    Post "/api/v1/addresses/suppress" address_suppress: ContactsWrite of Nothing,
        contact_actions::suppress,
        takes contact_actions::Suppress,
        logs "contact.suppress" with TAKEN,
        gives One contact_actions::Changed,
        "Sees to it that an address is never mailed; for tokens of all topics";
    Post "/api/v1/addresses/unsuppress" address_unsuppress: ContactsWrite of Nothing,
        contact_actions::unsuppress,
        takes contact_actions::Address,
        logs "contact.unsuppress" with TAKEN,
        gives One contact_actions::Unsuppressed,
        "Lifts that; for tokens of all topics";
    Post "/api/v1/addresses/erase" address_erase: ContactsWrite of Nothing, contact_actions::erase,
        takes contact_actions::Erase,
        logs "contact.erase" with TAKEN,
        gives One contact_actions::Erasure,
        "Erases everything that is kept about a person; for tokens of all topics";
    Get "/api/v1/visitors/{visitor}" visitor_get: ContactsRead of Nothing, visitors::one,
        gives One visitors::VisitorDetail,
        "What is kept of a browser whose identifier was quoted; for tokens of all topics";
    Post "/api/v1/visitors/{visitor}/remove" visitor_remove: ContactsWrite of Nothing,
        visitors::remove,
        logs "visitor.remove" with TAKEN,
        gives One visitors::RemovedVisitor,
        "Removes everything that bears its identifier; counts stay; for tokens of all topics";
    Post "/api/v1/visitors/{visitor}/contacts/{contact}/cut" visitor_cut: ContactsWrite of Nothing,
        visitors::cut,
        logs "visitor.cut" with TAKEN,
        gives One visitors::CutVisitor,
        "Cuts it from a contact, for the past and for good; for tokens of all topics";
    Post "/api/v1/imports" import_create: ContactsWrite of Nothing, imports::create,
        asks imports::ImportParams,
        takes String,
        receives Receives::File("text/csv"),
        logs "import.start" with again!(imports::created_again),
        gives Accepted jobs::Job,
        "Takes a CSV file of contacts, also packed, and imports or rehearses it as a job";
    Post "/api/v1/erasures" erasure_create: ContactsWrite of Nothing, erasures::create,
        asks erasures::ErasureParams,
        takes String,
        receives Receives::File("text/csv"),
        logs "erasure.start" with again!(imports::created_again),
        gives Accepted jobs::Job,
        "Takes a list of addresses, and erases everybody in it or counts that as a job; for tokens of all topics";
    Post "/api/v1/exports" export_create: ContactsRead of Nothing, exports::create,
        takes exports::NewExport,
        logs "contacts.export" with again!(exports::created_again),
        gives Accepted jobs::Job,
        "Writes the contacts that match to a CSV file, as a job";
    Get "/api/v1/jobs" jobs_list: ContactsRead of Nothing, jobs::list,
        asks jobs::JobsParams,
        gives Many jobs::Job,
        "Imports, exports, erasures and what was undone, the newest first";
    Get "/api/v1/jobs/{id}" job_get: ContactsRead of Job, jobs::one,
        gives One jobs::Job,
        "One job: how far it is, what it has done";
    Get "/api/v1/jobs/{id}/rejects" job_rejects: ContactsRead of Job, jobs::rejects,
        gives Csv,
        "The lines that an import or an erasure could not use, with column and reason";
    Get "/api/v1/jobs/{id}/warnings" job_warnings: ContactsRead of Job, jobs::warnings,
        gives Csv,
        "What may be wrong with addresses of an import, by lines of its file";
    Get "/api/v1/jobs/{id}/file" job_file: ContactsRead of Job, jobs::file,
        gives Csv,
        "The file that an export has written; each time it is logged";
    Post "/api/v1/jobs/{id}/start" job_start: ContactsWrite of Job, jobs::start,
        asks jobs::JobStart,
        logs "import.start" with state_again!(jobs::state_again),
        gives Accepted jobs::Job,
        "Does what was rehearsed";
    Post "/api/v1/jobs/{id}/stop" job_stop: ContactsWrite of Job, jobs::stop,
        logs "job.stop" with may_state_again!(jobs::state_again),
        gives One jobs::Job,
        "Stops a job before its next step; what it has done stays";
    Post "/api/v1/jobs/{id}/undo" import_undo: ContactsWrite of Job, jobs::undo,
        takes jobs::Undo,
        logs "import.undo" with again!(imports::created_again),
        gives Accepted jobs::Job,
        "Takes an import back as far as nothing has happened since, as a job";
    Get "/api/v1/topics" topics_list: TopicsRead of Nothing, topics::list,
        asks topics::TopicsParams,
        gives Many topics::Topic,
        "Topics with their numbers";
    Get "/api/v1/topics/{slug}" topic_get: TopicsRead of Topic, topics::one,
        gives One topics::Topic,
        "One topic with its numbers";
    Get "/api/v1/topics/{slug}/report" topic_report: ReportsRead of Topic, comparison::topic,
        asks comparison::TopicReportParams,
        gives One comparison::Comparison,
        "A topic’s campaigns in the order of their start, by one rule set";
    Put "/api/v1/topics/{slug}" topic_set: TopicsWrite of Nothing, contact_actions::topic_set,
        takes contact_actions::TopicName,
        logs "topic.set" with TAKEN,
        gives One contact_actions::TopicChanged,
        "Names a topic; makes it if there is none";
    Post "/api/v1/topics/{slug}/archive" topic_archive: TopicsWrite of Topic,
        contact_actions::topic_archive,
        takes contact_actions::TopicArchive,
        logs "topic.archive" with TAKEN,
        gives One contact_actions::TopicChanged,
        "Opens or closes a topic’s public archive";
    Put "/api/v1/topics/{slug}/tracking" topic_tracking_set: TopicsWrite of Topic, tracking::topic,
        takes tracking::NewTracking,
        logs "topic.tracking" with TAKEN,
        gives One tracking::SetTracking,
        "Sets what is recorded in a topic of those who have said nothing";
    Get "/api/v1/topics/{slug}/reconfirmation" reconfirmation_get: TopicsRead of Topic,
        reconfirmations::one,
        gives One reconfirmations::Reconfirmation,
        "How far the newest question to a topic’s subscribers is, whether they still want it";
    Post "/api/v1/topics/{slug}/reconfirmation" reconfirmation_begin: TopicsWrite of Topic,
        reconfirmations::begin,
        takes reconfirmations::NewReconfirmation,
        logs "topic.reconfirm" with TAKEN,
        gives One reconfirmations::Reconfirmation,
        "Asks those by mail whose consent is old or unproved; counts them with dry_run";
    Post "/api/v1/topics/{slug}/reconfirmation/cancel" reconfirmation_cancel: TopicsWrite of Topic,
        reconfirmations::cancel,
        logs "topic.reconfirm_cancel" with TAKEN,
        gives One reconfirmations::Reconfirmation,
        "Ends that: nobody more is mailed or stopped";
    Post "/api/v1/messages" message_send: MessagesSend of Nothing, messages::send,
        takes messages::NewMessage,
        unlogged with Key::ForEver,
        gives Accepted messages::Message,
        "Sends one message to one address, before any campaign; for tokens of all topics";
    Get "/api/v1/messages" messages_list: DeliveriesRead of Nothing, messages::list,
        asks messages::MessagesParams,
        gives Many messages::Message,
        "Single messages, by part of an address and state, the newest first; for tokens of all topics";
    Get "/api/v1/messages/{id}" message_get: DeliveriesRead of Nothing, messages::one,
        gives One messages::Message,
        "One of them, and what became of it; for tokens of all topics";
};
