//! What whoever watches over a server sees of it, and nobody else does.

use crate::harness::pharos::free_port;
use crate::harness::{Pharos, http};

#[test]
fn health_and_metrics_have_a_listener_of_their_own() {
    let port = free_port();
    let mut pharos =
        Pharos::with(1, |text| format!("{text}\n[ops]\nlisten = \"0.0.0.0:{port}\"\n"));
    pharos.serve();
    let operations = |path: &str| http::get(&format!("http://127.0.0.1:{port}{path}"));
    assert_eq!(operations("/healthz").status, 200);
    assert!(operations("/metrics").text().contains("pharos_beacon_views_total 0"));
    assert_eq!(operations("/").status, 404);
    assert_eq!(http::get(&format!("{}/healthz", pharos.web)).status, 200);
    assert_eq!(http::get(&format!("{}/metrics", pharos.web)).status, 404);
    pharos.stop();
}
