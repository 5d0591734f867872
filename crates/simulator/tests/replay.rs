//! A seed replays exactly, and different seeds differ.

use tillgate_simulator::run;

#[test]
fn a_seed_replays_exactly() {
    let mut hashes = std::collections::BTreeSet::new();
    for seed in 1..=4 {
        let (first, second) = (run(seed, true), run(seed, true));
        let differs = first.trace.iter().zip(&second.trace).find(|(a, b)| a != b);
        assert_eq!(first.hash, second.hash, "seed {seed}: {differs:?}");
        assert!(
            first.effects > 0 || first.turns > 1000,
            "seed {seed} did next to nothing"
        );
        hashes.insert(first.hash);
    }
    assert_eq!(hashes.len(), 4);
}
