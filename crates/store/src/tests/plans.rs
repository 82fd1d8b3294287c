//! How PostgreSQL goes about statements whose cost grows with the store, while it knows nothing yet of
//! what lies in its tables.

use super::{postgres, run};
use crate::StoreError;
use crate::people::contact_list::SUBSCRIPTIONS_BY_ID;

/// Three thousand contacts in a hundred domains.
const CONTACTS: &str = "INSERT INTO contacts (id, email, attributes, created_at, updated_at)
    SELECT id, 'somebody' || id || '@company' || id % 100 || '.example', '{}', 0, 0
    FROM generate_series(1, 3000) id";
/// In the transaction that asks, so that no analysis sees it.
const SUBSCRIPTIONS: &str = "INSERT INTO topics (slug, name) VALUES ('news', 'News');
    INSERT INTO subscriptions SELECT 1, id, 'subscribed', 0 FROM generate_series(1, 50000) id";
/// Bytes beside the table, where PostgreSQL puts what does not fit into a block.
const APART: &str = "SELECT pg_relation_size(reltoastrelid) FROM pg_class
    WHERE oid = 'address_pages'::regclass";

/// The statement with the numbers from 1 on for its placeholders.
fn with_numbers(text: &str) -> String {
    (1..=64).rev().fold(text.to_owned(), |text, number| {
        text.replace(&format!("${number}"), &number.to_string())
    })
}

#[test]
fn subscriptions_are_looked_up_before_anything_is_known_of_the_topics() {
    let plan = run(postgres().write(|tx| {
        let bulk = tx.bulk().unwrap();
        bulk.batch(SUBSCRIPTIONS)?;
        let explain = format!("EXPLAIN {}", with_numbers(SUBSCRIPTIONS_BY_ID.postgres));
        Ok(format!("{:?}", bulk.simple(&explain)?))
    }))
    .unwrap();
    assert!(plan.contains("subscriptions_pkey"), "{plan}");
    assert!(!plan.contains("Seq Scan on subscriptions"), "{plan}");
}

#[test]
fn a_page_of_addresses_lies_in_one_block() {
    let store = postgres();
    run(async {
        let fill = store.write(|tx| tx.bulk().unwrap().batch(CONTACTS));
        fill.await.unwrap();
        while store.address_pages_fill().await.unwrap() {}
        let (pages, apart) = store
            .read(|tx| {
                let bulk = tx.bulk().unwrap();
                let number = |text| {
                    let row = bulk.rows(text, &[])?;
                    Ok::<i64, StoreError>(row[0].try_get(0)?)
                };
                Ok((number("SELECT count(*) FROM address_pages")?, number(APART)?))
            })
            .await
            .unwrap();
        assert!(pages > 5, "{pages}");
        assert_eq!(apart, 0, "bytes of {pages} pages lie beside them");
    });
}
