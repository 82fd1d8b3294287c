//! Who may do what.

use store::ApiTokenOwner;

use super::*;

const A: TopicId = TopicId(1);
const B: TopicId = TopicId(2);
const AT: Timestamp = Timestamp(0);

fn user(role: Role, topics: &[TopicId]) -> Actor {
    let topics = TopicScope::stored(topics.to_vec());
    let (id, session) = (UserId(7), SessionId(8));
    Actor::User(UserActor { id, name: "Zoë".into(), role, topics, session })
}

fn program(scopes: &[Right], topics: &[TopicId], owner: Option<(Role, &[TopicId])>) -> Actor {
    let owner =
        owner.map(|(role, topics)| ApiTokenOwner { id: UserId(7), role, topics: topics.to_vec() });
    Actor::Program(ProgramActor::of(ApiToken {
        id: ApiTokenId(9),
        name: "Nightly".into(),
        prefix: String::new(),
        live: true,
        scopes: scopes.to_vec(),
        topics: topics.to_vec(),
        owner,
        created_at: AT,
        ends_at: None,
        last_used_at: None,
        revoked_at: None,
    }))
}

const OBJECTS: [Object; 5] = [
    Object::Topic(A),
    Object::Topic(B),
    Object::OwnTopics,
    Object::Installation,
    Object::AllTopics,
];

#[test]
fn a_role_decides_and_a_right_that_is_missing_is_said_so() {
    for role in Role::ALL {
        let actor = user(role, &[]);
        for right in Right::ALL {
            for object in OBJECTS {
                let may = actor.may(right, object);
                assert_eq!(may.is_ok(), role.may(right), "{role} {right} {object:?}");
                if let Err(refused) = may {
                    assert_eq!(refused, AccessRefusal::NotAllowed(right));
                }
            }
            assert_eq!(actor.can(right), role.may(right));
        }
    }
}

#[test]
fn who_has_one_topic_reaches_nothing_of_another() {
    let narrowed = [
        user(Role::Owner, &[A]),
        program(&Right::ALL, &[A], None),
        program(&Right::ALL, &[], Some((Role::Owner, &[A]))),
        program(&Right::ALL, &[A], Some((Role::Owner, &[A, B]))),
        program(&Right::ALL, &[A, B], Some((Role::Owner, &[A]))),
    ];
    for (number, actor) in narrowed.iter().enumerate() {
        for right in Right::ALL.into_iter().filter(|it| *it != Right::OwnershipWrite) {
            let [own, foreign, list, all, of_none] = OBJECTS.map(|object| actor.may(right, object));
            let what = format!("{number} {right}");
            assert_eq!(foreign, Err(AccessRefusal::NotFound), "{what}");
            assert_eq!(of_none, Err(AccessRefusal::NotAllowed(right)), "{what}");
            match right.reach() {
                RightReach::Topics => {
                    assert_eq!(own.unwrap().topics(), TopicScope::These(vec![A]), "{what}");
                    let list = list.unwrap();
                    assert_eq!(list.topics(), TopicScope::These(vec![A]), "{what}");
                    assert_eq!(list.reaches(B), Err(AccessRefusal::NotFound), "{what}");
                    assert_eq!(all, Err(AccessRefusal::NotAllowed(right)), "{what}");
                }
                RightReach::Shared => assert!(own.is_ok() && list.is_ok() && all.is_ok(), "{what}"),
                RightReach::Installation => {
                    assert!(own.is_err() && list.is_err() && all.is_err(), "{what}");
                    assert!(!actor.can(right), "{what}");
                }
            }
        }
    }
}

#[test]
fn a_token_whose_topics_its_owner_has_lost_reaches_none() {
    let token = program(&[Right::ReportsRead], &[A], Some((Role::Owner, &[B])));
    assert_eq!(token.topics(), TopicScope::These(vec![]));
    for topic in [A, B] {
        let may = token.may(Right::ReportsRead, Object::Topic(topic));
        assert_eq!(may, Err(AccessRefusal::NotFound));
    }
    assert!(token.may(Right::ReportsRead, Object::Installation).is_err());
}

#[test]
fn a_token_has_its_scopes_as_far_as_its_owner_has_them() {
    let scopes = [Right::CampaignsSend, Right::ReportsRead, Right::OwnershipWrite];
    let of = |owner| {
        let token = program(&scopes, &[], owner);
        Right::ALL.into_iter().filter(|right| token.can(*right)).collect::<Vec<_>>()
    };
    assert_eq!(of(Some((Role::Marketer, &[]))), [Right::CampaignsSend, Right::ReportsRead]);
    assert_eq!(of(Some((Role::Reporter, &[]))), [Right::ReportsRead]);
    assert_eq!(of(None), [Right::CampaignsSend, Right::ReportsRead], "ownership is for people");
}

#[test]
fn a_permit_is_good_for_what_was_asked() {
    let permit = user(Role::Owner, &[]).may(Right::ReportsRead, Object::Topic(A)).unwrap();
    assert_eq!(permit.needs(Right::ReportsRead), Ok(()));
    let other = permit.needs(Right::CampaignsSend);
    assert_eq!(other, Err(AccessRefusal::NotAllowed(Right::CampaignsSend)));
    assert_eq!(permit.reaches(A), Ok(()));
    assert_eq!(permit.reaches(B), Err(AccessRefusal::NotFound));
}

#[test]
fn the_command_line_may_do_everything() {
    let system = Actor::command_line("ann");
    for right in Right::ALL {
        for object in OBJECTS {
            assert!(system.may(right, object).is_ok());
        }
    }
    let record = system.record();
    assert_eq!((record.kind, record.id, record.name.as_str()), (ActorKind::System, None, "ann"));
}

/// The manual's table is what the code does.
#[test]
fn the_manual_says_who_may_what() {
    let manual = include_str!("../../../../docs/access.md");
    let head = Role::ALL.map(|role| role.as_str());
    let mut table = format!("| right | {} | with some topics only |\n", head.join(" | "));
    table.push_str(&format!("|{}\n", "---|".repeat(Role::ALL.len() + 2)));
    for right in Right::ALL {
        let cells = Role::ALL.map(|role| if role.may(right) { "yes" } else { "–" });
        let reach = match right.reach() {
            RightReach::Topics => "those topics",
            RightReach::Shared => "as without",
            RightReach::Installation => "no",
        };
        table.push_str(&format!("| `{right}` | {} | {reach} |\n", cells.join(" | ")));
    }
    assert!(manual.contains(&table), "docs/access.md needs this table:\n{table}");
}
