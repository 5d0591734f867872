//! Statistics of several measurements.

/// The value below which this share (0 to 1) of the values lies; 0 without values.
pub fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    // Between 0 and `last`, so that the conversion is exact.
    values
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or_default()
}

/// The median, in the middle between the two middle values of an even number.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        length if length.is_multiple_of(2) => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

/// The interval of a median.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// The smallest interval between two of the values that contains the median with at least 95 % confidence, whatever the
/// distribution: the number of values below a median is binomial. With fewer than six values it is all of them.
pub fn median_interval(values: &[f64]) -> Interval {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    let mut probability = 0.5_f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    let mut outside = 0.0;
    let mut cut = 0;
    // `outside` is the probability that at most `cut` values lie below the median; both tails together may have 5 %.
    while cut < count / 2 {
        outside += probability;
        if 2.0 * outside > 0.05 {
            break;
        }
        cut += 1;
        probability *= (count - cut + 1) as f64 / cut as f64;
    }
    // With `cut` of 0 nothing may be left out; else the values before the `cut`-th may be.
    let left_out = cut.saturating_sub(1);
    Interval {
        low: sorted.get(left_out).copied().unwrap_or_default(),
        high: sorted
            .get((count.saturating_sub(1)).saturating_sub(left_out))
            .copied()
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_leaves_out_what_is_improbable_as_a_median() {
        let values = |count: u32| (1..=count).map(f64::from).collect::<Vec<_>>();
        let interval = |count, low, high| assert_eq!(median_interval(&values(count)), Interval { low, high });
        // From the tables of the sign test.
        interval(5, 1.0, 5.0);
        interval(6, 1.0, 6.0);
        interval(10, 2.0, 9.0);
        interval(11, 2.0, 10.0);
        interval(15, 4.0, 12.0);
        interval(20, 6.0, 15.0);
    }

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![]), 0.0);
    }

    #[test]
    fn percentiles() {
        let values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(values.clone(), 0.5), 50.0);
        assert_eq!(percentile(values.clone(), 0.99), 99.0);
        assert_eq!(percentile(values, 1.0), 100.0);
        assert_eq!(percentile(vec![], 0.5), 0.0);
    }
}
