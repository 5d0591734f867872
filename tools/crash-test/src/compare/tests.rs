//! The comparison can fail: each test spoils one record in books that agree.

use serde_json::{Map, json};

use super::differences;
use crate::books::{Books, Entry, EntryKind, Operation, Order, Transaction};
use crate::witness::{Asked, Told, Witness};

fn entry(vendor: &str, payment: &str, kind: EntryKind, amount: i64, mark: (&str, &str)) -> Entry {
    let (name, value) = mark;
    let is_stripe = vendor == "stripe";
    let mut metadata = Map::new();
    if is_stripe {
        metadata.insert(name.to_owned(), json!(value));
    }
    Entry {
        vendor: vendor.to_owned(),
        payment_id: payment.to_owned(),
        our_reference: (!is_stripe).then(|| value.to_owned()),
        metadata,
        kind,
        amount,
        currency: if is_stripe { "eur" } else { "EUR" }.to_owned(),
        idempotency_key: Some(format!("key of {kind} {value}")),
    }
}

fn row(id: &str, kind: &str, payment: &str, parent: Option<&str>, amount: i64) -> Transaction {
    Transaction {
        id: id.to_owned(),
        kind: kind.to_owned(),
        order_id: format!("order of {payment}"),
        source_id: format!("source of {payment}"),
        parent_id: parent.map(str::to_owned),
        amount,
        currency: "EUR".to_owned(),
        status: "succeeded".to_owned(),
        psp_id: Some(payment.to_owned()),
    }
}

/// A Stripe payment that was captured in part, with the rest released, and refunded in part; a Checkout.com payment that was
/// voided.
fn agreeing() -> (Vec<Entry>, Books, Witness) {
    let ledger = vec![
        entry(
            "stripe",
            "pi",
            EntryKind::Authorize,
            1_000,
            ("transaction_id", "creation"),
        ),
        entry(
            "stripe",
            "pi",
            EntryKind::Capture,
            600,
            ("capture_transaction_id", "c"),
        ),
        entry(
            "stripe",
            "pi",
            EntryKind::Release,
            400,
            ("capture_transaction_id", "c"),
        ),
        entry("stripe", "pi", EntryKind::Refund, 100, ("transaction_id", "r")),
        entry("checkout_com", "pay", EntryKind::Authorize, 70, ("", "a2")),
        entry("checkout_com", "pay", EntryKind::Void, 70, ("", "v2")),
    ];
    let transactions = vec![
        row("a", "authorizations", "pi", None, 1_000),
        row("c", "captures", "pi", Some("a"), 600),
        row("v", "voids", "pi", Some("a"), 400),
        row("r", "refunds", "pi", Some("c"), 100),
        row("a2", "authorizations", "pay", None, 70),
        row("v2", "voids", "pay", Some("a2"), 70),
    ];
    let order = |payment: &str, total| Order {
        id: format!("order of {payment}"),
        total,
        marks: vec!["placed_at"],
    };
    let source = |payment: &str| (format!("source of {payment}"), format!("order of {payment}"));
    let books = Books {
        transactions,
        orders: vec![order("pi", 1_000), order("pay", 70)],
        sources: vec![source("pi"), source("pay")],
        operations: vec![Operation {
            id: "creation".to_owned(),
            source_id: "source of pi".to_owned(),
            transaction_id: None,
            is_finished: true,
        }],
        ..Books::default()
    };
    let mut witness = Witness::default();
    for (id, amount) in [("a", 1_000), ("c", 600), ("r", 100), ("v2", 70)] {
        witness
            .transactions
            .insert(id.to_owned(), Told::Succeeded(amount));
    }
    for payment in ["pi", "pay"] {
        let asked = Asked {
            authorizations: 1,
            captures: 1,
            refunds: 1,
        };
        *witness.asked(&format!("order of {payment}")) = asked;
        let created = ("orders".to_owned(), format!("order of {payment}"));
        witness.created.insert(created);
        witness.marks.insert((format!("order of {payment}"), "placed_at"));
    }
    (ledger, books, witness)
}

/// Spoils the books, and expects a line with this in it.
fn spoiled(expected: &str, spoil: impl FnOnce(&mut Vec<Entry>, &mut Books, &mut Witness)) {
    let (mut ledger, mut books, mut witness) = agreeing();
    spoil(&mut ledger, &mut books, &mut witness);
    let lines = differences(&ledger, &books, &witness);
    assert!(
        lines.iter().any(|line| line.contains(expected)),
        "{expected}: {lines:#?}"
    );
}

