//! The end-to-end tests. They are one program: it links once, and reads the OpenAPI document once.

mod access_customers;
mod access_customers_orders;
mod access_gateways;
mod access_matrix;
mod access_sales_channel;
mod access_tenants;
mod admin_listener;
mod bad_bodies;
mod bad_input_bodies;
mod bad_input_http;
mod bad_input_media_types;
mod bad_input_paths;
mod bounded_requests;
mod bounded_waits;
mod card_numbers;
mod client_habits;
mod client_limits;
mod clients;
mod contract_answers;
mod contract_database;
mod contract_mutations;
mod contract_psp;
mod contract_refusals;
mod contract_requests;
mod contract_task;
mod contract_validator;
mod currencies;
mod customers;
mod dashboard;
mod database_tls;
mod documentation;
mod documented_examples;
mod ephemeral;
mod ephemeral_service;
mod examples;
mod gateway_addresses;
mod idempotency;
mod life_amounts;
mod life_attempts;
mod life_orders;
mod life_story;
mod life_totals;
mod life_unknown;
mod life_wire_transfers;
mod listen;
mod matrix;
mod operators;
mod payments_abandoned;
mod payments_checkout_com;
mod payments_mismatch;
mod payments_moto;
mod payments_stripe;
mod payments_v1;
mod permissions;
mod preconditions;
mod races_money;
mod resources_crud;
mod resources_links;
mod resources_lists;
mod resources_orders;
mod resources_queries;
mod retention;
mod revocation;
mod safety_commits;
mod safety_idempotency;
mod safety_kill;
mod safety_order_paid_once;
mod safety_psp_unreachable;
mod safety_unknown_outcome;
mod schemathesis;
mod start_stop;
mod swagger_ui;
mod texts;
mod tokens;
mod vendor_sdks;
mod wallet;
mod wallet_cards;
mod wallet_customers;
mod wallet_gone;
mod webhooks_in;
mod webhooks_out;
mod webhooks_verified;

/// A file that is not declared above would not run.
#[test]
fn every_file_is_declared() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let declared = include_str!("main.rs");
    for entry in std::fs::read_dir(directory).expect("the directory is there") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        assert!(
            name == "main" || declared.contains(&format!("mod {name};\n")),
            "{name}"
        );
    }
}
