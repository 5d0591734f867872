use tillgate_model::resources::{PaymentSourceType, PaymentStatus, TransactionKind};
use tillgate_store::{StoredTime, TransactionRow, TransactionStatus};

use crate::payment::ledger::Ledger;

/// A transaction of the source `source`, or of the source that its id begins with: `b:2` belongs to the source `b`.
fn row(
    kind: TransactionKind,
    id: &str,
    parent: Option<&str>,
    amount_cents: i64,
    status: TransactionStatus,
) -> TransactionRow {
    let now = StoredTime::default();
    TransactionRow {
        organization_id: "o".into(),
        test: true,
        id: id.into(),
        created_at: now,
        updated_at: now,
        reference: None,
        reference_origin: None,
        metadata: "{}".into(),
        kind: kind.into(),
        number: id.into(),
        order_id: "order".into(),
        payment_source_type: PaymentSourceType::StripePayments.into(),
        payment_source_id: id.split_once(':').map_or("source", |(source, _)| source).into(),
        parent_id: parent.map(str::to_owned),
        currency_code: "EUR".into(),
        amount_cents,
        status,
        message: None,
        error_code: None,
        error_detail: None,
        token: None,
        gateway_transaction_id: None,
        address: None,
        canceled: false,
    }
}

fn authorization(amount: i64) -> TransactionRow {
    row(
        TransactionKind::Authorizations,
        "a",
        None,
        amount,
        TransactionStatus::Succeeded,
    )
}

fn capture(id: &str, amount: i64) -> TransactionRow {
    row(
        TransactionKind::Captures,
        id,
        Some("a"),
        amount,
        TransactionStatus::Succeeded,
    )
}

fn void(amount: i64) -> TransactionRow {
    row(
        TransactionKind::Voids,
        "v",
        Some("a"),
        amount,
        TransactionStatus::Succeeded,
    )
}

fn refund(id: &str, parent: &str, amount: i64) -> TransactionRow {
    row(
        TransactionKind::Refunds,
        id,
        Some(parent),
        amount,
        TransactionStatus::Succeeded,
    )
}

fn with_status(row: TransactionRow, status: TransactionStatus) -> TransactionRow {
    TransactionRow { status, ..row }
}

#[test]
fn the_payment_status_of_an_order_of_1000() {
    use PaymentStatus::{
        Authorized, Paid, PartiallyAuthorized, PartiallyPaid, PartiallyRefunded, PartiallyVoided, Refunded,
        Unpaid, Voided,
    };
    let all = || authorization(1_000);
    let cases = [
        (vec![], Unpaid),
        (vec![with_status(all(), TransactionStatus::Pending)], Unpaid),
        (vec![with_status(all(), TransactionStatus::Failed)], Unpaid),
        (vec![all()], Authorized),
        (vec![authorization(400)], PartiallyAuthorized),
        (
            vec![all(), with_status(void(1_000), TransactionStatus::Pending)],
            Authorized,
        ),
        (
            vec![all(), with_status(void(1_000), TransactionStatus::Failed)],
            Authorized,
        ),
        (vec![all(), void(1_000)], Voided),
        (vec![all(), void(300)], PartiallyVoided),
        (
            vec![
                all(),
                with_status(capture("c", 1_000), TransactionStatus::Pending),
            ],
            Authorized,
        ),
        (vec![all(), capture("c", 300)], PartiallyPaid),
        (vec![all(), capture("c", 300), void(700)], PartiallyPaid),
        (vec![all(), capture("c", 300), capture("d", 700)], Paid),
        (
            vec![
                all(),
                capture("c", 1_000),
                with_status(refund("r", "c", 1_000), TransactionStatus::Pending),
            ],
            Paid,
        ),
        (
            vec![
                all(),
                capture("c", 1_000),
                with_status(refund("r", "c", 1_000), TransactionStatus::Failed),
            ],
            Paid,
        ),
        (
            vec![all(), capture("c", 1_000), refund("r", "c", 1)],
            PartiallyRefunded,
        ),
        (
            vec![all(), capture("c", 300), capture("d", 700), refund("r", "c", 300)],
            PartiallyRefunded,
        ),
        (
            vec![
                all(),
                capture("c", 1_000),
                refund("r", "c", 400),
                refund("s", "c", 600),
            ],
            Refunded,
        ),
        (
            vec![all(), capture("c", 300), void(700), refund("r", "c", 300)],
            Refunded,
        ),
        // The rest that is still held keeps the order from being refunded.
        (
            vec![all(), capture("c", 300), refund("r", "c", 300)],
            PartiallyRefunded,
        ),
    ];
    for (rows, expected) in cases {
        let shown: Vec<_> = rows
            .iter()
            .map(|row| (&row.kind, row.amount_cents, &row.status))
            .collect();
        assert_eq!(
            Ledger::new(rows.clone()).payment_status(1_000),
            expected,
            "{shown:?}"
        );
    }
    assert_eq!(Ledger::default().payment_status(0), PaymentStatus::Free);
}

