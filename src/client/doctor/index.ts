/**
 * `wheelseal doctor`, without its flags and its words: independent checks of this machine, its settings, the services and
 * tokens, each of which says what it saw, why, and what to do next.
 *
 * Call `diagnose`. All checks look at once, in bounded time; in the diagnosis causes stand before what follows from them.
 * Nothing is changed but the file that keeps the newest heads of logs (`seenHeads`). No certificate is asked for and
 * nothing is uploaded: both would leave traces. An entry of its own beside that of `client/`: no server is loaded.
 */
export { diagnose, type Diagnosed, type Diagnosis } from './diagnose.ts'
export type { Outcome } from './check.ts'
export type { DoctorIo, RegistryChoice } from './io.ts'
export { inspectPlace, listFolder } from './places.ts'
export { seenHeads } from './seen-heads.ts'
