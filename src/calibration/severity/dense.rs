//! Small symmetric systems: a Cholesky factor, and the variance of estimates whose errors hang
//! together within calls.

/// A square matrix, row by row.
#[derive(Debug, Clone)]
pub struct Square {
    n: usize,
    values: Vec<f64>,
}

impl Square {
    pub fn zero(n: usize) -> Self {
        Self {
            n,
            values: vec![0.0; n * n],
        }
    }

    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.n + column]
    }

    pub fn add(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.n + column] += value;
    }

    /// Adds `u u'`.
    pub fn add_outer(&mut self, u: &[f64]) {
        for (row, &a) in self.values.chunks_exact_mut(self.n).zip(u) {
            for (cell, &b) in row.iter_mut().zip(u) {
                *cell += a * b;
            }
        }
    }

    /// Adds 1 for each pair of these places. Where the sum of their effects is free, this fixes
    /// it to 0 and changes nothing else.
    pub fn sum_to_zero(&mut self, places: &[usize]) {
        for &row in places {
            for &column in places {
                self.add(row, column, 1.0);
            }
        }
    }

    /// `u' A u`.
    pub fn quadratic(&self, u: &[f64]) -> f64 {
        let rows = self.values.chunks_exact(self.n).zip(u);
        rows.map(|(row, a)| a * dot(row, u)).sum()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The lower factor of a positive definite matrix.
#[derive(Debug, Clone)]
pub struct Cholesky(Square);

impl Cholesky {
    /// `None` where the matrix is not positive definite.
    pub fn new(matrix: &Square) -> Option<Self> {
        let n = matrix.n;
        let mut lower = matrix.clone();
        for row in 0..n {
            for column in 0..=row {
                let (upper, rest) = lower.values.split_at(row * n);
                let done = match column.cmp(&row) {
                    std::cmp::Ordering::Less => &upper[column * n..column * n + column],
                    _ => &rest[..column],
                };
                let left = rest[column] - dot(&rest[..column], done);
                let value = if column == row {
                    // Of what stood there, next to nothing is left: the column hangs on others.
                    if left.is_nan() || left <= 1e-10 * matrix.at(row, row) {
                        return None;
                    }
                    left.sqrt()
                } else {
                    left / lower.at(column, column)
                };
                lower.values[row * n + column] = value;
            }
        }
        Some(Self(lower))
    }

    /// Turns `b` into the solution of `A x = b`.
    pub fn solve(&self, b: &mut [f64]) {
        let n = self.0.n;
        for row in 0..n {
            let known = dot(&self.0.values[row * n..row * n + row], &b[..row]);
            b[row] = (b[row] - known) / self.0.at(row, row);
        }
        for row in (0..n).rev() {
            let x = b[row] / self.0.at(row, row);
            b[row] = x;
            let above = &self.0.values[row * n..row * n + row];
            for (b, &factor) in b.iter_mut().zip(above) {
                *b -= factor * x;
            }
        }
    }

    /// What one cluster moves the estimates by, its residuals blown up by what the fit took from
    /// them: CR2 (Bell and McCaffrey 2002). The sum of the outer products over all clusters is
    /// the variance of the estimates.
    ///
    /// `score` is the cluster's share of the right-hand side at the solution, and `apply`
    /// multiplies by its share of the matrix. CR2 multiplies the residuals by
    /// `(I − H)^(−1/2)`, with `H` the cluster's leverage; carried over to the estimates that is
    /// the series `Σ c_k (A⁻¹ A_i)^k A⁻¹ s_i`, `c_k = (2k)! / (4^k k!²)`, which needs no root of
    /// a matrix. It ends soon: a cluster's share of the matrix is small, and where it is all,
    /// nothing is left of the residuals.
    pub fn influence(&self, score: &[f64], apply: impl Fn(&[f64], &mut [f64])) -> Vec<f64> {
        const MOST_TERMS: usize = 500;
        let mut term = score.to_vec();
        self.solve(&mut term);
        let mut sum = term.clone();
        let mut factor = 1.0;
        let mut next = vec![0.0; term.len()];
        for k in 1..=MOST_TERMS {
            next.fill(0.0);
            apply(&term, &mut next);
            self.solve(&mut next);
            std::mem::swap(&mut term, &mut next);
            factor *= (2 * k - 1) as f64 / (2 * k) as f64;
            for (sum, term) in sum.iter_mut().zip(&term) {
                *sum += factor * term;
            }
            if dot(&term, &term) <= 1e-16 * dot(&sum, &sum) {
                break;
            }
        }
        sum
    }
}
