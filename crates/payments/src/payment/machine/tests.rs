use strum::VariantArray;
use tillgate_model::resources::OrderStatus;
use tillgate_store::TransactionStatus;

use crate::payment::machine::{
    AUTHORIZATIONS, CAPTURES, Machine, ORDER_MACHINE, OrderEvent, REFUNDS, TransactionEvent, VOIDS,
};

/// Every state × event, as a table to read beside the machine: `.` is not allowed.
fn walk<S: VariantArray + Copy + PartialEq + ToString, E: VariantArray + Copy + PartialEq + ToString>(
    machine: &Machine<S, E>,
) -> String {
    let mut table = String::new();
    for state in S::VARIANTS {
        let moves: Vec<String> = E::VARIANTS
            .iter()
            .map(|event| match machine.next(*state, *event) {
                None => ".".to_owned(),
                Some(next) if next == *state => "=".to_owned(),
                Some(next) => next.to_string(),
            })
            .collect();
        table.push_str(&format!("{}: {}\n", state.to_string(), moves.join(" ")));
    }
    table
}

/// Whether no pair of state and event is listed twice. The second one would never be read.
fn is_a_function<S: Copy + PartialEq, E: Copy + PartialEq>(machine: &Machine<S, E>) -> bool {
    machine.0.iter().enumerate().all(|(index, (state, event, _))| {
        !machine.0[..index]
            .iter()
            .any(|(other, what, _)| other == state && what == event)
    })
}

#[test]
fn orders() {
    // complete incomplete authorize begin_placing give_up_placing place place_by_payment approve capture refund
    // refund_in_full cancel
    assert_eq!(OrderEvent::VARIANTS.len(), 12);
    assert_eq!(OrderStatus::VARIANTS.len(), 7);
    assert_eq!(
        walk(&ORDER_MACHINE),
        "draft: pending = = . . . placed . . . . .\n\
         pending: = draft = placing = placed placed . . . . .\n\
         editing: . . . . . . . . . . . .\n\
         placing: . . . = pending placed placed . . . . .\n\
         placed: . . . . . = = approved . = cancelled cancelled\n\
         approved: . . . . . . = = = = cancelled cancelled\n\
         cancelled: . . . . . . . . . = = =\n"
    );
    assert!(is_a_function(&ORDER_MACHINE));
}

#[test]
fn transactions() {
    // succeed fail capture void refund
    let expected = [
        (
            &AUTHORIZATIONS,
            "pending: succeeded failed . . .\nsucceeded: = . = = .\nfailed: . = . . .\n",
        ),
        (
            &CAPTURES,
            "pending: succeeded failed . . .\nsucceeded: = . . . =\nfailed: . = . . .\n",
        ),
        (
            &VOIDS,
            "pending: succeeded failed . . .\nsucceeded: = . . . .\nfailed: . = . . .\n",
        ),
        (
            &REFUNDS,
            "pending: succeeded failed . . .\nsucceeded: = failed . . .\nfailed: . = . . .\n",
        ),
    ];
    assert_eq!(TransactionEvent::VARIANTS.len(), 5);
    assert_eq!(TransactionStatus::VARIANTS.len(), 3);
    for (machine, table) in expected {
        assert_eq!(walk(machine), table);
        assert!(is_a_function(machine));
    }
}

#[test]
fn an_event_names_the_states_that_it_can_happen_in() {
    let states: Vec<OrderStatus> = ORDER_MACHINE.sources(OrderEvent::Capture).collect();
    assert_eq!(states, [OrderStatus::Approved]);
}
