/**
 * What `wheelseal init` does on its user's machine: `planInit` says what would change in a folder and why,
 * `writeChanges` writes it, `undoInit` takes the last run back. An entry of its own: it has to be quick, and loads no
 * server.
 */
export { planInit, type InitOptions, type InitPlan } from './plan-init.ts'
export { undoInit, type Undone } from './undo.ts'
export { writeChanges } from './write-changes.ts'
