/**
 * Which gate a command asks, as `why` and `audit` do.
 *
 * `findGate` and `requireGate` take the flag, then `WHEELSEAL_GATE`, then the index that pip or uv are aimed at by their variables and by
 * the files of the user and of the machine. Files of a project are not read: what is examined never says who judges it.
 * `extraIndexes` are those that installers ask beside, and that pass a gate by; `projectIndexes` those of the files of a
 * project.
 * An entry of its own beside that of `client/`: a server is not loaded.
 */
export { findGate, requireGate, type GatePlace, type GateUrl } from './find-gate.ts'
export { extraIndexes, type InstallerIndex } from './installer-indexes.ts'
export { projectIndexes, type ProjectIndexes } from './project-indexes.ts'
