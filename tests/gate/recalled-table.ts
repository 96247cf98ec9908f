/**
 * What a client does with a file that it has, or has locked, and that is refused since. `warm`: with the caches of then;
 * `cold`: with none. What poetry, pdm and pip-tools install once they have locked. uv asks nobody for what it has locked
 * and has: `wheelseal audit uv.lock` does. Words as in matrix-table.ts.
 */
export const RECALLED = `
state     asked      pip-26.3  pip-23.2  uv        poetry    pdm       pip-tools hatch
recalled  pin-warm   says/1*   says/1    says/2*   says/1*   says/1*   says/1    says/1
recalled  range-warm 1.1       1.1       1.1       says/1    says/1    says/1    1.1
recalled  hash-warm  says/1    says/1    says/2    -         -         says/1    -
recalled  sync-warm  says/1    -         2.0*      says/1*   says/1    says/1    -
recalled  sync-cold  says/1*   -         says/2*   says/1    says/1*   says/1    -

dropped   pin-warm   says/1    says/1    says/2    says/1    says/1    says/1    says/1
dropped   range-warm says/1    says/1    says/2    says/1    says/1    says/1    says/1
dropped   sync-warm  says/1    -         2.0       says/1    says/1    says/1    -
dropped   sync-cold  says/1    -         says/2    says/1    says/1    says/1    -

dead      pin-warm   2.0       2.0       2.0       2.0       2.0       2.0       2.0
dead      range-warm 2.0       2.0       2.0       2.0       2.0       2.0       2.0
dead      sync-warm  2.0       -         2.0       2.0       2.0       2.0       -
dead      sync-cold  2.0       -         2.0*      2.0       2.0       2.0       -
`
