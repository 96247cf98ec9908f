/**
 * `wheelseal audit`, without its flags and its words: what the gate says of every file of a lock, or of every
 * distribution of an environment, whose files are compared byte by byte with the wheel that the gate serves.
 *
 * Call `audit`. Nothing is installed and no code of a package or of the environment runs. What is not decided, because the
 * gate is down, a release is not known or a file cannot be read, is a failure and never a pass. An entry of its own beside
 * that of `client/`: a server is not loaded. Not here: the formats of locks (`formats/python/locks`), and what is allowed
 * (the gate).
 */
export { audit, type AuditIo, type AuditRequest } from './audit.ts'
export { aboutCode } from './errors.ts'
export {
  isClean,
  type AuditedDistribution,
  type AuditFinding,
  type AuditReport,
  type AuditState,
} from './report.ts'