#[test]
fn books_that_agree_show_no_difference() {
    let (ledger, books, witness) = agreeing();
    assert_eq!(differences(&ledger, &books, &witness), Vec::<String>::new());
}

#[test]
fn an_entry_that_is_missing_is_found_whatever_it_is() {
    for index in 0..agreeing().0.len() {
        spoiled("only we have it", |ledger, _, _| {
            ledger.remove(index);
        });
    }
}

#[test]
fn an_effect_that_we_don_t_know_is_found_whatever_it_is() {
    for index in 0..agreeing().1.transactions.len() {
        spoiled("only the PSP has it", |_, books, _| {
            books.transactions.remove(index);
        });
        spoiled("only the PSP has it", |_, books, _| {
            books.transactions[index].status = "failed".to_owned();
        });
    }
}

#[test]
fn another_amount_or_currency_is_found_whatever_has_it() {
    for index in 0..agreeing().0.len() {
        spoiled("the PSP has", |ledger, _, _| ledger[index].amount += 1);
        spoiled("the PSP has", |ledger, _, _| {
            ledger[index].currency = "usd".to_owned();
        });
    }
}

#[test]
fn a_payment_that_another_source_made_is_found() {
    spoiled("the PSP has", |_, books, _| books.operations.clear());
    spoiled("the PSP has", |_, books, _| {
        books.operations[0].source_id = "source of pay".to_owned();
    });
}

#[test]
fn an_effect_that_happened_twice_is_found() {
    for index in 0..agreeing().0.len() {
        spoiled("only the PSP has it", |ledger, _, _| {
            let mut again = ledger[index].clone();
            again.idempotency_key = Some("another".to_owned());
            ledger.push(again);
        });
        spoiled("a key has had its effect twice", |ledger, _, _| {
            ledger.push(ledger[index].clone());
        });
    }
}

#[test]
fn a_lost_acknowledged_write_is_found() {
    spoiled("it is None", |ledger, books, _| {
        // Both sides have lost it: only the client knows.
        ledger.retain(|entry| entry.kind != EntryKind::Refund);
        books.transactions.retain(|row| row.kind != "refunds");
    });
    spoiled("was created and is gone", |_, books, _| books.orders.clear());
    spoiled("had a placed_at and has none", |_, books, _| {
        books.orders[0].marks.clear();
    });
    spoiled("charged 600", |_, _, witness| {
        witness.charged.insert("another source".to_owned(), 600);
    });
}

#[test]
fn what_was_told_to_have_failed_has_not_happened() {
    spoiled("told Failed", |_, _, witness| {
        witness.transactions.insert("r".to_owned(), Told::Failed);
    });
    spoiled("was declined; it is authorized", |_, _, witness| {
        witness.declined.insert("source of pi".to_owned());
    });
}

#[test]
fn an_order_holds_no_more_than_it_costs_and_nothing_is_overdrawn() {
    spoiled("is held for an order of", |_, books, _| books.orders[0].total = 1);
    spoiled("was taken of", |_, books, _| books.transactions[3].amount = 601);
}

#[test]
fn a_request_has_one_effect() {
    spoiled("captures were made of 0 requests", |_, _, witness| {
        witness.asked("order of pi").captures = 0;
    });
    spoiled("made two resources", |_, books, _| {
        books.repeated_references.push("orders: key".to_owned());
    });
}

#[test]
fn what_is_not_decided_is_found() {
    spoiled("no outcome was found", |_, books, _| {
        books.operations[0].is_finished = false;
    });
    spoiled("it is pending still", |_, books, _| {
        books.transactions[0].status = "pending".to_owned();
    });
}

#[test]
fn a_refund_that_failed_later_is_no_refund() {
    let (mut ledger, mut books, mut witness) = agreeing();
    let mut failure = ledger[3].clone();
    failure.kind = EntryKind::RefundFailure;
    ledger.push(failure);
    books.transactions[3].status = "failed".to_owned();
    witness.transactions.remove("r");
    assert_eq!(differences(&ledger, &books, &witness), Vec::<String>::new());
}