#[test]
fn what_was_undone_before_the_order_was_placed_does_not_count() {
    let undone = TransactionRow {
        canceled: true,
        ..authorization(1_000)
    };
    let released = vec![undone.clone(), void(1_000)];
    assert_eq!(
        Ledger::new(released.clone()).payment_status(1_000),
        PaymentStatus::Unpaid
    );
    let refunded = vec![undone, capture("c", 1_000), refund("r", "c", 1_000)];
    assert_eq!(
        Ledger::new(refunded.clone()).payment_status(1_000),
        PaymentStatus::Unpaid
    );
    assert!(Ledger::new(refunded.clone()).without_canceled().rows().is_empty());
    // The new authorization pays the order alone.
    let anew = row(
        TransactionKind::Authorizations,
        "b",
        None,
        1_000,
        TransactionStatus::Succeeded,
    );
    for mut rows in [released, refunded] {
        rows.push(anew.clone());
        let ledger = Ledger::new(rows);
        assert_eq!(ledger.payment_status(1_000), PaymentStatus::Authorized);
        let left: Vec<&str> = ledger.rows().iter().map(|row| row.id.as_str()).collect();
        assert!(left.len() > 1, "{left:?}: nothing is forgotten");
        assert_eq!(ledger.without_canceled().rows(), std::slice::from_ref(&anew));
    }
}

#[test]
fn an_authorization_is_undone_when_nothing_of_it_is_left() {
    let all = authorization(1_000);
    let cases = [
        (vec![], false),
        (vec![void(1_000)], true),
        (vec![void(400)], false),
        (vec![capture("c", 1_000)], false),
        (vec![capture("c", 1_000), refund("r", "c", 999)], false),
        (vec![capture("c", 1_000), refund("r", "c", 1_000)], true),
        (vec![capture("c", 300), void(700)], false),
        (vec![capture("c", 300), void(700), refund("r", "c", 300)], true),
        (
            vec![capture("c", 300), capture("d", 700), refund("r", "c", 300)],
            false,
        ),
        (
            vec![with_status(capture("c", 1_000), TransactionStatus::Pending)],
            false,
        ),
        (
            vec![
                with_status(capture("c", 1_000), TransactionStatus::Failed),
                void(1_000),
            ],
            true,
        ),
        (vec![capture("c", 300), refund("r", "c", 300)], false),
    ];
    for (rest, expected) in cases {
        let mut rows = vec![all.clone()];
        rows.extend(rest);
        let shown: Vec<_> = rows
            .iter()
            .map(|row| (&row.kind, row.amount_cents, &row.status))
            .collect();
        assert_eq!(Ledger::new(rows.clone()).is_undone(&all), expected, "{shown:?}");
    }
}

#[test]
fn what_is_left_of_a_transaction() {
    let all = authorization(1_000);
    let balances = |rest: &[TransactionRow]| {
        let mut rows = vec![all.clone()];
        rows.extend_from_slice(rest);
        let ledger = Ledger::new(rows);
        (
            ledger.open_authorization(&all),
            ledger.voidable(&all),
            ledger.held(),
        )
    };
    assert_eq!(balances(&[]), (1_000, 1_000, 1_000));
    // A pending amount is taken already; a failed one never was.
    assert_eq!(
        balances(&[with_status(capture("c", 300), TransactionStatus::Pending)]),
        (700, 0, 1_000)
    );
    assert_eq!(
        balances(&[with_status(capture("c", 300), TransactionStatus::Failed)]),
        (1_000, 1_000, 1_000)
    );
    assert_eq!(balances(&[capture("c", 300)]), (700, 700, 1_000));
    assert_eq!(balances(&[capture("c", 300), void(700)]), (0, 0, 300));
    assert_eq!(
        balances(&[with_status(void(1_000), TransactionStatus::Pending)]),
        (0, 0, 1_000)
    );
    assert_eq!(balances(&[void(1_000)]), (0, 0, 0));
    assert_eq!(
        balances(&[capture("c", 1_000), refund("r", "c", 400)]),
        (0, 0, 600)
    );

    let captured = capture("c", 1_000);
    let refundable = |refund: TransactionRow| {
        Ledger::new(vec![all.clone(), captured.clone(), refund]).refundable(&captured)
    };
    assert_eq!(refundable(refund("r", "c", 400)), 600);
    assert_eq!(
        refundable(with_status(refund("r", "c", 400), TransactionStatus::Pending)),
        600
    );
    assert_eq!(
        refundable(with_status(refund("r", "c", 400), TransactionStatus::Failed)),
        1_000
    );
    assert_eq!(refundable(refund("r", "another", 400)), 1_000);
    let pending = with_status(captured.clone(), TransactionStatus::Pending);
    assert_eq!(
        Ledger::new(vec![all.clone(), pending.clone()]).refundable(&pending),
        0
    );
}

#[test]
fn the_sources_of_an_order_are_told_apart() {
    let one = row(
        TransactionKind::Authorizations,
        "x:1",
        None,
        1_000,
        TransactionStatus::Succeeded,
    );
    let other = row(
        TransactionKind::Authorizations,
        "y:1",
        None,
        700,
        TransactionStatus::Pending,
    );
    let taken = row(
        TransactionKind::Captures,
        "x:2",
        Some("x:1"),
        400,
        TransactionStatus::Succeeded,
    );
    let ledger = Ledger::new(vec![one, other, taken]);
    assert_eq!(ledger.held(), 1_700);
    assert_eq!(ledger.held_besides("x"), 700);
    assert_eq!(ledger.held_besides("y"), 1_000);
    assert_eq!(
        (ledger.captured_of_source("x"), ledger.captured_of_source("y")),
        (400, 0)
    );
}
