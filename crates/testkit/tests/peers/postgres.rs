//! A private PostgreSQL: databases of one's own, deaths, recoveries.

use testkit::Postgres;

#[test]
fn every_database_is_empty_and_separate() {
    let server = Postgres::shared();
    let (one, other) = (server.database(), server.database());
    server.query(&one, "CREATE TABLE letters (id int)");
    let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'letters'";
    assert_eq!(server.query(&one, tables), [["1"]]);
    assert_eq!(server.query(&other, tables), [["0"]]);
}

#[test]
fn rows_come_back_field_by_field() {
    let server = Postgres::shared();
    let database = server.database();
    let rows = server.query(&database, "VALUES ('a|b', NULL), (E'two\nlines', 'Grüße')");
    assert_eq!(rows, [["a|b", ""], ["two\nlines", "Grüße"]]);
    assert_eq!(server.query(&database, "SELECT 1 WHERE false"), Vec::<Vec<String>>::new());
    assert_eq!(server.query(&database, "SELECT ''"), [[""]]);
}

#[test]
fn it_speaks_utf8_and_sorts_as_c() {
    let server = Postgres::shared();
    let sql = "SELECT pg_encoding_to_char(encoding), datcollate, current_setting('max_connections')
               FROM pg_database WHERE datname = current_database()";
    assert_eq!(server.query(&server.database(), sql), [["UTF8", "C", "200"]]);
}

#[test]
fn what_was_committed_survives_a_kill() {
    let mut server = Postgres::start();
    let settings = "SELECT current_setting('fsync'), current_setting('synchronous_commit')";
    let (one, other) = (server.database(), server.database());
    assert_eq!(server.query(&one, settings), [["on", "on"]]);
    for database in [&one, &other] {
        server.query(database, "CREATE TABLE letters AS SELECT generate_series(1, 1000) AS id");
    }
    for _ in 0..3 {
        server.kill();
        assert!(std::net::TcpStream::connect(("127.0.0.1", server.port())).is_err());
        server.start_again();
        for database in [&one, &other] {
            assert_eq!(server.query(database, "SELECT sum(id) FROM letters"), [["500500"]]);
        }
    }
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    assert_eq!(log.matches("was not properly shut down").count(), 3, "{log}");
}

#[test]
fn an_orderly_stop_needs_no_recovery() {
    let mut server = Postgres::start();
    let database = server.database();
    server.query(&database, "CREATE TABLE letters (id int)");
    server.stop();
    server.start_again();
    assert_eq!(server.query(&database, "SELECT count(*) FROM letters"), [["0"]]);
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    assert!(!log.contains("was not properly shut down"), "{log}");
}
